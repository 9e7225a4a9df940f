"""The verbs of bookings. Read `confirm_booking` first: the rest of the house looks like that.

Every verb locks the property before it decides about its nights (lock order: property, booking),
and writes booking and nights in one transaction. Blocks have their verbs in `bookings.blocks`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import User
from bookings import events, nights, placing
from bookings.drafting import check_party, check_stay, check_total, drafted, party_of
from bookings.models import MOVES, Booking, Night, Status
from bookings.nights import DatesTaken
from bookings.placing import PropertyNotOpen
from guests.models import Guest
from properties.models import Property, Unit
from villaops.errors import Conflict, NotFound
from villaops.kept import insert
from villaops.verbs import apply_changes, clean, verb
from villaops.versions import Expected, require_version


class BookingNotFound(NotFound):
    code = "booking_not_found"
    message = "Booking not found"


class GuestGone(NotFound):
    """The guest was deleted at the same instant."""

    code = "guest_not_found"
    message = "Guest not found"


class StatusMoveNotAllowed(Conflict):
    """The booking stands at `old` and cannot go to `new` from there."""

    code = "status_move_not_allowed"

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"Cannot change a booking from {old} to {new}", old=old, new=new)

    @property
    def explanation(self) -> str:
        old, new = (Status(self.data[key]).label.lower() for key in ("old", "new"))
        return f"A booking that is {old} cannot become {new}."


class NoNightsToMove(Conflict):
    """The booking holds no night that could move there."""

    code = "no_nights_to_move"
    message = "No nights to move"
    explanation = "From this night on there is nothing to move."


class ReferenceTaken(Conflict):
    code = "reference_taken"
    message = "Reference already taken"


class BookingDeleted(Conflict):
    """The guest, property or unit of a booking to restore is itself deleted."""

    code = "restore_other_first"
    message = "Restore its property, unit and guest first"


CONSTRAINTS = {
    "bookings_night_pkey": DatesTaken,
    "booking_reference_taken": ReferenceTaken,
    "booking_guest_is_there": GuestGone,
}


# --- Making a booking ------------------------------------------------------------------------


@verb(constraints=CONSTRAINTS, races=nights.RACES)
def book_stay(
    *,
    property: Property,
    guest: Guest | None,
    check_in: date,
    check_out: date,
    by: User | None,
    units: Sequence[Unit] | None = None,
    status: str = Status.PENDING,
    num_guests: int | None = None,
    adults: int | None = None,
    children: int | None = None,
    total_price: Decimal | None = None,
    source: str = Booking.Source.DIRECT,
    special_requests: str | None = None,
    reference: str | None = None,
    unplaced_if_taken: bool = False,
    hold_expires_at: datetime | None = None,
) -> Booking:
    """Book a stay [check_in, check_out) and take its nights.

    Without units the first free active one by position is taken; with several, each is held every
    night. Without a total: unit nights x base price (none where the property has none), in the
    property's currency. `guest` is None only for imported stays without a name. With
    `unplaced_if_taken` a stay whose nights are taken is kept without a unit instead of refused:
    a channel has sold it, and somebody must find it a place. A pending one may be held until
    `hold_expires_at` (bookings.holds).

    Returns the booking with `unit_ids`. Raises, in this order, BrokenRule (dates, party, status,
    total), PropertyNotOpen, UnitNotFound, UnitNotOpen, DatesTaken.
    """
    [home] = placing.LOCKED.all(pk=property.pk)
    booking = drafted(
        home,
        guest=guest,
        check_in=check_in,
        check_out=check_out,
        unit_count=max(1, len(set(units or ()))),
        status=status,
        party=(num_guests, adults, children),
        total_price=total_price,
        source=source,
        special_requests=special_requests,
        reference=reference,
    )
    booking.hold_expires_at = hold_expires_at
    if not home.is_open():
        raise PropertyNotOpen
    offered = placing.on_offer(home, booking, units)
    try:
        taken_units = placing.free(offered, booking, every=bool(units))
    except DatesTaken:
        if not unplaced_if_taken:
            raise
        taken_units, booking.is_placed = offered, False
        placing.check_placed(booking)
    taken_units = taken_units if units else taken_units[:1]
    booking.unit = taken_units[0]
    clean(booking)
    if booking.is_placed:
        holding = [
            (night, unit.pk) for night in nights.dates(check_in, check_out) for unit in taken_units
        ]
        insert([booking], nights.in_order(nights.new_nights(booking, holding)))
    else:
        insert([booking])
    booking.unit_ids = [unit.pk for unit in taken_units]  # type: ignore[attr-defined]
    events.tell_created(booking, by)
    return booking


# --- Changing a booking ----------------------------------------------------------------------


@verb(constraints=CONSTRAINTS, races=nights.RACES)
def update_booking(
    *, booking: Booking, by: User | None, changes: Mapping[str, Any], expected: Expected = None
) -> Booking:
    """Change any of a booking's facts at once; the verbs below are this one, by name.

    `changes`: property, unit, guest, check_in, check_out, num_guests, adults, children, status,
    total_price, source, special_requests, cancellation_reason, hold_expires_at, is_placed,
    holding. Nothing is recomputed: without a new total the old one is spread over the new nights.
    The units stay as they are night by night, unless unit or property changes, or `holding` says
    the unit of each night as (night, unit's id). A unit or a holding places a stay that had none;
    is_placed alone finds it the first free unit. Same values: nothing is written.

    Returns the booking as stored. Raises, in this order, ResourceChanged unless it is still what
    was `expected`, BrokenRule, PropertyNotOpen, UnitNotFound, UnitNotOpen, StatusMoveNotAllowed,
    NotPlaced, DatesTaken.
    """
    booking, home = lock_booking(booking, changes.get("property"))
    require_version(booking, expected)
    before, held_before = events.facts_of(booking), booking.holds_nights()
    wishes = dict(changes)
    status, unit = wishes.pop("status", booking.status), wishes.pop("unit", None)
    # The reason belongs to the cancellation: it is set with it and goes with it.
    reason = wishes.pop("cancellation_reason", booking.cancellation_reason)
    holding = wishes.pop("holding", None)
    if unit or holding:
        wishes.setdefault("is_placed", True)
    changed = apply_changes(booking, _with_party(wishes, booking))
    check_stay(booking)
    if "check_in" in changed:
        booking.still_expected_at = None
    if changed & {"adults", "children", "property"}:
        check_party(booking, home)
    check_total(booking)
    candidates = placing.units_to_move_to(
        booking, home, unit, changed, priced="total_price" in changes
    )
    if holding:
        placing.check_holding(home, booking, holding)
    _move_status(booking, status, reason)
    placing.check_placed(booking)
    clean(booking)
    placing.settle(booking, holding, candidates, changed, held_before=held_before)
    if status == Status.CANCELLED and booking.cancelled_at is None:
        booking.cancelled_at = cast(Any, Now())
    # Other units in mid-stay are no fact of the booking's own row, whose version tells of them.
    if holding or events.facts_of(booking) != before:
        booking.save()
        events.tell_changed(booking, before, by, moved=bool(holding))
    return booking


def _with_party(wishes: Mapping[str, Any], booking: Booking) -> dict[str, Any]:
    """The changes with adults and children for whatever was said of the party."""
    others = dict(wishes)
    said = {name: others.pop(name, None) for name in ("num_guests", "adults", "children")}
    if any(number is not None for number in said.values()):
        others |= party_of(**said, stored=booking)
    return others


def unassign_booking(*, booking: Booking, by: User | None) -> Booking:
    """Give its nights back and keep the stay without a unit, until it is moved to one again.

    Raises NotPlaced once the guest is in the house.
    """
    return update_booking(booking=booking, by=by, changes={"is_placed": False})


def change_dates(*, booking: Booking, check_in: date, check_out: date, by: User | None) -> Booking:
    """Move or stretch the stay to [check_in, check_out); the total stays. Raises DatesTaken."""
    return update_booking(
        booking=booking, by=by, changes={"check_in": check_in, "check_out": check_out}
    )


def change_property(
    *,
    booking: Booking,
    property: Property,
    by: User | None,
    unit: Unit | None = None,
    total_price: Decimal | None = None,
) -> Booking:
    """Move the whole stay to another property, its first free unit unless one is named.

    Another currency needs a total in it (BrokenRule). Raises PropertyNotOpen, DatesTaken.
    """
    changes: dict[str, Any] = {"property": property, "unit": unit}
    if total_price is not None:
        changes["total_price"] = total_price
    return update_booking(booking=booking, by=by, changes=changes)


def change_unit(*, booking: Booking, unit: Unit, by: User | None) -> Booking:
    """Move every night of the stay to another unit of the property. Raises DatesTaken."""
    return update_booking(booking=booking, by=by, changes={"unit": unit})


def change_party(*, booking: Booking, adults: int, children: int, by: User | None) -> Booking:
    """Change who comes. Raises BrokenRule when the property does not take so many."""
    return update_booking(booking=booking, by=by, changes={"adults": adults, "children": children})


@verb(constraints=CONSTRAINTS, races=nights.RACES)
def move_to_unit(
    *,
    booking: Booking,
    unit: Unit,
    by: User | None,
    from_night: date | None = None,
    instead_of: Unit | None = None,
) -> Booking:
    """Move the nights from `from_night` on (all without one) to another unit of the property.

    Of a booking that holds several units, `instead_of` says which one is left. Prices stay. A stay
    without a unit gets this one for all its nights. Raises UnitNotFound, UnitNotOpen,
    NoNightsToMove, DatesTaken.
    """
    booking, home = lock_booking(booking)
    if not booking.is_placed:
        return update_booking(booking=booking, by=by, changes={"unit": unit})
    before = events.facts_of(booking)
    start = from_night or booking.check_in
    held = nights.of_booking(booking)
    leaving = {
        (night, old)
        for night, old in held
        if night >= start and old != unit.pk and (instead_of is None or old == instead_of.pk)
    }
    if not leaving:
        raise NoNightsToMove
    remaining = Booking(check_in=max(start, booking.check_in), check_out=booking.check_out)
    placing.on_offer(home, remaining, [unit])
    wanted = [(night, unit.pk if (night, old) in leaving else old) for night, old in held]
    placing.hold(booking, list(dict.fromkeys(wanted)))
    booking.save()
    events.tell_changed(booking, before, by, moved=True)
    return booking


def lock_booking(booking: Booking, property: Property | None = None) -> tuple[Booking, Property]:
    """The booking and the property it is or will be at, read anew and locked, property first."""
    ids = {booking.property_id, property.pk if property else booking.property_id}
    homes = {
        home.pk: home
        for home in Property.objects.select_for_update(no_key=True)
        .filter(organization_id=booking.organization_id, pk__in=ids)
        .order_by("pk")
    }
    locked = Booking.objects.select_for_update(no_key=True).get(
        organization_id=booking.organization_id, pk=booking.pk
    )
    if locked.property_id not in homes:
        # It moved away while we waited.
        return lock_booking(locked, property)
    locked.property = homes[locked.property_id]
    return locked, homes[property.pk if property else locked.property_id]


# --- The life of a booking -------------------------------------------------------------------


def confirm_booking(*, booking: Booking, by: User | None) -> Booking:
    """Confirm a pending booking. Raises StatusMoveNotAllowed."""
    return _to(Status.CONFIRMED, booking, by)


def unconfirm_booking(*, booking: Booking, by: User | None) -> Booking:
    """Take a confirmation back. Raises StatusMoveNotAllowed."""
    return _to(Status.PENDING, booking, by)


def check_in_guest(*, booking: Booking, by: User | None) -> Booking:
    """The guest has arrived. Raises StatusMoveNotAllowed."""
    return _to(Status.CHECKED_IN, booking, by)


def undo_check_in(*, booking: Booking, by: User | None) -> Booking:
    """The guest had not arrived after all: confirmed again. Raises StatusMoveNotAllowed."""
    return _to(Status.CONFIRMED, booking, by)


def check_out_guest(*, booking: Booking, by: User | None) -> Booking:
    """The guest has left. Raises StatusMoveNotAllowed."""
    return _to(Status.CHECKED_OUT, booking, by)


def undo_check_out(*, booking: Booking, by: User | None) -> Booking:
    """The guest had not left after all. Raises StatusMoveNotAllowed."""
    return _to(Status.CHECKED_IN, booking, by)


def mark_no_show(*, booking: Booking, by: User | None) -> Booking:
    """The guest never came: the nights are free again. Raises StatusMoveNotAllowed."""
    return _to(Status.NO_SHOW, booking, by)


def cancel_booking(*, booking: Booking, by: User | None, reason: str | None = None) -> Booking:
    """Cancel and free the nights. Raises StatusMoveNotAllowed."""
    return update_booking(
        booking=booking,
        by=by,
        changes={"status": Status.CANCELLED, "cancellation_reason": reason},
    )


def revive_booking(*, booking: Booking, by: User | None, status: str = Status.CONFIRMED) -> Booking:
    """Bring a cancelled or no-show booking back, in the units it had.

    Raises StatusMoveNotAllowed, DatesTaken when a night has been sold since.
    """
    return _to(status, booking, by)


def _to(status: str, booking: Booking, by: User | None) -> Booking:
    return update_booking(booking=booking, by=by, changes={"status": status})


def _move_status(booking: Booking, status: str, reason: str | None) -> None:
    """Set the status and what goes with it. The same status is no move."""
    old = booking.status
    if status != old and status not in MOVES[old]:
        raise StatusMoveNotAllowed(old, status)
    booking.status = status
    booking.cancellation_reason = reason if status == Status.CANCELLED else None
    if status != Status.PENDING:
        booking.hold_expires_at = None
    if status != old:
        booking.still_expected_at = None
    if status != Status.CANCELLED:
        booking.cancelled_at = None


# --- Deleting and restoring ------------------------------------------------------------------


@verb()
def delete_booking(*, booking: Booking, by: User | None, expected: Expected = None) -> None:
    """Delete softly: its nights are free, an administrator can restore it.

    Raises ResourceChanged unless it is still what was `expected`.
    """
    booking, _ = lock_booking(booking)
    require_version(booking, expected)
    delete_bookings(Booking.objects.filter(pk=booking.pk), Now())


def delete_bookings(bookings: QuerySet[Booking], at: Any) -> None:
    """Delete many at one moment, in two statements; for verbs that delete a guest or property."""
    alive = bookings.filter(deleted_at=None)
    Night.objects.filter(booking__in=alive.order_by().values("pk")).delete()
    alive.update(deleted_at=at, updated_at=Now())


@verb(constraints=CONSTRAINTS, races=nights.RACES)
def restore_booking(*, booking: Booking, by: User | None) -> Booking:
    """Bring a deleted booking back with its nights, in the units it had.

    Raises BookingDeleted while its property, unit or guest is deleted, DatesTaken.
    """
    booking, home = lock_booking(booking)
    if booking.deleted_at is None:
        return booking
    if home.deleted_at or booking.unit.deleted_at or (booking.guest and booking.guest.deleted_at):
        raise BookingDeleted
    booking.deleted_at = None
    if booking.holds_nights():
        placing.hold_again(booking, moved=False, held_before=False)
    booking.save()
    return booking
