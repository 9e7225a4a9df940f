"""Properties and figures in a real browser: rename, reorder, retire, block, charts."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from properties.models import Property
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible
from villaops.tests.build import make_booking, make_organization, make_property
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST


@dataclass(frozen=True)
class House:
    """Three rooms, and one stay from tomorrow on."""

    desk: Visitor
    home: Property


@pytest.fixture
def house(transactional_db: None) -> House:
    organization = make_organization("Sea Houses")
    desk = make_visitor(organization)
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Casa Mare", units=3)
        make_booking(home, today_in(home.time_zone) + timedelta(days=1))
    return House(desk, home)


@pytest.mark.parametrize("screen", ["wide", "phone", "without script"])
def test_units_are_named_ordered_retired_blocked_and_counted(
    house: House, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    with open_page(screen, expected=(422,)) as page:
        root = house.desk.enter(page, live_server)
        page.goto(f"{root}properties/{house.home.pk}/")
        if screen == "without script":
            page.get_by_role("button", name="Move Room 3 up").click()
            page.get_by_role("button", name="Move Room 3 up").click()
        else:
            drag_to_the_top(page, 2)
        expect(page.get_by_text("Units are in another order.").first).to_be_visible()
        expect(page.locator(".rename-summary strong")).to_have_text(["Room 3", "Room 1", "Room 2"])

        page.get_by_role("button", name="Retire Room 3").click()
        expect(page.get_by_role("button", name="Bring back Room 3")).to_be_visible()
        row = page.get_by_role("row").filter(has_text="Room 2")
        row.locator("summary").click()
        row.get_by_label("New name").fill("Room 1")
        row.get_by_role("button", name="Rename").click()
        expect(page.locator(".field-error")).to_be_visible()
        expect(page.get_by_label("New name").and_(page.locator(":focus"))).to_have_value("Room 1")
        if screen != "without script":
            assert_accessible(page)
        page.locator("details[open]").get_by_label("New name").fill("Attic")
        page.locator("details[open]").get_by_role("button", name="Rename").click()
        expect(page.get_by_text("Room 2 is now called Attic.").first).to_be_visible()

        page.get_by_role("link", name="Block nights").click()
        page.get_by_label("Unit").select_option(label="Attic")
        until = today_in(house.home.time_zone) + timedelta(days=2)
        page.get_by_label("Free again on").fill(until.isoformat())
        page.get_by_role("button", name="Block nights").click()
        expect(page.get_by_text("Nights blocked.").first).to_be_visible()
        page.get_by_role("button", name="Release").click()
        expect(page.get_by_text("Block released.").first).to_be_visible()

        page.goto(f"{root}occupancy/")
        if screen != "without script":
            page.wait_for_function("Chart.getChart(document.querySelector('[data-chart]'))")
            assert_accessible(page)
        expect(page.get_by_role("table").first).to_be_attached()


def drag_to_the_top(page: Page, number: int) -> None:
    """Pull a unit's row by its grip over the first one."""
    grip = page.locator("[data-reorder-grip]").nth(number)
    grip.hover()
    page.mouse.down()
    first = page.locator("[data-reorder-row]").first.bounding_box()
    assert first
    page.mouse.move(first["x"] + 20, first["y"] + 2)
    page.mouse.up()
