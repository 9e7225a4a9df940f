"""The API's readers in a real browser: they work, and ask nobody but us."""

import pytest
from playwright.sync_api import expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from villaops.tests.browser import CHROMIUM, FLAGS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_reader_shows_the_operations_without_complaint(live_server: LiveServer, path: str) -> None:
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request", lambda asked: complaints.append(asked.url) if _foreign(asked.url) else None
        )

        page.goto(f"{live_server.url}{path}")
        summary = page.get_by_text("Book a stay, in the unit named")
        expect(summary.filter(visible=True).first).to_be_visible()

        browser.close()
    assert complaints == []


def _foreign(address: str) -> bool:
    return not address.startswith(("http://localhost", "http://127.0.0.1", "data:"))
