"""Rows that are guests."""

from collections.abc import Sequence

from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from guests.models import Guest
from guests.services import create_guests
from imports.lines import Line, Outcome, Work, check_address, guest_of
from villaops.languages import LANGUAGES


def take(work: Work, lines: Sequence[Line]) -> Outcome:
    """Make guests of the lines that are none yet: a guest is known by their e-mail."""
    outcome = Outcome()
    found: dict[str, tuple[Line, Guest]] = {}
    for line in lines:
        _check(line)
        guest = None if line.problems else guest_of(line, work.organization)
        if guest is None:
            outcome.rows.append(work.row(line))
            continue
        earlier = found.setdefault(guest.email.casefold(), (line, guest))[0]
        if earlier is not line:
            line.refuse("guest_email", _("Row %s is the same guest.") % earlier.number)
            outcome.rows.append(work.row(line))
    known = (
        Guest.objects.for_organization(work.organization)
        .annotate(lower_email=Lower("email"))
        .filter(lower_email__in=list(found))
    )
    for email in known.values_list("lower_email", flat=True):
        del found[email]
        outcome.there_already += 1
    if not work.is_check:
        create_guests(guests=[guest for _line, guest in found.values()], by=work.by)
    outcome.rows += [work.row(line, guest_id=guest.pk) for line, guest in found.values()]
    return outcome


def _check(line: Line) -> None:
    wrong = {problem["column"] for problem in line.problems}
    if not line.values.get("guest_name") and "guest_name" not in wrong:
        line.refuse("guest_name", _("The name is missing."))
    language = line.values.get("language")
    if language and language.lower() not in LANGUAGES:
        line.refuse("language", _("Use one of: %s.") % ", ".join(LANGUAGES))
    elif language:
        line.values["language"] = language.lower()
    check_address(line)
