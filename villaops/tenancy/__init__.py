"""Tenancy: whose rows the database shows. The one place where a context is opened.

A context is a transaction with settings that PostgreSQL forgets at its end, so that no pooled
connection can carry one organization's context into another's request. Without a context the
policies show no tenant row and take none.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from villaops import log

if TYPE_CHECKING:
    from accounts.models import ApiKey, Organization, User

logger = logging.getLogger(__name__)

# A role without log-in that may see every organization's rows, by a policy of its own. It is
# neither superuser nor BYPASSRLS; the application's role may switch to it and inherits nothing.
SUPPORT_ROLE = "villaops_support"


class Door(TextChoices):
    """Through which door somebody came in; kept with every history row."""

    WEB = "web", gettext_lazy("dashboard")
    API = "api", gettext_lazy("API")
    ADMIN = "admin", gettext_lazy("administration")
    JOB = "job", gettext_lazy("automatic")
    COMMAND = "command", gettext_lazy("command line")


@dataclass(frozen=True)
class _Context:
    """The settings of an open context."""

    organization_id: UUID | None
    user_id: UUID | None
    door: Door
    role: str = "none"
    # The only properties whose rows are shown; None for all of them.
    property_ids: Sequence[UUID] | None = None
    api_key_id: UUID | None = None
    # How often the organization's rows had changed when the context was opened.
    edition: int = 0

    def enter(self, overdue: str = "false") -> tuple[bool, int]:
        """Make the settings; return what `overdue`, SQL, says of the organization, and its edition.

        The edition is read before any row is: what is read afterwards is no older.
        """
        who = {"user": str(self.user_id) if self.user_id else None, "door": self.door}
        if self.api_key_id:
            who["api_key"] = str(self.api_key_id)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('villaops.organization_id', %(organization)s, true),"
                " set_config('villaops.user_id', %(user)s, true),"
                " set_config('villaops.property_ids', %(properties)s, true),"
                " set_config('pghistory.context_id', %(context)s, true),"
                " set_config('pghistory.context_metadata', %(who)s, true),"
                f" set_config('role', %(role)s, true), {overdue}, {self._edition()}",
                {
                    "organization": str(self.organization_id or ""),
                    "user": str(self.user_id or ""),
                    "properties": self._properties(),
                    "context": str(uuid7()),
                    "who": json.dumps(who),
                    "role": self.role,
                },
            )
            *_, is_overdue, edition = cursor.fetchone()
        return is_overdue, edition

    def _edition(self) -> str:
        """SQL. Of all organizations together there is none, and migrations begin without any."""
        return "edition_of(%(organization)s::uuid)" if self.organization_id else "0"

    def _properties(self) -> str:
        """As PostgreSQL writes an array; empty when there is no limit."""
        if self.property_ids is None:
            return ""
        return "{" + ",".join(str(one) for one in self.property_ids) + "}"


@dataclass(frozen=True)
class _Overdue:
    """Something that time decides, and how to write down what it has decided."""

    asked: str
    settle: Callable[[UUID | None], object]


# None but in bookings, whose holds run out.
_overdue = _Overdue("false", lambda organization_id: None)


def settle_first(asked: str, settle: Callable[[UUID | None], object]) -> None:
    """Before an organization's rows are shown to anybody, settle what time has decided meanwhile.

    `asked` is SQL that says whether there is such a thing, with `%(organization)s` (empty for all
    of them); it is part of the statement that opens the context. If so, `settle` writes it down in
    a transaction of its own: what it locks is free again before anybody in the context waits.
    """
    global _overdue
    _overdue = _Overdue(asked, settle)


_open: ContextVar[_Context | None] = ContextVar("villaops_tenancy", default=None)


def door_in_use() -> Door:
    """Through which door whoever is in the open context has come."""
    inside = _open.get()
    if inside is None:
        raise RuntimeError("No context is open.")
    return inside.door


@contextmanager
def organization_context(
    organization: "Organization",
    *,
    by: "User | None",
    door: Door,
    property_ids: Sequence[UUID] | None = None,
    api_key: "ApiKey | None" = None,
) -> Iterator[None]:
    """Show and take the rows of one organization until the block, one transaction, ends.

    With `property_ids` only those of these properties, their stays, and the guests of these.
    What time has decided until now is settled first (`settle_first`).
    """
    context = _Context(
        organization.pk,
        by.pk if by else None,
        door,
        property_ids=property_ids,
        api_key_id=api_key.pk if api_key else None,
    )
    with _context(context, settled=False):
        yield


def property_limit() -> Sequence[UUID] | None:
    """The only properties that whoever acts may see; None for all of them."""
    inside = _open.get()
    return inside.property_ids if inside else None


def edition() -> tuple[UUID, int]:
    """The organization of the open context, and how often its rows had changed when it was opened.

    Equal ones mean equal rows.
    """
    inside = _open.get()
    if inside is None or inside.organization_id is None:
        raise RuntimeError("No organization's context is open.")
    return inside.organization_id, inside.edition


@contextmanager
def every_property() -> Iterator[None]:
    """Show all of the organization's rows to a verb that must know of them to decide.

    Whether a guest still has a stay anywhere, for example. What was seen must not be told.
    """
    inside = _open.get()
    if inside is None or inside.property_ids is None:
        yield
        return
    with _context(replace(inside, property_ids=None)):
        yield


@contextmanager
def all_organizations(
    *, by: "User | None", door: Door, reason: str, settled: bool = True
) -> Iterator[None]:
    """Show and take every organization's rows: the explicit exception, logged with its reason.

    For the admin, system jobs and data migrations. What time has decided is only settled first
    where that is asked for: a migration may run before there is anything to ask.
    """
    logger.info(
        "all organizations opened",
        extra={"reason": reason, "door": door, "user_id": str(by.pk) if by else None},
    )
    context = _Context(None, by.pk if by else None, door, role=SUPPORT_ROLE)
    with _context(context, settled=settled):
        yield


@contextmanager
def person_context(*, by: "User", door: Door) -> Iterator[None]:
    """Show no organization's rows, and let history know who acts: for what is a person's own."""
    with _context(_Context(None, by.pk, door)):
        yield


@contextmanager
def _context(context: _Context, *, settled: bool = True) -> Iterator[None]:
    known = log.about(organization_id=context.organization_id, user_id=context.user_id)
    with known, _opened(context, settled):
        yield


@contextmanager
def _opened(context: _Context, settled: bool) -> Iterator[None]:
    inside_a_transaction = connection.in_atomic_block
    with transaction.atomic():
        is_overdue, edition = context.enter("false" if settled else _overdue.asked)
        if is_overdue:
            _overdue.settle(context.organization_id)
        if inside_a_transaction or not is_overdue:
            with _inside(replace(context, edition=edition), inside_a_transaction):
                yield
            return
    with transaction.atomic():
        _, edition = context.enter()
        with _inside(replace(context, edition=edition), inside_a_transaction):
            yield


@contextmanager
def _inside(context: _Context, inside_a_transaction: bool) -> Iterator[None]:
    outer = _open.get()
    token = _open.set(context)
    try:
        yield
    finally:
        _open.reset(token)
    # An exception has passed by here: the rollback takes the settings back. Otherwise the end
    # of the transaction does, unless it goes on around us.
    if inside_a_transaction:
        _leave(outer)


def _leave(outer: _Context | None) -> None:
    if outer:
        outer.enter()
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("SET LOCAL villaops.organization_id = ''")
        cursor.execute("SET LOCAL villaops.property_ids = ''")
