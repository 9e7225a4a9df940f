"""Messages in a real browser: write one, look at it, send it; on a phone, leave one out."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization
from bookings.models import Booking, Status
from messaging.kinds import Kind
from messaging.models import MailTemplate, Message, Skip
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_member,
    make_message,
    make_organization,
    make_property,
)
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST

ONE = timedelta(days=1)


@pytest.fixture
def sea(transactional_db: None) -> tuple[Organization, Booking, Visitor]:
    organization = make_organization("Sea Houses")
    user = make_member(organization, email="desk@example.com", name="Dora Desk")
    with organization_context(organization, by=user, door=Door.COMMAND):
        home = make_property(organization, name="Casa Mare")
        guest = make_guest(organization, name="Emma <b>Thompson</b>")
        stay = make_booking(home, today_in("UTC") + 5 * ONE, guest=guest, status=Status.CONFIRMED)
        make_message(stay, state="dead", attempts=3, last_error="550 No such user")
    return organization, stay, make_visitor(organization, user)


def test_a_template_is_written_and_a_message_left_out(
    sea: tuple[Organization, Booking, Visitor], live_server: LiveServer, open_page: OpenPage
) -> None:
    organization, stay, visitor = sea
    root = f"{live_server.url}/o/{organization.slug}/messages"

    with open_page("wide", expected=(422,)) as page:
        visitor.enter(page, live_server)
        page.goto(f"{root}/templates/")
        page.get_by_role("link", name="Before arrival").click()
        mail = page.frame_locator("iframe[name=mail-preview]")
        expect(mail.get_by_text("Dear Emma <b>Thompson</b>,")).to_be_visible()

        # What is wrong is said in the frame, and beside the field when it is to be kept.
        page.get_by_label("HTML").fill("<p>Dear {{ guest }}</p>")
        page.get_by_role("button", name="Preview").click()
        expect(mail.get_by_text("there is no variable “guest”")).to_be_visible()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("there is no variable “guest”").first).to_be_visible()

        page.get_by_label("HTML").fill("<p>Hello {{ guest_name }}!</p>")
        page.get_by_role("button", name="Preview").click()
        expect(mail.get_by_text("Hello Emma <b>Thompson</b>!")).to_be_visible()
        page.get_by_role("button", name="Send a test to me").click()
        expect(page.get_by_text("A test is on its way to desk@example.com.")).to_be_visible()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Your own words").first).to_be_visible()
        expect(mail.get_by_text("Hello Emma <b>Thompson</b>!")).to_be_visible()
        assert_accessible(page)

        page.get_by_role("link", name="Log").click()
        page.get_by_text("Filter", exact=True).click()
        page.get_by_label("Delivery").select_option("dead")
        expect(page.get_by_text("Given up after 3 tries: 550 No such user")).to_be_visible()
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_text("It is on its way again.")).to_be_visible()

    with open_page("phone") as page:
        visitor.enter(page, live_server)
        page.goto(f"{root}/schedule/")
        page.get_by_role("button", name="Skip Before arrival").click()
        expect(page.get_by_role("button", name="Send after all Before arrival")).to_be_visible()
        assert_accessible(page)
        page.get_by_role("link", name="Automations").click()
        page.get_by_label("For", exact=True).select_option("Casa Mare")
        page.get_by_role("button", name="Show").click()
        page.get_by_label("Days before check-in").fill("2")
        page.get_by_role("button", name="Save Before arrival").click()
        expect(page.get_by_text("Set for this property")).to_be_visible()
        assert_accessible(page)

    with organization_context(organization, by=None, door=Door.COMMAND):
        assert MailTemplate.objects.get().html == "<p>Hello {{ guest_name }}!</p>"
        assert Message.objects.filter(is_test=True, kind=Kind.PRE_ARRIVAL).count() == 1
        assert Skip.objects.get().booking == stay
