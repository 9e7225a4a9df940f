"""Contract section 3 over HTTP: properties and their units."""

from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.permissions import Role
from conftest import Statements
from properties.models import Property
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_booking,
    make_member,
    make_organization,
    make_property,
)
from villaops.tests.client import Api, errors_of, refusal

pytestmark = pytest.mark.django_db

TODAY = today_in("UTC")
NO_ID = "01890000-0000-7000-8000-000000000000"
VILLA = {"name": "Villa Sol", "property_type": "villa"}
FULL = {
    "name": "Villa Sol",
    "property_type": "guesthouse",
    "description": "By the sea.\nQuiet.",
    "location": "Canggu, Bali",
    "max_guests": 6,
    "base_price_per_night": "129.50",
    "amenities": ["wifi", "pool", ""],
    "status": "maintenance",
    "slug": "sol-by-the-sea",
    "currency": "EUR",
    "time_zone": "Asia/Makassar",
    "check_in_time": "15:00",
    "check_out_time": "11:30",
    "address_line1": "Jalan 1",
    "address_line2": "Gate B",
    "city": "Canggu",
    "country": "ID",
    "latitude": -8.650123,
    "longitude": 115.1385,
    "bedrooms": 3,
    "bathrooms": 2.5,
}


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


# --- Create ----------------------------------------------------------------------------------


def test_create_property_answers_with_defaults(
    api: Api, organization: Organization, user: User
) -> None:
    response = api.post("properties", VILLA)

    answer = response.json()
    assert response.status_code == 201
    assert list(answer) == [
        "id",
        "organization_id",
        "owner_id",
        *FULL,
        "unit_count",
        "created_at",
        "updated_at",
    ]
    assert answer == {
        **dict.fromkeys(FULL),
        **VILLA,
        "id": answer["id"],
        "organization_id": str(organization.pk),
        "owner_id": str(user.pk),
        "status": "active",
        "slug": "villa-sol",
        "currency": organization.currency,
        "time_zone": organization.time_zone,
        "unit_count": 1,
        "created_at": answer["created_at"],
        "updated_at": answer["updated_at"],
    }
    assert answer["created_at"].endswith("Z")


def test_create_property_keeps_everything_that_is_sent(api: Api) -> None:
    answer = api.post("properties", FULL | {"id": NO_ID, "owner_id": NO_ID, "extra": 1}).json()

    assert {name: answer[name] for name in FULL} == FULL
    assert api.get(f"properties/{answer['id']}").json() == answer


def test_create_property_names_its_one_unit_like_itself(api: Api) -> None:
    made = api.post("properties", VILLA).json()

    units = api.get(f"properties/{made['id']}/units").json()["items"]
    assert [(unit["name"], unit["position"]) for unit in units] == [("Villa Sol", 0)]


def test_create_property_with_units(api: Api) -> None:
    rooms = [{"name": "Garden"}, {"name": "Sea", "position": 9, "available_from": "2026-01-01"}]

    made = api.post("properties", VILLA | {"units": rooms}).json()

    units = api.get(f"properties/{made['id']}/units").json()["items"]
    assert made["unit_count"] == 2
    assert [(u["name"], u["position"], u["available_from"]) for u in units] == [
        ("Garden", 0, None),
        ("Sea", 9, "2026-01-01"),
    ]


def test_create_property_refuses_a_taken_slug_but_makes_one_up(api: Api) -> None:
    api.post("properties", VILLA)

    assert api.post("properties", VILLA).json()["slug"] == "villa-sol-2"
    assert refusal(api.post("properties", VILLA | {"slug": "villa-sol"})) == (
        409,
        "Property slug already taken",
    )


def test_create_property_refuses_two_units_of_one_name(api: Api) -> None:
    response = api.post("properties", VILLA | {"units": [{"name": "A"}, {"name": "A"}]})

    assert refusal(response) == (409, "Unit name already taken")
    assert api.get("properties").json()["total"] == 0


