"""Which units a stay may go to and which nights it then takes; the mechanics of the verbs.

Callers have locked the property. `bookings.nights` knows how nights are taken and given back.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef

from bookings import nights
from bookings.models import Booking, Status
from properties.models import Property, Unit
from properties.querysets import PropertyQuerySet, UnitQuerySet
from villaops.errors import BrokenRule, Conflict, NotFound
from villaops.kept import Kept


class UnitNotFound(NotFound):
    code = "unit_not_found"
    message = "Unit not found"


class PropertyNotOpen(Conflict):
    code = "property_not_open"
    message = "Property is not open for bookings"
    explanation = "This property takes no new bookings at present."


class UnitNotOpen(Conflict):
    code = "unit_not_open"
    message = "Unit is not open for bookings"
    explanation = "This is not on offer for all of these nights."


class NotPlaced(Conflict):
    """The stay has no unit, and a guest in the house has one."""

    code = "not_placed"
    message = "Booking has no unit"
    explanation = "This stay has no unit yet. Give it one first."


def _offered(
    *, organization: Any, home: Any, check_in: Any, check_out: Any, aside: Any
) -> UnitQuerySet:
    """Those open for the stay, and whether others hold a night of it."""
    units = Unit.objects.filter(organization_id=organization, property=home)
    held = nights.held_by_others(check_in, check_out, aside).filter(unit=OuterRef("pk"))
    return (
        units.on_offer(check_in, check_out)
        .annotate(is_taken=Exists(held))
        .order_by("position", "id")
    )


def _locked(*, pk: Any) -> PropertyQuerySet:
    """The row as it is now, and no other writer's of its nights until we are done."""
    return Property.objects.filter(pk=pk).order_by().select_for_update(no_key=True)


OFFERED, LOCKED = Kept(_offered), Kept(_locked)


def on_offer(home: Property, booking: Booking, asked: Sequence[Unit] | None) -> list[Unit]:
    """The units asked for, or all of the property by position, as far as open for the stay.

    Each with `is_taken`: whether others hold a night of it. Raises UnitNotFound, UnitNotOpen.
    """
    offered = OFFERED.all(
        organization=home.organization_id,
        home=home.pk,
        check_in=booking.check_in,
        check_out=booking.check_out,
        aside=booking.pk,
    )
    if asked:
        if any(unit.property_id != home.pk for unit in asked):
            raise UnitNotFound
        # In the order asked for: the first is the booking's own unit.
        known = {unit: unit for unit in offered}
        offered = [known[unit] for unit in dict.fromkeys(asked) if unit in known]
    if len(offered) < max(1, len(set(asked or ()))):
        raise UnitNotOpen
    return offered


def free(units: Sequence[Unit], booking: Booking, *, every: bool = False) -> list[Unit]:
    """Those of the units on offer that nobody else holds, or DatesTaken when none (one) is."""
    taken = [unit for unit in units if unit.is_taken]  # type: ignore[attr-defined]
    found = [unit for unit in units if unit not in taken]
    if not found or (every and taken):
        ids = [unit.pk for unit in taken]
        held = nights.first_taken(ids, booking.check_in, booking.check_out, aside=booking)
        nights.refuse_taken(held.values())
        raise nights.DatesTaken
    return found


def units_to_move_to(
    booking: Booking, home: Property, unit: Unit | None, changed: set[str], *, priced: bool
) -> list[Unit]:
    """The open units a changed booking may go to; none when it stays where it is."""
    asked = [unit] if unit else None
    if "property" in changed:
        if home.currency != booking.currency and not priced:
            raise BrokenRule("A move to another currency needs total_price")
        booking.currency = home.currency
        if not home.is_open():
            raise PropertyNotOpen
        return on_offer(home, booking, asked)
    if "is_placed" in changed and booking.is_placed:
        return on_offer(home, booking, asked)
    if unit is None or unit.pk == booking.unit_id:
        return []
    return on_offer(home, booking, asked)


def check_placed(booking: Booking) -> None:
    """Raise NotPlaced for a guest in the house without a unit; the database says so less kindly."""
    if booking.status in (Status.CHECKED_IN, Status.CHECKED_OUT) and not booking.is_placed:
        raise NotPlaced


def check_holding(home: Property, booking: Booking, holding: nights.Holding) -> None:
    """Whether these are the nights of the stay, in units of the property that are open for them.

    Raises BrokenRule, UnitNotFound, UnitNotOpen.
    """
    if {night for night, _ in holding} != set(nights.dates(booking.check_in, booking.check_out)):
        raise BrokenRule("Every night of the stay needs a unit, and no other night has one")
    units = Unit.objects.filter(organization_id=home.organization_id, property=home)
    known = {unit.pk: unit for unit in units.filter(pk__in={unit for _, unit in holding})}
    # What it holds already it may keep, offered or not.
    for night, pk in set(holding) - set(nights.of_booking(booking)):
        unit = known.get(pk)
        if unit is None:
            raise UnitNotFound
        if not is_on_offer(unit, night, night + dt.timedelta(days=1)):
            raise UnitNotOpen


def is_on_offer(unit: Unit, check_in: dt.date, check_out: dt.date) -> bool:
    """Whether the unit is open for every night of the stay; UnitQuerySet.on_offer for one row."""
    return (
        unit.status == Unit.Status.ACTIVE
        and unit.deleted_at is None
        and (unit.available_from is None or unit.available_from <= check_in)
        and (unit.available_to is None or unit.available_to >= check_out)
    )


def settle(
    booking: Booking,
    holding: nights.Holding | None,
    candidates: Sequence[Unit],
    changed: set[str],
    *,
    held_before: bool,
) -> None:
    """Take the nights that a changed booking is to have, or give all back. Raises DatesTaken.

    In the units of `holding`, else in the first free one of the candidates, else in its own.
    """
    holds = booking.holds_nights()
    if candidates:
        booking.unit = free(candidates, booking)[0] if holds and not holding else candidates[0]
    if holds and holding:
        hold(booking, holding)
    elif holds:
        if candidates or not held_before or changed & {"check_in", "check_out", "total_price"}:
            hold_again(booking, moved=bool(candidates), held_before=held_before)
    elif held_before:
        nights.give_back(booking)


def hold_again(booking: Booking, *, moved: bool, held_before: bool) -> None:
    """Take the nights of the booking as it is now, in the units it has or had."""
    pattern: nights.Holding = []
    if not moved:
        pattern = nights.of_booking(booking) if held_before else nights.last_held(booking)
        # While it held nothing, its unit may have been changed: then that counts.
        if not held_before and booking.unit_id not in nights.first_units(pattern):
            pattern = []
    hold(booking, nights.fitted(pattern, booking.check_in, booking.check_out, booking.unit_id))


def hold(booking: Booking, wanted: nights.Holding) -> None:
    """Take exactly these nights, and let the booking's unit be one of its first night's."""
    nights.hold(booking, wanted)
    first_units = nights.first_units(wanted)
    if booking.unit_id not in first_units:
        booking.unit_id = first_units[0]
