"""Contract section 3 over HTTP: units."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.permissions import Role
from conftest import Statements
from properties.models import Property, Unit
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_booking,
    make_member,
    make_property,
    units_of,
)
from villaops.tests.client import Api, Response, errors_of, refusal

pytestmark = pytest.mark.django_db

TODAY = today_in("UTC")
NO_ID = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def user(organization: Organization) -> User:
    return make_member(organization, Role.MANAGER)


@pytest.fixture
def api(user: User) -> Api:
    return Api(user)


@pytest.fixture
def home(organization: Organization) -> Property:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_property(organization)


def make_homes(organization: Organization, *names: str, **fields: Any) -> list[Property]:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return [make_property(organization, name=name, **fields) for name in names]


def names(response: Response) -> list[str]:
    return [item["name"] for item in response.json()["items"]]


@pytest.fixture
def hotel(organization: Organization) -> Property:
    """Rooms 1, 2 and 3."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_property(organization, units=3)


@pytest.fixture
def room(organization: Organization, hotel: Property) -> Unit:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return units_of(hotel)[0]


def test_create_unit_goes_last(api: Api, hotel: Property) -> None:
    response = api.post(f"properties/{hotel.pk}/units", {"name": "Attic"})

    answer = response.json()
    assert response.status_code == 201
    assert answer == {
        "id": answer["id"],
        "property_id": str(hotel.pk),
        "name": "Attic",
        "position": 3,
        "status": "active",
        "available_from": None,
        "available_to": None,
        "created_at": answer["created_at"],
        "updated_at": answer["updated_at"],
    }
    assert api.get(f"properties/{hotel.pk}/units/{answer['id']}").json() == answer
    assert api.get(f"properties/{hotel.pk}").json()["unit_count"] == 4


def test_create_unit_refuses_a_taken_name(api: Api, hotel: Property) -> None:
    response = api.post(f"properties/{hotel.pk}/units", {"name": "Room 1"})

    assert refusal(response) == (409, "Unit name already taken")


def test_units_are_listed_by_position(api: Api, hotel: Property) -> None:
    api.post(f"properties/{hotel.pk}/units", {"name": "Cellar", "position": -1})

    assert names(api.get(f"properties/{hotel.pk}/units")) == [
        "Cellar",
        "Room 1",
        "Room 2",
        "Room 3",
    ]
    by_name = api.get(f"properties/{hotel.pk}/units", ordering="-name", limit=1)
    assert names(by_name) == ["Room 3"]


@pytest.mark.parametrize("rows", [1, 3])
def test_list_units_takes_five_statements(
    api: Api, organization: Organization, rows: int, statements: Statements
) -> None:
    (home,) = make_homes(organization, "A", units=rows)

    with statements(5):
        assert api.get(f"properties/{home.pk}/units").json()["total"] == rows


def test_unit_of_another_property_is_not_found(api: Api, home: Property, room: Unit) -> None:
    address = f"properties/{home.pk}/units/{room.pk}"

    for response in (api.get(address), api.patch(address, {"name": "X"}), api.delete(address)):
        assert refusal(response) == (404, "Unit not found")
    assert refusal(api.get(f"properties/{NO_ID}/units/{room.pk}")) == (404, "Property not found")
    assert refusal(api.post(f"properties/{NO_ID}/units", {"name": "X"})) == (
        404,
        "Property not found",
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_update_unit_touches_what_is_sent_alone(
    api: Api, hotel: Property, room: Unit, method: str
) -> None:
    address = f"properties/{hotel.pk}/units/{room.pk}"
    stored = api.get(address).json()

    assert api.send(method, address, {}).json() == stored
    changed = api.send(method, address, {"name": "Suite", "available_to": "2030-01-01"}).json()

    assert changed == {
        **stored,
        "name": "Suite",
        "available_to": "2030-01-01",
        "updated_at": changed["updated_at"],
    }


def test_update_unit_refuses_a_taken_name_and_an_empty_offer(
    api: Api, hotel: Property, room: Unit
) -> None:
    address = f"properties/{hotel.pk}/units/{room.pk}"
    api.patch(address, {"available_from": "2026-05-01"})

    assert refusal(api.patch(address, {"name": "Room 2"})) == (409, "Unit name already taken")
    assert errors_of(api.patch(address, {"available_to": "2026-05-01"})) == [
        ("value_error", ["body"])
    ]
    assert errors_of(api.patch(address, {"position": None})) == [
        ("int_parsing", ["body", "position"])
    ]


def test_unit_with_nights_to_come_cannot_be_cut_off_or_deleted(
    api: Api, organization: Organization, hotel: Property, room: Unit
) -> None:
    address = f"properties/{hotel.pk}/units/{room.pk}"
    with organization_context(organization, by=None, door=Door.COMMAND):
        make_booking(hotel, TODAY + timedelta(days=10), units=[room])
    has_bookings = (409, "Unit has bookings")

    assert refusal(api.patch(address, {"available_to": str(TODAY)})) == has_bookings
    assert refusal(api.delete(address)) == has_bookings


def test_delete_unit_leaves_at_least_one(api: Api, home: Property, hotel: Property) -> None:
    (last,) = api.get(f"properties/{home.pk}/units").json()["items"]
    room = api.get(f"properties/{hotel.pk}/units").json()["items"][0]
    address = f"properties/{hotel.pk}/units/{room['id']}"

    assert refusal(api.delete(f"properties/{home.pk}/units/{last['id']}")) == (
        409,
        "A property needs at least one unit",
    )
    assert api.delete(address).json() == {"message": "Unit deleted"}
    assert refusal(api.get(address)) == (404, "Unit not found")
    assert api.get(f"properties/{hotel.pk}").json()["unit_count"] == 2
