"""What a gesture on the tape chart asks for, done with the verbs that everybody else uses.

A preview is the change itself, taken back: so it is refused by whatever would refuse the change.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field, RootModel

from accounts.models import User
from bookings import nights
from bookings.blocks import (
    BlockNotFound,
    block_nights,
    lock_block,
    release_block,
    restore_block,
    update_block,
)
from bookings.calendar import version_of
from bookings.gesture_words import block_words, stay_words
from bookings.models import MAX_NIGHTS, Block, Booking, Night, Status, way_between
from bookings.placing import UnitNotFound
from bookings.repricing import Repricing, total_of
from bookings.services import BookingNotFound, lock_booking, move_to_unit, update_booking
from properties.models import Property, Unit
from villaops.errors import Conflict

ONE_DAY = dt.timedelta(days=1)

# Far enough for any stay, and near enough to count with.
type Day = Annotated[dt.date, Field(ge=dt.date(1900, 1, 1), le=dt.date(2200, 1, 1))]


class ChangedMeanwhile(Conflict):
    """The row is no longer the one that was looked at: `holder` is it now."""

    code = "changed_meanwhile"
    message = "Somebody changed this meanwhile. It is shown as it is now; please try again."


class PriceUndecided(Conflict):
    code = "price_undecided"
    message = "The price would change. Choose the new price or keep the old one."


class PriceNeeded(Conflict):
    """Prices at the other property are in another currency."""

    code = "price_needed"
    message = "Prices there are in another currency. Open the booking and enter the new total."


class WhichUnit(Conflict):
    code = "which_unit"
    message = "This stay holds several units at once. Open the booking and move them there."


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid")

    def says(self, *names: str) -> bool:
        """Whether one of these was said, be it as null."""
        return bool(self.model_fields_set & set(names))


class Segment(_Wire):
    """Nights of a stay in one unit."""

    unit: UUID
    start: Day
    end: Day


class StayChange(_Wire):
    """What is to become different about a stay; what is not said stays."""

    unit: UUID | None = None
    # The unit whose bar was dragged, for stays in several.
    from_unit: UUID | None = None
    from_night: Day | None = None
    check_in: Day | None = None
    check_out: Day | None = None
    status: Status | None = None
    cancel: bool = False
    reason: str | None = Field(None, max_length=500)
    # How an undo puts back a stay that was split, or had no unit at another property.
    segments: list[Segment] = Field(default=[], max_length=200)
    property: UUID | None = None


class BlockChange(_Wire):
    """What is to become different about a block."""

    unit: UUID | None = None
    start: Day | None = None
    end: Day | None = None
    release: bool = False
    restore: bool = False


class StayGesture(_Wire):
    """A change of a stay as it was `seen`; `price` decides when money changes."""

    kind: Literal["booking"]
    id: UUID
    seen: str
    change: StayChange
    price: Literal["new", "keep"] | None = None
    total: Decimal | None = Field(None, ge=0, max_digits=12, decimal_places=2)


class BlockGesture(_Wire):
    """A change of a block as it was `seen`."""

    kind: Literal["block"]
    id: UUID
    seen: str
    change: BlockChange


class Gesture(RootModel[StayGesture | BlockGesture]):
    """Either."""

    root: StayGesture | BlockGesture = Field(discriminator="kind")


class NewBlock(_Wire):
    """Nights that were drawn over."""

    unit: UUID
    start: Day
    end: Day
    reason: Block.Reason = Block.Reason.OTHER
    note: str | None = Field(None, max_length=500)


@dataclass(frozen=True)
class Done:
    """What a gesture came to."""

    holder: Booking | Block
    sentence: str
    said: str
    nights: tuple[int, int]
    quote: Repricing | None = None
    undo: dict[str, Any] | None = None
    undo_total: Decimal | None = None


def tried(act: Callable[[], Done]) -> Done:
    """What an act would come to; nothing of it stays."""
    with transaction.atomic():
        done = act()
        transaction.set_rollback(True)
    return done


# --- Stays -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Before:
    """A stay as it was, with the units and prices of its nights."""

    booking: Booking
    held: nights.Holding
    prices: list[tuple[dt.date, Decimal | None]]


def change_stay(
    gesture: StayGesture, *, organization_id: UUID, by: User, trial: bool = False
) -> Done:
    """Do what the gesture says to a stay; of a `trial` the price is the new one.

    Raises BookingNotFound, UnitNotFound, ChangedMeanwhile, PriceUndecided, PriceNeeded, WhichUnit
    and what the verbs raise.
    """
    own = Booking.objects.for_organization(organization_id)
    found = own.filter(pk=gesture.id).first()
    if found is None:
        raise BookingNotFound
    unit = _unit(organization_id, gesture.change.unit)
    home = _home(organization_id, gesture.change, unit)
    booking, home = lock_booking(found, home)
    if version_of(booking) != gesture.seen:
        raise ChangedMeanwhile(holder=booking)
    before = _looked_at(booking)
    quote = None
    if gesture.change.from_night and unit:
        left = _unit(organization_id, gesture.change.from_unit)
        after = move_to_unit(
            booking=booking,
            unit=unit,
            from_night=gesture.change.from_night,
            instead_of=left,
            by=by,
        )
    else:
        wishes, dates = _wishes(before, gesture.change, unit, home)
        quote = _quote(before, dates, home)
        wishes |= _decided(gesture, quote)
        # Back from checked in to pending there is a step between.
        for step in way_between(booking.status, wishes.get("status", ""))[:-1]:
            update_booking(booking=booking, by=by, changes={"status": step})
        after = update_booking(booking=booking, by=by, changes=wishes)
        # Asked only now: nobody decides about the price of what would be refused.
        is_decided = gesture.price or gesture.total is not None or trial
        if quote.changes_money() and not is_decided:
            raise PriceUndecided
    after.refresh_from_db()
    words = stay_words(booking, before.held, after, nights.of_booking(after))
    return Done(
        holder=after,
        sentence=words.sentence,
        said=words.said,
        nights=(booking.nights_count(), after.nights_count()),
        quote=quote,
        undo=_undo(before, after),
        undo_total=booking.total_price,
    )


def _unit(organization_id: UUID, pk: UUID | None) -> Unit | None:
    if pk is None:
        return None
    unit = Unit.objects.for_organization(organization_id).filter(pk=pk).first()
    if unit is None:
        raise UnitNotFound
    return unit


def _home(organization_id: UUID, change: StayChange, unit: Unit | None) -> Property | None:
    """The property that a change names, by itself or by a unit."""
    pk = change.property or (unit.property_id if unit else None)
    if pk is None:
        return None
    home = Property.objects.for_organization(organization_id).filter(pk=pk).first()
    if home is None:
        raise UnitNotFound
    return home


def _looked_at(booking: Booking) -> _Before:
    held = list(
        Night.objects.for_organization(booking.organization_id)
        .filter(booking=booking)
        .order_by("night", "unit__position", "unit_id")
        .values_list("night", "unit_id", "price")
    )
    prices = [(night, price) for night, _unit_id, price in held]
    if not held:
        stay = nights.dates(booking.check_in, booking.check_out)
        prices = list(zip(stay, nights.spread(booking.total_price, len(stay)), strict=True))
    return _Before(booking, [(night, unit_id) for night, unit_id, _price in held], prices)


def _wishes(
    before: _Before, change: StayChange, unit: Unit | None, home: Property
) -> tuple[dict[str, Any], list[dt.date]]:
    """What update_booking is to change, and the dates of the unit nights there are then."""
    if change.cancel:
        cancelled = {"status": Status.CANCELLED, "cancellation_reason": change.reason}
        return cancelled, [night for night, _price in before.prices]
    if change.status:
        return {"status": change.status}, [night for night, _price in before.prices]
    check_in = change.check_in or before.booking.check_in
    check_out = change.check_out or before.booking.check_out
    wishes: dict[str, Any] = {"check_in": check_in, "check_out": check_out}
    moves_away = home.pk != before.booking.property_id
    if moves_away:
        wishes["property"] = home
    stay = nights.dates(check_in, check_out)
    if change.segments:
        wishes["holding"] = _in_order(change.segments)
        return wishes, [night for night, _unit_id in wishes["holding"]]
    if change.says("unit") and unit is None:
        return {**wishes, "is_placed": False}, stay
    if unit is None:
        laid = nights.fitted(before.held, check_in, check_out, before.booking.unit_id)
        return wishes, [night for night, _unit_id in laid]
    if moves_away or len({unit_id for _night, unit_id in before.held}) < 2:
        return {**wishes, "unit": unit}, stay
    wishes["holding"] = _moved(before.held, check_in, check_out, change.from_unit, unit.pk)
    return wishes, [night for night, _unit_id in wishes["holding"]]


def _in_order(segments: list[Segment]) -> nights.Holding:
    return sorted(
        (night, segment.unit)
        for segment in segments
        for night in nights.dates(
            segment.start, min(segment.end, segment.start + MAX_NIGHTS * ONE_DAY)
        )
    )


def _moved(
    held: nights.Holding,
    check_in: dt.date,
    check_out: dt.date,
    left: UUID | None,
    unit_id: UUID,
) -> nights.Holding:
    """A stay in several units with one of them left for another. Raises WhichUnit."""
    if left is None:
        if len({night for night, _unit_id in held}) < len(held):
            raise WhichUnit
        return [(night, unit_id) for night in nights.dates(check_in, check_out)]
    laid = nights.fitted(held, check_in, check_out, unit_id)
    return list(dict.fromkeys((night, unit_id if old == left else old) for night, old in laid))


def _quote(before: _Before, dates: list[dt.date], home: Property) -> Repricing:
    old, currency = before.booking.total_price, before.booking.currency
    if home.pk != before.booking.property_id:
        new = total_of([], dates, home.base_price_per_night)
        return Repricing(old, currency, new, home.currency)
    if sorted(dates) == sorted(night for night, _price in before.prices):
        return Repricing(old, currency, old, currency)
    return Repricing(
        old, currency, total_of(before.prices, dates, home.base_price_per_night), currency
    )


def _decided(gesture: StayGesture, quote: Repricing) -> dict[str, Any]:
    """The total that goes with the change, as decided."""
    if gesture.total is not None:
        return {"total_price": gesture.total}
    if not quote.changes_money():
        return {}
    if quote.currency != quote.old_currency and (quote.new is None or gesture.price == "keep"):
        raise PriceNeeded
    return {} if gesture.price == "keep" else {"total_price": quote.new}


def _undo(before: _Before, after: Booking) -> dict[str, Any] | None:
    """The change that takes a change back; None where no single one does."""
    old = before.booking
    if after.status != old.status:
        return {"status": old.status} if way_between(after.status, old.status) else None
    change: dict[str, Any] = {"check_in": old.check_in, "check_out": old.check_out}
    if old.property_id != after.property_id:
        change["property"] = old.property_id
    if not old.is_placed:
        return {**change, "unit": None}
    units = {unit_id for _night, unit_id in before.held}
    now_in = {unit_id for _night, unit_id in nights.of_booking(after)}
    if len(units) == 1 and len(now_in) < 2:
        return {**change, "unit": units.pop()}
    return {
        **change,
        "segments": [
            {"unit": unit_id, "start": start, "end": end}
            for unit_id, start, end in runs(before.held)
        ],
    }


def runs(held: nights.Holding) -> list[tuple[UUID, dt.date, dt.date]]:
    """A holding as contiguous nights of one unit each: unit, first night, day after the last."""
    found = []
    pairs = sorted((unit_id, night) for night, unit_id in held)
    for unit_id, mine in groupby(pairs, key=itemgetter(0)):
        days = [night for _unit_id, night in mine]
        start = days[0]
        for night, following in zip(days, [*days[1:], None], strict=True):
            if following != night + ONE_DAY:
                found.append((unit_id, start, night + ONE_DAY))
                start = following or start
    return sorted(found, key=itemgetter(1, 2))


# --- Blocks ----------------------------------------------------------------------------------


def make_block(asked: NewBlock, *, organization_id: UUID, by: User) -> Done:
    """Take nights out of sale. Raises UnitNotFound and what block_nights raises."""
    unit = _unit(organization_id, asked.unit)
    if unit is None:
        raise UnitNotFound
    block = block_nights(
        unit=unit, start=asked.start, end=asked.end, reason=asked.reason, note=asked.note, by=by
    )
    words = block_words(block, released=False)
    return Done(
        holder=block,
        sentence=words.sentence,
        said=words.said,
        nights=(0, block.days()),
        undo={"release": True},
    )


def change_block(gesture: BlockGesture, *, organization_id: UUID, by: User) -> Done:
    """Do what the gesture says to a block.

    Raises BlockNotFound, UnitNotFound, ChangedMeanwhile and what the verbs raise.
    """
    change = gesture.change
    # Released ones too: an undo brings them back.
    own = Block.objects.filter(organization=organization_id, pk=gesture.id)
    found = own.select_related("unit").first()
    if found is None or (found.deleted_at and not change.restore):
        raise BlockNotFound
    unit = _unit(organization_id, change.unit)
    block = lock_block(found, unit)
    if version_of(block) != gesture.seen:
        raise ChangedMeanwhile(holder=block)
    old = {"unit": block.unit_id, "start": block.start, "end": block.end}
    length = block.days()
    undo: dict[str, Any] = old
    if change.release:
        release_block(block=block, by=by)
        undo = {"restore": True}
    elif change.restore:
        restore_block(block=block, by=by)
        undo = {"release": True}
    else:
        wishes = {"unit": unit, "start": change.start, "end": change.end}
        update_block(block=block, by=by, changes={name: new for name, new in wishes.items() if new})
    after = Block.objects.select_related("unit").get(organization=organization_id, pk=block.pk)
    words = block_words(after, released=change.release)
    return Done(
        holder=after,
        sentence=words.sentence,
        said=words.said,
        nights=(length, after.days()),
        undo=undo,
    )
