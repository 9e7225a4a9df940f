"""The tape chart's view in a browser: what a phone offers, and a focus that scrolling keeps."""

from datetime import timedelta

from django.db import connection
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Booking
from guests.models import Guest
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible, sign_in
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_member,
    make_organization,
    make_property,
    units_of,
)

pytestmark = BROWSER_TEST


def make_house() -> tuple[str, Booking]:
    """Who may look, and Emma in the first of thirty rooms; Casa Due has one more."""
    organization = make_organization("Sea Houses")
    user = make_member(organization, email="desk@example.com", name="Dora Desk")
    with organization_context(organization, by=user, door=Door.COMMAND):
        home = make_property(organization, name="Casa Mare", units=30)
        make_property(organization, name="Zia Due", units=1)
        day = today_in(organization.time_zone) + timedelta(1)
        stay = make_booking(home, day, 3, units=units_of(home)[:1], guest=make_guest(organization))
    return user.email, stay


def open_chart(page: Page, live_server: LiveServer, email: str) -> None:
    page.goto(f"{sign_in(page, live_server, email)}calendar/")
    expect(page.locator("[data-ready]")).to_be_visible()


def test_focus_stays_on_a_bar_that_is_scrolled_away_and_new_names_arrive(
    live_server: LiveServer, transactional_db: None, open_page: OpenPage
) -> None:
    email, stay = make_house()
    with open_page("wide") as page:
        open_chart(page, live_server, email)
        emma = page.get_by_role("gridcell", name="Emma Thompson")
        page.get_by_role("grid").focus()
        page.keyboard.press("ArrowRight")
        expect(emma).to_be_focused()

        for left, top in ((0, 900), (9000, 0)):
            page.get_by_role("grid").evaluate(
                "(grid, [x, y]) => new Promise((done) => { grid.scrollBy(x, y);"
                " requestAnimationFrame(() => requestAnimationFrame(done)); })",
                [left, top],
            )
            expect(emma).to_be_focused()
        assert page.evaluate("document.querySelectorAll('*').length") < 1500
        page.keyboard.press("ArrowDown")
        expect(page.locator(".tape-cell")).to_be_in_viewport()
        expect(page.locator(".tape-cell")).to_be_focused()

        with organization_context(stay.organization, by=None, door=Door.COMMAND):
            guest = Guest.objects.get(pk=stay.guest_id)
            guest.name = "Emma Costa"
            guest.save()
        # Playwright's loop made it a connection of its own.
        connection.close()
        expect(page.get_by_role("gridcell", name="Emma Costa")).to_be_visible(timeout=4000)


def test_phone_has_one_menu_for_property_folding_list_and_legend(
    live_server: LiveServer, transactional_db: None, open_page: OpenPage
) -> None:
    email, _stay = make_house()
    with open_page("phone") as page:
        open_chart(page, live_server, email)
        view = page.locator(".tape-legend")
        view.get_by_text("View").click()
        fold = view.get_by_role("button", name="Collapse all")
        listing = view.get_by_role("link", name="As a list")
        choice = view.get_by_label("Property")
        for tap in (fold, listing, choice):
            box = tap.bounding_box()
            assert box
            assert box["height"] >= 44
        assert_accessible(page)

        choice.select_option(label="Zia Due")
        expect(page.get_by_role("rowheader", name="Room 1")).to_have_count(0)
        expect(page.get_by_role("rowheader", name="Zia Due")).to_have_count(2)
        fold.click()
        expect(fold).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("rowheader", name="Zia Due")).to_have_count(1)
        listing.click()
        page.wait_for_url("**/calendar/list")
        assert_accessible(page)
