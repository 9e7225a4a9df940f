"""What surrounds every page, in a real browser: signing in, search, keys and theme."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible
from villaops.tests.build import (
    PASSWORD,
    make_booking,
    make_guest,
    make_member,
    make_organization,
    make_property,
)
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST


@dataclass(frozen=True)
class House:
    """Emma arrives tomorrow, Yuki in forty days."""

    organization: Organization
    email: str
    desk: Visitor
    reference: str


@pytest.fixture
def house(transactional_db: None) -> House:
    organization = make_organization("Sea Houses")
    user = make_member(organization, email="desk@example.com", name="Dora Desk")
    day = today_in(organization.time_zone)
    with organization_context(organization, by=user, door=Door.COMMAND):
        home = make_property(organization, name="Villa Mare")
        emma = make_guest(organization, name="Emma Thompson")
        stay = make_booking(home, day + timedelta(days=1), guest=emma, status="confirmed")
        yuki = make_guest(organization, name="Yuki Tanaka")
        make_booking(home, day + timedelta(days=40), guest=yuki)
    return House(organization, user.email, make_visitor(organization, user), stay.reference)


@pytest.mark.parametrize("screen", ["wide", "phone", "without script"])
def test_person_is_let_in_to_the_page_they_asked_for_and_keeps_their_theme(
    house: House, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    wanted = f"{live_server.url}/o/{house.organization.slug}/bookings/?q=emma"
    with open_page(screen) as page:
        page.goto(wanted)
        page.get_by_label("E-mail").fill(house.email)
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("E-mail or password is wrong.")).to_be_visible()
        expect(page.get_by_label("E-mail")).to_have_value(house.email)
        if screen != "without script":
            assert_accessible(page)
            page.get_by_role("button", name="Dark").click()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

        expect(page.get_by_role("link", name="Emma Thompson")).to_be_visible()
        expect(page.get_by_role("link", name="Yuki Tanaka")).to_have_count(0)
        assert page.url == wanted
        open_account_menu(page)
        if screen != "without script":
            dark = page.get_by_role("button", name="Dark")
            expect(dark).to_have_attribute("aria-pressed", "true")
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
            page.get_by_role("button", name="Light").click()
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
        page.get_by_role("button", name="Log out").click()
        page.goto(wanted)
        expect(page.get_by_label("Password")).to_be_visible()


@pytest.mark.parametrize("screen", ["wide", "phone", "without script"])
def test_everything_is_found_from_everywhere(
    house: House, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    with open_page(screen) as page:
        page.goto(house.desk.enter(page, live_server))

        find(page, screen, house.reference)
        expect(page.get_by_role("heading", name="Emma Thompson", level=1)).to_be_visible()
        find(page, screen, "tomorrow", choice="Emma Thompson")
        expect(page.get_by_role("heading", name="Emma Thompson", level=1)).to_be_visible()
        find(page, screen, "yuki tan", choice="@example.com")
        expect(page.get_by_text("Revenue")).to_be_visible()
        expect(page.get_by_role("heading", name="Yuki Tanaka", level=1)).to_be_visible()
        find(page, screen, "new book")
        expect(page.get_by_role("heading", name="New booking", level=1)).to_be_visible()


def test_keys_lead_about_and_can_be_switched_off(
    house: House, live_server: LiveServer, open_page: OpenPage
) -> None:
    with open_page("wide") as page:
        keyboard = page.keyboard
        page.goto(house.desk.enter(page, live_server))
        keyboard.press("?")
        sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(sheet).to_be_visible()
        assert_accessible(page)
        keyboard.press("Escape")
        expect(sheet).to_be_hidden()

        keyboard.press("g")
        keyboard.press("b")
        expect(page.get_by_role("heading", name="Bookings", level=1)).to_be_visible()
        # The page is read before its scripts listen to keys.
        page.wait_for_load_state()
        keyboard.press("/")
        keyboard.type("n?g")
        expect(page.get_by_role("searchbox")).to_have_value("n?g")
        keyboard.press("Control+k")
        palette = page.get_by_role("combobox", name="Search")
        expect(palette).to_be_focused()
        keyboard.type("emma")
        expect(page.get_by_role("option", name="Emma Thompson").first).to_be_visible()
        chosen = page.get_by_role("dialog").get_by_role("option", selected=True)
        expect(chosen).to_have_count(1)
        assert_accessible(page)
        keyboard.press("Escape")
        expect(palette).to_be_hidden()

        page.goto(f"{live_server.url}/o/{house.organization.slug}/guests/")
        keyboard.press("?")
        page.get_by_label("Single keys do something in this browser").uncheck()
        keyboard.press("Escape")
        page.reload()
        keyboard.press("?")
        keyboard.press("n")
        expect(sheet).to_be_hidden()
        expect(page.get_by_role("heading", name="Guests", level=1)).to_be_visible()


def find(page: Page, screen: str, words: str, choice: str = "") -> None:
    """Search for the words and go where the choice is, or the first of what is found."""
    page.get_by_role("link", name="Search").click()
    if screen == "without script":
        page.get_by_role("searchbox").fill(words)
        page.get_by_role("button", name="Search").click()
        found = page.locator(".find-link")
    else:
        page.get_by_role("combobox", name="Search").fill(words)
        # What stands there while one types is about fewer words.
        expect(page.locator("[data-palette-options]")).to_have_attribute("data-about", words)
        found = page.get_by_role("option")
    found.filter(has_text=choice).first.click()


def open_account_menu(page: Page) -> None:
    page.locator(".shell-foot summary").click()
