"""Two people at work: what one does, the other sees without asking."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.services import confirm_booking
from villaops.clock import today_in
from villaops.outbox.models import Intent
from villaops.outbox.services import deliver
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible, sign_in
from villaops.tests.build import make_booking, make_guest, make_member, make_property
from villaops.tests.serve import streaming_server

pytestmark = BROWSER_TEST


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """What takes half a second takes longer on a busy machine."""
    expect.set_options(timeout=15_000)
    yield
    expect.set_options(timeout=None)


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """A server that holds streams."""
    with django_db_blocker.unblock(), streaming_server() as port:
        yield SimpleNamespace(url=f"http://127.0.0.1:{port}")


def another_tab(page: Page, address: str) -> Page:
    tab = page.context.new_page()
    tab.goto(address)
    listening(tab)
    return tab


def listening(page: Page) -> None:
    expect(page.locator("html[data-live=on]")).to_have_count(1)


def test_work_of_others_appears_in_every_open_page(
    site: Any, organization: Organization, owner: User, open_page: OpenPage
) -> None:
    bob = make_member(organization, Role.STAFF, name="Bob Desk")
    day = today_in(organization.time_zone)
    with organization_context(organization, by=bob, door=Door.WEB):
        home = make_property(organization, name="Villa Aurora", units=2)
        first = make_guest(organization, name="Yuki Tanaka")
        known = make_booking(home, day, 2, guest=first)
    with open_page() as today:
        address = sign_in(today, site, owner.email)
        listening(today)
        bookings = another_tab(today, f"{address}bookings/")
        chart = another_tab(today, f"{address}calendar/")
        stay = another_tab(today, f"{address}bookings/{known.pk}/")
        edit = another_tab(today, f"{address}bookings/{known.pk}/edit")
        stay.get_by_role("textbox", name="Note").fill("Half a thought")
        stay.get_by_role("heading", level=1).click()
        bookings.locator("[data-tick]").check()
        # All tabs share one stream: the first that was there has it.
        held = today.evaluate("navigator.locks.query()")
        assert [len(held["held"]), len(held["pending"])] == [1, 4]

        with organization_context(organization, by=bob, door=Door.WEB):
            make_booking(home, day, 3, guest=make_guest(organization, name="Emma Thompson"))
            confirm_booking(booking=known, by=bob)

        expect(today.locator("#arrivals")).to_contain_text("Emma Thompson")
        expect(bookings.locator("tbody tr")).to_have_count(2)
        expect(chart.locator("[data-grid]")).to_contain_text("Emma Thompson")
        expect(stay.locator("#page-head")).to_contain_text("Confirmed")
        # What somebody has typed or ticked stays; a form is left alone and says that it is old.
        expect(stay.get_by_role("textbox", name="Note")).to_have_value("Half a thought")
        expect(bookings.locator("[data-tick]:checked")).to_have_count(1)
        expect(bookings.locator(".bulk-count")).to_have_text("1 ticked")
        expect(edit.locator("[data-live-changed]")).to_be_visible()
        assert_accessible(edit)

        # What a worker does.
        for intent in Intent.objects.waiting():
            deliver(intent.pk)
        expect(today.locator("[data-bell-count]")).to_contain_text("3")
        today.get_by_text("Notifications").first.click()
        expect(today.locator(".bell-list li")).to_have_count(3)
        assert_accessible(today)
        today.get_by_role("link", name="New booking: Emma Thompson").click()
        expect(today.get_by_role("heading", level=1)).to_have_text("Emma Thompson")
        expect(bookings.locator("[data-bell-count]")).to_contain_text("2")
        stay.on("dialog", lambda dialog: dialog.accept())
        # The tab with the stream goes: another one takes it.
        today.close()
        listening(bookings)
