"""Who is signed in, in two statements: the session, and the user with all memberships."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from accounts.backends import EmailBackend
from accounts.models import Membership, Organization, User
from accounts.permissions import Role
from conftest import Statements
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_user

pytestmark = pytest.mark.django_db


def test_a_session_is_two_statements(
    client: Client,
    owner: User,
    organization: Organization,
    other_organization: Organization,
    statements: Statements,
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        Membership(organization=other_organization, user=owner, role=Role.VIEWER).save()
    client.force_login(owner)

    # Session, user with memberships, the context, the page's one question, and the bell.
    with statements(5):
        answer = client.get(f"/o/{organization.slug}/settings/leave")

    assert [one.organization.name for one in answer.context["memberships"]] == [
        "Hill Houses",
        "Sea Houses",
    ]
    assert answer.context["access"].role == Role.OWNER


def test_a_user_without_memberships_has_none() -> None:
    user = make_user()

    found = EmailBackend().get_user(user.pk)

    assert found == user
    assert found.known_memberships == []


@pytest.mark.parametrize("change", [{"is_active": False}, None])
def test_whoever_may_not_sign_in_any_more_is_nobody(client: Client, change: object) -> None:
    user = make_user()
    client.force_login(user)
    if change:
        User.objects.update(is_active=False)
    else:
        user.delete()

    assert isinstance(
        client.get("/", headers={"Accept": "text/html"}).wsgi_request.user, AnonymousUser
    )
