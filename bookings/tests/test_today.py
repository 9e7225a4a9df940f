"""The day's page: who comes, who goes, who stays."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Status
from bookings.services import check_in_guest, check_out_guest, move_to_unit
from conftest import Statements
from properties.models import Property
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_member,
    make_property,
    units_of,
)

TODAY = date(2026, 3, 1)
ONE = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("inside", "noon")


@pytest.fixture
def noon() -> Iterator[None]:
    """It is noon in London on the first of March; in Auckland the second has begun."""
    with time_machine.travel("2026-03-01T12:00Z", tick=False):
        yield


@pytest.fixture
def page(client: Client, organization: Organization, owner: User) -> str:
    client.force_login(owner)
    return f"/o/{organization.slug}/"


def stay(
    home: Property, name: str, start: date, nights: int = 2, status: str = "confirmed"
) -> None:
    guest = make_guest(home.organization, name=name)
    make_booking(home, start, nights, guest=guest, status=status)


def names(rows: list) -> list[str]:
    return [row.booking.guest.name for row in rows]


def test_today_shows_who_comes_who_goes_and_who_stays(
    client: Client, page: str, organization: Organization
) -> None:
    home = make_property(organization, units=8)
    stay(home, "Arriving", TODAY)
    stay(home, "Arriving Unconfirmed", TODAY, status="pending")
    stay(home, "Leaving", TODAY - 2 * ONE, status="checked_in")
    stay(home, "Staying", TODAY - ONE, 5, status="checked_in")
    stay(home, "Tomorrow", TODAY + ONE)

    answer = client.get(page)

    assert names(answer.context["arrivals"]) == ["Arriving", "Arriving Unconfirmed"]
    assert names(answer.context["departures"]) == ["Leaving"]
    assert names(answer.context["in_house"]) == ["Staying"]
    assert [booking.guest.name for booking in answer.context["coming"]] == ["Tomorrow"]
    assert answer.context["pending"] == 1


def test_today_loses_nobody_who_is_late(
    client: Client, page: str, organization: Organization
) -> None:
    home = make_property(organization, units=4)
    stay(home, "Late", TODAY - ONE, 3)
    stay(home, "Overdue", TODAY - 5 * ONE, 2, status="checked_in")

    answer = client.get(page)

    assert [row.is_late for row in answer.context["arrivals"]] == [True]
    assert [row.is_late for row in answer.context["departures"]] == [True]
    assert "Expected earlier" in answer.text
    assert "Should have left" in answer.text


def test_today_is_the_day_it_is_at_each_property(
    client: Client, page: str, organization: Organization
) -> None:
    london = make_property(organization, time_zone="Europe/London")
    auckland = make_property(organization, time_zone="Pacific/Auckland")
    for home in (london, auckland):
        stay(home, f"First in {home.time_zone}", TODAY, 1)
        stay(home, f"Second in {home.time_zone}", TODAY + ONE, 1)

    arrivals = client.get(page).context["arrivals"]

    assert {row.booking.guest.name for row in arrivals if not row.is_late} == {
        "First in Europe/London",
        "Second in Pacific/Auckland",
    }


def test_today_names_the_unit_of_the_night(
    client: Client, page: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    booking = make_booking(home, TODAY - ONE, 3, status="checked_in")
    move_to_unit(booking=booking, unit=units_of(home)[1], by=None, from_night=TODAY)

    row = client.get(page).context["in_house"][0]

    assert row.units == ["Room 2"]


def test_check_in_and_out_from_today_lead_back_there(
    client: Client, page: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization), TODAY, status="confirmed")
    address = f"{page}bookings/{booking.pk}/status"

    arrived = client.post(address, {"status": "checked_in", "next": page}, follow=True)
    gone = client.post(address, {"status": "checked_out", "next": page}, follow=True)

    assert arrived.redirect_chain == [(page, 302)]
    assert "Emma Thompson is checked in." in arrived.text
    assert "Emma Thompson is checked out." in gone.text
    booking.refresh_from_db()
    assert booking.status == Status.CHECKED_OUT


def test_who_has_arrived_or_left_stays_on_the_page_without_a_button(
    client: Client, page: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization), TODAY - ONE, 1, status="checked_in")
    other = make_booking(make_property(organization), TODAY, status="confirmed")
    check_out_guest(booking=booking, by=None)
    check_in_guest(booking=other, by=None)

    answer = client.get(page)

    assert [row.is_done for row in answer.context["departures"]] == [True]
    assert [row.is_done for row in answer.context["arrivals"]] == [True]
    assert 'name="status"' not in answer.text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.HOUSEKEEPER, Role.ACCOUNTANT])
def test_today_without_the_right_to_change_has_no_buttons(
    client: Client, organization: Organization, role: Role
) -> None:
    make_booking(make_property(organization), TODAY, status="confirmed")
    client.force_login(make_member(organization, role))

    answer = client.get(f"/o/{organization.slug}/")

    assert "Emma Thompson" in answer.text
    assert 'name="status"' not in answer.text
    assert "New booking" not in answer.text


def test_today_without_anybody_says_so(client: Client, page: str) -> None:
    answer = client.get(page)

    assert "Nobody arrives today." in answer.text
    assert "Nobody leaves today." in answer.text
    assert "Nobody stays tonight." in answer.text


@pytest.mark.parametrize("rows", [1, 3])
def test_today_asks_as_much_for_one_row_as_for_three(
    client: Client, page: str, organization: Organization, statements: Statements, rows: int
) -> None:
    home = make_property(organization, units=12)
    for n in range(rows):
        stay(home, f"Arriving {n}", TODAY)
        stay(home, f"Leaving {n}", TODAY - 2 * ONE, status="checked_in")
        stay(home, f"Staying {n}", TODAY - ONE, 3, status="checked_in")

    # The last of them gives the test its own context back.
    with statements(11 + 1):
        client.get(page)
