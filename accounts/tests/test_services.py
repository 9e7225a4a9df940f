"""The verbs of accounts."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.test import RequestFactory

from accounts import services
from accounts.access import default_access
from accounts.models import Membership, Organization, Subscription, User
from accounts.permissions import ROLES, Permission, Role, allows
from villaops.errors import BrokenRule
from villaops.tenancy import Door, organization_context
from villaops.tests.build import PASSWORD, make_organization, make_user

pytestmark = pytest.mark.django_db

UserEvent: Any = apps.get_model("accounts.UserEvent")


def register(**fields: str) -> User:
    given = {"email": "ayu@example.com", "password": PASSWORD, "name": "Ayu"}
    return services.register_user(door=Door.API, **given | fields)


def test_register_user_makes_an_organization_they_own() -> None:
    user = register(organization_name="Bali Villas")

    organization = user.default_organization
    assert organization
    assert (organization.name, organization.slug) == ("Bali Villas", "bali-villas")
    membership = Membership.objects.get(user=user)
    assert (membership.organization, membership.role) == (organization, "owner")
    with organization_context(organization, by=user, door=Door.API):
        subscription = Subscription.objects.get()
    assert (subscription.plan, subscription.status) == ("free", "active")


def test_the_history_of_a_user_says_who_and_through_which_door_but_no_password() -> None:
    user = register()

    services.update_profile(user=user, changes={"name": "Ayu Dewi"}, door=Door.WEB)

    events = UserEvent.objects.filter(pgh_obj=user).order_by("pgh_id")
    assert [(event.name, event.pgh_context) for event in events] == [
        ("Ayu", {"user": str(user.pk), "door": "api"}),
        ("Ayu", {"user": str(user.pk), "door": "api"}),
        ("Ayu Dewi", {"user": str(user.pk), "door": "web"}),
    ]
    assert "password" not in {field.name for field in UserEvent._meta.fields}


def test_register_user_refuses_an_email_taken_in_any_case() -> None:
    register()

    with pytest.raises(services.EmailTaken):
        register(email="AYU@example.com")


def test_register_user_refuses_a_taken_slug_and_keeps_nothing() -> None:
    make_organization(slug="bali-villas")

    with pytest.raises(services.OrganizationSlugTaken):
        register(organization_slug="bali-villas")

    assert User.objects.with_email("ayu@example.com") is None


@pytest.mark.parametrize("slug", ["ab", "Upper", "two--hyphens", "a" * 51, "0" * 32])
def test_create_organization_checks_the_shape_of_its_slug(slug: str) -> None:
    with pytest.raises(BrokenRule):
        services.create_organization(name="X", slug=slug, by=make_user(), door=Door.API)


@pytest.mark.parametrize(("name", "start"), [("Sea Houses", "sea-houses-"), ("別荘", "house-")])
def test_create_organization_finds_a_free_slug(name: str, start: str) -> None:
    user = make_user()
    services.create_organization(name=name, by=user, door=Door.API)

    second = services.create_organization(name=name, by=user, door=Door.API)

    assert second.slug.startswith(start)


def test_update_profile_changes_the_default_organization(organization: Organization) -> None:
    user = register()
    second = services.create_organization(name="Second", by=user, door=Door.API)

    services.update_profile(user=user, changes={"default_organization": "second", "name": "A"})

    user.refresh_from_db()
    assert (user.default_organization, user.name) == (second, "A")
    with pytest.raises(services.OrganizationNotFound):
        services.update_profile(user=user, changes={"default_organization": organization.slug})


def test_default_access_falls_back_to_the_oldest_membership(organization: Organization) -> None:
    user = register()
    access = default_access(user)
    assert access
    assert access.organization == user.default_organization
    user.default_organization = organization

    fallback = default_access(user)

    assert fallback
    assert (fallback.organization.name, fallback.role) == ("Ayu", "owner")
    assert default_access(make_user()) is None


def test_sign_in_compares_the_email_whatever_its_case() -> None:
    user = make_user("ayu@example.com")
    request = RequestFactory().post("/login")

    assert authenticate(request, username="AYU@example.com", password=PASSWORD) == user
    assert authenticate(request, username="ayu@example.com", password="wrong") is None
    assert authenticate(request, username="nobody@example.com", password=PASSWORD) is None
    assert authenticate(request, username=None, password=None) is None


def test_natural_key_and_superuser() -> None:
    admin = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")

    assert User.objects.get_by_natural_key("ROOT@example.com") == admin
    assert (admin.is_staff, admin.is_superuser, admin.check_password(PASSWORD)) == (
        True,
        True,
        True,
    )


# The contract's table, section 7: which roles have which permission, by their first letters.
TABLE = {
    Permission.READ_ORGANIZATION: "OMSHAV",
    Permission.READ_PROPERTIES: "OMSHAV",
    Permission.READ_BOOKINGS: "OMSHAV",
    Permission.READ_GUESTS: "OMSAV",
    Permission.READ_OCCUPANCY: "OMSAV",
    Permission.READ_PRICES: "OMSAV",
    Permission.READ_ANALYTICS: "OMAV",
    Permission.WRITE_GUESTS: "OMS",
    Permission.WRITE_BOOKINGS: "OMS",
    Permission.DELETE_GUESTS: "OM",
    Permission.DELETE_BOOKINGS: "OM",
    Permission.WRITE_PROPERTIES: "OM",
    Permission.DELETE_PROPERTIES: "OM",
    Permission.READ_MEMBERS: "OMSHAV",
    Permission.READ_AUDIT: "OM",
    Permission.ADD_PROPERTIES: "OM",
    Permission.MANAGE_MEMBERS: "OM",
    Permission.MANAGE_OWNERS: "O",
    Permission.EDIT_ORGANIZATION: "O",
    Permission.MANAGE_API_KEYS: "O",
    Permission.PAY: "O",
    Permission.CHAT: "OMS",
}


@pytest.mark.parametrize("permission", Permission)
def test_roles_allow_what_the_contract_says(permission: Permission) -> None:
    allowed = {role for role in Role if allows(role, permission)}

    assert {role.label[0] for role in allowed} == set(TABLE[permission])
    assert set(ROLES) == set(Role)
