"""A property's history in plain words, its units' with it, from the rows that triggers wrote.

Rows of one context (one click, one request) are one entry.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from properties.models import Property, Unit
from villaops import written
from villaops.tenancy import Door

# So many acts are told on the page of a property; so many rows are read for them.
TOLD = 15
ROWS_READ = 300
MONEY = ("base_price_per_night", "currency")
WORDS = {
    "name": gettext_lazy("Name"),
    "slug": gettext_lazy("Short name for addresses"),
    "property_type": gettext_lazy("Kind"),
    "status": gettext_lazy("Status"),
    "location": gettext_lazy("Location"),
    "base_price_per_night": gettext_lazy("Base price per night"),
    "currency": gettext_lazy("Currency"),
    "max_guests": gettext_lazy("Guests at most"),
    "bedrooms": gettext_lazy("Bedrooms"),
    "bathrooms": gettext_lazy("Bathrooms"),
    "check_in_time": gettext_lazy("Check-in time"),
    "check_out_time": gettext_lazy("Check-out time"),
    "time_zone": gettext_lazy("Time zone"),
    "address_line1": gettext_lazy("Address"),
    "address_line2": gettext_lazy("Address, second line"),
    "city": gettext_lazy("City"),
    "country": gettext_lazy("Country"),
    "latitude": gettext_lazy("Latitude"),
    "longitude": gettext_lazy("Longitude"),
}
# Too long to be told, or known by id only.
UNTOLD = {
    "description": gettext_lazy("Description changed."),
    "amenities": gettext_lazy("Amenities changed."),
    "check_in_instructions": gettext_lazy("Check-in instructions changed."),
    "owner_id": gettext_lazy("Owner changed."),
}
CHOICES = {
    "property_type": dict(Property.Type.choices),
    "status": dict(Property.Status.choices),
}


@dataclass
class Entry:
    """What one act did to the property and its units: who, when, through which door."""

    at: dt.datetime
    who: str
    door: str
    sentences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Row:
    """A row of the property or of a unit, as it was before the act and as it was left."""

    is_unit: bool
    was: dict[str, Any] | None
    now: dict[str, Any]

    def became(self, name: str, test: Callable[[Any], bool]) -> bool:
        """Whether the value passes the test and did not before."""
        return test(self.now[name]) and not (self.was and test(self.was[name]))


def history_of(home: Property, *, prices: bool) -> list[Entry]:
    """The newest acts on the property and its units, newest first; amounts only where `prices`.

    One statement, however long the history.
    """
    acts: dict[Any, tuple[Entry, list[_Row]]] = {}
    for row, entry, context in _rows(home):
        acts.setdefault(context, (entry, []))[1].append(row)
    entries = []
    for entry, rows in acts.values():
        entry.sentences += _of_property([row for row in rows if not row.is_unit], prices)
        entry.sentences += _of_units([row for row in rows if row.is_unit])
        if entry.sentences:
            entries.append(entry)
    return entries[::-1][:TOLD]


def _rows(home: Property) -> Iterator[tuple[_Row, Entry, Any]]:
    """Rows with the entry their act would be, and what tells acts apart; the oldest first."""
    asked: dict[str, UUID | int] = {
        "organization": home.organization_id,
        "property": home.pk,
        "most": ROWS_READ,
    }
    doors = dict(Door.choices)
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, asked)
        for is_unit, pgh_id, at, context, door, who, was, now in cursor.fetchall():
            row = _Row(is_unit, _loaded(was) if was else None, _loaded(now))
            entry = Entry(at, who or _("System"), str(doors.get(door or "", "")))
            yield row, entry, context or (is_unit, pgh_id)


def _loaded(row: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(row, parse_float=Decimal)
    return loaded


# Each row with the one before it of the same property or unit.
HISTORY = """
SELECT e.is_unit, e.pgh_id, e.pgh_created_at, e.pgh_context_id, e.pgh_context ->> 'door', u.name,
    e.was, e.now
