"""What happens on a day: the stays, turnovers and blocks of it, sorted into rows."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, NamedTuple
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
class Chosen:
    """The day a page is about, as the organization counts days.

    `is_live`: the page is about now, and so about the date it is at each property. Otherwise it is
    about one date everywhere; `is_past` or to come.
    """

    day: dt.date
    is_live: bool
    is_past: bool


@dataclass(frozen=True)
class Days(Chosen):
    """For each time zone the organization has properties in, which date the page is about there."""

    by_zone: dict[str, dt.date]
    # Of which check-in days it is asked whether the guests came: those before this one, by zone.
    asked_before: dict[str, dt.date] = field(default_factory=dict)

    def dates(self) -> set[dt.date]:
        """The different dates."""
        return set(self.by_zone.values())


class Stay(NamedTuple):
    """As much of a stay as it takes to tell what the day sees in it."""

    pk: UUID
    status: str
    check_in: dt.date
    check_out: dt.date
    is_placed: bool
    still_expected_at: dt.datetime | None
    created_at: dt.datetime
    time_zone: str
    home: str


STAY = (
    *("pk", "status", "check_in", "check_out", "is_placed", "still_expected_at", "created_at"),
    *("property__time_zone", "property__name"),
)


class Place(NamedTuple):
    """As much of a unit."""

    pk: UUID
    name: str
    position: int


@dataclass
class Row:
    """A stay as the day sees it: where it is, whether it is late or done, what is to do.

    Of the rows that are shown, `show` brings the booking and the names of its units.
    """

    stay: Stay
    night: dt.date
    is_late: bool = False
    is_done: bool = False
    action: str = ""
    booking: Booking = field(init=False)
    units: list[str] = field(init=False)


@dataclass
class Turnover:
    """A unit that one guest leaves and another enters on the same day."""

    unit: Place
    stays: tuple[Stay, Stay]
    leaving: Booking = field(init=False)
    coming: Booking = field(init=False)


type Units = Mapping[tuple[UUID, dt.date], Sequence[Place]]


@dataclass
class Stays:
    """The rows of the day's stays; in which units they are, by stay and night."""

    no_shows: list[Row] = field(default_factory=list)
    unplaced: int = 0
    arrivals: list[Row] = field(default_factory=list)
    departures: list[Row] = field(default_factory=list)
    in_house: list[Row] = field(default_factory=list)
    turnovers: list[Turnover] = field(default_factory=list)
    units: Units = field(default_factory=dict)


def chosen_by(organization: Organization, day: dt.date | None) -> Chosen:
    """What a page is about for the day chosen; without one, or today's, it is live."""
    today = today_in(organization.time_zone)
    if day is None or day == today:
        return Chosen(today, is_live=True, is_past=False)
    return Chosen(day, is_live=False, is_past=day < today)


