"""Blocking and releasing nights in the browser."""

from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.models import Organization, User
from bookings.blocks import block_nights
from bookings.models import Block, Night
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
    make_property,
    units_of,
)

ONE = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """The owner is signed in; where the bookings' pages begin."""
    client.force_login(owner)
    return f"/o/{organization.slug}/bookings/"


def test_block_and_release_nights(client: Client, root: str, organization: Organization) -> None:
    home = make_property(organization)
    unit = units_of(home)[0]
    start = date(2030, 5, 1)
    form = {
        "unit": unit.pk,
        "start": start,
        "end": start + 4 * ONE,
        "reason": "owner_stay",
        "note": "Family",
    }

    blocked = client.post(f"{root}blocks/new/{home.pk}", form, follow=True)
    block = Block.objects.get()
    released = client.post(f"{root}blocks/{block.pk}/release", follow=True)

    assert "Owner stay" in blocked.text
    assert "Family" in blocked.text
    assert "Block released." in released.text
    assert not Night.objects.exists()


def test_blocking_booked_nights_names_the_night(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    booking = make_booking(home)
    form = {"unit": units_of(home)[0].pk, "start": DAY, "end": DAY + 9 * ONE, "reason": "other"}

    answer = client.post(f"{root}blocks/new/{home.pk}", form)

    assert answer.status_code == 422
    assert "The night of Sun 1 March 2026" in answer.text
    assert booking.reference in answer.text


@pytest.mark.parametrize("end", [DAY, DAY + 3661 * ONE])
def test_block_of_no_or_endless_nights_is_refused(
    client: Client, root: str, organization: Organization, end: date
) -> None:
    home = make_property(organization)
    form = {"unit": units_of(home)[0].pk, "start": DAY, "end": end, "reason": "other"}

    assert client.post(f"{root}blocks/new/{home.pk}", form).status_code == 422


def test_block_of_another_organization_is_not_found(
    client: Client, root: str, other_organization: Organization
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        home = make_property(other_organization)
        block = block_nights(unit=units_of(home)[0], start=DAY, end=DAY + ONE, by=None)

    assert client.post(f"{root}blocks/{block.pk}/release").status_code == 404
    assert client.get(f"{root}blocks/new/{home.pk}").status_code == 404
