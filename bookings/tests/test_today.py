"""The day's page: who comes, who goes, who stays."""

import html
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.blocks import block_nights
from bookings.models import Booking, Night, Status
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


def names(answer, name: str) -> list[str]:  # noqa: ANN001
    return [row.booking.guest.name for row in rows(answer, name)]


def rows(answer, name: str) -> list:  # noqa: ANN001
    return list(answer.context["lists"][name])


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

    assert names(answer, "arrivals") == ["Arriving", "Arriving Unconfirmed"]
    assert names(answer, "departures") == ["Leaving"]
    assert names(answer, "in_house") == ["Staying"]
    assert [booking.guest.name for booking in answer.context["coming"]] == ["Tomorrow"]
    assert [booking.guest.name for booking in rows(answer, "pending")] == ["Arriving Unconfirmed"]


def test_today_loses_nobody_who_is_late(
    client: Client, page: str, organization: Organization
) -> None:
    home = make_property(organization, units=4)
    stay(home, "Late", TODAY - ONE, 3)
    stay(home, "Overdue", TODAY - 5 * ONE, 2, status="checked_in")

    answer = client.get(page)

    assert [row.is_late for row in rows(answer, "arrivals")] == [True]
    assert [row.is_late for row in rows(answer, "departures")] == [True]
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

    arrivals = rows(client.get(page), "arrivals")

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

    row = rows(client.get(page), "in_house")[0]

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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pending", "confirmed"),
        ("pending", "checked_in"),
        ("confirmed", "checked_in"),
        ("confirmed", "no_show"),
        ("checked_in", "checked_out"),
    ],
)
def test_a_click_can_be_undone(
    client: Client, page: str, organization: Organization, before: str, after: str
) -> None:
    booking = make_booking(make_property(organization), TODAY, status=before)
    address = f"{page}bookings/{booking.pk}/status"

    told = client.post(address, {"status": after, "next": page}, follow=True)
    booking.refresh_from_db()
    moved = booking.status
    back = client.post(address, {"status": before, "undo": "1", "next": page}, follow=True)

    assert moved == after
    assert f'<input type="hidden" name="status" value="{before}">' in told.text
    assert 'name="undo"' in told.text
    assert 'name="undo"' not in back.text
    booking.refresh_from_db()
    assert booking.status == before


def test_who_has_arrived_or_left_stays_on_the_page_without_a_button(
    client: Client, page: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization), TODAY - ONE, 1, status="checked_in")
    other = make_booking(make_property(organization), TODAY, status="confirmed")
    check_out_guest(booking=booking, by=None)
    check_in_guest(booking=other, by=None)

    answer = client.get(page)

    assert [row.is_done for row in rows(answer, "departures")] == [True]
    assert [row.is_done for row in rows(answer, "arrivals")] == [True]
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


def test_today_without_anybody_says_so(
    client: Client, page: str, organization: Organization
) -> None:
    make_property(organization)

    answer = client.get(page)

    assert "Nobody arrives today." in answer.text
    assert "Nobody leaves today." in answer.text
    assert "Nobody stays tonight." in answer.text


def test_another_day_shows_what_is_on_the_books_then(
    client: Client, page: str, organization: Organization
) -> None:
    home = make_property(organization, units=8)
    stay(home, "Coming", TODAY + 5 * ONE)
    stay(home, "Asking", TODAY + 5 * ONE, status="pending")
    stay(home, "Leaving", TODAY + 3 * ONE)
    stay(home, "Over", TODAY + 4 * ONE, 5)
    stay(home, "Gone", TODAY - 9 * ONE, 2, status="checked_in")

    ahead = client.get(f"{page}?day=2026-03-06")
    back = client.get(f"{page}?day=2026-02-20")

    assert names(ahead, "arrivals") == ["Coming", "Asking"]
    assert names(ahead, "departures") == ["Leaving"]
    assert names(ahead, "in_house") == ["Coming", "Asking", "Over"]
    # There is nothing to do with guests of another day, but a request can be answered.
    assert [row.action for row in rows(ahead, "arrivals")] == ["", "confirmed"]
    assert ahead.text.count('name="status"') == 1
    assert names(back, "arrivals") == ["Gone"]
    assert 'name="status"' not in back.text
    assert "?day=2026-02-19" in back.text
    assert "?day=2026-02-21" in back.text


@pytest.mark.parametrize("day", ["2026-02-30", "soon", "", "9999-12-31", "2026-03-01"])
def test_a_day_that_makes_no_sense_is_today(client: Client, page: str, day: str) -> None:
    assert client.get(page, {"day": day}).context["days"].is_live


