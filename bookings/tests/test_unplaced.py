"""Stays without a unit: how they come about, what they may do, how they get a place."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import Organization
from bookings import services
from bookings.models import Booking, Night
from bookings.nights import DatesTaken
from bookings.placing import NotPlaced, UnitNotFound
from properties.models import Property
from villaops.errors import BrokenRule
from villaops.tests.build import DAY, make_booking, make_guest, make_property, units_of

ONE = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def house(organization: Organization, inside: None) -> Property:
    """Room 1 and Room 2."""
    return make_property(organization, units=2)


def held(booking: Booking) -> list[tuple[date, str]]:
    nights = Night.objects.filter(booking=booking).order_by("night", "unit__position")
    return [(night.night, night.unit.name) for night in nights.select_related("unit")]


def test_unassign_gives_the_nights_back_and_keeps_the_stay(house: Property) -> None:
    booking = make_booking(house, DAY, 2)

    services.unassign_booking(booking=booking, by=None)

    booking.refresh_from_db()
    assert (booking.is_placed, booking.status, booking.nights_count()) == (False, "pending", 2)
    assert held(booking) == []


def test_unassigned_stay_is_placed_where_it_is_moved_to(house: Property) -> None:
    booking = make_booking(house, DAY, 2)
    services.unassign_booking(booking=booking, by=None)

    services.move_to_unit(booking=booking, unit=units_of(house)[1], by=None)

    booking.refresh_from_db()
    assert booking.is_placed
    assert held(booking) == [(DAY, "Room 2"), (DAY + ONE, "Room 2")]


def test_split_stay_dropped_on_its_first_room_lies_there_alone(house: Property) -> None:
    first, second = units_of(house)
    booking = make_booking(house, DAY, 2, units=[first])
    services.move_to_unit(booking=booking, unit=second, from_night=DAY + ONE, by=None)
    services.unassign_booking(booking=booking, by=None)

    services.change_unit(booking=booking, unit=first, by=None)

    assert held(booking) == [(DAY, "Room 1"), (DAY + ONE, "Room 1")]


def test_placing_where_somebody_is_keeps_it_unassigned(house: Property) -> None:
    first = units_of(house)[0]
    booking = make_booking(house, DAY, 2, units=[first])
    services.unassign_booking(booking=booking, by=None)
    make_booking(house, DAY + ONE, 1, units=[first])

    with pytest.raises(DatesTaken) as refused:
        services.change_unit(booking=booking, unit=first, by=None)

    booking.refresh_from_db()
    assert (refused.value.night, booking.is_placed) == (DAY + ONE, False)


def test_placing_without_a_unit_finds_the_first_free_one(house: Property) -> None:
    first = units_of(house)[0]
    booking = make_booking(house, DAY, 1, units=[first])
    services.unassign_booking(booking=booking, by=None)
    make_booking(house, DAY, 1, units=[first])

    services.update_booking(booking=booking, by=None, changes={"is_placed": True})

    assert held(booking) == [(DAY, "Room 2")]


def test_check_in_without_a_unit_is_refused(house: Property) -> None:
    booking = make_booking(house, DAY, 2, status="confirmed")
    services.unassign_booking(booking=booking, by=None)

    with pytest.raises(NotPlaced):
        services.check_in_guest(booking=booking, by=None)


def test_unassign_in_house_is_refused(house: Property) -> None:
    booking = make_booking(house, DAY, 2, status="confirmed")
    services.check_in_guest(booking=booking, by=None)

    with pytest.raises(NotPlaced):
        services.unassign_booking(booking=booking, by=None)

    assert len(held(booking)) == 2


def test_stay_on_taken_nights_is_kept_without_a_unit_when_asked(house: Property) -> None:
    make_booking(house, DAY, 1, units=units_of(house))
    stay: dict[str, Any] = {
        "property": house,
        "guest": make_guest(house.organization),
        "check_in": DAY,
        "check_out": DAY + ONE,
        "by": None,
    }

    with pytest.raises(DatesTaken):
        services.book_stay(**stay)
    kept = services.book_stay(**stay, unplaced_if_taken=True)

    kept.refresh_from_db()
    assert (kept.is_placed, held(kept)) == (False, [])


def test_cancelled_while_unassigned_comes_back_unassigned(house: Property) -> None:
    booking = make_booking(house, DAY, 2)
    services.unassign_booking(booking=booking, by=None)
    services.cancel_booking(booking=booking, by=None)

    revived = services.revive_booking(booking=booking, by=None)

    assert (revived.is_placed, held(booking)) == (False, [])


def test_holding_says_the_room_of_each_night(house: Property) -> None:
    first, second = units_of(house)
    booking = make_booking(house, DAY, 3, units=[first])

    services.update_booking(
        booking=booking,
        by=None,
        changes={
            "check_out": DAY + 2 * ONE,
            "holding": [(DAY, second.pk), (DAY + ONE, first.pk)],
        },
    )

    booking.refresh_from_db()
    assert held(booking) == [(DAY, "Room 2"), (DAY + ONE, "Room 1")]
    assert booking.unit == second


def test_holding_must_be_the_nights_of_the_stay_in_rooms_of_the_house(house: Property) -> None:
    first = units_of(house)[0]
    booking = make_booking(house, DAY, 2, units=[first])
    elsewhere = units_of(make_property(house.organization))[0]

    with pytest.raises(BrokenRule):
        services.update_booking(booking=booking, by=None, changes={"holding": [(DAY, first.pk)]})
    with pytest.raises(UnitNotFound):
        services.update_booking(
            booking=booking,
            by=None,
            changes={"holding": [(DAY, first.pk), (DAY + ONE, elsewhere.pk)]},
        )
