"""Stays agreed elsewhere, many at a time: the same rules as `book_stay`, fewer statements.

    plan = plan_stays(organization=..., stays=[...], on=today, claims=Claims(), lock=True)
    keep_stays(plan=plan)

Two steps in one transaction, because the guests of those that can be kept are written in between;
the first alone, without the lock, is a dry run. See docs/decisions/0017-imports.md.
"""

import datetime as dt
import json
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.utils import timezone

from accounts.models import Organization
from bookings import nights, placing
from bookings.drafting import drafted, new_reference
from bookings.models import Booking, Night, Status
from bookings.nights import DatesTaken
from bookings.placing import NotPlaced, PropertyNotOpen, UnitNotFound, UnitNotOpen
from bookings.services import CONSTRAINTS
from guests.models import Guest
from properties.models import Property, Unit
from villaops import written
from villaops.errors import BrokenRule, DomainError
from villaops.verbs import clean, verb


@dataclass(frozen=True)
class Run:
    """Nights of a stay in one unit, one after the other, each at the same price."""

    unit: Unit
    start: dt.date
    count: int
    price: Decimal | None

    @property
    def end(self) -> dt.date:
        """The day after the last night."""
        return self.start + dt.timedelta(days=self.count)


@dataclass(frozen=True)
class Stay:
    """What was agreed. `number` tells it from the others: the row it stands in."""

    number: int
    property: Property
    check_in: dt.date
    check_out: dt.date
    # One that is not written yet is written by whoever asks, before the stay.
    guest: Guest | None = None
    units: Sequence[Unit] = ()
    status: str = Status.CONFIRMED
    num_guests: int | None = None
    adults: int | None = None
    children: int | None = None
    # Without one it is what the property asks for, unless there is none (`is_unpriced`).
    total_price: Decimal | None = None
    is_unpriced: bool = False
    # Where it was on each night and for how much, where that is not in the same units throughout.
    runs: Sequence[Run] = ()
    source: str = Booking.Source.DIRECT
    special_requests: str | None = None
    reference: str | None = None
    cancellation_reason: str | None = None
    cancelled_at: dt.datetime | None = None
    booked_at: dt.datetime | None = None
    # Agreed, and still without a unit.
    is_unplaced: bool = False

    def is_over(self, on: dt.date) -> bool:
        """Whether nothing of it is sold any more on the day."""
        return self.check_out <= on or self.status in (Status.CANCELLED, Status.NO_SHOW)

    def in_units(self, units: Sequence[Unit]) -> Sequence[Run]:
        """Its nights, all of them in each of these units unless it says otherwise."""
        count = (self.check_out - self.check_in).days
        return self.runs or [Run(unit, self.check_in, count, None) for unit in units]


# A night of a unit, and its price.
type Held = tuple[dt.date, UUID, Decimal | None]


class TakenByRow(DatesTaken):
    """The night is taken by a stay that stands before this one among the same ones."""

    def __init__(self, night: dt.date, unit: Unit, number: int) -> None:
        super().__init__(night, None, unit)
        self.number = number

    @property
    def explanation(self) -> str:
        day = written.spelled_day(self.night) if self.night else ""
        return f"The night of {day} in {self.unit} is taken by row {self.number}."


class NightsDisagree(BrokenRule):
    """What is told of the single nights is not what is told of the stay."""

    code = "nights_disagree"


