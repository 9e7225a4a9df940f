"""The verbs of blocks: nights out of sale."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import Organization
from bookings.blocks import block_nights, release_block, restore_block, update_block
from bookings.models import Block, Night
from bookings.nights import DatesTaken
from properties.models import Property
from villaops.errors import BrokenRule
from villaops.tests.build import (
    DAY,
    make_booking,
    make_property,
    units_of,
)

pytestmark = pytest.mark.usefixtures("inside")


def day(number: int) -> date:
    return DAY + timedelta(days=number)


@pytest.fixture
def villa(organization: Organization, inside: None) -> Property:
    return make_property(organization, name="Villa", base_price_per_night=Decimal("100.00"))


def check_constraints_now() -> None:
    """Ask the deferred triggers, which otherwise speak at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_a_block_and_a_booking_never_overlap(villa: Property) -> None:
    unit = units_of(villa)[0]
    block = block_nights(unit=unit, start=day(0), end=day(2), reason="owner_stay", by=None)

    with pytest.raises(DatesTaken) as refused:
        make_booking(villa, day(1), 2)
    assert refused.value.explanation == (
        "The night of Mon 2 March 2026 in Villa is taken by a block (owner stay)."
    )
    make_booking(villa, day(2), 2)
    with pytest.raises(DatesTaken):
        update_block(block=block, by=None, changes={"end": day(3)})
    release_block(block=block, by=None)
    check_constraints_now()
    make_booking(villa, day(0), 2)
    with pytest.raises(DatesTaken):
        restore_block(block=block, by=None)


def test_update_and_restore_block(villa: Property) -> None:
    unit = units_of(villa)[0]
    block = block_nights(unit=unit, start=day(0), end=day(2), by=None)

    block = update_block(block=block, by=None, changes={"start": day(1), "end": day(5)})
    release_block(block=block, by=None)
    restore_block(block=block, by=None)

    check_constraints_now()
    held = Night.objects.filter(block=block).order_by("night").values_list("night", flat=True)
    assert list(held) == [day(1), day(2), day(3), day(4)]
    assert Block.objects.get(pk=block.pk).deleted_at is None


@pytest.mark.parametrize(
    ("end", "sentence"),
    [(0, "end must be after start"), (3661, "A block has at most 3660 days")],
)
def test_block_nights_checks_its_dates(villa: Property, end: int, sentence: str) -> None:
    with pytest.raises(BrokenRule) as refused:
        block_nights(unit=units_of(villa)[0], start=day(0), end=day(end), by=None)

    assert refused.value.message == sentence
