"""The list of bookings in a real browser: filter, keep, choose, confirm many, take it along."""

from datetime import timedelta

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_organization,
    make_property,
)
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST


@pytest.fixture
def desk(transactional_db: None) -> Visitor:
    """Anna and Bo wait for an answer, Zoe is in the house; Bo came through Airbnb."""
    organization = make_organization("Sea Houses")
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Villa Mare")
        for n, (name, status, source) in enumerate(
            [
                ("Anna", "pending", "direct"),
                ("Bo", "pending", "airbnb"),
                ("Zoe", "checked_in", "direct"),
            ]
        ):
            guest = make_guest(organization, name=name)
            start = DAY + timedelta(days=10 * n)
            make_booking(
                home, start, 2, guest=guest, status=status, source=source, reference=name.upper()
            )
    return make_visitor(organization)


@pytest.mark.parametrize("screen", ["wide", "phone", "without script"])
def test_list_is_filtered_kept_answered_and_taken_along(
    desk: Visitor, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    with open_page(screen) as page:
        root = desk.enter(page, live_server)
        page.goto(f"{root}bookings/")

        page.locator("summary", has_text="Columns").click()
        page.get_by_role("checkbox", name="Source").uncheck()
        page.get_by_role("checkbox", name="Reference").check()
        page.get_by_role("button", name="Show these").click()
        page.get_by_role("link", name="Pending", exact=True).click()
        expect(page.get_by_role("link", name="Zoe")).to_have_count(0)
        page.locator("summary", has_text="Views").click()
        if screen == "wide":
            assert_accessible(page)
        page.get_by_label("Save this view as").fill("To answer")
        page.get_by_role("button", name="Save view").click()
        expect(page.get_by_text("View “To answer” saved.")).to_be_visible()
        expect(page.locator("summary", has_text="To answer")).to_be_visible()
        assert page.url.endswith(
            "status=pending&columns=guest,reference,where,arrival,departure,nights,status,total"
        )

        page.locator(".filter-more > summary").click()
        page.get_by_role("combobox", name="Source").select_option(label="Airbnb")
        if screen == "without script":
            page.get_by_role("button", name="Show", exact=True).click()
        expect(page.get_by_role("link", name="Anna")).to_have_count(0)
        assert exported(page) == ["BO"]
        if screen == "phone":
            assert_accessible(page)
        page.get_by_role("list", name="Filters in use").get_by_role("link", name="Airbnb").click()
        expect(page.get_by_role("link", name="Anna")).to_be_visible()

        page.goto(f"{root}bookings/?view=all&sort=guest")
        tick(page, "Anna", "Bo", "Zoe")
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        lines = download.value.path().read_text("utf-8-sig").splitlines()
        assert [line.split(",")[0] for line in lines] == ["Reference", "ANNA", "BO", "ZOE"]
        if screen == "wide":
            # Looking takes longer than a page that is left would wait to say that it is at work.
            assert_accessible(page)
            expect(page.locator("[data-working]")).to_be_hidden()
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text("2 bookings confirmed.")).to_be_visible()
        expect(page.get_by_text("Not Zoe (ZOE): It is checked in, not pending.")).to_be_visible()
        page.get_by_role("button", name="Undo").first.click()
        expect(page.get_by_text("2 bookings are pending again.")).to_be_visible()

        tick(page, "Anna", "Bo")
        if screen == "wide":
            expect(page.get_by_text("2 ticked")).to_be_visible()
        page.get_by_role("button", name="Cancel …").click()
        if screen != "without script":
            assert_accessible(page)
        page.get_by_label("Reason").fill("Storm")
        page.get_by_role("button", name="Cancel 2 bookings").click()
        expect(page.get_by_text("2 bookings cancelled.")).to_be_visible()


def tick(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("checkbox", name=f"Tick {name}").check()


def exported(page: Page) -> list[str]:
    """The references in the spreadsheet of what is filtered."""
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel (XLSX)").click()
    with download.value.path().open("rb") as saved:
        head, *rows = load_workbook(saved).active.values
    return [row[head.index("Reference")] for row in rows]