FROM (
    (SELECT false AS is_unit, n.pgh_id, n.pgh_created_at, n.pgh_context_id, n.pgh_context,
        to_jsonb(n) AS now,
        (SELECT to_jsonb(o) FROM properties_propertyevent o
            WHERE o.organization_id = n.organization_id AND o.pgh_obj_id = n.pgh_obj_id
                AND o.pgh_id < n.pgh_id
            ORDER BY o.pgh_id DESC LIMIT 1) AS was
    FROM properties_propertyevent n
    WHERE n.organization_id = %(organization)s AND n.pgh_obj_id = %(property)s
    ORDER BY n.pgh_id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT true, n.pgh_id, n.pgh_created_at, n.pgh_context_id, n.pgh_context, to_jsonb(n),
        (SELECT to_jsonb(o) FROM properties_unitevent o
            WHERE o.organization_id = n.organization_id AND o.pgh_obj_id = n.pgh_obj_id
                AND o.pgh_id < n.pgh_id
            ORDER BY o.pgh_id DESC LIMIT 1)
    FROM properties_unitevent n
    WHERE n.organization_id = %(organization)s AND n.property_id = %(property)s
    ORDER BY n.pgh_id DESC LIMIT %(most)s)
) e
LEFT JOIN accounts_user u ON u.id = (e.pgh_context ->> 'user')::uuid
ORDER BY e.pgh_created_at, e.pgh_id
"""


def _is_set(value: Any) -> bool:
    return value is not None


# --- The property ----------------------------------------------------------------------------


def _of_property(rows: Iterable[_Row], prices: bool) -> Iterator[str]:
    for row in rows:
        if row.was is None:
            if row.now["pgh_label"] == "insert":
                yield _("Added.")
            continue
        if row.became("deleted_at", _is_set):
            yield _("Deleted.")
        elif row.was["deleted_at"] and not row.now["deleted_at"]:
            yield _("Restored.")
        for name, word in WORDS.items():
            if row.was[name] != row.now[name] and (prices or name not in MONEY):
                yield _field(name, word, row.was[name], row.now[name])
        for name, sentence in UNTOLD.items():
            if row.was[name] != row.now[name]:
                yield str(sentence)


def _field(name: str, word: Any, was: Any, now: Any) -> str:
    words = {"field": word, "old": _shown(name, was), "new": _shown(name, now)}
    if was is None or was == "":
        return _("%(field)s added: %(new)s.") % words
    if now is None or now == "":
        return _("%(field)s removed; it was %(old)s.") % words
    return _("%(field)s changed from %(old)s to %(new)s.") % words


def _shown(name: str, value: Any) -> Any:
    if name in MONEY and isinstance(value, Decimal):
        return written.number(value, 2)
    return CHOICES.get(name, {}).get(value, value)


# --- Its units -------------------------------------------------------------------------------


def _of_units(rows: list[_Row]) -> Iterator[str]:
    added = [
        row.now["name"] for row in rows if row.was is None and row.now["pgh_label"] == "insert"
    ]
    if added:
        yield ngettext("Unit added: %s.", "Units added: %s.", len(added)) % _listed(added)
    deleted = [row.now["name"] for row in rows if row.was and row.became("deleted_at", _is_set)]
    if deleted:
        yield ngettext("Unit deleted: %s.", "Units deleted: %s.", len(deleted)) % _listed(deleted)
    changed = [row for row in rows if row.was]
    for row in changed:
        yield from _unit_changes(row.was or {}, row.now)
    if any((row.was or {})["position"] != row.now["position"] for row in changed):
        yield _("Units put in another order.")


def _listed(names: list[str]) -> str:
    more = len(names) - 10
    return ", ".join(names if more <= 0 else [*names[:10], _("%d more") % more])


def _unit_changes(was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    if was["deleted_at"] and not now["deleted_at"]:
        yield _("Unit restored: %s.") % now["name"]
    if was["name"] != now["name"]:
        yield _("%(old)s is now called %(new)s.") % {"old": was["name"], "new": now["name"]}
    if was["status"] != now["status"]:
        retired = now["status"] == Unit.Status.INACTIVE
        sentence = _("%s retired.") if retired else _("%s takes bookings again.")
        yield sentence % now["name"]
    offer = ("available_from", "available_to")
    if any(was[name] != now[name] for name in offer):
        yield _offer(now["name"], *(now[name] for name in offer))


def _offer(name: str, first: str | None, end: str | None) -> str:
    words = {"unit": name, "first": _day(first), "end": _day(end)}
    if first and end:
        return _("%(unit)s is on offer from %(first)s until %(end)s.") % words
    if first:
        return _("%(unit)s is on offer from %(first)s.") % words
    if end:
        return _("%(unit)s is on offer until %(end)s.") % words
    return _("%(unit)s is always on offer.") % words


def _day(day: str | None) -> str:
    return written.plain_day(dt.date.fromisoformat(day)) if day else ""
