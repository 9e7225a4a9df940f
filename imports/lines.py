"""What the rows of every kind of file have in common: what they say, and what becomes of them."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from bookings.taking_over import Claims
from guests.models import NOWHERE, Guest
from imports.columns import problem, read_cells
from imports.models import Import, Row
from imports.values import Manners
from villaops.fields import check_email_address

PROBLEM_AT = {
    "dates_taken": "check_in",
    "unit_not_found": "unit",
    "unit_not_open": "unit",
    "unit_name_taken": "unit",
    "not_placed": "unit",
    "nights_disagree": "stay_nights",
    "property_not_open": "property",
    "property_slug_taken": "property_slug",
    "reference_taken": "reference",
    "guest_email_taken": "guest_email",
}


@dataclass
class Line:
    """A row of the file, read."""

    number: int
    values: dict[str, Any]
    problems: list[dict[str, str]]
    key: UUID

    def refuse(self, column: str, said: str) -> None:
        """Say what is wrong with it."""
        value = self.values.get(column, "")
        self.problems.append(problem(column, "" if value is None else str(value), said))


@dataclass
class Work:
    """What is being done, for whom, and what is known of earlier rows."""

    imported: Import
    organization: Organization
    by: User | None
    on: dt.date
    is_check: bool
    claims: Claims = field(default_factory=Claims)
    seen: dict[UUID, int] = field(default_factory=dict)

    def lines(self, rows: Iterable[tuple[int, Sequence[str]]]) -> list[Line]:
        """The rows as the columns were named."""
        manners = Manners.kept(self.imported.manners)
        found = []
        for number, cells in rows:
            values, problems = read_cells(self.imported.kind, self.imported.mapping, manners, cells)
            found.append(Line(number, values, problems, key_of(self.imported.kind, values)))
        return found

    def row(self, line: Line, **made: Any) -> Row:
        """What became of a line, to be written down."""
        return Row(
            organization=self.organization,
            imported=self.imported,
            number=line.number,
            key=line.key,
            problems=line.problems or None,
            **made,
        )


@dataclass
class Outcome:
    """What became of some rows."""

    rows: list[Row] = field(default_factory=list)
    there_already: int = 0


def key_of(kind: str, values: dict[str, Any]) -> UUID:
    """The same for rows that are the same: by their reference, or all that they say."""
    reference = values.get("reference")
    said: Any = {"reference": reference.casefold()} if reference else values
    text = json.dumps([kind, said], default=str, sort_keys=True)
    return UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest())


def check_address(line: Line) -> None:
    """Refuse an e-mail that is none, in words."""
    email = line.values.get("guest_email")
    if not email:
        return
    try:
        check_email_address(email)
    except ValidationError:
        line.refuse("guest_email", _("This is no e-mail address."))


def guest_of(line: Line, organization: Organization) -> Guest | None:
    """Who the row names, not written yet; None where it names nobody.

    Without an e-mail, the same name and phone number are the same guest, in any file; a name alone
    is a guest of this row only.
    """
    name: str = line.values.get("guest_name", "")
    email: str = line.values.get("guest_email", "")
    phone: str | None = line.values.get("guest_phone")
    if not (name or email):
        return None
    if not email:
        who = f"{name.casefold()}:{phone}" if phone else f"{name.casefold()}:{line.key}"
        digest = hashlib.blake2b(f"{organization.pk}:{who}".encode(), digest_size=12)
        email = f"no-address-{digest.hexdigest()}{NOWHERE}"
    return Guest(
        organization=organization,
        name=name or email.partition("@")[0],
        email=email,
        phone=phone,
        nationality=line.values.get("guest_nationality"),
        language=line.values.get("language"),
        notes=line.values.get("notes"),
    )
