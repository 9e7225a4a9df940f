"""Hands on the tape chart: the same journeys by mouse on a desk and by finger on a phone."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Block, Booking
from bookings.tests.chart import (
    ONE,
    Finger,
    House,
    Mouse,
    at,
    bar,
    drag,
    house,  # noqa: F401 - a fixture
    night,
    open_chart,
    said,
    undo,
)
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible

pytestmark = [*BROWSER_TEST, pytest.mark.parametrize("screen", ["wide", "phone"])]

HANDS = {"wide": Mouse, "phone": Finger}
AS_BOOKED = [("Room 1", 0), ("Room 1", 1), ("Room 1", 2)]


def test_stay_is_moved_refused_lengthened_and_split_and_each_taken_back(
    live_server: LiveServer,
    house: House,  # noqa: F811
    open_page: OpenPage,
    screen: str,
) -> None:
    day = house.day
    with open_page(screen, expected=(409,)) as page:
        open_chart(page, live_server, house)
        legend = page.locator("summary", has_text="Legend")
        legend.click()
        assert_accessible(page)
        legend.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        hand = HANDS[screen](page)
        emma, ghost = bar(page, "Emma Thompson"), page.locator("[data-ghost]")
        taken_from = night(page, "Room 1", day + ONE)

        drag(hand, taken_from, night(page, "Room 2", day + ONE))
        said(page, "in Room 2 is taken by booking")
        expect(ghost).to_be_hidden()
        expect(emma).to_have_accessible_name(re.compile("3 nights, Room 1$"))
        assert house.stay() == AS_BOOKED

        drag(hand, taken_from, night(page, "Room 3", day + 2 * ONE))
        expect(emma).to_have_accessible_name(re.compile("Confirmed, .*, 3 nights, Room 3$"))
        assert house.stay() == [("Room 3", 1), ("Room 3", 2), ("Room 3", 3)]
        undo(page, "Moved to Room 3", "Moved to Room 1")
        expect(emma).to_have_accessible_name(re.compile("3 nights, Room 1$"))
        assert house.stay() == AS_BOOKED

        x, y = at(page, "Room 1", day + 3 * ONE)
        edge, longer = (x - 4, y), at(page, "Room 1", day + 4 * ONE)
        question = page.get_by_role("dialog", name="The price changes")
        drag(hand, edge, longer)
        for words in ("3 nights → 4 nights", "300.00 USD → 400.00 USD +100.00 USD"):
            expect(question).to_contain_text(words)
        assert_accessible(page)
        question.get_by_role("button", name="Put it back").click()
        expect(ghost).to_be_hidden()
        assert house.stay() == AS_BOOKED
        drag(hand, edge, longer)
        question.get_by_role("button", name="Keep the agreed price").click()
        expect(emma).to_have_attribute("aria-colspan", "4")
        assert house.total() == "300.00"
        undo(page, "4 nights", "3 nights")
        assert house.stay() == AS_BOOKED
        drag(hand, edge, longer)
        question.get_by_role("button", name="Take the new price").click()
        said(page, "4 nights")
        assert house.total() == "400.00"
        assert len(house.stay()) == 4

        split(page, house, screen)
        expect(emma).to_have_count(2)
        assert house.stay() == [("Room 1", 0), ("Room 1", 1), ("Room 3", 2), ("Room 3", 3)]
        undo(page, "Moved to Room 1, Room 3", "Moved to Room 1.")
        expect(emma).to_have_count(1)

        drag(hand, taken_from, at(page, "Casa Mare", day + ONE))
        expect(emma).to_have_accessible_name(re.compile("4 nights, Unassigned$"))
        said(page, "Emma Thompson has no unit now.")
        assert house.stay() == []
        drag(hand, night(page, "Unassigned", day + ONE), night(page, "Room 3", day + ONE))
        expect(emma).to_have_accessible_name(re.compile("4 nights, Room 3$"))
        assert house.total() == "400.00"


def split(page: Page, house: House, screen: str) -> None:  # noqa: F811
    """Emma sleeps in Room 3 from her third night on: drawn with Shift, or said on the card."""
    third = house.day + 2 * ONE
    if screen == "wide":
        page.keyboard.down("Shift")
        drag(Mouse(page), night(page, "Room 1", third), night(page, "Room 3", third))
        page.keyboard.up("Shift")
        return
    card = page.get_by_role("dialog", name="Details")
    # What was just changed is drawn anew with the next poll: a tap in that instant meets nothing.
    for _ in range(3):
        bar(page, "Emma Thompson").tap()
        with suppress(Error):
            card.wait_for(timeout=3000)
            break
    card.get_by_text("Change dates or unit").tap()
    assert_accessible(page)
    card.get_by_label("From the night of").fill(str(third))
    card.get_by_label("Unit").last.select_option(label="Room 3")
    card.get_by_role("button", name="Split stay").tap()


def test_empty_nights_are_blocked_and_booked_and_a_card_changes_the_status(
    live_server: LiveServer,
    house: House,  # noqa: F811
    open_page: OpenPage,
    screen: str,
) -> None:
    day = house.day
    with open_page(screen) as page:
        open_chart(page, live_server, house)
        hand = HANDS[screen](page)

        nights = at(page, "Room 2", day + 4 * ONE), at(page, "Room 2", day + 6 * ONE)
        creation = page.get_by_role("dialog", name="New booking or block")
        drag(hand, *nights)
        creation.get_by_text("Block these nights instead").click()
        assert_accessible(page)
        creation.get_by_label("Reason").select_option("out_of_order")
        creation.get_by_role("button", name="Block nights").click()
        expect(bar(page, "Out of order")).to_have_accessible_name(re.compile("2 nights, Room 2$"))
        with house.inside():
            assert Block.objects.get().days() == 2
        undo(page, "Blocked: Room 2", "Block released.")
        expect(bar(page, "Out of order")).to_have_count(0)

        bar(page, "Yuki Tanaka").click()
        card = page.get_by_role("dialog", name="Details")
        expect(card.get_by_role("heading", name="Yuki Tanaka")).to_be_visible()
        assert_accessible(page)
        card.get_by_role("button", name="Confirm").click()
        expect(bar(page, "Yuki Tanaka, Confirmed")).to_be_visible()
        undo(page, "Yuki Tanaka is confirmed.", "Yuki Tanaka is pending.")
        expect(bar(page, "Yuki Tanaka, Pending")).to_be_visible()

        bar(page, "Emma Thompson").click()
        card.get_by_text("Cancel booking").first.click()
        card.get_by_label("Reason").fill("Her flight was cancelled")
        card.get_by_role("button", name="Cancel booking").click()
        expect(bar(page, "Emma Thompson")).to_have_count(0)
        with house.inside():
            cancelled = Booking.objects.get(pk=house.emma.pk)
        assert cancelled.cancellation_reason == "Her flight was cancelled"
        undo(page, "The nights are free again.", "Emma Thompson is confirmed.")
        expect(bar(page, "Emma Thompson, Confirmed")).to_be_visible()
        assert house.stay() == AS_BOOKED

        grid = page.get_by_role("grid").bounding_box()
        assert grid
        hand.press(night(page, "Room 1", day + ONE))
        hand.move((grid["x"] + grid["width"] - 12, at(page, "Room 1", day)[1]))
        later = page.get_by_role("columnheader", name=f"{day + 16 * ONE:%-d %B %Y}")
        expect(later).to_be_in_viewport()
        hand.release()
        undo(page, "3 nights", f"Now {day:%a}")
        assert house.stay() == AS_BOOKED

        page.get_by_label("Jump to date").fill(str(day))
        expect(bar(page, "Emma Thompson")).to_be_in_viewport()
        drag(hand, *nights)
        creation.get_by_role("button", name="New booking").click()
        expect(page.get_by_label("Check-in")).to_have_value(str(day + 4 * ONE))
        page.get_by_label("Find a guest").fill("yuki")
        page.get_by_role("radio", name="Yuki Tanaka").check()
        page.get_by_role("button", name="Book", exact=True).last.click()
        expect(bar(page, "Yuki Tanaka")).to_have_count(2)
        expect(page.get_by_text("Booked for Yuki Tanaka.")).to_be_visible()