class Claims:
    """The nights that the stays before this one take, by unit.

    Three numbers for each, so that a hundred thousand of them are a megabyte.
    """

    def __init__(self) -> None:
        self.by_unit: dict[UUID, tuple[array[int], array[int], array[int]]] = {}

    def first(self, unit: Unit, start: dt.date, end: dt.date) -> tuple[dt.date, int] | None:
        """The first night of [start, end) that one of them takes, and its number."""
        if unit.pk not in self.by_unit:
            return None
        starts, ends, numbers = self.by_unit[unit.pk]
        asked = start.toordinal()
        n = bisect_right(starts, asked) - 1
        if n >= 0 and ends[n] > asked:
            return start, numbers[n]
        n += 1
        if n < len(starts) and starts[n] < end.toordinal():
            return dt.date.fromordinal(starts[n]), numbers[n]
        return None

    def add(self, unit_id: UUID, start: int, end: int, number: int) -> None:
        """Take the nights [start, end), given as ordinals of their dates."""
        lists = self.by_unit.setdefault(unit_id, (array("i"), array("i"), array("i")))
        place = bisect_left(lists[0], start)
        for each, value in zip(lists, (start, end, number), strict=True):
            each.insert(place, value)

    def all(self) -> Iterator[tuple[UUID, int, int, int]]:
        """Every claim, as `add` takes it."""
        for unit_id, lists in self.by_unit.items():
            for start, end, number in zip(*lists, strict=True):
                yield unit_id, start, end, number


@dataclass
class Plan:
    """What would become of the stays, by their numbers."""

    organization: Organization
    bookings: dict[int, Booking] = field(default_factory=dict)
    refused: dict[int, DomainError] = field(default_factory=dict)
    booked_at: dict[UUID, dt.datetime | None] = field(default_factory=dict)
    holding: dict[UUID, list[Held]] = field(default_factory=dict)


def plan_stays(
    *,
    organization: Organization,
    stays: Sequence[Stay],
    on: dt.date,
    claims: Claims,
    lock: bool = False,
) -> Plan:
    """Find each stay its unit, in their order, as `book_stay` would; nothing is written.

    A stay that is over on the day, cancelled or a no-show is not sold any more: it is not asked
    whether its property and unit are open or how many guests they take, and the two last hold no
    nights. What the stays take
    is added to the claims. With `lock` their properties stay locked until the transaction ends.
    Three statements, two more where nights are taken.
    """
    plan = Plan(organization)
    homes = Property.objects.for_organization(organization)
    if lock:
        homes = homes.select_for_update(no_key=True)
    ids = {stay.property.pk for stay in stays}
    found = {home.pk: home for home in homes.filter(pk__in=ids).order_by("pk")}
    units: dict[UUID, list[Unit]] = defaultdict(list)
    living = Unit.objects.for_organization(organization).filter(property__in=ids)
    for unit in living.order_by("position", "id"):
        units[unit.property_id].append(unit)
    drafts: list[tuple[Stay, Booking, list[Unit]]] = []
    for stay in stays:
        try:
            home = found.get(stay.property.pk)
            if home is None:
                raise PropertyNotOpen
            booking = _drafted(stay, home, on)
            drafts.append((stay, booking, _offered(stay, home, units[home.pk], on)))
        except DomainError as error:
            plan.refused[stay.number] = error
    taken = _taken(organization, drafts)
    for stay, booking, offered in drafts:
        try:
            placed = _placed(stay, booking, offered, taken, claims)
        except DomainError as error:
            plan.refused[stay.number] = error
            continue
        booking.unit = placed[0]
        if booking.holds_nights():
            plan.holding[booking.pk] = _holding(stay, booking, placed)
            for run in stay.in_units(placed):
                claims.add(run.unit.pk, run.start.toordinal(), run.end.toordinal(), stay.number)
        plan.bookings[stay.number] = booking
        plan.booked_at[booking.pk] = stay.booked_at
    return plan


def _drafted(stay: Stay, home: Property, on: dt.date) -> Booking:
    booking = drafted(
        home,
        guest=stay.guest,
        check_in=stay.check_in,
        check_out=stay.check_out,
        unit_count=max(1, len(_asked_for(stay))),
        status=stay.status,
        party=(stay.num_guests, stay.adults, stay.children),
        total_price=stay.total_price,
        source=stay.source,
        special_requests=stay.special_requests,
        reference=stay.reference,
        ended=True,
        is_over=stay.is_over(on),
    )
    if stay.is_unpriced:
        booking.total_price = None
    if stay.runs:
        _check_runs(stay, booking)
    if stay.status == Status.CANCELLED:
        booking.cancellation_reason = stay.cancellation_reason
        booking.cancelled_at = stay.cancelled_at
    if stay.is_unplaced:
        booking.is_placed = False
        placing.check_placed(booking)
    clean(booking)
    return booking


