"""What a stay would cost and whether it is free, told while one fills in the form."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from bookings import nights
from bookings.forms import Place
from bookings.models import MAX_NIGHTS, Booking, Night
from bookings.nights import DatesTaken
from properties.models import Property, Unit

ONE = dt.timedelta(days=1)


@dataclass(frozen=True)
class Quote:
    """The answer: free or not, why not, where else, and the price at the base price."""

    place: Place
    nights: int
    price: Decimal | None
    total: Decimal | None
    refusal: str = ""
    unit: Unit | None = None
    instead: list[Unit] = field(default_factory=list)


def quote(place: Place, check_in: dt.date, check_out: dt.date, booking: Booking | None) -> Quote:
    """What there is for the dates at the place; the nights of `booking` count as free.

    The property has been read `with_units`. One statement.
    """
    home, count = place.property, (check_out - check_in).days
    facts = (place, count, home.base_price_per_night, home.price_of(count))
    units = [unit for unit in _units(home) if _is_on_offer(unit, check_in, check_out)]
    taken = nights.first_taken(
        [unit.pk for unit in units], check_in, check_out, aside=booking or Booking()
    )
    free = [unit for unit in units if unit.pk not in taken]
    if place.unit is None:
        if free:
            return Quote(*facts, unit=free[0])
        return Quote(
            *facts, refusal=_("No unit of %s is free for all of these nights.") % home.name
        )
    if place.unit in free:
        return Quote(*facts, unit=place.unit)
    return Quote(*facts, refusal=_refusal(place.unit, taken), instead=free)


def dates_problem(check_in: dt.date, check_out: dt.date) -> str:
    """Why the dates are no stay; empty when they are."""
    if check_out <= check_in:
        return _("The check-out must be after the check-in.")
    if (check_out - check_in).days > MAX_NIGHTS:
        return _("A stay has at most %d nights.") % MAX_NIGHTS
    return ""


def nights_not_free(
    place: Place, start: dt.date, end: dt.date, booking: Booking | None
) -> list[dt.date]:
    """The nights of [start, end) on which the place has nothing free. One statement."""
    units = [place.unit] if place.unit else _units(place.property)
    rows = Night.objects.of_units([unit.pk for unit in units], start, end)
    if booking:
        rows = rows.exclude(booking=booking)
    taken = set(rows.values_list("night", "unit_id"))
    return [
        night
        for night in nights.dates(start, end)
        if not any(
            (night, unit.pk) not in taken
            and _is_on_offer(unit, night, night + dt.timedelta(days=1))
            for unit in units
        )
    ]


def _units(home: Property) -> list[Unit]:
    return list(home.units_in_order)  # type: ignore[attr-defined]


def _is_on_offer(unit: Unit, start: dt.date, end: dt.date) -> bool:
    """As UnitQuerySet.on_offer has it, for units that have been read already."""
    begun = unit.available_from is None or unit.available_from <= start
    return (
        unit.status == Unit.Status.ACTIVE
        and begun
        and (unit.available_to is None or unit.available_to >= end)
    )


def _refusal(unit: Unit, taken: dict[UUID, Night]) -> str:
    night = taken.get(unit.pk)
    if night is None:
        return _("%s is not on offer for all of these nights.") % unit.name
    return DatesTaken(night.night, night.booking or night.block, night.unit).explanation
