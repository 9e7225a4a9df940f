"""A hold in a real browser: set on the form, seen wherever the booking is, gone when it expires."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from bookings.models import Booking
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_member,
    make_organization,
    make_property,
)
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST

ONE = timedelta(days=1)


@pytest.fixture
def desk(transactional_db: None) -> Visitor:
    """Bo waits for an answer, and Ada should have come two days ago."""
    organization = make_organization("Sea Houses")
    user = make_member(organization, email="desk@example.com", name="Dora Desk")
    day = today_in(organization.time_zone)
    with organization_context(organization, by=user, door=Door.COMMAND):
        for name, start, status in (
            ("Bo Bell", day + 9 * ONE, "pending"),
            ("Ada Late", day - 2 * ONE, "confirmed"),
        ):
            home = make_property(organization, name=f"Casa {name}")
            guest = make_guest(organization, name=name)
            make_booking(home, start, 5, guest=guest, status=status)
    return make_visitor(organization, user)


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_hold_is_set_seen_and_gone_and_who_is_missing_is_asked_about(
    desk: Visitor, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    with open_page(screen) as page:
        page.goto(desk.enter(page, live_server))
        page.get_by_role("button", name="Still expected Ada Late").click()
        expect(page.get_by_text("Ada Late is still expected.")).to_be_visible()
        expect(page.get_by_role("heading", name="Not arrived?")).to_have_count(0)

        page.get_by_role("link", name="Bo Bell").first.click()
        page.get_by_role("link", name="Edit", exact=True).click()
        expect(page.get_by_label("Hold until")).to_be_hidden()
        page.get_by_label("Hold the nights").select_option("until")
        page.get_by_label("Hold until").fill("2090-05-04T18:00")
        assert_accessible(page)
        page.get_by_role("button", name="Save", exact=True).last.click()
        expect(page.get_by_text("Held until Thu 4 May, 18:00").first).to_be_visible()
        booking = page.url

        with organization_context(desk.organization, by=None, door=Door.COMMAND):
            Booking.objects.filter(status="pending").update(hold_expires_at=timezone.now() - ONE)
        page.goto(booking)
        expect(page.locator(".is-hold")).to_have_text("Hold expired")
        page.get_by_text("More", exact=True).click()
        page.get_by_role("button", name="Bring back as confirmed").click()
        expect(page.locator(".is-hold")).to_have_count(0)
        expect(page.get_by_text("Confirmed", exact=True).first).to_be_visible()
