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

    empty = client.get(f"{root}blocks/new/{home.pk}")
    blocked = client.post(f"{root}blocks/new/{home.pk}", form, follow=True)
    block = Block.objects.get()
    released = client.post(f"{root}blocks/{block.pk}/release", follow=True)

    assert "<h1>Block nights</h1>" in empty.text
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
    assert client.get(f"{root}blocks/{block.pk}/edit").status_code == 404
    asked = {"place": block.unit_id, "start": DAY, "end": DAY + ONE}
    assert client.get(f"{root}blocks/taken", asked).status_code == 404


def test_edit_block_changes_nights_and_reason(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    booking = make_booking(home, DAY + 5 * ONE)
    block = block_nights(unit=units_of(home)[0], start=DAY, end=DAY + 2 * ONE, by=None)
    form = {"unit": block.unit_id, "start": DAY + ONE, "end": DAY + 4 * ONE}

    shown = client.get(f"{root}blocks/{block.pk}/edit?next=/o/x/calendar/list")
    refused = client.post(
        f"{root}blocks/{block.pk}/edit",
        form | {"end": DAY + 6 * ONE, "reason": "other", "note": "Kept as typed"},
    )
    saved = client.post(
        f"{root}blocks/{block.pk}/edit", form | {"reason": "house_use", "note": "Staff"}
    )

    assert "<h1>Edit block</h1>" in shown.text
    assert f'data-taken-url="{root}blocks/taken?block={block.pk}"' in shown.text
    assert f'value="{DAY}"' in shown.text
    assert 'href="/o/x/calendar/list"' in shown.text
    assert refused.status_code == 422
    assert booking.reference in refused.text
    assert "Kept as typed" in refused.text
    assert saved.url == f"/o/{organization.slug}/properties/{home.pk}/"  # type: ignore[attr-defined]
    block.refresh_from_db()
    assert (block.start, block.end) == (DAY + ONE, DAY + 4 * ONE)
    assert (block.reason, block.note) == ("house_use", "Staff")


def test_block_picker_shows_what_others_hold(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    make_booking(home, nights=1)
    unit = units_of(home)[0]
    own, other = (
        block_nights(unit=unit, start=start, end=start + ONE, by=None)
        for start in (DAY + 2 * ONE, DAY + 4 * ONE)
    )
    period = {"place": unit.pk, "start": DAY, "end": DAY + 30 * ONE}

    for_new = client.get(f"{root}blocks/taken", period).json()
    for_own = client.get(f"{root}blocks/taken", period | {"block": own.pk}).json()

    assert for_new == {"taken": [str(DAY), str(own.start), str(other.start)]}
    assert for_own == {"taken": [str(DAY), str(other.start)]}
