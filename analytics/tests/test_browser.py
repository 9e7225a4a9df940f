"""The analytics page in a real browser: its question, its parts that come into view, and back."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible
from villaops.tests.build import make_booking, make_organization, make_property
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST


@dataclass(frozen=True)
class House:
    """Two villas; one of them is let for three nights from the first of the month on."""

    desk: Visitor
    month: str


@pytest.fixture
def house(transactional_db: None) -> House:
    organization = make_organization("Sea Houses")
    desk = make_visitor(organization)
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Casa Mare")
        make_property(organization, name="Villa Sole")
        first = today_in(home.time_zone).replace(day=1)
        make_booking(home, first)
    return House(desk, f"{first:%Y-%m}")


@pytest.mark.parametrize("screen", ["wide", "phone", "without script"])
def test_figures_are_asked_for_looked_behind_and_come_back_to(
    house: House, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    has_script = screen != "without script"
    with open_page(screen) as page:
        root = house.desk.enter(page, live_server)
        page.goto(f"{root}analytics/?preset=this_month")
        card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Revenue"))
        expect(card).to_contain_text("300.00 USD")
        card.locator("summary").click()
        expect(card).to_contain_text("accommodation only")

        page.locator("summary", has_text="All").click()
        page.get_by_role("checkbox", name="Casa Mare").check()
        page.get_by_label("Drawn by").select_option("Month")
        page.get_by_role("button", name="Show these").click()
        expect(page).to_have_url(
            re.compile(r"\?preset=this_month&property=[0-9a-f-]{36}&by=month$")
        )
        expect(page.get_by_role("link", name="Casa Mare remove")).to_be_visible()
        asked = page.url

        for part in ("course", "checked", "properties", "channels", "habits", "pace", "pickup"):
            region = page.locator(f"#{part}")
            page.evaluate("id => document.getElementById(id).scrollIntoView()", part)
            if not has_script:
                region.get_by_role("link").click()
            expect(region.locator("table, summary, .icon").first).to_be_visible()
        page.get_by_role("link", name="30 days").click()
        expect(page).to_have_url(re.compile("since=30&section=pickup"))
        expect(page.get_by_role("row", name="Pickup 1 3 300.00")).to_be_visible()
        if has_script:
            cell = page.locator("[data-heat] td.heat-10").first
            cell.hover()
            expect(cell).to_have_attribute("title", re.compile("^Casa Mare, .* 1 .*: 100 %$"))
            charts = page.evaluate("[...document.querySelectorAll('canvas')].map(Chart.getChart)")
            assert len([chart for chart in charts if chart is not None]) == 7
            assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        page.goto(asked)
        page.get_by_role("link", name=re.compile(r"300\.00.USD ?: the nights behind it")).click()
        expect(page.get_by_text("Checked: the rows below add up to it.")).to_be_visible()
        page.locator(".breadcrumbs").get_by_role("link", name="Analytics").click()
        expect(page).to_have_url(asked)
