"""What happens on a day: the stays, turnovers and blocks of it, sorted into rows."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization
from bookings.models import Block, Booking, Night, Status
from bookings.no_shows import asked_before
from bookings.querysets import MAYBE_FOR, BookingQuerySet
from properties.models import Property, Unit
from villaops.clock import today_in

ONE = dt.timedelta(days=1)
# Not a status: a stay without a unit needs one before anything else.
PLACE = "place"


@dataclass(frozen=True)
class Days:
    """For each time zone the organization has properties in, which date the page is about there.

    `is_live`: the page is about now, and so about the date it is at each property. Otherwise it is
    about one date everywhere; `is_past` or to come.
    """

    by_zone: dict[str, dt.date]
    day: dt.date
    is_live: bool
    is_past: bool
    # Of which check-in days it is asked whether the guests came: those before this one, by zone.
    asked_before: dict[str, dt.date] = field(default_factory=dict)

    def at(self, home: Property) -> dt.date:
        """The date at the property."""
        return self.by_zone[home.time_zone]

    def dates(self) -> set[dt.date]:
        """The different dates."""
        return set(self.by_zone.values())


@dataclass(frozen=True)
class Row:
    """A stay as the day sees it: where it is, whether it is late or done, what is to do."""

    booking: Booking
    units: list[str]
    is_late: bool = False
    is_done: bool = False
    action: str = ""


@dataclass(frozen=True)
class Turnover:
    """A unit that one guest leaves and another enters on the same day."""

    unit: Unit
    leaving: Booking
    coming: Booking


@dataclass
class Stays:
    """The rows of the day's stays."""

    no_shows: list[Booking] = field(default_factory=list)
    unplaced: int = 0
    arrivals: list[Row] = field(default_factory=list)
    departures: list[Row] = field(default_factory=list)
    in_house: list[Row] = field(default_factory=list)
    turnovers: list[Turnover] = field(default_factory=list)


def days_of(organization: Organization, chosen: dt.date | None) -> Days:
    """The dates of the page for the day chosen; without one, or today's, the live page."""
    homes = Property.objects.for_organization(organization)
    zones = homes.order_by("time_zone").values_list("time_zone", flat=True).distinct()
    today = today_in(organization.time_zone)
    if chosen is None or chosen == today:
        now = timezone.now()
        return Days(
            {zone: today_in(zone) for zone in zones},
            today,
            is_live=True,
            is_past=False,
            asked_before={zone: asked_before(zone, now) for zone in zones},
        )
    return Days(dict.fromkeys(zones, chosen), chosen, is_live=False, is_past=chosen < today)


def on_their_day(
    days: Days,
    stays: BookingQuerySet,
    read: Callable[[BookingQuerySet, dt.date], BookingQuerySet],
) -> BookingQuerySet:
    """What the read finds on the date it is at each stay's property."""
    zones_by_day: dict[dt.date, list[str]] = {}
    for zone, day in days.by_zone.items():
        zones_by_day.setdefault(day, []).append(zone)
    found = [
        read(stays.filter(property__time_zone__in=zones), day)
        for day, zones in zones_by_day.items()
    ]
    return reduce(or_, found) if found else stays.none()


def stays_of(organization: Organization, days: Days) -> Stays:
    """Who comes, who goes, who stays, which units change hands; and on the live page of whom nobody
    knows whether they came, and how many wait for a unit. Two statements.
    """
    own = Booking.objects.for_organization(organization).with_guest_and_property()
    found = on_their_day(days, own, _live if days.is_live else BookingQuerySet.on_the_books)
    if days.is_live:
        found |= own.unplaced().filter(check_out__gt=days.day)
        for zone, before in days.asked_before.items():
            found |= own.filter(property__time_zone=zone).maybe_no_shows(before)
    bookings = list(found.order_by("property__name", "check_in", "id"))
    sorter = _Sorter(days, [b for b in bookings if not _only_waits(b, days)])
    return Stays(
        no_shows=_no_shows(bookings, days),
        unplaced=sum(not b.is_placed and b.check_out > days.day for b in bookings),
        arrivals=sorter.arrivals(),
        departures=sorter.departures(),
        in_house=sorter.in_house(),
        turnovers=sorter.turnovers(),
    )


def pending_of(organization: Organization, days: Days) -> BookingQuerySet:
    """Stays still to come or under way that wait for an answer, soonest first; now only.

    There may be any number of them, unlike of what happens on a day.
    """
    own = Booking.objects.for_organization(organization).with_guest_and_property()
    if not days.is_live:
        return own.none()
    waiting = own.filter(status=Status.PENDING, check_out__gt=days.day - ONE)
    return waiting.order_by("check_in", "created_at", "id")


def _no_shows(bookings: Iterable[Booking], days: Days) -> list[Booking]:
    """Guests of whom nobody has said whether they came, those expected first first; now only."""
    asked = [
        b
        for b in bookings
        if b.status == Status.CONFIRMED
        and b.still_expected_at is None
        and (before := days.asked_before.get(b.property.time_zone))
        and before - MAYBE_FOR <= b.check_in < before
    ]
    return sorted(asked, key=lambda b: (b.check_in, b.created_at, b.pk))


def _only_waits(booking: Booking, days: Days) -> bool:
    """Whether a stay was read for its unit or its no-show alone: it is not of this day."""
    day = days.at(booking.property)
    return (
        days.is_live
        and booking.status in (Status.PENDING, Status.CONFIRMED)
        and not booking.check_in <= day < booking.check_out
    )


