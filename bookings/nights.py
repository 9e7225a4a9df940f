"""The mechanics under the verbs: which nights a stay takes, their prices, taking, giving back.

A holding is a list of (night, unit) pairs in the order of the stay. Callers have locked the
property, so that the checks here answer truly; the primary key of Night stands behind them.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from bookings.models import Block, Booking, Night, NightEvent
from bookings.querysets import NightQuerySet
from properties.models import Unit
from villaops import written
from villaops.errors import Conflict
from villaops.kept import IsAnyOf, Kept, insert

type Holding = list[tuple[dt.date, UUID]]

CENT = Decimal("0.01")

# Somebody who did not lock the property was faster: look again, and see which night it was.
RACES = frozenset({"bookings_night_pkey"})


class DatesTaken(Conflict):
    """A night is taken already, by a booking or a block: `night`, and if known `by` and `unit`."""

    code = "dates_taken"
    message = "Dates conflict with an existing booking"

    def __init__(
        self,
        night: dt.date | None = None,
        by: Booking | Block | None = None,
        unit: Unit | None = None,
    ) -> None:
        super().__init__(night=night, by=by, unit=unit)
        self.night, self.by, self.unit = night, by, unit

    @property
    def explanation(self) -> str:
        if self.night is None:
            return "These nights are taken already."
        where = f" in {self.unit.name}" if self.unit else ""
        by = ""
        if isinstance(self.by, Booking):
            by = f" by booking {self.by.reference}"
        elif self.by:
            by = f" by a block ({self.by.get_reason_display().lower()})"
        return f"The night of {written.spelled_day(self.night)}{where} is taken{by}."


def dates(start: dt.date, end: dt.date) -> list[dt.date]:
    """The dates of [start, end)."""
    return [start + dt.timedelta(days=n) for n in range((end - start).days)]


def spread(total: Decimal | None, count: int) -> list[Decimal | None]:
    """Allocate a total over `count` nights by largest remainder, so that the parts sum exactly.

    Every night gets the floor in cents, the first ones a cent more. No total: no prices.
    """
    if total is None:
        return [None] * count
    share, rest = divmod(int(total / CENT), count)
    return [(share + (n < rest)) * CENT for n in range(count)]


def of_booking(booking: Booking) -> Holding:
    """The nights a booking holds, by night and then the unit's position."""
    return list(
        Night.objects.for_organization(booking.organization_id)
        .filter(booking=booking)
        .order_by("night", "unit__position", "unit_id")
        .values_list("night", "unit_id")
    )


def last_held(booking: Booking) -> Holding:
    """The nights a booking held when it last gave all of them back, from their history."""
    returned = NightEvent.objects.filter(
        organization=booking.organization_id, booking=booking, pgh_label="delete"
    )
    newest = returned.order_by("-pgh_id").values_list("pgh_created_at", flat=True)[:1]
    return list(
        returned.filter(pgh_created_at=newest)
        .order_by("night", "unit__position", "unit_id")
        .values_list("night", "unit_id")
    )


def fitted(pattern: Holding, check_in: dt.date, check_out: dt.date, unit_id: UUID) -> Holding:
    """The pattern of a stay laid over other dates.

    A night that stays keeps its units; nights before the stay take those of its first night,
    nights after it those of its last. Without a pattern every night is in the unit given.
    """
    units: dict[dt.date, list[UUID]] = {}
    for night, unit in pattern:
        units.setdefault(night, []).append(unit)
    if not units:
        return [(night, unit_id) for night in dates(check_in, check_out)]
    first, last = min(units), max(units)
    return [
        (night, unit)
        for night in dates(check_in, check_out)
        for unit in units[min(max(night, first), last)]
    ]


def first_units(holding: Holding) -> list[UUID]:
    """The units of the first night of a holding."""
    return [unit for night, unit in holding if night == holding[0][0]]


def first_taken(
    units: Iterable[UUID], start: dt.date, end: dt.date, *, aside: Booking
) -> dict[UUID, Night]:
    """For each of the units that others hold a night of in [start, end), the first such night."""
    taken = TAKEN.all(units=list(units), start=start, end=end, aside=aside.pk)
    return {night.unit_id: night for night in taken}


