"""The readers of the API's description, in a real browser: all of it comes from our own host."""

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from villaops.tests.browser import BROWSER_TEST, OpenPage

pytestmark = BROWSER_TEST


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_reader_shows_the_operations_without_complaint(
    open_page: OpenPage, live_server: LiveServer, path: str
) -> None:
    with open_page("wide") as page:
        page.goto(f"{live_server.url}{path}")
        summary = page.get_by_text("Book a stay, in the unit named")

        expect(summary.filter(visible=True).first).to_be_visible()
