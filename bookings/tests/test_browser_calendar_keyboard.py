"""The tape chart by keyboard alone: every gesture has its form, and each place its words."""

import re

from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Block, Booking, Night
from bookings.tests.chart import (
    ONE,
    House,
    bar,
    house,  # noqa: F401 - a fixture
    open_chart,
    said,
)
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible

pytestmark = BROWSER_TEST

AS_BOOKED = [("Room 1", 0), ("Room 1", 1), ("Room 1", 2)]


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until it has the focus."""
    for _ in range(60):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(target).to_be_focused()


def press(page: Page, target: Locator) -> None:
    """Tab there and press Enter."""
    tab_to(page, target)
    page.keyboard.press("Enter")


def choose(page: Page, target: Locator, words: str) -> None:
    """Tab there and type the words of an option."""
    tab_to(page, target)
    page.keyboard.type(words)


def open_form(page: Page, card: Locator) -> None:
    """The form on the card of the bar that has the focus."""
    page.keyboard.press("Enter")
    press(page, card.locator("summary", has_text="Change dates or unit"))


def test_stay_is_moved_refused_lengthened_split_and_cancelled_by_keyboard(
    live_server: LiveServer,
    house: House,  # noqa: F811
    open_page: OpenPage,
) -> None:
    with open_page("wide", expected=(409,)) as page:
        open_chart(page, live_server, house)
        emma = bar(page, "Emma Thompson")
        card = page.get_by_role("dialog", name="Details")
        unit = card.get_by_label("Unit").first
        change = card.get_by_role("button", name="Change", exact=True)

        tab_to(page, emma)
        assert_placed(page, house, emma)
        open_form(page, card)
        assert_accessible(page)
        choose(page, unit, "Room 2")
        press(page, change)
        said(page, "in Room 2 is taken by booking")
        expect(emma).to_have_accessible_name(re.compile("Room 1$"))
        assert house.stay() == AS_BOOKED

        tab_to(page, emma)
        open_form(page, card)
        choose(page, unit, "Room 3")
        press(page, change)
        expect(emma).to_have_accessible_name(re.compile("Room 3$"))
        expect(emma).to_be_focused()
        page.keyboard.press("Control+z")
        said(page, "Moved to Room 1")
        assert house.stay() == AS_BOOKED

        tab_to(page, emma)
        open_form(page, card)
        tab_to(page, card.get_by_label("To", exact=True))
        card.get_by_label("To", exact=True).fill(str(house.day + 4 * ONE))
        page.keyboard.press("Enter")
        question = page.get_by_role("dialog", name="The price changes")
        press(page, question.get_by_role("button", name="Keep the agreed price"))
        expect(emma).to_have_attribute("aria-colspan", "4")
        assert house.total() == "300.00"
        press(page, page.get_by_role("button", name="Undo"))
        expect(emma).to_have_attribute("aria-colspan", "3")
        expect(emma).to_be_focused()

        open_form(page, card)
        tab_to(page, card.get_by_label("From the night of"))
        card.get_by_label("From the night of").fill(str(house.day + 2 * ONE))
        choose(page, card.get_by_label("Unit").last, "Room 3")
        press(page, card.get_by_role("button", name="Split stay"))
        expect(emma).to_have_count(2)
        assert house.stay() == [("Room 1", 0), ("Room 1", 1), ("Room 3", 2)]
        expect(emma.first).to_be_focused()
        page.keyboard.press("Control+z")
        expect(emma).to_have_count(1)
        expect(emma).to_be_focused()

        open_form(page, card)
        choose(page, unit, "Unassigned")
        press(page, change)
        expect(emma).to_have_accessible_name(re.compile("Unassigned$"))
        expect(emma).to_be_focused()
        page.keyboard.press("Control+z")
        expect(emma).to_have_accessible_name(re.compile("Room 1$"))
        expect(emma).to_be_focused()

        page.keyboard.press("Enter")
        press(page, card.locator("summary", has_text="Cancel booking"))
        tab_to(page, card.get_by_label("Reason"))
        page.keyboard.type("Fog")
        page.keyboard.press("Enter")
        expect(emma).to_have_count(0)
        expect(page.get_by_role("gridcell", name=re.compile("Room 1, .*, free$"))).to_be_focused()
        with house.inside():
            assert Booking.objects.get(pk=house.emma.pk).cancellation_reason == "Fog"
        page.keyboard.press("Control+z")
        expect(emma).to_be_focused()
        assert house.stay() == AS_BOOKED


def assert_placed(page: Page, house: House, emma: Locator) -> None:  # noqa: F811
    """Who cannot see it hears of how many rows and days it is, and which bar this is."""
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "5")
    row = page.get_by_role("row").filter(has=emma)
    expect(row).to_have_attribute("aria-rowindex", "3")
    expect(row.get_by_role("rowheader", name="Room 1")).to_be_attached()
    day = f"{house.day:%A,? %-d %B %Y}"
    column = page.get_by_role("columnheader", name=re.compile(day)).get_attribute("aria-colindex")
    expect(emma).to_have_attribute("aria-colindex", str(column))
    expect(emma).to_have_accessible_name(re.compile("^Emma Thompson, Confirmed, .*, 3 nights"))


def test_empty_nights_are_walked_blocked_and_booked_by_keyboard(
    live_server: LiveServer,
    house: House,  # noqa: F811
    open_page: OpenPage,
) -> None:
    with open_page("wide") as page:
        open_chart(page, live_server, house)
        tab_to(page, bar(page, "Emma Thompson"))
        for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowRight", "ArrowRight"):
            page.keyboard.press(key)
        day = house.day + 4 * ONE
        free = page.get_by_role(
            "gridcell", name=re.compile(f"Casa Mare, Room 2, {day:%A,? %-d %B %Y}, free")
        )
        expect(free).to_be_focused()
        creation = page.get_by_role("dialog", name="New booking or block")
        page.keyboard.press("Enter")
        expect(creation.get_by_label("From")).to_have_value(str(day))
        page.keyboard.press("Escape")
        expect(free).to_be_focused()

        page.keyboard.press("Enter")
        press(page, creation.locator("summary", has_text="Block these nights instead"))
        assert_accessible(page)
        choose(page, creation.get_by_label("Reason"), "House use")
        press(page, creation.get_by_role("button", name="Block nights"))
        expect(bar(page, "House use")).to_be_focused()
        with house.inside():
            assert Block.objects.get().start == day
        page.keyboard.press("Control+z")
        said(page, "Block released.")

        tab_to(page, free)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Check-in")).to_have_value(str(day))
        tab_to(page, page.get_by_label("Find a guest"))
        page.keyboard.type("yuki")
        yuki = page.get_by_role("radio", name="Yuki Tanaka")
        expect(yuki).to_be_visible()
        tab_to(page, yuki)
        page.keyboard.press("Space")
        press(page, page.get_by_role("button", name="Book", exact=True).last)
        expect(bar(page, "Yuki Tanaka")).to_have_count(2)
        with house.inside():
            assert Night.objects.filter(night=day).count() == 1
