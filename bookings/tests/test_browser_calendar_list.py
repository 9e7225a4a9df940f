"""The calendar without JavaScript: a list, from which forms do all that the chart does."""

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Booking
from bookings.tests.chart import (
    ONE,
    House,
    house,  # noqa: F401 - a fixture
)
from villaops.tests.browser import BROWSER_TEST, SCREENS, OpenPage, assert_accessible, sign_in

pytestmark = BROWSER_TEST


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_stays_are_made_refused_moved_split_and_cancelled_without_script(
    live_server: LiveServer,
    house: House,  # noqa: F811
    open_page: OpenPage,
    screen: str,
) -> None:
    day = house.day
    with open_page("without script", **SCREENS[screen], expected=(422,)) as page:
        address = f"{sign_in(page, live_server, house.email)}calendar/"
        page.goto(address)
        page.get_by_role("link", name="See the calendar as a list").click()
        page.get_by_label("From").fill(str(day))
        page.get_by_role("button", name="Show", exact=True).click()
        assert_accessible(page)
        listing = page.url

        room(page, "Room 3").get_by_role("link", name="Book").click()
        expect(page.get_by_label("Check-in")).to_have_value(str(day))
        page.get_by_label("Check-out").fill(str(day + 2 * ONE))
        page.get_by_label("Find a guest").fill("yuki")
        page.get_by_role("button", name="Find").click()
        page.get_by_role("radio", name="Yuki Tanaka").check()
        page.get_by_role("button", name="Book", exact=True).last.click()
        expect(room(page, "Room 3")).to_contain_text("Yuki Tanaka")

        room(page, "Room 1").get_by_role("link", name="Edit").click()
        page.get_by_label("Where").select_option(f"u:{house.rooms[1].pk}")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("in Room 2 is taken by booking").first).to_be_visible()
        assert_accessible(page)
        assert {name for name, _ in house.stay()} == {"Room 1"}

        page.goto(listing)
        room(page, "Room 1").get_by_role("link", name="Move").click()
        page.get_by_label("To").select_option(label="Room 3")
        page.get_by_label("From the night of").fill(str(day + 2 * ONE))
        page.get_by_role("button", name="Move").click()
        expect(room(page, "Room 3")).to_contain_text("Emma Thompson")
        assert house.stay() == [("Room 1", 0), ("Room 1", 1), ("Room 3", 2)]

        room(page, "Room 1").get_by_role("link", name="Cancel").click()
        page.get_by_label("Reason").fill("Fog")
        page.get_by_role("button", name="Cancel booking").click()
        expect(room(page, "Room 1")).not_to_contain_text("Emma Thompson")
        with house.inside():
            assert Booking.objects.get(pk=house.emma.pk).cancellation_reason == "Fog"


def room(page: Page, name: str) -> Locator:
    """The part of the list about a room."""
    return page.get_by_role("region", name=name)
