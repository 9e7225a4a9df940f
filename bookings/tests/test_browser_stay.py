"""A booking's page in a real browser: notes, moves, rooms, a copy, the paper, the way back."""

from dataclasses import dataclass
from datetime import timedelta

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
)
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST

ONE = timedelta(days=1)


@dataclass(frozen=True)
class Stay:
    """Emma's, confirmed for three nights in Room 1 of three, some days ahead."""

    desk: Visitor
    booking: Booking

    def open(self, page: Page, live_server: LiveServer) -> None:
        root = self.desk.enter(page, live_server)
        page.goto(f"{root}bookings/{self.booking.pk}/")


@pytest.fixture
def stay(transactional_db: None) -> Stay:
    organization = make_organization("Sea Houses")
    desk = make_visitor(organization)
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Casa Mare", units=3)
        guest = make_guest(organization, name="Emma Thompson")
        start = today_in(organization.time_zone) + 5 * ONE
        booking = make_booking(home, start, 3, guest=guest, status="confirmed")
    return Stay(desk, booking)


@pytest.mark.parametrize("screen", ["wide", "phone", "without script"])
def test_stay_is_noted_moved_split_copied_cancelled_and_brought_back(
    stay: Stay, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    with open_page(screen) as page:
        stay.open(page, live_server)

        page.get_by_label("Note", exact=True).fill("Key in the box")
        page.get_by_role("button", name="Add note").click()
        expect(page.get_by_text("Note added.")).to_be_visible()
        page.get_by_role("link", name="Change Key in the box").click()
        page.get_by_role("textbox").fill("Key at the bar")
        page.get_by_role("button", name="Save note").click()
        expect(page.locator("#notes").get_by_text("Key at the bar").first).to_be_visible()
        page.get_by_role("button", name="Delete Key at the bar").click()
        expect(page.locator("#toasts").get_by_text("Note deleted.")).to_be_visible()

        page.get_by_role("button", name="Check in").click()
        expect(page.get_by_text("Emma Thompson is checked in.")).to_be_visible()
        choose(page, "button", "Undo check-in")
        expect(page.get_by_text("Emma Thompson is confirmed.")).to_be_visible()

        choose(page, "link", "Move or split the stay")
        page.get_by_label("To", exact=True).select_option(label="Room 2")
        page.get_by_role("button", name="Move", exact=True).click()
        expect(page.get_by_text("Moved to Room 2.", exact=True)).to_be_visible()
        choose(page, "link", "Move or split the stay")
        page.get_by_label("To", exact=True).select_option(label="Room 3")
        page.get_by_label("From the night of").fill(f"{stay.booking.check_in + ONE:%Y-%m-%d}")
        page.get_by_role("button", name="Move", exact=True).click()
        expect(page.get_by_text("Moved to Room 3.", exact=True)).to_be_visible()
        nights = page.locator("section", has=page.get_by_role("heading", name="Nights"))
        rooms = nights.locator("tbody td:nth-child(2)").all_inner_texts()
        assert rooms == ["Room 2", "Room 3", "Room 3"]
        if screen != "without script":
            assert_accessible(page)

        choose(page, "link", "Cancel booking")
        page.get_by_label("Reason").fill("Fell ill")
        page.get_by_role("button", name="Cancel booking").click()
        expect(page.get_by_text("Reason: Fell ill")).to_be_visible()
        page.get_by_role("button", name="Undo", exact=True).click()
        expect(page.get_by_text("Emma Thompson is confirmed.")).to_be_visible()
        choose(page, "link", "Cancel booking")
        page.get_by_role("button", name="Cancel booking").click()
        choose(page, "button", "Bring back as pending")
        expect(page.get_by_text("Emma Thompson is pending again.")).to_be_visible()

        choose(page, "link", "Copy to a new booking")
        expect(page.get_by_role("radio", name="Emma Thompson")).to_be_checked()
        expect(page.get_by_label("Check-in")).to_have_value("")


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_confirmation_is_printed_without_what_is_around_it(
    stay: Stay, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    with open_page(screen) as page:
        stay.open(page, live_server)
        page.get_by_role("link", name="Confirmation", exact=True).click()
        expect(page.get_by_role("heading", name="Booking confirmation")).to_be_visible()

        page.emulate_media(media="print")

        expect(page.get_by_text(stay.booking.reference).last).to_be_visible()
        expect(page.get_by_role("navigation")).to_have_count(0)
        expect(page.get_by_role("button")).to_have_count(0)
        expect(page.locator(".breadcrumbs")).not_to_be_visible()


def test_a_note_that_holds_the_page_leaves_its_buttons_alive(
    stay: Stay, live_server: LiveServer, open_page: OpenPage
) -> None:
    with open_page("wide") as page:
        stay.open(page, live_server)
        page.get_by_label("Note", exact=True).press_sequentially("Key")

        page.once("dialog", lambda question: question.dismiss())
        page.get_by_role("button", name="Check in").click(no_wait_after=True)
        expect(page.get_by_role("button", name="Check in")).not_to_have_attribute(
            "aria-disabled", "true"
        )
        expect(page.get_by_label("Note", exact=True)).to_have_value("Key")
        page.once("dialog", lambda question: question.accept())
        page.get_by_role("button", name="Check in").click()

        expect(page.get_by_text("Emma Thompson is checked in.")).to_be_visible()


def choose(page: Page, role: str, name: str) -> None:
    """Take something from the menu More."""
    page.locator("summary", has_text="More").click()
    page.get_by_role(role, name=name).click()  # type: ignore[arg-type]