def _asked_for(stay: Stay) -> list[Unit]:
    """The units it names; of those it changes between, the ones of its first night."""
    named = [run.unit for run in stay.runs if run.start == stay.check_in] or stay.units
    return list(dict.fromkeys(named))


def _check_runs(stay: Stay, booking: Booking) -> None:
    """Whether they are the nights of the stay, at its price. Raises NightsDisagree."""
    held = Counter((run.unit.pk, night) for run in stay.runs for night in _dates(run))
    if {night for _unit, night in held} != set(nights.dates(stay.check_in, stay.check_out)):
        raise NightsDisagree("Its nights in detail are not those of the stay")
    if held.total() > len(held):
        raise NightsDisagree("Its nights in detail have the same night of a unit twice")
    prices = [run.price for run in stay.runs]
    if None not in prices:
        if sum((run.price or 0) * run.count for run in stay.runs) != booking.total_price:
            raise NightsDisagree("Its nights in detail do not add up to its total")
    elif any(price is not None for price in prices) or booking.total_price is not None:
        raise NightsDisagree("Some of its nights have no price")


def _dates(run: Run) -> list[dt.date]:
    return nights.dates(run.start, run.end)


def _holding(stay: Stay, booking: Booking, units: Sequence[Unit]) -> list[Held]:
    """The nights it takes, at their prices."""
    runs = stay.in_units(units)
    if stay.runs:
        return [(night, run.unit.pk, run.price) for run in runs for night in _dates(run)]
    dates = nights.dates(booking.check_in, booking.check_out)
    prices = nights.spread(booking.total_price, len(dates) * len(runs))
    pairs = [(night, run.unit.pk) for night in dates for run in runs]
    return [(*pair, price) for pair, price in zip(pairs, prices, strict=True)]


def _offered(stay: Stay, home: Property, units: list[Unit], on: dt.date) -> list[Unit]:
    """The units it may be in. Raises PropertyNotOpen, UnitNotFound, UnitNotOpen."""
    if not (stay.is_over(on) or home.is_open()):
        raise PropertyNotOpen
    known = {unit.pk: unit for unit in units}
    named = dict.fromkeys(run.unit for run in stay.in_units(stay.units))
    asked = [known[unit.pk] for unit in named if unit.pk in known]
    if len(asked) < len(named):
        raise UnitNotFound
    closed = {
        run.unit.pk
        for run in stay.in_units(asked or units)
        if not placing.is_on_offer(known[run.unit.pk], run.start, run.end)
    }
    offered = [unit for unit in asked or units if unit.pk not in closed]
    if not stay.is_over(on) and len(offered) < max(1, len(asked)):
        raise UnitNotOpen
    found = asked or offered or units
    if not found:
        raise UnitNotOpen
    return found


def _placed(
    stay: Stay,
    booking: Booking,
    offered: list[Unit],
    taken: Mapping[UUID, Sequence[Night]],
    claims: Claims,
) -> list[Unit]:
    """The units it gets: all that are asked for, else the first free one; of those it changes
    between, the first night's. Raises DatesTaken.
    """
    asked = _asked_for(stay)
    if not booking.holds_nights():
        return asked or offered[:1]
    refusals: list[DatesTaken] = []
    for run in stay.in_units(offered):
        refusal = _refusal(run, taken, claims)
        if refusal:
            refusals.append(refusal)
        elif not asked:
            return [run.unit]
    if refusals:
        raise min(refusals, key=lambda refusal: refusal.night or dt.date.max)
    return asked


def _refusal(run: Run, taken: Mapping[UUID, Sequence[Night]], claims: Claims) -> DatesTaken | None:
    for night in taken.get(run.unit.pk, ()):
        if run.start <= night.night < run.end:
            return DatesTaken(night.night, night.booking or night.block, run.unit)
    claimed = claims.first(run.unit, run.start, run.end)
    return TakenByRow(claimed[0], run.unit, claimed[1]) if claimed else None


