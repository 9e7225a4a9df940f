"""Fixtures of the tests of the administrators' site."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from bookings.models import Booking
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_property,
    make_user,
)


@pytest.fixture
def administrator() -> User:
    """A superuser who belongs to no organization."""
    return make_user("root@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def site(client: Client, administrator: User) -> Client:
    """A browser at which the administrator has signed in."""
    client.force_login(administrator)
    return client


@pytest.fixture
def stay(organization: Organization) -> Booking:
    """Emma Thompson at Villa Aurora of Sea Houses."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        guest = make_guest(organization, name="Emma Thompson", email="emma@example.com")
        home = make_property(organization, name="Villa Aurora")
        return make_booking(home, guest=guest, reference="AB23CD45")


@pytest.fixture
def other_stay(other_organization: Organization) -> Booking:
    """Kenji Tanaka at Casa Verde of Hill Houses."""
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        guest = make_guest(other_organization, name="Kenji Tanaka", email="kenji@example.com")
        home = make_property(other_organization, name="Casa Verde")
        return make_booking(home, guest=guest, reference="ZZ99YY88")
