"""Who comes, who goes and who stays today, by each property's own clock."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.models import Organization
from accounts.permissions import Permission
from bookings.models import Booking, Night, Status
from bookings.querysets import BookingQuerySet
from properties.models import Property
from villaops.clock import today_in

COMING_SHOWN = 5

type Days = dict[str, dt.date]


@dataclass(frozen=True)
class Row:
    """A stay as the day sees it: where it is, whether it is late, whether it is done."""

    booking: Booking
    units: list[str]
    is_late: bool
    is_done: bool


@page(Permission.READ_BOOKINGS)
@require_safe
def today(request: OrganizationRequest) -> HttpResponse:
    """Arrivals, departures and guests in house."""
    organization = request.access.organization
    days = days_of(organization)
    stays = Booking.objects.for_organization(organization).with_guest_and_property()
    arrivals = _on(
        days, stays, lambda own, day: own.arriving_on(day) | own.not_yet_arrived(day)
    ).order_by("check_in", "property__name", "id")
    departures = _on(
        days, stays, lambda own, day: own.departing_on(day) | own.overstaying(day)
    ).order_by("check_out", "property__name", "id")
    in_house = _on(days, stays, BookingQuerySet.in_house).order_by(
        "check_out", "property__name", "id"
    )
    coming = _on(days, stays, BookingQuerySet.arriving_after).order_by("check_in", "id")
    rows = _Rows(days, [*arrivals, *departures, *in_house])
    return render(
        request,
        "bookings/today.html",
        {
            "day": today_in(organization.time_zone),
            "arrivals": rows.arriving(arrivals),
            "departures": rows.departing(departures),
            "in_house": rows.staying(in_house),
            "coming": coming[:COMING_SHOWN],
            "pending": Booking.objects.for_organization(organization)
            .filter(status=Status.PENDING)
            .count(),
        },
    )


def days_of(organization: Organization) -> Days:
    """For each time zone the organization has properties in, which day it is there."""
    homes = Property.objects.for_organization(organization)
    zones = homes.order_by("time_zone").values_list("time_zone", flat=True).distinct()
    return {zone: today_in(zone) for zone in zones}


def _on(
    days: Days, stays: BookingQuerySet, read: Callable[[BookingQuerySet, dt.date], BookingQuerySet]
) -> BookingQuerySet:
    """What the read finds on the day it is at each stay's property."""
    zones_by_day: dict[dt.date, list[str]] = {}
    for zone, day in days.items():
        zones_by_day.setdefault(day, []).append(zone)
    found = [
        read(stays.filter(property__time_zone__in=zones), day)
        for day, zones in zones_by_day.items()
    ]
    return reduce(or_, found) if found else stays.none()


class _Rows:
    """Makes rows of stays; knows in one statement which units each is in."""

    def __init__(self, days: Days, bookings: Iterable[Booking]) -> None:
        self.days = days
        self.units: dict[tuple[object, dt.date], list[str]] = {}
        bookings = list(bookings)
        wanted = {(booking.pk, night) for booking in bookings for night in self._nights(booking)}
        held = (
            Night.objects.filter(
                booking__in={pk for pk, _night in wanted},
                night__in={night for _pk, night in wanted},
            ).in_order()
            if wanted
            else ()
        )
        for night in held:
            self.units.setdefault((night.booking_id, night.night), []).append(night.unit.name)

    def arriving(self, bookings: Iterable[Booking]) -> list[Row]:
        """Late ones first, then by property; those who have arrived last."""
        rows = [
            self._row(
                booking,
                booking.check_in,
                is_late=booking.check_in < self._day(booking),
                is_done=booking.status == Status.CHECKED_IN,
            )
            for booking in bookings
        ]
        return sorted(rows, key=lambda row: row.is_done)

    def departing(self, bookings: Iterable[Booking]) -> list[Row]:
        """Overdue ones first, then by property; those who have left last."""
        rows = [
            self._row(
                booking,
                booking.check_out - dt.timedelta(days=1),
                is_late=booking.check_out < self._day(booking),
                is_done=booking.status == Status.CHECKED_OUT,
            )
            for booking in bookings
        ]
        return sorted(rows, key=lambda row: row.is_done)

    def staying(self, bookings: Iterable[Booking]) -> list[Row]:
        """By day of departure."""
        return [self._row(b, self._day(b), is_late=False, is_done=False) for b in bookings]

    def _row(self, booking: Booking, night: dt.date, *, is_late: bool, is_done: bool) -> Row:
        units = self.units.get((booking.pk, night), [booking.unit.name])
        # A villa's only unit is named like the villa: say it once.
        names = [name for name in units if name != booking.property.name]
        return Row(booking, names, is_late, is_done)

    def _day(self, booking: Booking) -> dt.date:
        return self.days[booking.property.time_zone]

    def _nights(self, booking: Booking) -> tuple[dt.date, ...]:
        return (
            booking.check_in,
            booking.check_out - dt.timedelta(days=1),
            self._day(booking),
        )
