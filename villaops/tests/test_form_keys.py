"""Forms of the dashboard that are sent twice do their work once."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Model
from django.test import Client

from accounts.models import Membership, Organization, User
from bookings.models import Block, BookingNote, SavedView
from guests.models import Guest
from properties.models import Property, Unit
from villaops.api.idempotency import KeptAnswer
from villaops.tests.build import make_booking, make_property, units_of

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    client.force_login(owner)
    return f"/o/{organization.slug}"


def key_in(page: str) -> str:
    """The key of the one form on the page that has one."""
    (key,) = re.findall(r'name="form_key" value="([0-9a-f-]{36})"', page)
    return str(key)


def test_every_form_that_makes_something_does_so_once(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    unit, booking = units_of(home)[0], make_booking(home)
    villa = {"property_type": "villa", "currency": "USD", "time_zone": "UTC", "status": "active"}
    block = {"unit": unit.pk, "start": "2027-01-01", "end": "2027-01-03", "reason": "other"}
    blocks = f"bookings/blocks/new/{home.pk}"
    forms: list[tuple[str, str, dict[str, Any], type[Model]]] = [
        ("guests/new", "guests/new", {"name": "Emma", "email": "e@example.com"}, Guest),
        ("properties/new", "properties/new", villa | {"name": "Once"}, Property),
        (
            f"properties/{home.pk}/units/new",
            f"properties/{home.pk}/units/new",
            {"name": "Room 9", "status": "active"},
            Unit,
        ),
        (blocks, blocks, block, Block),
        (
            f"bookings/{booking.pk}/",
            f"bookings/{booking.pk}/notes/new",
            {"text": "Late"},
            BookingNote,
        ),
        (
            "bookings/?status=pending",
            "bookings/views/new",
            {"name": "Mine", "query": "status=pending"},
            SavedView,
        ),
        (
            "settings/members/invite",
            "settings/members/invite",
            {"email": "new@example.com", "role": "staff"},
            Membership,
        ),
    ]

    for page, address, fields, model in forms:
        form = fields | {"form_key": key_in(client.get(f"{root}/{page}", follow=True).text)}
        before = model._default_manager.count()

        first = client.post(f"{root}/{address}", form)
        second = client.post(f"{root}/{address}", form)

        assert first.status_code == second.status_code == 302, (page, first.text)
        assert first["Location"] == second["Location"]
        # A property comes with a unit, nothing else with another of its own kind.
        assert model._default_manager.count() == before + 1, page


def test_an_organization_is_made_once(client: Client, owner: User) -> None:
    client.force_login(owner)
    form = {"name": "Lake Houses", "currency": "EUR", "time_zone": "Europe/Rome"}
    form["form_key"] = key_in(client.get("/organizations/new").text)

    first, second = (client.post("/organizations/new", form) for _ in range(2))

    assert first["Location"] == second["Location"]
    assert Organization.objects.filter(name="Lake Houses").count() == 1


def test_what_is_wrong_may_be_put_right_under_the_same_key(client: Client, root: str) -> None:
    form = {"name": "Emma", "email": "nonsense", "form_key": str(uuid4())}

    assert client.post(f"{root}/guests/new", form).status_code == 422
    assert client.post(f"{root}/guests/new", form | {"email": "e@example.com"}).status_code == 302
    assert Guest.objects.get().email == "e@example.com"


def test_another_form_under_the_same_key_leads_to_what_was_made_and_says_so(
    client: Client, root: str
) -> None:
    form = {"name": "Emma", "email": "e@example.com", "form_key": str(uuid4())}
    first = client.post(f"{root}/guests/new", form)

    again = client.post(f"{root}/guests/new", form | {"name": "Liam"}, follow=True)

    assert again.redirect_chain == [(first["Location"], 302)]
    assert "This form was sent before, and is not sent twice." in again.text
    assert Guest.objects.get().name == "Emma"


def test_a_key_of_nobodys_making_is_none(client: Client, root: str) -> None:
    form = {"name": "Emma", "email": "e@example.com", "form_key": "1"}
    client.post(f"{root}/guests/new", form)

    assert client.post(f"{root}/guests/new", form).status_code == 422
    assert not KeptAnswer.objects.exists()