# The first night of each stay in each unit it might be in that somebody has.
_TAKEN = """
    SELECT DISTINCT n.unit_id, n.night
    FROM unnest(%s::uuid[], %s::date[], %s::date[]) AS asked (unit_id, check_in, check_out)
    CROSS JOIN LATERAL (
        SELECT held.unit_id, held.night FROM bookings_night held
        LEFT JOIN bookings_booking b
            ON b.organization_id = held.organization_id AND b.id = held.booking_id
            AND b.status = 'pending' AND b.hold_expires_at <= now()
        WHERE held.organization_id = %s AND held.unit_id = asked.unit_id
            AND held.night >= asked.check_in AND held.night < asked.check_out AND b.id IS NULL
        ORDER BY held.night LIMIT 1
    ) AS n
"""


def _taken(
    organization: Organization, drafts: Iterable[tuple[Stay, Booking, list[Unit]]]
) -> dict[UUID, list[Night]]:
    asked = [
        (run.unit.pk, run.start, run.end)
        for stay, booking, units in drafts
        if booking.holds_nights()
        for run in stay.in_units(units)
    ]
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [*map(list, zip(*asked, strict=True)), organization.pk])
        keys = cursor.fetchall()
    found: dict[UUID, list[Night]] = defaultdict(list)
    if keys:
        rows = Night.objects.for_organization(organization).filter(pk__in=keys)
        for night in rows.select_related("booking", "block").order_by("night"):
            found[night.unit_id].append(night)
    return found


@verb(constraints={**CONSTRAINTS, "booking_in_house_has_unit": NotPlaced})
def keep_stays(*, plan: Plan) -> list[Booking]:
    """Write the planned bookings and take their nights: three statements, however many.

    Nobody is told and no mail follows: their guests were told where they booked. A deleted booking
    gives up a reference that one of them has. Returns them. Raises DatesTaken, ReferenceTaken,
    GuestGone for all of them when somebody was faster who did not lock the properties.
    """
    bookings = list(plan.bookings.values())
    if not bookings:
        return []
    _free_references(plan.organization, [booking.reference for booking in bookings])
    _insert(bookings, plan.booked_at)
    _take(plan)
    return bookings


def _take(plan: Plan) -> None:
    """As nights.take does, without an object for each."""
    taking = sorted(
        (unit, night, booking, price)
        for booking, holding in plan.holding.items()
        for night, unit, price in holding
    )
    if taking:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [plan.organization.pk, *map(list, zip(*taking, strict=True))])


_TAKE = """
    INSERT INTO bookings_night (organization_id, unit_id, night, booking_id, price)
    SELECT %s, * FROM unnest(%s::uuid[], %s::date[], %s::uuid[], %s::numeric[])
"""


def _free_references(organization: Organization, references: list[str]) -> None:
    gone = Booking.objects.filter(organization=organization, reference__in=references)
    renamed = list(gone.exclude(deleted_at=None))
    for booking in renamed:
        booking.reference = new_reference()
    if renamed:
        Booking.objects.bulk_update(renamed, ["reference"])


def _insert(bookings: Sequence[Booking], booked_at: Mapping[UUID, dt.datetime | None]) -> None:
    """One statement with one parameter; Django's would put the clock's time into created_at."""
    now = timezone.now()
    timestamps = {"created_at", "updated_at", "cancelled_at"}
    names = [f.attname for f in Booking._meta.concrete_fields if f.attname not in timestamps]
    rows = [
        {name: getattr(booking, name) for name in names}
        | {"created_at": booked_at.get(booking.pk) or now, "cancelled_at": booking.cancelled_at}
        for booking in bookings
    ]
    columns = ", ".join(names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO bookings_booking ({columns}, created_at, updated_at, cancelled_at)"  # noqa: S608
            f" SELECT {columns}, created_at, %s,"
            "   CASE WHEN status = 'cancelled' THEN coalesce(cancelled_at, %s) END"
            " FROM jsonb_populate_recordset(NULL::bookings_booking, %s::jsonb)",
            [now, now, json.dumps(rows, cls=DjangoJSONEncoder)],
        )
