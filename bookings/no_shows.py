"""Guests who have not arrived: suggested to staff, who decide. Nothing happens by itself.

On the morning after the day of check-in, at ten by the property's clock, a confirmed booking is
asked about on the page of the day, until somebody marks the no-show, checks the guest in, or says
that they are still expected.
"""

import datetime as dt
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from django.db.models.functions import Now

from accounts.models import User
from bookings.events import BOOKING_EVENT, Event
from bookings.models import Booking, Status
from bookings.querysets import BookingQuerySet
from bookings.services import lock_booking
from properties.models import Property
from villaops import outbox
from villaops.errors import Conflict
from villaops.outbox import NewIntent
from villaops.verbs import verb

ASKED_AT = dt.timedelta(hours=10)
# Who is told of a guest who has not arrived is told soon, or not at all.
TOLD_FOR = dt.timedelta(days=3)


class NotAwaited(Conflict):
    code = "not_awaited"
    message = "Only a confirmed guest is still expected"
    explanation = "Only a guest whose booking is confirmed can still be expected."


def asked_before(time_zone: str, now: dt.datetime) -> dt.date:
    """Stays of which check-in days there are asked about at this moment: those before this one."""
    return (now.astimezone(ZoneInfo(time_zone)) - ASKED_AT).date()


@verb()
def expect_guest(*, booking: Booking, by: User | None) -> Booking:
    """Say that the guest will come after all: nobody is asked again. Raises NotAwaited."""
    booking, _ = lock_booking(booking)
    if booking.status != Status.CONFIRMED:
        raise NotAwaited
    if booking.still_expected_at is None:
        booking.still_expected_at = Now()
        booking.save()
    return booking


def tell_of_no_shows(now: dt.datetime) -> int:
    """Tell of every stay that is asked about and has not been told of; return how many.

    Of the organizations the context shows. However often it runs, each is told once.
    """
    zones = Property.objects.order_by().values_list("time_zone", flat=True).distinct()
    own = Booking.objects.filter(check_in__gte=now.date() - TOLD_FOR)
    asked = [
        own.filter(property__time_zone=zone).maybe_no_shows(asked_before(zone, now))
        for zone in zones
    ]
    found: BookingQuerySet = reduce(or_, asked) if asked else own.none()
    intents = [
        NewIntent(
            {
                "organization": organization,
                "booking": booking,
                "event": Event.NO_SHOW_SUGGESTED,
                "by": None,
                "status": [Status.CONFIRMED, Status.CONFIRMED],
                "changed": [],
                "before": {},
            },
            key=f"{Event.NO_SHOW_SUGGESTED}:{booking}:{check_in}",
        )
        for organization, booking, check_in in found.values_list("organization", "pk", "check_in")
    ]
    outbox.write_intents(BOOKING_EVENT, intents)
    return len(intents)
