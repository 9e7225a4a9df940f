"""The state of small things by Alpine: what templates name exists, and it works in a browser."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from villaops.tests.browser import CHROMIUM, OpenPage, assert_accessible, sign_in
from villaops.tests.build import make_member, make_organization

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
DIRECTIVE = re.compile(r'\s(x-[\w.:-]+)="([^"]*)"')


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_name_state_and_never_program_it(template: Path) -> None:
    module = (ROOT / "static/js/local-state.js").read_text()

    for directive, name in DIRECTIVE.findall(template.read_text()):
        assert re.fullmatch(r"[a-z]\w*", name, re.IGNORECASE), f"{directive}: {name}"
        assert re.search(rf"\b{name}\b", module), f"{directive}: {name} is not in local-state.js"


@pytest.fixture
def staff(transactional_db: None) -> User:
    """Before the browser starts: on its event loop Django would open a second connection."""
    return make_member(make_organization("Sea Houses"), email="staff@example.com", is_staff=True)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_gallery_and_its_small_things_work(
    live_server: LiveServer, staff: User, open_page: OpenPage
) -> None:
    with open_page("wide", permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"{live_server.url}/login")
        password = page.get_by_label("Password", exact=True)
        password.fill("seen")
        page.get_by_role("button", name="Show password").click()
        expect(password).to_have_attribute("type", "text")
        page.get_by_role("button", name="Show password").click()
        expect(password).to_have_attribute("type", "password")

        sign_in(page, live_server, staff.email)
        account = page.locator("details.menu", has_text=staff.email)
        account.locator("summary").click()
        page.keyboard.press("Escape")
        expect(account).not_to_have_attribute("open", "")
        expect(account.locator("summary")).to_be_focused()
        account.locator("summary").click()
        page.get_by_role("link", name="Components").click()
        expect(page.get_by_role("heading", name="Components", level=1)).to_be_visible()
        assert_accessible(page)

        side = page.locator("#menus .specimen-side").first
        side.locator("summary").first.click()
        expect(side.get_by_text("Delete booking")).to_be_visible()
        page.locator("h1").click()
        expect(side.get_by_text("Delete booking")).to_be_hidden()

        fields = page.locator("#fields .specimen-side").first
        fields.get_by_role("button", name="Count: one more").click()
        expect(fields.get_by_label("Count", exact=True)).to_have_value("3")
        fields.get_by_role("button", name="Count: one less").click()
        expect(fields.get_by_label("Count", exact=True)).to_have_value("2")

        page.locator("#copying button").first.click()
        expect(page.locator("#copying").get_by_text("Copied").first).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "HCYG7DWZ"

        page.get_by_role("button", name="Open the shortcuts").first.click()
        sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
        page.mouse.click(5, 5)
        expect(sheet).to_be_hidden()

        page.evaluate("document.dispatchEvent(new CustomEvent('toast', {detail: {text: 'Hi'}}))")
        page.locator("#toasts").get_by_role("button", name="Close message").click()
        expect(page.locator("#toasts .toast-note")).to_have_count(0)
