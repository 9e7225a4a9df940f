"""The verbs of blocks: nights of a unit taken out of sale."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models.functions import Now

from accounts.models import User
from bookings import nights
from bookings.models import MAX_BLOCKED_DAYS, Block, Night
from bookings.nights import DatesTaken
from properties.models import Property, Unit
from villaops.errors import BrokenRule, Conflict, NotFound
from villaops.verbs import apply_changes, clean, verb


class BlockNotFound(NotFound):
    code = "block_not_found"
    message = "Block not found"


class UnitDeleted(Conflict):
    """The unit of a block to restore is itself deleted."""

    code = "restore_unit_first"
    message = "Restore its unit first"


CONSTRAINTS = {"bookings_night_pkey": DatesTaken}


@verb(constraints=CONSTRAINTS, races=nights.RACES)
def block_nights(
    *,
    unit: Unit,
    start: date,
    end: date,
    by: User | None,
    reason: str = Block.Reason.OTHER,
    note: str | None = None,
) -> Block:
    """Take the nights [start, end) of a unit out of sale. Raises BrokenRule, DatesTaken."""
    _lock_property(unit)
    block = Block(
        organization_id=unit.organization_id,
        unit=unit,
        start=start,
        end=end,
        reason=reason,
        note=note,
    )
    _check(block)
    block.save(force_insert=True)
    _take(block)
    return block


@verb(constraints=CONSTRAINTS, races=nights.RACES)
def update_block(*, block: Block, by: User | None, changes: Mapping[str, Any]) -> Block:
    """Change unit, start, end, reason or note. Raises BrokenRule, DatesTaken."""
    block = lock_block(block, changes.get("unit"))
    changed = apply_changes(block, changes)
    _check(block)
    if changed & {"unit", "start", "end"}:
        nights.give_back(block)
        _take(block)
    if changed:
        block.save()
    return block


@verb()
def release_block(*, block: Block, by: User | None) -> None:
    """Put the nights back on sale; softly, an administrator can restore the block."""
    block = lock_block(block)
    nights.give_back(block)
    block.deleted_at = Now()
    block.save()


@verb(constraints=CONSTRAINTS, races=nights.RACES)
def restore_block(*, block: Block, by: User | None) -> Block:
    """Bring a released block back. Raises UnitDeleted, DatesTaken."""
    block = lock_block(block)
    if block.deleted_at is None:
        return block
    if block.unit.deleted_at:
        raise UnitDeleted
    block.deleted_at = None
    block.save()
    _take(block)
    return block


def lock_block(block: Block, unit: Unit | None = None) -> Block:
    """The block read anew and locked, after the properties its nights are and will be at."""
    _lock_property(block.unit, *([unit] if unit else []))
    return (
        Block.objects.select_for_update(no_key=True, of=("self",))
        .select_related("unit")
        .get(organization_id=block.organization_id, pk=block.pk)
    )


def _lock_property(*units: Unit) -> None:
    homes = Property.objects.select_for_update(no_key=True).filter(
        organization_id=units[0].organization_id, pk__in={unit.property_id for unit in units}
    )
    list(homes.order_by("pk"))


def _check(block: Block) -> None:
    if block.end <= block.start:
        raise BrokenRule("end must be after start")
    if block.days() > MAX_BLOCKED_DAYS:
        raise BrokenRule(f"A block has at most {MAX_BLOCKED_DAYS} days")
    clean(block)


def _take(block: Block) -> None:
    """Take the block's nights, or say which one somebody has. Its own have been given back."""
    taken = Night.objects.of_units([block.unit_id], block.start, block.end).in_the_way()
    nights.refuse_taken(taken.select_related("booking", "block", "unit")[:1])
    nights.take(
        [
            Night(
                organization_id=block.organization_id,
                unit_id=block.unit_id,
                night=night,
                block=block,
            )
            for night in nights.dates(block.start, block.end)
        ]
    )
