"""Sign-up, the second step and passkeys in a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.mail import EmailMultiAlternatives
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.tests.authenticator import present_code
from accounts.tests.test_sign_up import code_in
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible, sign_in
from villaops.tests.build import PASSWORD, make_member, make_organization
from villaops.tests.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Trouble,
    identity_provider,
)

pytestmark = BROWSER_TEST

EMAIL = "desk@example.com"


@pytest.fixture
def desk() -> None:
    make_member(make_organization("Sea Houses"), email=EMAIL, name="Dora Desk")


def confirm_password(page: Page) -> None:
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


@pytest.mark.parametrize("screen", ["wide", "phone", "without script"])
def test_newcomer_signs_up_and_sees_today(
    live_server: LiveServer,
    open_page: OpenPage,
    mailoutbox: list[EmailMultiAlternatives],
    screen: str,
) -> None:
    with open_page(screen, expected=(422,)) as page:
        page.goto(f"{live_server.url}/login")
        if screen != "without script":
            assert_accessible(page)
        page.get_by_role("link", name="Create an account").click()
        page.get_by_label("Your name").fill("Ada Lovelace")
        page.get_by_label("E-mail").fill("ada@example.com")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Name of your business").fill("Engine Houses")
        if screen != "without script":
            assert_accessible(page)
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("Code").fill("BBBB-BBBB")
        page.get_by_role("button", name="Create my account").click()
        expect(page.get_by_text("This code is not right.")).to_be_visible()

        page.get_by_label("Code").fill(code_in(mailoutbox[0]))
        page.get_by_role("button", name="Create my account").click()

        expect(page.get_by_role("heading", name="Today")).to_be_visible()
        expect(page.get_by_text("Welcome, Ada Lovelace.")).to_be_visible()


@pytest.mark.usefixtures("desk")
def test_second_step_is_set_up_used_and_replaced_by_a_recovery_code(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    with open_page("phone") as page:
        sign_in(page, live_server, EMAIL)
        page.goto(f"{live_server.url}/account")
        assert_accessible(page)
        page.get_by_role("link", name="Two-step sign-in").click()
        page.get_by_role("link", name="Set it up").click()
        secret = page.locator("code").inner_text()
        assert_accessible(page)
        page.get_by_label("Code that the app shows").fill(present_code(secret))
        page.get_by_role("button", name="Switch it on").click()
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        recovery = page.locator("code").first.inner_text()
        assert_accessible(page)

        for code in (present_code(secret), recovery):
            page.get_by_role("button", name="Log out").click()
            page.goto(f"{live_server.url}/login")
            page.get_by_label("E-mail").fill(EMAIL)
            page.get_by_label("Password", exact=True).fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("heading", name="Second step")).to_be_visible()
            assert_accessible(page)
            page.get_by_label("Code of your app").fill(code)
            page.get_by_role("button", name="Sign in").first.click()
            expect(page.get_by_role("heading", name="Today")).to_be_visible()
            page.goto(f"{live_server.url}/account/two-step")

        expect(page.get_by_text("9 codes are left.")).to_be_visible()
        assert_accessible(page)


@contextmanager
def device_with_passkeys(page: Page) -> Iterator[None]:
    """A device that keeps passkeys and knows its owner by the finger."""
    debugger = page.context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    debugger.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield
    debugger.detach()


@pytest.mark.usefixtures("desk")
def test_passkey_is_added_and_signs_in_alone(live_server: LiveServer, open_page: OpenPage) -> None:
    with open_page("wide") as page, device_with_passkeys(page):
        sign_in(page, live_server, EMAIL)
        page.goto(f"{live_server.url}/account/passkeys")
        page.get_by_role("link", name="Add a passkey").click()
        page.get_by_label("Name").fill("Front desk")
        assert_accessible(page)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("The passkey is added.")).to_be_visible()
        page.goto(f"{live_server.url}/account/passkeys")
        expect(page.get_by_text("Front desk").first).to_be_visible()
        assert_accessible(page)

        page.get_by_role("button", name="Log out").click()
        page.goto(f"{live_server.url}/login?next=/account/sessions")
        page.get_by_role("button", name="With a passkey").click()

        expect(page.get_by_role("heading", name="Signed-in devices")).to_be_visible()
        assert_accessible(page)


@pytest.mark.usefixtures("desk")
def test_passkey_that_is_not_there_is_told(live_server: LiveServer, open_page: OpenPage) -> None:
    with open_page("wide") as page, device_with_passkeys(page):
        page.goto(f"{live_server.url}/login")
        page.get_by_role("button", name="With a passkey").click()

        expect(page.get_by_text("No passkey was used.")).to_be_visible()


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_account_pages_can_be_used_by_everybody(
    live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    with open_page(screen) as page:
        sign_in(page, live_server, EMAIL)
        for place in ("email", "phone", "password", "passkeys", "connections", "delete"):
            page.goto(f"{live_server.url}/account/{place}")
            assert_accessible(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place


def test_newcomer_comes_in_by_google_and_connects_github(
    live_server: LiveServer, open_page: OpenPage, settings: Settings
) -> None:
    # Whom the provider does not vouch for is answered with a 401.
    with identity_provider() as provider, open_page("phone", expected=(401,)) as page:
        settings.GOOGLE_ISSUER = settings.GITHUB_URL = settings.GITHUB_API_URL = provider.url
        settings.GOOGLE_CLIENT_ID = settings.GITHUB_CLIENT_ID = CLIENT_ID
        settings.GOOGLE_CLIENT_SECRET = settings.GITHUB_CLIENT_SECRET = CLIENT_SECRET
        page.goto(f"{live_server.url}/login")
        troubles: dict[Trouble, str] = {"denied": "Not signed in", "expired": "That did not work"}
        for trouble, said in troubles.items():
            provider.trouble = trouble
            page.get_by_role("link", name="With Google").click()
            expect(page.get_by_role("heading", name=said)).to_be_visible()
            assert_accessible(page)
            page.get_by_role("link", name="Back to sign-in").click()
        provider.trouble = ""
        page.get_by_role("link", name="With Google").click()

        expect(page.get_by_role("heading", name="Today")).to_be_visible()
        page.goto(f"{live_server.url}/account/connections")
        expect(page.get_by_text("ada@example.com")).to_be_visible()
        page.get_by_role("link", name="Connect GitHub").click()
        expect(page.get_by_role("listitem").filter(has_text="GitHub")).to_be_visible()
        assert_accessible(page)
