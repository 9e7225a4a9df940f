"""The newcomer's path in a real browser: on a phone, and without JavaScript."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage
from villaops.tests.build import (
    PASSWORD,
    make_booking,
    make_guest,
    make_member,
    make_organization,
    make_property,
)

ONE = timedelta(days=1)

pytestmark = BROWSER_TEST


@dataclass(frozen=True)
class House:
    """A villa where Emma arrives today and Yuki has stayed before."""

    organization: Organization
    email: str


@pytest.fixture
def house() -> House:
    organization = make_organization("Sea Houses")
    user = make_member(organization, email="desk@example.com", name="Dora Desk")
    day = today_in(organization.time_zone)
    with organization_context(organization, by=user, door=Door.COMMAND):
        home = make_property(organization, name="Villa Mare")
        emma = make_guest(organization, name="Emma Thompson")
        make_guest(organization, name="Yuki Tanaka")
        make_booking(home, day, 3, guest=emma, status="confirmed")
    return House(organization, user.email)


@pytest.fixture(params=["phone", "without script"])
def page(request: pytest.FixtureRequest, house: House, open_page: OpenPage) -> Iterator[Page]:
    """The newcomer's page on each screen."""
    with open_page(request.param, expected=(422,)) as page:
        yield page


def book(page: Page, start: str, end: str) -> None:
    """Fill in the form for Yuki and send it."""
    page.get_by_label("Where").select_option(label="Villa Mare")
    page.get_by_label("Check-in").fill(start)
    page.get_by_label("Check-out").fill(end)
    page.get_by_label("Find a guest").fill("yuki")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("radio", name="Yuki Tanaka").check()
    page.get_by_role("button", name="Book", exact=True).last.click()


def test_newcomer_signs_in_and_books_and_is_told_which_night_is_taken(
    live_server: LiveServer, house: House, page: Page
) -> None:
    day = today_in(house.organization.time_zone)
    start, end = day + 5 * ONE, day + 8 * ONE

    page.goto(live_server.url)
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("E-mail").fill(house.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()

    page.get_by_role("button", name="Check in Emma Thompson").click()
    expect(page.get_by_text("Emma Thompson is checked in.")).to_be_visible()

    page.get_by_role("link", name="Emma Thompson").first.click()
    expect(page.get_by_role("heading", name="Emma Thompson", level=1)).to_be_visible()
    expect(page.get_by_text("300.00")).not_to_have_count(0)

    page.get_by_role("link", name="Bookings").first.click()
    page.get_by_role("link", name="New booking").click()
    book(page, start.isoformat(), end.isoformat())
    expect(page.get_by_text("Booked for Yuki Tanaka.")).to_be_visible()
    reference = page.get_by_role("list").filter(has_text="Bookings").last.inner_text()
    reference = reference.split()[-1]

    page.get_by_role("link", name="Bookings").first.click()
    page.get_by_role("link", name="New booking").click()
    book(page, start.isoformat(), end.isoformat())

    night = f"The night of {start:%a} {start.day} {start:%B %Y} in Villa Mare is taken by booking"
    expect(page.locator("#id_check_in_error")).to_contain_text(night)
    expect(page.get_by_text(reference)).not_to_have_count(0)
    expect(page.get_by_label("Check-in")).to_have_value(start.isoformat())
    expect(page.get_by_role("radio", name="Yuki Tanaka")).to_be_checked()
