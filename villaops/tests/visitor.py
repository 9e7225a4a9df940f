"""People who are signed in before the browser opens: most journeys are not about signing in."""

from dataclasses import dataclass

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization, User
from accounts.permissions import Role
from villaops.tests.build import make_member


@dataclass(frozen=True)
class Visitor:
    """A session of somebody's."""

    organization: Organization
    session: str

    def enter(self, page: Page, live_server: LiveServer) -> str:
        """Give the page the session; answers the address of the organization, ends in a slash."""
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": self.session}
        page.context.add_cookies([{**cookie, "url": live_server.url}])  # type: ignore[list-item]
        return f"{live_server.url}/o/{self.organization.slug}/"


def make_visitor(organization: Organization, user: User | None = None) -> Visitor:
    """Signed in as the user, or as a new owner named Dora Desk.

    For fixtures that come before the browser, under which a test has another connection.
    """
    client = Client()
    client.force_login(user or make_member(organization, Role.OWNER, name="Dora Desk"))
    return Visitor(organization, client.cookies[settings.SESSION_COOKIE_NAME].value)
