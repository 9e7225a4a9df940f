"""What PostgreSQL tells of each change, heard by a connection of the test's own."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from accounts.models import Organization, User
from bookings.blocks import block_nights
from bookings.models import Booking
from bookings.notes import add_note
from bookings.services import change_property, move_to_unit
from guests.services import update_guest
from villaops.live.listener import address
from villaops.live.triggers import CHANNEL, MOST_IDS
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_property, units_of

pytestmark = pytest.mark.django_db(transaction=True)

type Heard = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def heard(db: None) -> Iterator[Heard]:
    """What was told since it was asked last."""
    found = {key: value for key, value in address().items() if key != "application_name"}
    with psycopg.connect(**found, autocommit=True) as listening:
        listening.execute(f"LISTEN {CHANNEL}")

        def since() -> list[dict[str, Any]]:
            listening.execute("SELECT 1")
            return [json.loads(one.payload) for one in listening.notifies(timeout=0)]

        yield since


def told(heard: list[dict[str, Any]], topic: str) -> list[tuple[Any, Any]]:
    return [(one["ids"], one["properties"]) for one in heard if one["topic"] == topic]


def test_each_change_is_told_once_with_whom_it_is_for(
    organization: Organization, owner: User, heard: Heard
) -> None:
    context = lambda: organization_context(organization, by=owner, door=Door.WEB)  # noqa: E731
    with context():
        home, other = make_property(organization, units=2), make_property(organization)
        guest = make_guest(organization)
    assert told(heard(), "property") != []

    with context():
        stay = make_booking(home, guest=guest)
    # The row and its nights say the same.
    assert told(heard(), "booking") == [([str(stay.pk)], [str(home.pk)])]

    with context():
        update_guest(guest=guest, by=owner, changes={"name": "Emma T"})
    assert told(heard(), "guest") == [([str(guest.pk)], [str(home.pk)])]

    with context():
        add_note(booking=stay, text="Late", by=owner)
    assert told(heard(), "booking") == [([str(stay.pk)], [str(home.pk)])]

    with context():
        move_to_unit(booking=stay, unit=units_of(home)[1], by=owner)
    assert (([str(stay.pk)], [str(home.pk)])) in told(heard(), "booking")

    with context():
        block = block_nights(unit=units_of(home)[0], start=DAY, end=DAY.replace(day=3), by=owner)
    assert told(heard(), "block") == [([str(block.pk)], [str(home.pk)])]

    # Who sees the old place must hear that it has gone.
    with context():
        change_property(booking=stay, property=other, by=owner)
    homes = {one for _, properties in told(heard(), "booking") for one in properties}
    assert homes == {str(home.pk), str(other.pk)}


def test_a_limited_member_tells_everybody(
    organization: Organization, owner: User, heard: Heard
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        here, there = make_property(organization), make_property(organization)
        guest = make_guest(organization)
        make_booking(here, guest=guest)
        make_booking(there, guest=guest)
    heard()

    limited = organization_context(organization, by=owner, door=Door.WEB, property_ids=[here.pk])
    with limited:
        type(guest).objects.filter(pk=guest.pk).update(name="Emma T")
        # And sees no more than before.
        assert Booking.objects.count() == 1

    (_, homes), *_ = told(heard(), "guest")
    assert set(homes) == {str(here.pk), str(there.pk)}


def test_many_rows_are_told_as_some_and_no_row_as_nothing(
    organization: Organization, owner: User, heard: Heard
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        home = make_property(organization, units=MOST_IDS + 1)
        for unit in units_of(home):
            make_booking(home, units=[unit])
        home_id = str(home.pk)
    heard()

    with organization_context(organization, by=owner, door=Door.WEB):
        Booking.objects.update(special_requests="Quiet")
        Booking.objects.filter(pk=home.pk).update(special_requests="Nobody's")

    assert told(heard(), "booking") == [(None, [home_id])]
