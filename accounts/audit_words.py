"""Entries of the audit log as people read them: names instead of ids, words instead of columns."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit import SecurityEvent
from accounts.models import AuditEntry
from villaops import written
from villaops.tenancy import Door

# What a record is called, and the model whose fields its changes name.
KINDS: dict[str, tuple[Any, str]] = {
    "booking": (gettext_lazy("Booking"), "bookings.Booking"),
    "guest": (gettext_lazy("Guest"), "guests.Guest"),
    "guest_merge": (gettext_lazy("Merge of guests"), "guests.GuestMerge"),
    "property": (gettext_lazy("Property"), "properties.Property"),
    "unit": (gettext_lazy("Unit"), "properties.Unit"),
    "block": (gettext_lazy("Block"), "bookings.Block"),
    "note": (gettext_lazy("Note"), "bookings.BookingNote"),
    "mail_template": (gettext_lazy("Mail template"), "messaging.MailTemplate"),
    "automation": (gettext_lazy("Automation"), "messaging.Automation"),
    "skip": (gettext_lazy("Skipped message"), "messaging.Skip"),
    "import": (gettext_lazy("Import"), "imports.Import"),
    "membership": (gettext_lazy("Member"), "accounts.Membership"),
    "api_key": (gettext_lazy("API key"), "accounts.ApiKey"),
    "organization": (gettext_lazy("Organization"), "accounts.Organization"),
    "user": (gettext_lazy("Sign-in and accounts"), "accounts.User"),
}
ACTIONS: dict[str, Any] = {
    "created": gettext_lazy("created"),
    "changed": gettext_lazy("changed"),
    "deleted": gettext_lazy("deleted"),
    "restored": gettext_lazy("restored"),
    "merged": gettext_lazy("merged into another"),
    "undone": gettext_lazy("undone"),
    "anonymized": gettext_lazy("anonymized"),
    "revoked": gettext_lazy("revoked"),
}
# Facts that follow from the action, or that no person can read.
UNTOLD = frozenset({"deleted_at", "anonymized_at", "undone_at", "revoked_at", "logo", "avatar"})
# Facts whose column says less than what a manager calls them.
LABELS: dict[str, Any] = {
    "ends_at": gettext_lazy("To be deleted on"),
    "hold_expires_at": gettext_lazy("Held until"),
    "invited_email": gettext_lazy("Invited e-mail"),
    "is_placed": gettext_lazy("Takes up nights"),
    "property_ids": gettext_lazy("Only these properties"),
    "still_expected_at": gettext_lazy("Said to be still expected"),
}
ADDRESS = "address"
NOTHING = "–"

# The names of what entries refer to, and where each is shown: (id, name, id of that, is there).
_NAMES = """
    SELECT id, name, id, deleted_at IS NULL FROM properties_property WHERE id = ANY(%(ids)s)
    UNION ALL
    SELECT id, name, property_id, deleted_at IS NULL FROM properties_unit WHERE id = ANY(%(ids)s)
    UNION ALL
    SELECT id, name, id, deleted_at IS NULL FROM guests_guest WHERE id = ANY(%(ids)s)
    UNION ALL
    SELECT id, reference, id, deleted_at IS NULL FROM bookings_booking WHERE id = ANY(%(ids)s)
    UNION ALL
    SELECT b.id, '', u.property_id, b.deleted_at IS NULL
        FROM bookings_block b JOIN properties_unit u ON u.id = b.unit_id WHERE b.id = ANY(%(ids)s)
    UNION ALL
    SELECT n.id, '', n.booking_id, n.deleted_at IS NULL AND b.deleted_at IS NULL
        FROM bookings_bookingnote n JOIN bookings_booking b ON b.id = n.booking_id
        WHERE n.id = ANY(%(ids)s)
    UNION ALL
    SELECT id, '', id, true FROM accounts_membership WHERE id = ANY(%(ids)s)
    UNION ALL
    SELECT id, name, id, false FROM accounts_user WHERE id = ANY(%(ids)s)
"""
_PAGES = {
    "booking": "bookings:detail",
    "note": "bookings:detail",
    "guest": "guests:detail",
    "property": "properties:detail",
    "unit": "properties:detail",
    "block": "properties:detail",
    "membership": "organization:member",
}


@dataclass(frozen=True)
class Change:
    """A fact that became another; `old` is empty for what is new."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Row:
    """An entry in words."""

    number: int
    at: dt.datetime
    who: str
    door: str
    key: str
    what: str
    label: str
    # The record's page, and all entries about it.
    url: str | None
    record_id: UUID | None
    is_security: bool
    changes: list[Change] = field(default_factory=list)
    is_forgotten: bool = False


