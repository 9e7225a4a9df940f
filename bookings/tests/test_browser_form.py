"""The booking form in a real browser: what it tells while one types, and that nothing is lost."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Booking
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_organization,
    make_property,
    units_of,
)
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST

ONE = timedelta(days=1)


@dataclass(frozen=True)
class House:
    """Room 1 of two is Emma's for three nights of next month, and then at once Zoe's for two."""

    desk: Visitor
    emma: Booking
    start: date


@pytest.fixture
def house(transactional_db: None) -> House:
    organization = make_organization("Sea Houses")
    desk = make_visitor(organization)
    start = (today_in(organization.time_zone).replace(day=1) + 40 * ONE).replace(day=4)
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Casa Mare", units=2)
        room = units_of(home)[:1]
        make_guest(organization, name="Yuki Tanaka", phone="+81 3 1234")
        emma = make_booking(
            home, start, 3, guest=make_guest(organization, name="Emma Thompson"), units=room
        )
        zoe = make_guest(organization, name="Zoe Zimmer")
        make_booking(home, start + 3 * ONE, 2, guest=zoe, units=room)
    return House(desk, emma, start)


def spoken(day: date) -> str:
    """A day as the calendar reads it out."""
    return f"{day:%A}, {day.day} {day:%B %Y}"


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_form_tells_what_is_taken_quotes_knows_doubles_and_loses_nothing(
    house: House, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    start = house.start
    with open_page(screen, expected=(422,)) as page:
        root = house.desk.enter(page, live_server)
        page.goto(f"{root}bookings/new")
        place = page.get_by_label("Where")
        place.select_option(label="Casa Mare · Room 1")

        page.get_by_role("button", name="Choose in a calendar").click()
        page.get_by_role("button", name="Next month").click()
        for night in range(5):
            taken = page.get_by_role("button", name=f"{spoken(start + night * ONE)}, taken")
            expect(taken).to_have_attribute("aria-disabled", "true")
        assert_accessible(page)
        pick(page, start + 5 * ONE, start + 8 * ONE)
        expect(page.get_by_label("Check-in")).to_have_value((start + 5 * ONE).isoformat())
        expect(page.get_by_label("Check-out")).to_have_value((start + 8 * ONE).isoformat())
        expect(page.get_by_text("Room 1 is free.")).to_be_visible()
        expect(page.locator("#quote").get_by_text("300.00")).to_be_visible()

        page.get_by_label("Check-in").fill((start + 4 * ONE).isoformat())
        expect(page.locator("#quote")).to_contain_text("is taken by booking")
        page.get_by_role("button", name="Room 2").click()
        expect(page.get_by_text("Room 2 is free.")).to_be_visible()
        expect(page.locator("#quote").get_by_text("400.00")).to_be_visible()

        page.get_by_role("radio", name="New guest").check()
        page.get_by_label("Name", exact=True).press_sequentially("Yuki Tanak")
        double = page.locator("#guests-alike").get_by_role("radio", name="Yuki Tanaka")
        expect(double).to_be_visible()

        adults = page.get_by_role("spinbutton", name="Adults")
        adults.fill("9")
        page.get_by_label("Special requests").fill("A cot")
        page.once("dialog", lambda question: question.dismiss())
        page.get_by_role("link", name="Guests", exact=True).click(no_wait_after=True)
        page.get_by_role("button", name="Book", exact=True).last.click()
        expect(page.get_by_text("Casa Mare takes at most 4 guests.")).to_be_visible()
        expect(adults).to_be_focused()
        expect(adults).to_have_accessible_description("Casa Mare takes at most 4 guests.")
        assert_accessible(page)
        expect(page.get_by_label("Special requests")).to_have_value("A cot")
        expect(page.get_by_label("Name", exact=True)).to_have_value("Yuki Tanak")
        adults.fill("2")
        double.check()

        # Two clicks within one breath.
        page.get_by_role("button", name="Book", exact=True).last.dblclick()
        expect(page.get_by_text("Booked for Yuki Tanaka.")).to_be_visible()
        page.goto(f"{root}bookings/?q=yuki")
        expect(page.get_by_role("link", name="Yuki Tanaka")).to_have_count(1)


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_a_stay_that_is_changed_has_its_own_nights_free(
    house: House, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    start = house.start
    with open_page(screen) as page:
        root = house.desk.enter(page, live_server)
        page.goto(f"{root}bookings/{house.emma.pk}/edit")

        page.get_by_role("button", name="Choose in a calendar").click()
        expect(page.get_by_role("button", name=f"{spoken(start + 3 * ONE)}, taken")).to_be_visible()
        expect(page.get_by_role("button", name=spoken(start), exact=True)).to_be_focused()
        for key in ("ArrowRight", "Enter", "ArrowRight", "ArrowRight", "Enter"):
            page.keyboard.press(key)
        expect(page.get_by_label("Check-in")).to_have_value((start + ONE).isoformat())
        expect(page.get_by_label("Check-out")).to_have_value((start + 3 * ONE).isoformat())
        expect(page.get_by_role("button", name="Choose in a calendar")).to_be_focused()
        expect(page.locator("#quote")).to_contain_text("200.00")
        page.get_by_role("button", name="Use as total").click()
        expect(page.get_by_label("Total price")).to_have_value("200.00")
        page.get_by_role("button", name="Save", exact=True).last.click()

        expect(page.get_by_text("Changes saved.")).to_be_visible()
        expect(page.get_by_text("2 nights", exact=True)).to_be_visible()


def pick(page: Page, *days: date) -> None:
    """Press the days in the open calendar."""
    for day in days:
        page.get_by_role("button", name=spoken(day), exact=True).click()
