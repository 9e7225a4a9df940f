"""What tests in a real browser share: Chromium, screens, a page that complains, axe-core.

The fixtures reach every app through the root conftest.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from villaops.tests.build import PASSWORD

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "without script": {"java_script_enabled": False},
    "dark": {"color_scheme": "dark"},
}
# Chromium notes every answer of 400 and more, among them a form that is shown again (422) and the
# server's refusals of a gesture (409); and leaving a page ends the searches on their way.
HARMLESS = ("status of 422", "status of 409", "ERR_ABORTED", "htmx:sendAbort", "htmx:afterRequest")

# At the head of a module of browser tests: `pytestmark = BROWSER_TEST`.
BROWSER_TEST = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]

type OpenPage = Callable[..., AbstractContextManager[Page]]


@pytest.fixture
def browser(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Chromium, ended after the test."""
    # Playwright leaves an event loop running in this thread; the database is ours all the same.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> OpenPage:
    """`with open_page("phone") as page:` a page of one of SCREENS that must not complain.

    No console error, no broken policy, no failed request, no other host. More options are the
    browser context's.
    """

    @contextmanager
    def opened(screen: str = "wide", **options: Any) -> Iterator[Page]:
        complaints: list[str] = []
        context = browser.new_context(**SCREENS[screen] | options, locale="en-GB")
        page = context.new_page()
        page.on("console", lambda note: complaints.append(f"{note.type}: {note.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "requestfailed", lambda failed: complaints.append(f"{failed.failure}: {failed.url}")
        )
        page.on("request", lambda request: complaints.extend(_foreign(request.url)))
        yield page
        context.close()
        assert [c for c in complaints if not any(note in c for note in HARMLESS)] == []

    return opened


def sign_in(page: Page, live_server: LiveServer, email: str) -> str:
    """Sign in with PASSWORD; answers the address of the organization, with a slash at its end."""
    page.goto(f"{live_server.url}/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/o/*/")
    return page.url


def assert_accessible(page: Page) -> None:
    """axe-core finds nothing serious or critical on the page as it is now."""
    # Evaluated by the debugger, so the page's policy does not ask where it comes from.
    page.evaluate(_axe())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    grave = [
        f"{finding['id']}: {finding['help']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for finding in found["violations"]
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]
    assert not grave, f"{page.url}\n" + "\n".join(grave)


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text()


def _foreign(url: str) -> list[str]:
    ours = ("http://localhost:", "http://127.0.0.1:", "data:", "blob:")
    return [] if url.startswith(ours) else [f"another host: {url}"]
