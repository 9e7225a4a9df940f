"""Properties and figures in a real browser: reorder, retire, charts."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization, User
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible, sign_in
from villaops.tests.build import make_booking, make_property

pytestmark = BROWSER_TEST


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_units_are_dragged_retired_and_counted(
    live_server: LiveServer,
    organization: Organization,
    owner: User,
    open_page: OpenPage,
    screen: str,
) -> None:
    with organization_context(organization, by=owner, door=Door.COMMAND):
        home = make_property(organization, units=3)
        make_booking(home, timezone.now().date() + timedelta(days=1))

    with open_page(screen, color_scheme="dark" if screen == "phone" else "light") as page:
        root = sign_in(page, live_server, owner.email)
        page.goto(f"{root}properties/{home.pk}/")
        assert_accessible(page)
        grips = page.locator("[data-reorder-grip]")
        grips.nth(2).hover()
        page.mouse.down()
        first = page.locator("[data-reorder-row]").first.bounding_box()
        assert first
        page.mouse.move(first["x"] + 20, first["y"] + 2)
        page.mouse.up()
        page.get_by_text("Units are in another order.").wait_for()
        order = page.locator(".rename-summary strong").all_inner_texts()
        page.get_by_role("button", name="Retire Room 3").click()
        page.get_by_role("button", name="Bring back Room 3").wait_for()
        page.goto(f"{root}occupancy/")
        page.wait_for_function("Chart.getChart(document.querySelector('[data-chart]'))")
        assert_accessible(page)

    assert order == ["Room 3", "Room 1", "Room 2"]
