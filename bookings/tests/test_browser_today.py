"""The day's work in a real browser: check in, check out, confirm, and take each back."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

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
    units_of,
)
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST

ONE = timedelta(days=1)
FARTHEST = 80


@pytest.fixture
def desk(transactional_db: None) -> Visitor:
    """Emma arrives today, Zoe leaves, and Bo waits for an answer."""
    organization = make_organization("Sea Houses")
    user = make_member(organization, email="desk@example.com", name="Dora Desk")
    day = today_in(organization.time_zone)
    with organization_context(organization, by=user, door=Door.COMMAND):
        home = make_property(organization, name="Casa Mare", units=3)
        for room, name, start, status in zip(
            units_of(home),
            ("Emma Thompson", "Zoe Zimmer", "Bo Bell"),
            (day, day - 3 * ONE, day + 9 * ONE),
            ("confirmed", "checked_in", "pending"),
            strict=True,
        ):
            guest = make_guest(organization, name=name)
            make_booking(home, start, 3, guest=guest, status=status, units=[room])
    return make_visitor(organization, user)


@pytest.mark.parametrize("screen", ["wide", "phone", "without script"])
def test_each_step_of_the_day_is_one_click_and_taken_back_with_another(
    desk: Visitor, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    with open_page(screen) as page:
        page.goto(desk.enter(page, live_server))
        for button, said, taken_back in (
            ("Check in Emma Thompson", "is checked in.", "Emma Thompson is confirmed."),
            ("Check out Zoe Zimmer", "is checked out.", "Zoe Zimmer is checked in."),
            ("Confirm Bo Bell", "is confirmed.", "Bo Bell is pending again."),
        ):
            name = " ".join(button.split()[-2:])
            page.get_by_role("button", name=button).first.click()
            expect(page.get_by_text(f"{name} {said}")).to_be_visible()
            expect(page.get_by_role("button", name=button)).to_have_count(0)
            if name == "Emma Thompson" and screen != "without script":
                assert_accessible(page)
            page.get_by_role("button", name="Undo", exact=True).click()
            expect(page.get_by_text(taken_back)).to_be_visible()
            expect(page.get_by_role("button", name=button).first).to_be_visible()

        page.get_by_role("link", name="1 arrival", exact=True).click()
        expect(page.locator("#arrivals")).to_be_in_viewport()
        page.get_by_role("link", name="Day after").click()
        expect(page.locator("#in-house").get_by_role("link", name="Emma Thompson")).to_be_visible()


def test_a_stay_is_checked_in_cancelled_and_brought_back_by_keyboard_alone(
    desk: Visitor, live_server: LiveServer, open_page: OpenPage
) -> None:
    with open_page("wide") as page:
        keyboard = page.keyboard
        page.goto(f"{live_server.url}/login")
        tab_to(page, page.get_by_label("E-mail"))
        keyboard.type("desk@example.com")
        tab_to(page, page.get_by_label("Password"))
        keyboard.type(PASSWORD)
        keyboard.press("Enter")

        expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
        keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        keyboard.press("Enter")
        tab_to(page, page.get_by_role("button", name="Check in Emma Thompson"))
        keyboard.press("Enter")
        expect(page.get_by_text("Emma Thompson is checked in.")).to_be_visible()
        # The page's middle was exchanged under the button; the next key goes on from there.
        tab_to(page, page.get_by_role("button", name="Undo", exact=True), within=4)
        keyboard.press("Enter")
        expect(page.get_by_text("Emma Thompson is confirmed.")).to_be_visible()

        tab_to(page, page.get_by_role("link", name="Bo Bell").first)
        keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Bo Bell", level=1)).to_be_visible()
        tab_to(page, page.locator("summary", has_text="More"))
        keyboard.press("Enter")
        tab_to(page, page.get_by_role("link", name="Cancel booking"))
        keyboard.press("Escape")
        expect(page.locator("summary", has_text="More")).to_be_focused()
        keyboard.press("Enter")
        tab_to(page, page.get_by_role("link", name="Cancel booking"))
        keyboard.press("Enter")
        tab_to(page, page.get_by_label("Reason"))
        keyboard.type("Train on strike")
        tab_to(page, page.get_by_role("button", name="Cancel booking"))
        keyboard.press("Enter")
        expect(page.get_by_text("Reason: Train on strike")).to_be_visible()
        tab_to(page, page.get_by_role("button", name="Undo", exact=True))
        keyboard.press("Enter")
        expect(page.get_by_text("Bo Bell is pending again.")).to_be_visible()


def tab_to(page: Page, goal: Locator, *, within: int = FARTHEST) -> None:
    """Press Tab until the goal has the focus."""
    expect(goal).to_be_visible()
    for _ in range(within):
        page.keyboard.press("Tab")
        if goal.evaluate("(element) => element === document.activeElement"):
            return
    pytest.fail(f"No way by Tab to {goal}")
