"""What guests' stays add up to."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, F, Max, Min, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from bookings.models import Booking
from bookings.querysets import HOLDING, BookingQuerySet
from guests.models import Guest
from guests.querysets import GuestQuerySet

# The ways to sort the list of guests, each with its natural direction.
ORDERS = {
    "name": ("name", "id"),
    "-name": ("-name", "id"),
    "stays": ("stay_count", "name", "id"),
    "-stays": ("-stay_count", "name", "id"),
    "last": (F("last_stay").asc(nulls_last=True), "name", "id"),
    "-last": (F("last_stay").desc(nulls_last=True), "name", "id"),
    "next": (F("next_stay").asc(nulls_last=True), "name", "id"),
    "-next": (F("next_stay").desc(nulls_last=True), "name", "id"),
}


def with_stays(guests: GuestQuerySet, on: dt.date) -> GuestQuerySet:
    """Adds how often they stay (cancelled and no-show aside), and when last and next.

    `last_stay` is the latest arrival that was, `next_stay` the first that is still to be: an
    arrival of the day is the next one until the guest has checked in.
    """
    theirs = (
        Booking.objects.filter(
            organization=OuterRef("organization"),
            guest=OuterRef("pk"),
            status__in=HOLDING,
            deleted_at=None,
        )
        .order_by()
        .values("guest")
    )
    to_come = Q(status__in=("pending", "confirmed"), check_in__gte=on)
    return guests.annotate(
        stay_count=Coalesce(Subquery(theirs.annotate(n=Count("*")).values("n")), Value(0)),
        last_stay=Subquery(theirs.exclude(to_come).annotate(day=Max("check_in")).values("day")),
        next_stay=Subquery(theirs.filter(to_come).annotate(day=Min("check_in")).values("day")),
    )


@dataclass
class StayFigures:
    """Bookings of any status; of those that count (neither cancelled nor no-show): stays, nights
    and, by currency, accommodation revenue.
    """

    bookings: int = 0
    stays: int = 0
    nights: int = 0
    revenue: list[tuple[str, Decimal]] = field(default_factory=list)


def figures_of(guest: Guest) -> StayFigures:
    """Nights sold (unit nights) and their prices, as in terms.md: room revenue without taxes, fees
    and cancellation charges. Nights without a price add nothing. One statement.
    """
    figures = StayFigures()
    rows = (
        stays_of(guest)
        .order_by()
        .values("currency")
        .annotate(
            bookings=Count("pk", distinct=True),
            stays=Count("pk", distinct=True, filter=Q(status__in=HOLDING)),
            night_count=Count("nights__night"),
            revenue=Sum("nights__price"),
        )
        .order_by("currency")
    )
    for row in rows:
        figures.bookings += row["bookings"]
        figures.stays += row["stays"]
        figures.nights += row["night_count"]
        if row["revenue"] is not None:
            figures.revenue.append((row["currency"], row["revenue"]))
    return figures


def stays_of(guest: Guest) -> BookingQuerySet:
    """The guest's bookings, deleted ones aside."""
    return Booking.objects.for_organization(guest.organization_id).filter(guest=guest)