def test_slug_of_a_deleted_property_is_free_again(api: Api) -> None:
    made = api.post("properties", VILLA).json()
    api.delete(f"properties/{made['id']}")

    assert api.post("properties", VILLA | {"slug": "villa-sol"}).status_code == 201


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (150.555, "150.56"),
        ("1e3", "1000.00"),
        (" 12 ", "12.00"),
        (0, "0.00"),
        ("-0", "0.00"),
        (99999999.99, "99999999.99"),
        ("99999999.994", "99999999.99"),
        (None, None),
    ],
)
def test_money_is_rounded_half_up(api: Api, sent: object, answered: str | None) -> None:
    response = api.post("properties", VILLA | {"base_price_per_night": sent})

    assert response.json()["base_price_per_night"] == answered


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("name", None, "string_type"),
        ("name", 7, "string_type"),
        ("name", "", "string_too_short"),
        ("name", "x" * 256, "string_too_long"),
        ("name", "a\0b", "value_error"),
        ("property_type", "castle", "enum"),
        ("property_type", None, "enum"),
        ("description", 7, "string_type"),
        ("description", "\0", "value_error"),
        ("location", "x" * 256, "string_too_long"),
        ("max_guests", 0, "greater_than_equal"),
        ("max_guests", 2.5, "int_from_float"),
        ("max_guests", "many", "int_parsing"),
        ("max_guests", "2.5", "int_parsing"),
        ("max_guests", [], "int_parsing"),
        ("max_guests", 2147483648, "less_than_equal"),
        ("max_guests", 1e30, "int_parsing"),
        ("base_price_per_night", -0.01, "greater_than_equal"),
        ("base_price_per_night", "99999999.995", "less_than_equal"),
        ("base_price_per_night", 100000000, "less_than_equal"),
        ("base_price_per_night", "1e999999999", "less_than_equal"),
        ("base_price_per_night", "NaN", "finite_number"),
        ("base_price_per_night", "-Infinity", "finite_number"),
        ("base_price_per_night", True, "decimal_parsing"),
        ("base_price_per_night", "ten", "decimal_parsing"),
        ("base_price_per_night", {}, "decimal_parsing"),
        ("amenities", "wifi", "list_type"),
        ("amenities", {"a": 1}, "list_type"),
        ("status", "closed", "enum"),
        ("status", None, "enum"),
        ("slug", None, "string_type"),
        ("slug", "", "value_error"),
        ("slug", "Villa", "value_error"),
        ("slug", "a--b", "value_error"),
        ("slug", "a\n", "value_error"),
        ("slug", "x" * 81, "string_too_long"),
        ("currency", "usd", "value_error"),
        ("currency", "XXQ", "value_error"),
        ("currency", None, "string_type"),
        ("time_zone", "Bali", "value_error"),
        ("time_zone", "", "value_error"),
        ("check_in_time", "3pm", "value_error"),
        ("check_in_time", "24:00", "value_error"),
        ("check_in_time", "15:00:00", "value_error"),
        ("check_in_time", "15:00\n", "value_error"),
        ("check_out_time", 11, "string_type"),
        ("address_line1", "x" * 256, "string_too_long"),
        ("city", "x" * 256, "string_too_long"),
        ("country", "id", "value_error"),
        ("country", "XK", "value_error"),
        ("country", "IDN", "value_error"),
        ("latitude", -90.1, "greater_than_equal"),
        ("latitude", "90.0000001", "less_than_equal"),
        ("longitude", 181, "less_than_equal"),
        ("longitude", "east", "decimal_parsing"),
        ("longitude", "nan", "finite_number"),
        ("bedrooms", -1, "greater_than_equal"),
        ("bedrooms", 1000, "less_than_equal"),
        ("bathrooms", 1.3, "value_error"),
        ("bathrooms", 999.5, "less_than_equal"),
        ("bathrooms", -0.5, "greater_than_equal"),
        ("units", [], "value_error"),
        ("units", None, "list_type"),
        ("units", [{"name": f"U{n}"} for n in range(201)], "value_error"),
    ],
)
def test_create_property_refuses_malformed_fields(
    api: Api, field: str, value: object, kind: str
) -> None:
    response = api.post("properties", VILLA | {field: value})

    assert errors_of(response) == [(kind, ["body", field])]


@pytest.mark.parametrize(
    ("unit", "error"),
    [
        ({}, ("missing", ["body", "units", 0, "name"])),
        ({"name": "x" * 101}, ("string_too_long", ["body", "units", 0, "name"])),
        ({"name": "A", "position": 2**31}, ("less_than_equal", ["body", "units", 0, "position"])),
        ({"name": "A", "status": "gone"}, ("enum", ["body", "units", 0, "status"])),
        (
            {"name": "A", "available_to": "x"},
            ("date_parsing", ["body", "units", 0, "available_to"]),
        ),
        (
            {"name": "A", "available_from": "2026-01-02", "available_to": "2026-01-02"},
            ("value_error", ["body", "units", 0]),
        ),
        ("Garden", ("model_attributes_type", ["body", "units", 0])),
    ],
)
def test_create_property_refuses_malformed_units(api: Api, unit: object, error: object) -> None:
    assert errors_of(api.post("properties", VILLA | {"units": [unit]})) == [error]