@dataclass(frozen=True)
class _Name:
    name: str
    shown_at: UUID
    is_there: bool


def rows_of(entries: Sequence[AuditEntry], slug: str) -> list[Row]:
    """The entries in words. One statement, however many they are."""
    names = _names(entries)
    return [_row(entry, names, slug) for entry in entries]


def what(entry: AuditEntry) -> str:
    """`Booking changed`, `Logged in`."""
    if entry.action in SecurityEvent.values:
        return str(SecurityEvent(entry.action).label)
    kind = KINDS[entry.record_kind][0] if entry.record_kind in KINDS else entry.record_kind
    return f"{kind} {ACTIONS.get(entry.action, entry.action)}"


def door_of(entry: AuditEntry) -> str:
    """`dashboard`, `API`."""
    return str(dict(Door.choices).get(entry.door, entry.door))


def _row(entry: AuditEntry, names: dict[UUID, _Name], slug: str) -> Row:
    is_security = entry.action in SecurityEvent.values
    who = entry.user_name or (_("Nobody known") if is_security else _("System"))
    label = entry.record_label or ""
    return Row(
        number=entry.number,
        at=entry.at,
        who=who,
        door=door_of(entry),
        key=entry.api_key_name,
        what=what(entry),
        label="" if is_security and label == who else label,
        url=_page_of(entry, names, slug),
        record_id=entry.record_id,
        is_security=is_security,
        changes=list(_changes(entry, names)),
        is_forgotten=entry.changes is None and not is_security and entry.action != "anonymized",
    )


def _names(entries: Iterable[AuditEntry]) -> dict[UUID, _Name]:
    ids = {entry.record_id for entry in entries if entry.record_id}
    for entry in entries:
        for values in (entry.changes or {}).values():
            ids |= {found for value in values for found in _ids_in(value)}
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"ids": list(ids)})
        return {row[0]: _Name(*row[1:]) for row in cursor.fetchall()}


def _ids_in(value: Any) -> Iterable[UUID]:
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str) and len(part) == 36:
            try:
                yield UUID(part)
            except ValueError:
                continue


def _page_of(entry: AuditEntry, names: dict[UUID, _Name], slug: str) -> str | None:
    if entry.record_kind == "organization":
        return reverse("organization:settings", args=[slug])
    found = names.get(entry.record_id) if entry.record_id else None
    page = _PAGES.get(entry.record_kind)
    return reverse(page, args=[slug, found.shown_at]) if page and found and found.is_there else None


def _changes(entry: AuditEntry, names: dict[UUID, _Name]) -> Iterable[Change]:
    model = apps.get_model(KINDS[entry.record_kind][1]) if entry.record_kind in KINDS else None
    for name, (old, new) in (entry.changes or {}).items():
        if name in UNTOLD:
            continue
        column = None if name == ADDRESS and entry.record_kind == "user" else _column(model, name)
        yield Change(
            _label(name, column), _value(old, column, names), _value(new, column, names) or NOTHING
        )


def _column(model: type[models.Model] | None, name: str) -> Any:
    """The model's field; history may tell of fields that there are no more."""
    if model is None:
        return None
    try:
        return model._meta.get_field(name.removesuffix("_id"))
    except FieldDoesNotExist:
        return None


def _label(name: str, column: Any) -> str:
    word = LABELS.get(name) or (column.verbose_name if column else name.replace("_", " "))
    return str(capfirst(word))


def _value(value: Any, column: Any, names: dict[UUID, _Name]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_value(part, None, names) for part in value) or NOTHING
    found = next((names[one] for one in _ids_in(value) if one in names), None)
    if found and found.name:
        return found.name
    if getattr(column, "choices", None):
        return str(dict(column.choices).get(value, value))
    if isinstance(column, models.DecimalField):
        return written.number(value, column.decimal_places)
    if isinstance(column, models.DateTimeField) and (moment := parse_datetime(str(value))):
        return written.moment(localtime(moment))
    if isinstance(column, models.DateField) and (day := parse_date(str(value))):
        return written.plain_day(day)
    return str(value)
