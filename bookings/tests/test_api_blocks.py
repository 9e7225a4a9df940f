"""Contract section 5 over HTTP: blocks."""

from typing import Any

import pytest

from accounts.models import Organization
from accounts.permissions import Role
from conftest import Statements
from properties.models import Property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_booking,
    make_member,
    make_organization,
    make_property,
    units_of,
)
from villaops.tests.client import Api, Response, errors_of, refusal

pytestmark = pytest.mark.django_db

NO_ID = "01890000-0000-7000-8000-000000000000"
CONFLICT = (409, "Dates conflict with an existing booking")


@pytest.fixture
def api(organization: Organization) -> Api:
    return Api(make_member(organization, Role.STAFF))


@pytest.fixture
def hotel(organization: Organization) -> Property:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_property(organization, units=2)


@pytest.fixture
def rooms(organization: Organization, hotel: Property) -> list[str]:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return [str(unit.pk) for unit in units_of(hotel)]


@pytest.fixture
def block(rooms: list[str]) -> dict[str, Any]:
    """What a client sends to block three nights in March."""
    return {"unit_id": rooms[0], "start": "2026-03-01", "end": "2026-03-04"}


def starts(response: Response) -> list[str]:
    return [item["start"] for item in response.json()["items"]]


def test_create_block_answers_with_defaults(api: Api, hotel: Property, block: dict) -> None:
    response = api.post("blocks", block | {"property_id": NO_ID})

    answer = response.json()
    assert response.status_code == 201
    assert answer == {
        "id": answer["id"],
        **block,
        "property_id": str(hotel.pk),
        "reason": "other",
        "note": None,
        "created_at": answer["created_at"],
        "updated_at": answer["updated_at"],
    }
    assert api.get(f"blocks/{answer['id']}").json() == answer
    assert api.get("blocks").json()["items"] == [answer]


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"end": "2026-03-01"}, [("value_error", ["body"])]),
        ({"end": "2036-03-10"}, [("value_error", ["body"])]),
        ({"start": None}, [("date_parsing", ["body", "start"])]),
        ({"reason": "party"}, [("enum", ["body", "reason"])]),
        ({"reason": None}, [("enum", ["body", "reason"])]),
        ({"note": "x" * 501}, [("string_too_long", ["body", "note"])]),
        ({"unit_id": "x"}, [("uuid_parsing", ["body", "unit_id"])]),
    ],
)
def test_blocks_refuse_malformed_fields(api: Api, block: dict, sent: dict, errors: list) -> None:
    made = api.post("blocks", block).json()

    assert errors_of(api.post("blocks", block | sent)) == errors
    # The longest block ends 3660 days after its stored start.
    assert errors_of(api.patch(f"blocks/{made['id']}", sent)) == errors


def test_create_block_reports_what_is_missing(api: Api) -> None:
    assert errors_of(api.post("blocks", {})) == [
        ("missing", ["body", name]) for name in ("unit_id", "start", "end")
    ]


def test_blocks_and_bookings_keep_out_of_each_others_way(
    api: Api, organization: Organization, hotel: Property, rooms: list[str], block: dict
) -> None:
    made = api.post("blocks", block).json()
    with organization_context(organization, by=None, door=Door.COMMAND):
        booking = make_booking(hotel, nights=2)

    assert str(booking.unit_id) == rooms[1]
    assert refusal(api.post("blocks", block)) == CONFLICT
    assert refusal(api.post("blocks", block | {"unit_id": rooms[1]})) == CONFLICT
    assert refusal(api.patch(f"blocks/{made['id']}", {"unit_id": rooms[1]})) == CONFLICT
    after = {"unit_id": rooms[1], "start": "2026-03-03"}
    assert api.patch(f"blocks/{made['id']}", after).status_code == 200
    assert refusal(api.patch(f"blocks/{made['id']}", {"start": "2026-03-02"})) == CONFLICT


def test_unknown_units_and_blocks_are_not_found(api: Api, block: dict) -> None:
    made = api.post("blocks", block).json()
    no_unit, no_block = (404, "Unit not found"), (404, "Block not found")

    assert refusal(api.post("blocks", block | {"unit_id": NO_ID})) == no_unit
    assert refusal(api.patch(f"blocks/{made['id']}", {"unit_id": NO_ID})) == no_unit
    assert refusal(api.patch(f"blocks/{NO_ID}", {"unit_id": NO_ID})) == no_block
    assert refusal(api.get(f"blocks/{NO_ID}")) == no_block


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_update_block_touches_what_is_sent_alone(api: Api, block: dict, method: str) -> None:
    made = api.post("blocks", block).json()
    address = f"blocks/{made['id']}"

    assert api.send(method, address, {}).json() == made
    changed = api.send(method, address, {"reason": "house_use", "note": "Paint"}).json()

    assert changed == {
        **made,
        "reason": "house_use",
        "note": "Paint",
        "updated_at": changed["updated_at"],
    }


def test_staff_may_delete_blocks_and_their_nights_are_free(api: Api, block: dict) -> None:
    made = api.post("blocks", block).json()
    address = f"blocks/{made['id']}"

    assert api.delete(address).json() == {"message": "Block deleted"}

    assert refusal(api.delete(address)) == (404, "Block not found")
    assert api.post("blocks", block).status_code == 201


def test_list_blocks_filters(
    api: Api, organization: Organization, hotel: Property, rooms: list[str]
) -> None:
    for start, end, unit, reason in (
        ("2026-03-01", "2026-03-05", rooms[0], "owner_stay"),
        ("2026-04-01", "2026-04-05", rooms[0], "out_of_order"),
        ("2026-05-01", "2026-05-05", rooms[1], "owner_stay"),
    ):
        api.post("blocks", {"unit_id": unit, "start": start, "end": end, "reason": reason})

    def found(**query: object) -> list[str]:
        return starts(api.get("blocks", ordering="created_at", **query))

    march, april, may = "2026-03-01", "2026-04-01", "2026-05-01"
    assert found() == [march, april, may]
    assert found(property_id=hotel.pk) == [march, april, may]
    assert found(property_id=NO_ID) == []
    assert found(unit_id=rooms[0]) == [march, april]
    assert found(reason="owner_stay", unit_id=rooms[1]) == [may]
    assert found(reason="party") == found(reason="") == []
    assert found(start_date="2026-03-05") == [april, may]
    assert found(start_date="2026-03-04", end_date=april) == [march, april]
    for bad in ({"start_date": ""}, {"end_date": "x"}, {"unit_id": ""}, {"ordering": "start"}):
        assert api.get("blocks", **bad).status_code == 422


@pytest.mark.parametrize("rows", [1, 3])
def test_list_blocks_takes_four_statements(
    api: Api, block: dict, rows: int, statements: Statements
) -> None:
    for day in range(rows):
        api.post("blocks", block | {"start": f"2026-06-0{day + 1}", "end": f"2026-06-0{day + 2}"})

    with statements(4):
        assert api.get("blocks").json()["total"] == rows


def test_blocks_of_others_are_not_there(api: Api, block: dict) -> None:
    made = api.post("blocks", block).json()
    stranger = Api(make_member(make_organization(), Role.OWNER))
    address = f"blocks/{made['id']}"
    gone = (404, "Block not found")

    assert stranger.get("blocks").json()["items"] == []
    assert refusal(stranger.get(address)) == gone
    assert refusal(stranger.patch(address, {"note": "Mine"})) == gone
    assert refusal(stranger.delete(address)) == gone
    assert refusal(stranger.post("blocks", block)) == (404, "Unit not found")
    assert api.get(address).json() == made
