"""Administrators change organizations and memberships through the verbs."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.permissions import Role
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_member, make_organization, make_property, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def path(row: Organization | Membership, page: str = "change") -> str:
    return reverse(f"admin:accounts_{row._meta.model_name}_{page}", args=[row.pk])


def facts(organization: Organization, **changes: str) -> dict[str, str]:
    names = ("name", "slug", "currency", "time_zone", "locale")
    return {name: getattr(organization, name) for name in names} | changes


def test_organization_is_changed_and_a_taken_slug_refused(
    site: Client, organization: Organization, other_organization: Organization
) -> None:
    refused = site.post(path(organization), facts(organization, slug=other_organization.slug))
    changed = site.post(path(organization), facts(organization, name="Sea Villas"))

    assert "already exists" in refused.text
    assert changed.status_code == 302
    assert Organization.objects.get(pk=organization.pk).name == "Sea Villas"


def test_organization_is_kept(site: Client, organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        Organization.objects.filter(pk=organization.pk).update(ends_at=timezone.now())

    site.post(
        reverse("admin:accounts_organization_changelist"),
        {"action": "keep", "_selected_action": [str(organization.pk)]},
    )

    assert Organization.objects.get(pk=organization.pk).ends_at is None


def test_membership_is_changed_limited_and_removed(
    site: Client, organization: Organization, owner: User
) -> None:
    staff = Membership.objects.get(user=make_member(organization, Role.STAFF))
    with organization_context(organization, by=owner, door=Door.WEB):
        home = make_property(organization)

    site.post(path(staff), {"role": "manager", "property_ids": str(home.pk)})

    staff.refresh_from_db()
    assert (staff.role, staff.property_ids) == (Role.MANAGER, [home.pk])
    site.post(path(staff), {"role": "owner", "property_ids": ""})
    staff.refresh_from_db()
    assert (staff.role, staff.property_ids) == (Role.OWNER, None)
    site.post(path(staff, "delete"), {"post": "yes"})
    assert not Membership.objects.filter(pk=staff.pk).exists()


def test_last_owner_stays_whoever_asks(site: Client) -> None:
    membership = Membership.objects.get(organization=make_organization())

    refused = site.post(path(membership), {"role": "viewer", "property_ids": ""})
    kept = site.post(path(membership, "delete"), {"post": "yes"}, follow=True)

    assert "An organization needs an owner" in refused.text
    assert "An organization needs an owner" in kept.text
    assert Membership.objects.get(pk=membership.pk).role == Role.OWNER
