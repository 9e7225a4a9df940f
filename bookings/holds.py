"""Holds: a pending booking keeps its nights until a moment, unless it is confirmed before.

An expired hold is dead from that moment on. The rows say so as soon as anybody opens the
organization's context, whoever it is and whatever for: what has expired is released then, in a
transaction of its own. The job of every minute is for the mail, and for organizations nobody looks
at. See docs/decisions/0014-holds.md.
"""

import datetime as dt
from uuid import UUID

from django.db import connection

from accounts.models import User
from bookings.models import Booking, Status
from bookings.services import update_booking
from villaops.errors import Conflict
from villaops.verbs import verb

HAS_EXPIRED = "bookings_hold_has_expired(NULLIF(%(organization)s, '')::uuid)"


class NotHeld(Conflict):
    """Only a pending booking can be held, and only until a moment still to come."""

    code = "not_held"
    message = "Only a pending booking can be held, until a time to come"

    @property
    def explanation(self) -> str:
        if self.data["status"] != Status.PENDING:
            return "Only a pending booking is held until a time."
        return "A hold ends in the future."


def set_hold(
    *, booking: Booking, until: dt.datetime | None, by: User | None, at: dt.datetime
) -> Booking:
    """Hold the nights of a pending booking until the moment, or for good (None).

    `at` is now. Raises NotHeld.
    """
    if booking.status != Status.PENDING or (until is not None and until <= at):
        raise NotHeld(status=booking.status)
    return update_booking(booking=booking, by=by, changes={"hold_expires_at": until})


@verb()
def release_expired_holds(organization_id: UUID | None = None) -> list[UUID]:
    """Cancel every pending booking whose hold has expired; return which.

    Of one organization, or of all those the context shows. One statement, which also writes the
    `hold_expired` event to the outbox; a booking that somebody else is deciding about at this
    instant is left to them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM bookings_release_expired_holds(%s)", [organization_id])
        return [booking_id for (booking_id,) in cursor.fetchall()]
