"""The administrators' site: deleting, and taking it back."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from accounts.models import Organization
from bookings.blocks import block_nights
from bookings.models import Booking
from bookings.services import delete_booking
from properties.services import delete_property
from villaops.admin import rows
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_property,
    units_of,
)
from villaops.tests.site import act, fill, url

pytestmark = pytest.mark.django_db


def test_each_kind_of_row_is_deleted_and_restored(site: Client, organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, units=2)
        unit = units_of(home)[1]
        block = block_nights(unit=unit, start=DAY, end=DAY.replace(day=3), by=None)
        guest = make_guest(organization)
        booking = make_booking(make_property(organization))
    kinds: list[tuple[Model, str]] = [
        (booking, "booking"),
        (guest, "guest"),
        (block, "block"),
        (unit, "unit"),
        (home, "property"),
    ]

    for row, name in kinds:
        assert act(site, "delete_selected", row, confirmed="yes") == [f"1 {name} deleted."]
        assert deleted_at(row) is not None
        assert act(site, "restore", row) == [f"1 {name} restored."]
        assert deleted_at(row) is None


def deleted_at(row: Any) -> Any:
    """When it was deleted, as stored."""
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        return type(row).objects.get(pk=row.pk).deleted_at


def test_delete_asks_first(site: Client, stay: Booking) -> None:
    page = site.post(
        url("changelist", Booking),
        {"action": "delete_selected", "index": 0, "_selected_action": [stay.pk]},
    )

    assert stay.reference in page.content.decode()
    assert deleted_at(stay) is None


def test_delete_button_deletes_softly(site: Client, stay: Booking) -> None:
    asked = site.get(url("delete", stay))
    response = site.post(url("delete", stay), {"post": "yes"})

    assert "can be restored" in asked.content.decode()
    assert response.status_code == 302
    assert deleted_at(stay) is not None


def test_delete_that_is_refused_says_why(site: Client, stay: Booking) -> None:
    response = site.post(url("delete", stay.guest), {"post": "yes"}, follow=True)

    assert [str(message) for message in response.context["messages"]] == [
        "This guest has bookings. Delete those first."
    ]
    assert deleted_at(stay.guest) is None


def test_restore_that_is_refused_says_why(site: Client, stay: Booking) -> None:
    with organization_context(stay.organization, by=None, door=Door.COMMAND):
        delete_booking(booking=stay, by=None)
        make_booking(stay.property)

    said = act(site, "restore", stay)

    assert len(said) == 1
    assert "The night of Sun 1 March 2026" in said[0]
    assert deleted_at(stay) is not None


def test_deleted_row_is_only_looked_at(site: Client, stay: Booking) -> None:
    with organization_context(stay.organization, by=None, door=Door.COMMAND):
        delete_property(property=stay.property, by=None)

    assert "_save" not in site.get(url("change", stay.property)).content.decode()
    assert site.post(url("change", stay.property), {"name": "New"}).status_code == 403
    assert site.post(url("delete", stay.property), {"post": "yes"}).status_code == 403


def test_restoring_rows_that_are_not_deleted_says_so(site: Client, stay: Booking) -> None:
    assert act(site, "restore", stay) == ["No bookings to be restored."]


def test_actions_take_so_many_rows_and_no_more(
    site: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "ROWS_PER_ACTION", 1)
    fill(organization, 2)
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        bookings = list(Booking.objects.all())

    assert act(site, "confirm", *bookings) == ["Choose at most 1 rows at a time."]
    assert act(site, "delete_selected", *bookings) == ["Choose at most 1 rows at a time."]


def test_action_on_what_is_no_id_is_a_bad_request(site: Client, stay: Booking) -> None:
    response = site.post(
        url("changelist", Booking),
        {"action": "confirm", "index": 0, "_selected_action": ["nonsense"]},
    )

    assert response.status_code == 400