def held_by_others(start: Any, end: Any, aside: Any) -> NightQuerySet:
    """Nights of [start, end) that stand in somebody's way; not those of the booking `aside`."""
    nights = Night.objects.filter(night__gte=start, night__lt=end).in_the_way()
    return nights.filter(Q(booking=None) | ~Q(booking=aside))


def _taken(*, units: Any, start: Any, end: Any, aside: Any) -> NightQuerySet:
    return (
        held_by_others(start, end, aside)
        .filter(IsAnyOf("unit_id", units))
        .order_by("unit_id", "night")
        .distinct("unit_id")
        .select_related("booking", "block", "unit")
    )


TAKEN = Kept(_taken)


def refuse_taken(nights: Iterable[Night]) -> None:
    """Raise DatesTaken for the earliest of the nights, if there is one."""
    earliest = min(nights, key=lambda night: night.night, default=None)
    if earliest:
        raise DatesTaken(earliest.night, earliest.booking or earliest.block, earliest.unit)


def hold(booking: Booking, wanted: Holding) -> None:
    """Make the booking hold exactly these nights, at its total price spread over them.

    Nights that stay are left alone but for their price. Raises DatesTaken.
    """
    prices = dict(zip(wanted, spread(booking.total_price, len(wanted)), strict=True))
    mine = Night.objects.for_organization(booking.organization_id).filter(booking=booking)
    held = {
        (night, unit): price for night, unit, price in mine.values_list("night", "unit_id", "price")
    }
    gone = [(unit, night) for night, unit in held if (night, unit) not in prices]
    new = [pair for pair in wanted if pair not in held]
    if gone:
        mine.filter(pk__in=gone).delete()
    if new:
        _refuse_others(booking, new)
        take([_night(booking, pair, prices[pair]) for pair in new])
    _reprice(
        booking,
        {pair: prices[pair] for pair in held if pair in prices and held[pair] != prices[pair]},
    )


def take(nights: Iterable[Night]) -> None:
    """Insert the nights in one statement."""
    insert(in_order(nights))


def in_order(nights: Iterable[Night]) -> list[Night]:
    """By unit and night, as all writers insert them.

    So two racing writers wait for one another instead of deadlocking.
    """
    return sorted(nights, key=lambda night: (night.unit_id, night.night))


def new_nights(booking: Booking, wanted: Holding) -> list[Night]:
    """The rows of a booking that has none yet."""
    prices = spread(booking.total_price, len(wanted))
    return [_night(booking, pair, price) for pair, price in zip(wanted, prices, strict=True)]


def give_back(holder: Booking | Block) -> None:
    """Free every night of the booking or block."""
    holder.nights.all().delete()


def _night(booking: Booking, pair: tuple[dt.date, UUID], price: Decimal | None) -> Night:
    night, unit_id = pair
    return Night(
        organization_id=booking.organization_id,
        unit_id=unit_id,
        night=night,
        booking=booking,
        price=price,
    )


def _refuse_others(booking: Booking, new: Holding) -> None:
    """Raise DatesTaken when somebody else has one of these very nights."""
    wanted = set(new)
    others = (
        Night.objects.of_units(
            list({unit for _, unit in new}),
            min(night for night, _ in new),
            max(night for night, _ in new) + dt.timedelta(days=1),
        )
        .in_the_way()
        .filter(Q(booking=None) | ~Q(booking=booking))
        .select_related("booking", "block", "unit")
    )
    refuse_taken(other for other in others if (other.night, other.unit_id) in wanted)


def _reprice(booking: Booking, prices: dict[tuple[dt.date, UUID], Decimal | None]) -> None:
    if not prices:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE bookings_night n SET price = v.price"
            " FROM unnest(%s::uuid[], %s::date[], %s::numeric[]) AS v (unit_id, night, price)"
            " WHERE n.organization_id = %s AND n.unit_id = v.unit_id AND n.night = v.night",
            [
                [unit for _, unit in prices],
                [night for night, _ in prices],
                list(prices.values()),
                booking.organization_id,
            ],
        )