def blocks_of(organization: Organization, days: Days) -> list[dict[str, Any]]:
    """Blocks that begin or end on the day, with which of the two."""
    dates = days.dates()
    blocks = (
        Block.objects.for_organization(organization)
        .filter(Q(start__in=dates) | Q(end__in=dates))
        .select_related("unit__property")
        .order_by("unit__property__name", "unit__position", "start")
    )
    return [
        {"block": block, "begins": begins}
        for block in blocks
        for begins, day in ((False, block.end), (True, block.start))
        if day == days.by_zone.get(block.unit.property.time_zone)
    ]


def _live(own: BookingQuerySet, day: dt.date) -> BookingQuerySet:
    """Everybody there is something to do for now, the late ones too."""
    return (
        own.arriving_on(day)
        | own.not_yet_arrived(day)
        | own.departing_on(day)
        | own.overstaying(day)
        | own.in_house(day)
    )


class _Sorter:
    """Sorts stays into rows; knows in one statement which units each is in."""

    def __init__(self, days: Days, bookings: Iterable[Booking]) -> None:
        self.days = days
        self.bookings = list(bookings)
        self.units: dict[tuple[UUID | None, dt.date], list[Unit]] = {}
        wanted = {(b.pk, night) for b in self.bookings for night in self._nights(b)}
        held = Night.objects.filter(
            booking__in={pk for pk, _night in wanted}, night__in={night for _pk, night in wanted}
        )
        for night in held.in_order() if wanted else ():
            self.units.setdefault((night.booking_id, night.night), []).append(night.unit)

    def arrivals(self) -> list[Row]:
        """Late ones first, those who have arrived last."""
        rows = [self._arrival(b) for b in self.bookings if self._arrives(b)]
        return sorted(rows, key=lambda row: (row.is_done, not row.is_late))

    def departures(self) -> list[Row]:
        """Overdue ones first, those who have left last."""
        rows = [self._departure(b) for b in self.bookings if self._departs(b)]
        return sorted(rows, key=lambda row: (row.is_done, not row.is_late))

    def in_house(self) -> list[Row]:
        """Those who stay the night, by day of departure."""
        staying = [
            b
            for b in self.bookings
            if b.check_in <= self._day(b) < b.check_out
            and (b.status == Status.CHECKED_IN or not self.days.is_live)
        ]
        rows = [Row(b, self._names(b, self._day(b))) for b in staying]
        return sorted(rows, key=lambda row: row.booking.check_out)

    def turnovers(self) -> list[Turnover]:
        """Units where another stay's night follows, by property and position."""
        left: dict[UUID, Booking] = {}
        entered: dict[UUID, tuple[Unit, Booking]] = {}
        for booking in self.bookings:
            day = self._day(booking)
            for unit in self.units.get((booking.pk, day - ONE), ()):
                left[unit.pk] = booking
            for unit in self.units.get((booking.pk, day), ()):
                entered[unit.pk] = (unit, booking)
        found = [
            Turnover(unit, left[pk], coming)
            for pk, (unit, coming) in entered.items()
            if pk in left and left[pk].pk != coming.pk
        ]
        return sorted(found, key=lambda turn: (turn.coming.property.name, turn.unit.position))

    def _arrives(self, booking: Booking) -> bool:
        late = self.days.is_live and booking.status in (Status.PENDING, Status.CONFIRMED)
        day = self._day(booking)
        return booking.check_in == day or (late and booking.check_in < day < booking.check_out)

    def _departs(self, booking: Booking) -> bool:
        day = self._day(booking)
        if not self.days.is_live:
            return booking.check_out == day
        overdue = booking.check_out < day and booking.status == Status.CHECKED_IN
        gone_or_going = booking.status in (Status.CHECKED_IN, Status.CHECKED_OUT)
        return overdue or (booking.check_out == day and gone_or_going)

    def _arrival(self, booking: Booking) -> Row:
        day = self._day(booking)
        done = booking.status in (Status.CHECKED_IN, Status.CHECKED_OUT)
        action = ""
        if self.days.is_live and not done:
            action = Status.CHECKED_IN if booking.is_placed else PLACE
        elif not self.days.is_live and not self.days.is_past and booking.status == Status.PENDING:
            action = Status.CONFIRMED
        late = booking.check_in < day
        # Somebody late sleeps in the unit of tonight, which may not be that of the first night.
        return Row(booking, self._names(booking, day), late, done, action)

    def _departure(self, booking: Booking) -> Row:
        done = booking.status == Status.CHECKED_OUT
        action = Status.CHECKED_OUT if self.days.is_live and not done else ""
        late = self.days.is_live and booking.check_out < self._day(booking)
        return Row(booking, self._names(booking, booking.check_out - ONE), late, done, action)

    def _names(self, booking: Booking, night: dt.date) -> list[str]:
        if not booking.is_placed:
            return [_("no unit yet")]
        units = self.units.get((booking.pk, night), [booking.unit])
        # A villa's only unit is named like the villa: say it once.
        return [unit.name for unit in units if unit.name != booking.property.name]

    def _day(self, booking: Booking) -> dt.date:
        return self.days.at(booking.property)

    def _nights(self, booking: Booking) -> tuple[dt.date, ...]:
        day = self._day(booking)
        return (day - ONE, day, booking.check_out - ONE)
