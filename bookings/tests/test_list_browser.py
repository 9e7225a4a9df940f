"""The list of bookings in a real browser: filter, keep, choose, confirm many, take it along."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible, sign_in
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_member,
    make_organization,
    make_property,
)

pytestmark = BROWSER_TEST


@pytest.fixture
def house(transactional_db: None) -> Organization:
    """Anna and Bo wait for an answer, Zoe is in the house."""
    organization = make_organization("Sea Houses")
    user = make_member(organization, email="desk@example.com")
    with organization_context(organization, by=user, door=Door.COMMAND):
        home = make_property(organization, name="Villa Mare")
        for n, (name, status) in enumerate(
            [("Anna", "pending"), ("Bo", "pending"), ("Zoe", "checked_in")]
        ):
            start = DAY + timedelta(days=10 * n)
            guest = make_guest(organization, name=name)
            make_booking(home, start, 2, guest=guest, status=status, reference=name.upper())
    return organization


@pytest.mark.parametrize("screen", ["wide", "phone", "without script"])
def test_list_is_filtered_kept_confirmed_and_exported(
    house: Organization, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    with open_page(screen) as page:
        root = sign_in(page, live_server, "desk@example.com")
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

        page.goto(f"{root}bookings/?sort=guest")
        for name in ("Anna", "Bo", "Zoe"):
            page.get_by_role("checkbox", name=f"Tick {name}").check()
        if screen == "wide":
            expect(page.get_by_text("3 ticked")).to_be_visible()
            assert_accessible(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        lines = download.value.path().read_text("utf-8-sig").splitlines()
        assert [line.split(",")[0] for line in lines] == ["Reference", "ANNA", "BO", "ZOE"]

        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text("2 bookings confirmed.")).to_be_visible()
        expect(page.get_by_text("Not Zoe (ZOE): It is checked in, not pending.")).to_be_visible()
        page.get_by_role("button", name="Undo").first.click()
        expect(page.get_by_text("2 bookings are pending again.")).to_be_visible()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width == page.viewport_size["width"]
