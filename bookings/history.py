"""A booking's history in plain words, read from the rows that triggers wrote.

Rows of one context (one click, one request) are one entry. Which unit a night is in is known from
the nights' own history, so that a room move in mid-stay can be told.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.models import Booking, BookingNote, NightEvent, Status
from villaops import written
from villaops.history import with_who
from villaops.tenancy import Door


@dataclass(frozen=True)
class Entry:
    """What one act did to the booking: who, when, through which door."""

    at: dt.datetime
    who: str
    door: str
    sentences: list[str]


@dataclass(frozen=True)
class Note:
    """What a note says now, who wrote it and whether it was changed."""

    id: UUID
    text: str
    author: str
    at: dt.datetime
    is_changed: bool


@dataclass(frozen=True)
class Story:
    """Everything that happened to a booking, and the notes that came of it; newest first."""

    history: list[Entry]
    notes: list[Note]


@dataclass
class _Act:
    """The rows of one context."""

    at: dt.datetime
    who: str
    door: str
    booking_events: list[Any] = field(default_factory=list)
    night_events: list[NightEvent] = field(default_factory=list)
    note_events: list[Any] = field(default_factory=list)


def history_of(booking: Booking, *, prices: bool) -> list[Entry]:
    """Everything that happened to the booking, newest first; amounts only where `prices`."""
    return story_of(booking, prices=prices).history


def story_of(booking: Booking, *, prices: bool) -> Story:
    """The booking's history and its notes. Three statements, however long they are."""
    acts = _acts(booking)
    zone = ZoneInfo(booking.property.time_zone)
    entries = []
    before = None
    for act in acts:
        sentences = list(_sentences(before, act, prices, zone))
        before = act.booking_events[-1] if act.booking_events else before
        sentences += _note_sentences(act.note_events)
        if sentences:
            entries.append(Entry(act.at, act.who, act.door, sentences))
    return Story(entries[::-1], _notes(acts))


def _notes(acts: Iterable[_Act]) -> list[Note]:
    latest = {event.id: event for act in acts for event in act.note_events}
    notes = [
        Note(
            event.id,
            event.text,
            event.author_name or _("Somebody"),
            event.created_at,
            event.pgh_label != "insert",
        )
        for event in latest.values()
        if event.deleted_at is None
    ]
    return sorted(notes, key=lambda note: note.at, reverse=True)


def _note_sentences(events: Iterable[Any]) -> Iterator[str]:
    for event in events:
        if event.deleted_at is not None:
            yield _("Note deleted.")
        else:
            words = _("Note added: %s") if event.pgh_label == "insert" else _("Note changed: %s")
            yield words % Truncator(event.text).chars(80)


def _acts(booking: Booking) -> list[_Act]:
    acts: dict[Any, _Act] = {}
    own = with_who(booking.events.order_by("pgh_id")).annotate(
        unit_name=F("unit__name"), property_name=F("property__name"), guest_name=F("guest__name")
    )
    nights = (
        NightEvent.objects.filter(organization=booking.organization_id, booking=booking)
        .annotate(unit_name=F("unit__name"))
        .order_by("pgh_id")
    )
    for event in own:
        act = acts.setdefault(event.pgh_context_id or event.pgh_id, _act(event))
        act.booking_events.append(event)
    for night in nights:
        if night.pgh_context_id in acts:
            acts[night.pgh_context_id].night_events.append(night)
    for event in _note_events(booking):
        act = acts.setdefault(event.pgh_context_id or f"note {event.pgh_id}", _act(event))
        act.note_events.append(event)
    return sorted(acts.values(), key=lambda act: act.at)


def _act(event: Any) -> _Act:
    door = (event.pgh_context or {}).get("door", "")
    return _Act(
        event.pgh_created_at, event.who or _("System"), str(dict(Door.choices).get(door, ""))
    )


def _note_events(booking: Booking) -> Iterable[Any]:
    model = BookingNote.events.rel.related_model  # type: ignore[attr-defined]
    own = BookingNote.objects.filter(organization=booking.organization_id, booking=booking)
    events = with_who(model.objects.filter(pgh_obj__in=own).order_by("pgh_id"))
    return cast(Iterable[Any], events.annotate(author_name=F("author__name")))


def _sentences(before: Any, act: _Act, prices: bool, zone: ZoneInfo) -> Iterator[str]:
    home = before and before.property_id
    for event in act.booking_events:
        if event.pgh_label == "insert" or before is None:
            yield _booked(event, prices)
            if event.hold_expires_at:
                yield _held(event.hold_expires_at, zone)
        else:
            yield from _changes(before, event, act, prices)
            # A hold that ends with the pending state needs no word of its own.
            if event.status == Status.PENDING and event.hold_expires_at != before.hold_expires_at:
                yield _held(event.hold_expires_at, zone)
        before = event
    # Moving to another property has been told already; of course the units are others there.
    if home is None or home == before.property_id:
        yield from _moves(act.night_events)


def _booked(event: Any, prices: bool) -> str:
    party = event.adults + event.children
    sentence = ngettext(
        "Booked %(stay)s for %(party)s guest, %(status)s.",
        "Booked %(stay)s for %(party)s guests, %(status)s.",
        party,
    ) % {"stay": _stay(event), "party": party, "status": Status(event.status).label.lower()}
    if prices and event.total_price is not None:
        sentence += " " + _("Total %s.") % _amount(event.total_price, event.currency)
    if not event.is_placed:
        sentence += " " + _("No unit was free for it.")
    return sentence


