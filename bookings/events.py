"""What the verbs of bookings tell whoever listens: mails, notifications, later webhooks.

Each is an intent (villaops.outbox) of kind `booking_event`, written in the verb's transaction; a
listener runs in a worker, once. Its payload:

    organization, booking   their ids
    event                   one of Event
    by                      the id of the user who did it, or null
    status                  [before, after]; before is null for a new booking
    changed                 the names of the facts that are others than before, the status aside
    before                  what those of them were that a mail may want to compare

A later event may overtake an earlier one, and the booking may have gone on: a listener looks.
The table is outside tenancy, so that no text that people wrote is in it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any

from accounts.models import User
from bookings.models import Booking, Status
from villaops import outbox
from villaops.outbox import NewIntent

BOOKING_EVENT = outbox.event("booking_event")


class Event(StrEnum):
    """What has become of a booking."""

    CREATED = "created"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    NO_SHOW = "no_show"
    # Told by the database itself (bookings.hold_sql), whoever let the hold go.
    HOLD_EXPIRED = "hold_expired"
    # By bookings.no_shows: nobody has said whether the guest came.
    NO_SHOW_SUGGESTED = "no_show_suggested"


# What a status is reached by; any other way, as an arrival taken back, is a change.
REACHED = {
    Status.CONFIRMED: (Event.CONFIRMED, {Status.PENDING, Status.CANCELLED, Status.NO_SHOW}),
    Status.CANCELLED: (Event.CANCELLED, set(Status)),
    Status.CHECKED_IN: (Event.CHECKED_IN, {Status.PENDING, Status.CONFIRMED}),
    Status.CHECKED_OUT: (Event.CHECKED_OUT, {Status.CHECKED_IN}),
    Status.NO_SHOW: (Event.NO_SHOW, set(Status)),
}
# Facts a mail may compare, and those that say nothing to anybody.
COMPARED = frozenset(
    [
        "property_id",
        "unit_id",
        "check_in",
        "check_out",
        "adults",
        "children",
        "total_price",
        "currency",
    ]
)
SILENT = frozenset(
    [
        "status",
        "cancellation_reason",
        "cancelled_at",
        "updated_at",
        "hold_expires_at",
        "still_expected_at",
    ]
)

_gathered: ContextVar[list[NewIntent] | None] = ContextVar("booking_events", default=None)


def facts_of(booking: Booking) -> dict[str, Any]:
    """The booking's row as it is now, to compare with later."""
    return {
        field.attname: getattr(booking, field.attname) for field in booking._meta.concrete_fields
    }


def tell_created(booking: Booking, by: User | None) -> None:
    """Tell of a new booking."""
    _tell(booking, Event.CREATED, by, {"status": [None, booking.status]})


def tell_changed(
    booking: Booking, before: Mapping[str, Any], by: User | None, *, moved: bool = False
) -> None:
    """Tell what a verb has made of a booking; of nothing, when nothing is another.

    `moved`: nights are in other units, which is no fact of the booking's own row.
    """
    changed = [
        name
        for name, value in facts_of(booking).items()
        if name not in SILENT | {"unit_id"} and value != before[name]
    ]
    if moved or booking.unit_id != before["unit_id"]:
        changed.append("unit_id")
    old, new = before["status"], booking.status
    if old == new and not changed:
        return
    event, ways = REACHED.get(Status(new), (Event.CHANGED, set()))
    _tell(
        booking,
        event if old != new and old in ways else Event.CHANGED,
        by,
        {
            "status": [old, new],
            "changed": changed,
            "before": {name: before[name] for name in changed if name in COMPARED},
        },
    )


def _tell(booking: Booking, event: Event, by: User | None, more: dict[str, Any]) -> None:
    told = {
        "organization": booking.organization_id,
        "booking": booking.pk,
        "event": event,
        "by": by.pk if by else None,
        "changed": [],
        "before": {},
    }
    _write([NewIntent(told | more)])


def _write(intents: list[NewIntent]) -> None:
    gathered = _gathered.get()
    if gathered is None:
        outbox.write_intents(BOOKING_EVENT, intents)
    else:
        gathered.extend(intents)


@contextmanager
def told_together() -> Iterator[None]:
    """Write what the verbs in the block tell in one statement, at its end.

    Within the transaction that all of them are in.
    """
    with _gathering() as gathered:
        yield
    _write(gathered)


@contextmanager
def silently() -> Iterator[None]:
    """Tell nobody: of stays that are made up, or were lived long ago."""
    with _gathering():
        yield


@contextmanager
def _gathering() -> Iterator[list[NewIntent]]:
    gathered: list[NewIntent] = []
    token = _gathered.set(gathered)
    try:
        yield gathered
    finally:
        _gathered.reset(token)
