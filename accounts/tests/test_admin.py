"""Administrators and users: adding, changing, and who may make an administrator."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import Organization, Subscription, User
from villaops.tenancy import Door, all_organizations
from villaops.tests.build import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(client: Client) -> User:
    """A superuser, signed in."""
    user = make_user("root@example.com", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def support(client: Client) -> User:
    """Staff who may change users, signed in; no superuser."""
    user = make_user("support@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(user)
    return user


def change_url(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def typed(user: User, **changes: Any) -> dict[str, Any]:
    """What the form posts."""
    return {
        "email": user.email,
        "name": user.name,
        "is_active": "on",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    } | changes


def test_administrator_adds_a_user_with_email_and_name(client: Client, root: User) -> None:
    response = client.post(
        reverse("admin:accounts_user_add"),
        {
            "email": "new@example.com",
            "name": "New Person",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    assert response.status_code == 302
    assert User.objects.get(email="new@example.com").check_password(PASSWORD)


def test_taken_email_is_refused_in_any_case(client: Client, root: User) -> None:
    response = client.post(
        reverse("admin:accounts_user_add"),
        {
            "email": "ROOT@example.com",
            "name": "Root again",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    assert response.status_code == 200
    assert response.context["errors"]


def test_superuser_makes_an_administrator(client: Client, root: User) -> None:
    user = make_user()

    client.post(change_url(user), typed(user, is_staff="on"))

    user.refresh_from_db()
    assert user.is_staff


def test_staff_changes_a_user_but_makes_nobody_administrator(client: Client, support: User) -> None:
    user = make_user()

    response = client.post(
        change_url(user), typed(user, name="Renamed", is_staff="on", is_superuser="on")
    )

    assert response.status_code == 302
    user.refresh_from_db()
    assert (user.name, user.is_staff, user.is_superuser) == ("Renamed", False, False)


def test_staff_cannot_change_a_superuser_or_their_password(client: Client, support: User) -> None:
    superuser = make_user(is_staff=True, is_superuser=True)
    password = reverse("admin:auth_user_password_change", args=[superuser.pk])

    assert client.post(change_url(superuser), typed(superuser, name="Me")).status_code == 403
    assert client.post(password, {"password1": "x", "password2": "x"}).status_code == 403


def test_users_are_not_deleted(client: Client, root: User) -> None:
    user = make_user()

    response = client.post(reverse("admin:accounts_user_delete", args=[user.pk]), {"post": "yes"})

    assert response.status_code == 403
    assert User.objects.filter(pk=user.pk).exists()


def test_user_page_shows_their_memberships(
    client: Client, root: User, organization: Organization, owner: User
) -> None:
    page = client.get(change_url(owner)).content.decode()

    assert "Sea Houses" in page
    assert "Owner" in page


def test_organization_leads_to_what_belongs_to_it(
    client: Client, root: User, organization: Organization
) -> None:
    page = client.get(
        reverse("admin:accounts_organization_change", args=[organization.pk])
    ).content.decode()

    bookings = reverse("admin:bookings_booking_changelist")
    assert f'href="{bookings}?organization={organization.pk}"' in page


def test_plan_is_not_changed_here(client: Client, root: User, organization: Organization) -> None:
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        subscription = Subscription.objects.get(organization=organization)

    page = reverse("admin:accounts_subscription_change", args=[subscription.pk])

    assert client.post(page, {"plan": "business"}).status_code == 403