def days_of(organization: Organization, chosen: Chosen) -> Days:
    """The dates of the page, in each of the organization's time zones. One statement."""
    homes = Property.objects.for_organization(organization)
    zones = homes.order_by("time_zone").values_list("time_zone", flat=True).distinct()
    about = (chosen.day, chosen.is_live, chosen.is_past)
    if not chosen.is_live:
        return Days(*about, dict.fromkeys(zones, chosen.day))
    now = timezone.now()
    return Days(
        *about,
        {zone: today_in(zone) for zone in zones},
        asked_before={zone: asked_before(zone, now) for zone in zones},
    )


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

    A house of five hundred units has as many stays on a day, of which a page shows few: `show`
    brings these.
    """
    own = Booking.objects.for_organization(organization)
    found = on_their_day(days, own, _live if days.is_live else BookingQuerySet.on_the_books)
    if days.is_live:
        found |= own.unplaced().filter(check_out__gt=days.day)
        for zone, before in days.asked_before.items():
            found |= own.filter(property__time_zone=zone).maybe_no_shows(before)
    rows = found.order_by("property__name", "check_in", "id").values_list(*STAY)
    stays = [Stay(*row) for row in rows]
    sorter = _Sorter(days, [stay for stay in stays if not _only_waits(stay, days)])
    departures = sorter.departures()
    overdue = [row.stay.pk for row in departures if row.is_late]
    units = _units_of(organization, days, overdue) if sorter.stays else {}
    return Stays(
        no_shows=_no_shows(stays, days),
        unplaced=sum(not stay.is_placed and stay.check_out > days.day for stay in stays),
        arrivals=sorter.arrivals(),
        departures=departures,
        in_house=sorter.in_house(),
        turnovers=sorter.turnovers(units),
        units=units,
    )


def _units_of(organization: Organization, days: Days, overdue: Collection[UUID]) -> Units:
    """The units of the night before and of the night of the day, by stay and night, and of stays
    that should have ended earlier.
    """
    dates = {date - before for date in days.dates() for before in (dt.timedelta(), ONE)}
    wanted = Q(night__in=dates) | Q(booking__in=overdue) if overdue else Q(night__in=dates)
    nights = (
        Night.objects.for_organization(organization)
        .filter(wanted, booking__isnull=False)
        .order_by("night", "unit__position", "unit_id")
        .values_list("booking_id", "night", "unit_id", "unit__name", "unit__position")
    )
    units: dict[Any, list[Place]] = {}
    for booking_id, night, *place in nights:
        units.setdefault((booking_id, night), []).append(Place._make(place))
    return units


def show(
    organization: Organization,
    units: Units,
    rows: Iterable[Row],
    turnovers: Iterable[Turnover],
    others: Collection[UUID],
) -> dict[UUID, Booking]:
    """Give rows and turnovers their bookings; return these and the others, by id. One statement."""
    rows, turnovers = list(rows), list(turnovers)
    wanted = {row.stay.pk for row in rows}
    wanted.update(stay.pk for turn in turnovers for stay in turn.stays)
    own = Booking.objects.for_organization(organization).with_guest_and_property()
    bookings = own.in_bulk(wanted.union(others))
    for row in rows:
        row.booking = bookings[row.stay.pk]
        row.units = _names(row, units)
    for turn in turnovers:
        turn.leaving, turn.coming = (bookings[stay.pk] for stay in turn.stays)
    return bookings


def _names(row: Row, units: Units) -> list[str]:
    booking = row.booking
    if not booking.is_placed:
        return [_("no unit yet")]
    places: Sequence[Place | Unit] = units.get((booking.pk, row.night), [booking.unit])
    # A villa's only unit is named like the villa: say it once.
    return [place.name for place in places if place.name != booking.property.name]


def pending_of(organization: Organization, days: Days) -> BookingQuerySet:
    """Stays still to come or under way that wait for an answer, soonest first; now only.

    There may be any number of them, unlike of what happens on a day.
    """
    own = Booking.objects.for_organization(organization)
    if not days.is_live:
        return own.none()
    waiting = own.filter(status=Status.PENDING, check_out__gt=days.day - ONE)
    return waiting.order_by("check_in", "created_at", "id")


def _no_shows(stays: Iterable[Stay], days: Days) -> list[Row]:
    """Guests of whom nobody has said whether they came, those expected first first; now only."""
    asked = [
        stay
        for stay in stays
        if stay.status == Status.CONFIRMED
        and stay.still_expected_at is None
        and (before := days.asked_before.get(stay.time_zone))
        and before - MAYBE_FOR <= stay.check_in < before
    ]
    asked.sort(key=lambda stay: (stay.check_in, stay.created_at, stay.pk))
    return [Row(stay, stay.check_in) for stay in asked]


def _only_waits(stay: Stay, days: Days) -> bool:
    """Whether a stay was read for its unit or its no-show alone: it is not of this day."""
    return (
        days.is_live
        and stay.status in (Status.PENDING, Status.CONFIRMED)
        and not stay.check_in <= days.by_zone[stay.time_zone] < stay.check_out
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
    """Sorts stays into rows."""

    def __init__(self, days: Days, stays: Sequence[Stay]) -> None:
        self.days = days
        self.stays = stays

    def arrivals(self) -> list[Row]:
        """Late ones first, those who have arrived last."""
        rows = [self._arrival(stay) for stay in self.stays if self._arrives(stay)]
        return sorted(rows, key=lambda row: (row.is_done, not row.is_late))

    def departures(self) -> list[Row]:
        """Overdue ones first, those who have left last."""
        rows = [self._departure(stay) for stay in self.stays if self._departs(stay)]
        return sorted(rows, key=lambda row: (row.is_done, not row.is_late))

    def in_house(self) -> list[Row]:
        """Those who stay the night, by day of departure."""
        staying = [
            stay
            for stay in self.stays
            if stay.check_in <= self._day(stay) < stay.check_out
            and (stay.status == Status.CHECKED_IN or not self.days.is_live)
        ]
        rows = [Row(stay, self._day(stay)) for stay in staying]
        return sorted(rows, key=lambda row: row.stay.check_out)

    def turnovers(self, units: Units) -> list[Turnover]:
        """Units where another stay's night follows, by property and position."""
        left: dict[UUID, Stay] = {}
        entered: dict[UUID, tuple[Place, Stay]] = {}
        for stay in self.stays:
            day = self._day(stay)
            for unit in units.get((stay.pk, day - ONE), ()):
                left[unit.pk] = stay
            for unit in units.get((stay.pk, day), ()):
                entered[unit.pk] = (unit, stay)
        found = [
            Turnover(unit, (left[pk], coming))
            for pk, (unit, coming) in entered.items()
            if pk in left and left[pk].pk != coming.pk
        ]
        return sorted(found, key=lambda turn: (turn.stays[1].home, turn.unit.position))

    def _arrives(self, stay: Stay) -> bool:
        late = self.days.is_live and stay.status in (Status.PENDING, Status.CONFIRMED)
        day = self._day(stay)
        return stay.check_in == day or (late and stay.check_in < day < stay.check_out)

    def _departs(self, stay: Stay) -> bool:
        day = self._day(stay)
        if not self.days.is_live:
            return stay.check_out == day
        overdue = stay.check_out < day and stay.status == Status.CHECKED_IN
        gone_or_going = stay.status in (Status.CHECKED_IN, Status.CHECKED_OUT)
        return overdue or (stay.check_out == day and gone_or_going)

    def _arrival(self, stay: Stay) -> Row:
        day = self._day(stay)
        done = stay.status in (Status.CHECKED_IN, Status.CHECKED_OUT)
        action = ""
        if self.days.is_live and not done:
            action = Status.CHECKED_IN if stay.is_placed else PLACE
        elif not self.days.is_live and not self.days.is_past and stay.status == Status.PENDING:
            action = Status.CONFIRMED
        late = stay.check_in < day
        # Somebody late sleeps in the unit of tonight, which may not be that of the first night.
        return Row(stay, day, late, done, action)

    def _departure(self, stay: Stay) -> Row:
        done = stay.status == Status.CHECKED_OUT
        action = Status.CHECKED_OUT if self.days.is_live and not done else ""
        late = self.days.is_live and stay.check_out < self._day(stay)
        return Row(stay, stay.check_out - ONE, late, done, action)

    def _day(self, stay: Stay) -> dt.date:
        return self.days.by_zone[stay.time_zone]
