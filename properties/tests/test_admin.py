"""Administrators and properties: facts, status and units, through verbs."""

from datetime import timedelta
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from accounts.models import Organization
from properties.models import Property, Unit
from properties.services import PropertySlugTaken, UnitHasBookings
from villaops.clock import today_in
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.tests.build import make_booking, make_property, make_user, units_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(client: Client) -> Client:
    """A browser at which a superuser has signed in."""
    client.force_login(make_user("root@example.com", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def house(organization: Organization) -> Property:
    """A house with two rooms."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_property(organization, name="House", units=2, amenities=["wifi"])


def change_url(row: Property | Unit) -> str:
    return reverse(f"admin:properties_{row._meta.model_name}_change", args=[row.pk])


def typed(row: Property | Unit, **changes: Any) -> dict[str, Any]:
    """What the form posts: everything as it is, but for the changes."""
    values = {name: "" if value is None else value for name, value in model_to_dict(row).items()}
    if "amenities" in values:
        values["amenities"] = ",".join(values["amenities"])
    return values | changes


def stored[R: (Property, Unit)](row: R) -> R:
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        return type(row).objects.get(pk=row.pk)


def run(site: Client, action: str, row: Property | Unit) -> list[str]:
    """Run an action on the list and return what was said."""
    response = site.post(
        reverse(f"admin:properties_{row._meta.model_name}_changelist"),
        {"action": action, "index": 0, "_selected_action": [row.pk], "confirmed": "yes"},
        follow=True,
    )
    return [str(message) for message in response.context["messages"]]


def test_form_changes_facts_and_neither_status_nor_price(site: Client, house: Property) -> None:
    response = site.post(
        change_url(house),
        typed(
            house,
            name="Sea House",
            amenities="wifi,pool",
            status="inactive",
            base_price_per_night="1.00",
        ),
    )

    assert response.status_code == 302
    after = stored(house)
    assert (after.name, after.amenities) == ("Sea House", ["wifi", "pool"])
    assert (after.status, after.base_price_per_night) == ("active", 100)
    assert after.description is None


def test_form_shows_a_taken_slug(site: Client, organization: Organization, house: Property) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        make_property(organization, slug="taken")

    response = site.post(change_url(house), typed(house, slug="taken"))

    assert response.context["adminform"].form.non_field_errors() == [
        PropertySlugTaken().explanation
    ]


def test_form_shows_a_broken_rule_at_its_field(site: Client, house: Property) -> None:
    response = site.post(change_url(house), typed(house, bathrooms="1.3"))

    assert response.context["adminform"].form.errors["bathrooms"] == [
        "Bathrooms come in steps of 0.5."
    ]


def test_status_of_a_property_changes_by_actions(site: Client, house: Property) -> None:
    for action, status in (
        ("put_in_maintenance", "maintenance"),
        ("deactivate", "inactive"),
        ("activate", "active"),
    ):
        run(site, action, house)
        assert stored(house).status == status


def test_status_of_a_unit_changes_by_actions(site: Client, house: Property) -> None:
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        room = units_of(house)[0]

    run(site, "deactivate", room)
    assert stored(room).status == "inactive"
    run(site, "activate", room)
    assert stored(room).status == "active"


def test_unit_with_booked_nights_ahead_is_not_deleted(
    site: Client, organization: Organization, house: Property
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        booking = make_booking(house, today_in(house.time_zone) + timedelta(days=1))
        room = booking.unit

    assert run(site, "delete_selected", room) == [f"Room 1: {UnitHasBookings().explanation}"]
    assert stored(room).deleted_at is None


def test_unit_form_shows_why_its_offer_cannot_shrink(
    site: Client, organization: Organization, house: Property
) -> None:
    today = today_in(house.time_zone)
    with organization_context(organization, by=None, door=Door.COMMAND):
        room = make_booking(house, today + timedelta(days=1)).unit

    refused = site.post(change_url(room), typed(room, available_to=today))
    renamed = site.post(change_url(room), typed(room, name="Garden room"))

    assert refused.context["adminform"].form.non_field_errors() == [UnitHasBookings().explanation]
    assert renamed.status_code == 302
    assert stored(room).name == "Garden room"
