"""An invitation from one browser to another, and an API key that is shown once."""

import re
from typing import Any

import pytest
from django.core import mail
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible
from villaops.tests.build import make_organization, make_property
from villaops.tests.client import with_key
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST


@pytest.fixture
def visitor(transactional_db: None) -> Visitor:
    organization = make_organization("Sea Houses")
    with organization_context(organization, by=None, door=Door.COMMAND):
        make_property(organization, name="Casa Mare")
        make_property(organization, name="Casa Monte")
    return make_visitor(organization)


@pytest.mark.parametrize(("mine", "theirs"), [("wide", "phone"), ("phone", "without script")])
def test_invited_accepts_elsewhere_and_sees_one_house(
    visitor: Visitor, open_page: OpenPage, live_server: LiveServer, mine: str, theirs: str
) -> None:
    with open_page(mine) as page:
        root = visitor.enter(page, live_server)
        page.goto(f"{root}settings/members")
        page.get_by_role("link", name="Invite somebody").click()
        page.get_by_label("E-mail").fill("emma@example.com")
        page.get_by_label(re.compile("^Staff:")).check()
        page.get_by_label("Casa Mare").check()
        page.get_by_role("button", name="Send invitation").click()
        page.get_by_text("Invitation sent to emma@example.com.").wait_for()
        page.get_by_text("Only Casa Mare").wait_for()
    [letter] = mail.outbox
    link = re.search(r"https?://\S+/invitations/\S+", str(letter.body))
    assert link

    with open_page(theirs) as page:
        page.goto(link[0])
        page.get_by_role("heading", name="Join Sea Houses").wait_for()
        if theirs != "without script":
            assert_accessible(page)
        page.get_by_label("Your name").fill("Emma")
        page.get_by_label("Password", exact=True).fill("a good password")
        page.get_by_role("button", name="Make an account and join").click()
        page.wait_for_url("**/o/sea-houses/")
        page.get_by_text("Welcome to Sea Houses.").wait_for()
        page.goto(f"{root}properties/")
        page.get_by_role("link", name="Casa Mare").wait_for()
        assert page.get_by_text("Casa Monte").count() == 0
        page.goto(f"{root}settings/members")
        assert page.get_by_role("link", name="Invite somebody").count() == 0
    with open_page(theirs, expected=(404,)) as page:
        page.goto(link[0])
        page.get_by_role("heading", name="This invitation does not work any more").wait_for()


def test_api_key_is_copied_while_it_is_shown(
    visitor: Visitor, open_page: OpenPage, live_server: LiveServer
) -> None:
    permissions: dict[str, Any] = {"permissions": ["clipboard-read", "clipboard-write"]}
    with open_page("wide", **permissions) as page:
        root = visitor.enter(page, live_server)
        page.goto(f"{root}settings/")
        page.get_by_role("link", name="API keys").click()
        page.get_by_label("Name").fill("Website")
        page.get_by_label("Read and write").check()
        page.get_by_role("button", name="Make the key").click()
        secret = page.locator(".new-key-secret").inner_text()
        assert_accessible(page)
        page.get_by_role("button", name="Copy").click()
        page.get_by_text("Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == secret
        assert with_key(secret).get("guests").status_code == 200
        page.goto(f"{root}settings/api-keys")
        page.get_by_text("Read and write").first.wait_for()
        assert secret not in page.content()
        page.get_by_role("button", name="Revoke Website").click()
        page.get_by_text("Website revoked.").wait_for()
        assert with_key(secret).get("guests").status_code == 401
        with page.expect_download() as started:
            page.goto(f"{root}settings/")
            page.get_by_role("button", name="Export everything").click()
        assert started.value.suggested_filename.startswith("sea-houses-")
    assert Organization.objects.count() == 1