def _changes(old: Any, new: Any, act: _Act, prices: bool) -> Iterator[str]:
    if new.deleted_at and not old.deleted_at:
        yield _("Deleted; its nights are free again.")
    if old.deleted_at and not new.deleted_at:
        yield _("Restored.")
    if old.status != new.status:
        yield _status_sentence(old, new)
    yield from _stay_changes(old, new, act)
    if prices and (old.total_price, old.currency) != (new.total_price, new.currency):
        yield _("Total changed from %(old)s to %(new)s.") % {
            "old": _amount(old.total_price, old.currency),
            "new": _amount(new.total_price, new.currency),
        }
    yield from _other_changes(old, new)


def _stay_changes(old: Any, new: Any, act: _Act) -> Iterator[str]:
    if (old.check_in, old.check_out) != (new.check_in, new.check_out):
        yield _("Dates changed from %(old)s to %(new)s.") % {"old": _stay(old), "new": _stay(new)}
    if old.property_id != new.property_id:
        yield _("Moved to %s.") % new.property_name
    if old.is_placed and not new.is_placed:
        yield _("Taken out of %s; its nights there are free again.") % old.unit_name
    if new.is_placed and not old.is_placed:
        yield _("Given a unit: %s.") % _units_taken(act.night_events, new.unit_name)
    if (old.adults, old.children) != (new.adults, new.children):
        yield _("Party changed from %(old)s to %(new)s.") % {"old": _party(old), "new": _party(new)}


def _units_taken(events: Iterable[NightEvent], usual: str) -> str:
    """The units whose nights the act took; of a stay that holds none, its own."""
    taken = [cast(Any, event).unit_name for event in events if event.pgh_label == "insert"]
    return ", ".join(dict.fromkeys(taken)) or usual


def _other_changes(old: Any, new: Any) -> Iterator[str]:
    if old.guest_id != new.guest_id:
        yield _("Guest changed to %s.") % (new.guest_name or _("nobody"))
    if old.source != new.source:
        yield _("Source changed to %s.") % Booking.Source(new.source).label
    if new.still_expected_at and not old.still_expected_at:
        yield _("Had not arrived; still expected.")
    if old.special_requests != new.special_requests:
        yield _("Requests changed.") if new.special_requests else _("Requests removed.")


def _status_sentence(old: Any, new: Any) -> str:
    came_back = old.status in (Status.CANCELLED, Status.NO_SHOW)
    match (old.status, new.status):
        case (_, Status.CANCELLED):
            reason = f" {new.cancellation_reason}" if new.cancellation_reason else ""
            freed = _("Cancelled; its nights are free again.") if old.is_placed else _("Cancelled.")
            return freed + reason
        case (_, Status.NO_SHOW):
            return _("Marked as no-show; its nights are free again.")
        case (_, Status.CONFIRMED | Status.PENDING) if came_back:
            return _("Brought back as %s.") % Status(new.status).label.lower()
        case (Status.CHECKED_IN, Status.CONFIRMED):
            return _("Check-in undone.")
        case (Status.CHECKED_OUT, Status.CHECKED_IN):
            return _("Check-out undone.")
        case (Status.CONFIRMED, Status.PENDING):
            return _("Confirmation taken back.")
    return _("%s.") % Status(new.status).label


def _held(until: dt.datetime | None, zone: ZoneInfo) -> str:
    if until is None:
        return _("No longer held until a time.")
    return _("Held until %s.") % written.short_moment(until.astimezone(zone))


def _moves(events: Iterable[NightEvent]) -> Iterator[str]:
    """Nights that left one unit and are in another: a sentence for each run of them."""
    first: dict[tuple[dt.date, UUID], str] = {}
    last: dict[tuple[dt.date, UUID], str] = {}
    names: dict[UUID, str] = {}
    for event in events:
        place = (event.night, event.unit_id)
        first.setdefault(place, event.pgh_label)
        last[place] = event.pgh_label
        names[event.unit_id] = cast(Any, event).unit_name
    held = {place for place, label in first.items() if label != "insert"}
    left = {night for night, unit in held if last[night, unit] == "delete"}
    came = [
        place
        for place, label in sorted(last.items(), key=lambda item: (item[0][0], str(item[0][1])))
        if label != "delete" and place not in held and place[0] in left
    ]
    for unit_id, run in groupby(came, key=itemgetter(1)):
        nights = [night for night, _unit in run]
        yield ngettext(
            "Night of %(first)s moved to %(unit)s.",
            "Nights %(first)s to %(last)s moved to %(unit)s.",
            len(nights),
        ) % {
            "first": _day(nights[0]),
            "last": _day(nights[-1]),
            "unit": names[unit_id],
        }


def _stay(event: Any) -> str:
    return f"{_day(event.check_in)} – {_day(event.check_out)}"


def _day(day: dt.date) -> str:
    return written.plain_day(day)


def _party(event: Any) -> str:
    adults = ngettext("%d adult", "%d adults", event.adults) % event.adults
    if not event.children:
        return adults
    children = ngettext("%d child", "%d children", event.children) % event.children
    return f"{adults}, {children}"


def _amount(amount: Decimal | None, currency: str) -> str:
    return _("none") if amount is None else f"{written.number(amount, 2)} {currency}"