def test_turnovers_are_units_that_change_hands(
    client: Client, page: str, organization: Organization
) -> None:
    home = make_property(organization, units=3)
    leaving = make_booking(
        home,
        TODAY - 2 * ONE,
        2,
        status="checked_in",
        guest=make_guest(organization, name="Leaving"),
        units=[units_of(home)[1]],
    )
    make_booking(
        home,
        TODAY,
        guest=make_guest(organization, name="Coming"),
        units=[units_of(home)[1]],
    )
    # Leaves, and nobody follows; stays on; comes into an empty one.
    make_booking(home, TODAY - 2 * ONE, 2, status="checked_in", units=[units_of(home)[0]])
    make_booking(home, TODAY - 2 * ONE, 5, status="checked_in", units=[units_of(home)[2]])

    before = rows(client.get(page), "turnovers")
    check_out_guest(booking=leaving, by=None)
    after = client.get(page)

    assert [(t.unit.name, t.leaving.guest.name, t.coming.guest.name) for t in before] == [
        ("Room 2", "Leaving", "Coming")
    ]
    assert len(rows(after, "turnovers")) == 1
    assert "has left" in after.text


def test_blocks_show_on_the_day_they_begin_and_end(
    client: Client, page: str, organization: Organization
) -> None:
    unit = units_of(make_property(organization))[0]
    block_nights(unit=unit, start=TODAY, end=TODAY + 3 * ONE, reason="owner_stay", by=None)

    begun = rows(client.get(page), "blocks")
    middle = rows(client.get(f"{page}?day=2026-03-02"), "blocks")
    ended = rows(client.get(f"{page}?day=2026-03-04"), "blocks")

    assert [row["begins"] for row in begun] == [True]
    assert middle == []
    assert [row["begins"] for row in ended] == [False]


def test_a_long_list_is_shown_in_part_and_as_a_whole_alone(
    client: Client, page: str, organization: Organization
) -> None:
    home = make_property(organization, units=13)
    for n in range(13):
        stay(home, f"Guest {n}", TODAY)

    some = client.get(page)
    every = client.get(f"{page}?show=arrivals")

    assert len(rows(some, "arrivals")) == 10
    assert "Show all 13" in some.text
    assert len(rows(every, "arrivals")) == 13
    assert 'id="departures"' not in every.text


def test_a_stay_without_a_unit_asks_for_one_first(
    client: Client, page: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization), TODAY, status="confirmed")
    Night.objects.filter(booking=booking).delete()
    Booking.objects.filter(pk=booking.pk).update(is_placed=False)

    answer = client.get(page)

    assert "no unit yet" in answer.text
    assert "Give a unit" in answer.text
    assert 'value="checked_in"' not in answer.text


def test_stays_without_a_unit_are_counted_and_one_click_away(
    client: Client, page: str, organization: Organization
) -> None:
    home = make_property(organization)
    for start in (TODAY + 5 * ONE, TODAY - 9 * ONE):
        make_booking(home, start, status="confirmed")
        make_booking(home, start, status="confirmed", unplaced_if_taken=True)

    answer = client.get(page)

    assert answer.context["unplaced"] == 1
    assert "stay without a unit" in answer.text
    link = re.search(r'href="([^"]*unit=none[^"]*)"', answer.text)
    assert link
    found = client.get(html.unescape(link[1])).context["bookings"]
    assert [booking.check_in for booking in found] == [TODAY + 5 * ONE]
    assert rows(answer, "arrivals") == []


def test_the_week_has_a_chart_and_its_table(
    client: Client, page: str, organization: Organization
) -> None:
    home = make_property(organization, units=4)
    stay(home, "Now", TODAY, 2)
    stay(home, "Then", TODAY + ONE, 1)
    make_member(organization, Role.HOUSEKEEPER, email="keeper@example.com")

    answer = client.get(page)
    client.force_login(User.objects.get(email="keeper@example.com"))
    without = client.get(page)

    bars = answer.context["chart"]["bars"]
    assert [bar["figure"].sold for bar in bars] == [1, 2, 0, 0, 0, 0, 0]
    assert [bar["height"] for bar in bars][:3] == [20, 40, 0]
    assert "week-chart" in answer.text
    assert "style=" not in answer.text.split("</main>")[0].split("<main")[1]
    assert "week-chart" not in without.text


def test_a_full_day_is_no_heavy_page(client: Client, page: str, organization: Organization) -> None:
    home = make_property(organization, units=40)
    for n in range(13):
        stay(home, f"Coming {n}", TODAY, status="pending")
        stay(home, f"Leaving {n}", TODAY - 2 * ONE, status="checked_in")
        stay(home, f"Staying {n}", TODAY - ONE, 3, status="checked_in")

    assert len(client.get(page).content) < 100_000


@pytest.mark.parametrize("count", [1, 3])
def test_today_asks_as_much_for_one_row_as_for_three(
    client: Client, page: str, organization: Organization, statements: Statements, count: int
) -> None:
    home = make_property(organization, units=12)
    for n in range(count):
        stay(home, f"Arriving {n}", TODAY)
        stay(home, f"Leaving {n}", TODAY - 2 * ONE, status="checked_in")
        stay(home, f"Staying {n}", TODAY - ONE, 3, status="checked_in")

    # The last of them gives the test its own context back.
    with statements(13):
        client.get(page)


def test_house_without_properties_is_led_to_its_first_one(
    client: Client, organization: Organization, owner: User
) -> None:
    root = f"/o/{organization.slug}/"
    client.force_login(owner)

    for page in ("", "bookings/new", "calendar/", "calendar/list", "occupancy/", "properties/"):
        assert (
            f'class="btn btn-primary" href="{root}properties/new"' in client.get(root + page).text
        )