@pytest.mark.parametrize("tiny", ["1e-999999999", "0.0000001"])
def test_tiny_numbers_do_no_harm(api: Api, tiny: str) -> None:
    numbers = ("base_price_per_night", "latitude", "longitude", "bathrooms")

    answer = api.post("properties", VILLA | dict.fromkeys(numbers, tiny)).json()

    assert [answer[name] for name in numbers] == ["0.00", 0.0, 0.0, 0.0]


def test_coordinates_are_numbers_of_six_decimals(api: Api) -> None:
    sent = {"latitude": "-8.65012345", "longitude": 115.1385004}

    answer = api.post("properties", VILLA | sent).json()

    assert (answer["latitude"], answer["longitude"]) == (-8.650123, 115.1385)


def test_show_property_takes_three_statements(
    api: Api, home: Property, statements: Statements
) -> None:
    with statements(3):
        assert api.get(f"properties/{home.pk}").status_code == 200


# --- Change and delete -----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_update_property_touches_what_is_sent_alone(api: Api, method: str) -> None:
    made = api.post("properties", FULL).json()
    address = f"properties/{made['id']}"

    assert api.send(method, address, {}).json() == made
    changed = api.send(method, address, {"name": "Villa Luna", "max_guests": None}).json()

    assert changed == {
        **made,
        "name": "Villa Luna",
        "max_guests": None,
        "updated_at": changed["updated_at"],
    }
    assert changed["updated_at"] > made["updated_at"]


def test_update_property_refuses_null_and_malformed(api: Api, home: Property) -> None:
    response = api.patch(f"properties/{home.pk}", {"name": None, "status": None, "slug": "A"})

    assert errors_of(response) == [
        ("string_type", ["body", "name"]),
        ("enum", ["body", "status"]),
        ("value_error", ["body", "slug"]),
    ]


def test_update_property_ignores_units(api: Api, home: Property) -> None:
    answer = api.patch(f"properties/{home.pk}", {"units": [{"name": "New"}], "unit_count": 9})

    assert answer.json()["unit_count"] == 1


def test_update_property_refuses_a_taken_slug(api: Api, organization: Organization) -> None:
    make_homes(organization, "A", slug="a")
    (other,) = make_homes(organization, "B", slug="b")

    response = api.patch(f"properties/{other.pk}", {"slug": "a"})

    assert refusal(response) == (409, "Property slug already taken")


def test_update_property_keeps_its_currency_once_booked(
    api: Api, organization: Organization, home: Property
) -> None:
    assert api.patch(f"properties/{home.pk}", {"currency": "EUR"}).json()["currency"] == "EUR"
    with organization_context(organization, by=None, door=Door.COMMAND):
        make_booking(home)

    assert refusal(api.patch(f"properties/{home.pk}", {"currency": "GBP"})) == (
        409,
        "Property has bookings",
    )
    assert api.patch(f"properties/{home.pk}", {"currency": "EUR"}).status_code == 200


def test_delete_property_takes_units_and_bookings_along(
    api: Api, organization: Organization, home: Property
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        booking = make_booking(home)

    response = api.delete(f"properties/{home.pk}")

    assert (response.status_code, response.json()) == (200, {"message": "Property deleted"})
    gone = (404, "Property not found")
    assert refusal(api.get(f"properties/{home.pk}")) == gone
    assert refusal(api.delete(f"properties/{home.pk}")) == gone
    assert refusal(api.patch(f"properties/{home.pk}", {})) == gone
    assert refusal(api.get(f"properties/{home.pk}/units")) == gone
    assert refusal(api.get(f"bookings/{booking.pk}")) == (404, "Booking not found")


# --- Other organizations ---------------------------------------------------------------------


def test_properties_of_others_are_not_there(api: Api, organization: Organization) -> None:
    (hotel,) = make_homes(organization, "Hotel", units=3)
    stranger = Api(make_member(make_organization(), Role.OWNER))
    unit = api.get(f"properties/{hotel.pk}/units").json()["items"][0]["id"]
    gone = (404, "Property not found")

    assert stranger.get("properties").json()["items"] == []
    for address in (f"properties/{hotel.pk}", f"properties/{hotel.pk}/units/{unit}"):
        assert refusal(stranger.get(address)) == gone
        assert refusal(stranger.patch(address, {"name": "Mine"})) == gone
        assert refusal(stranger.delete(address)) == gone
    assert refusal(stranger.post(f"properties/{hotel.pk}/units", {"name": "Mine"})) == gone
    assert api.get(f"properties/{hotel.pk}").json()["unit_count"] == 3
