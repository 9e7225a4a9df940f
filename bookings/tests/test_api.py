"""Contract section 5 over HTTP: booking a stay."""

from datetime import date
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from conftest import Statements
from guests.models import Guest
from properties.models import Property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_member,
    make_property,
)
from villaops.tests.client import Api, Response, errors_of, refusal

pytestmark = pytest.mark.django_db

NO_ID = "01890000-0000-7000-8000-000000000000"
CONFLICT = (409, "Dates conflict with an existing booking")


@pytest.fixture
def user(organization: Organization) -> User:
    return make_member(organization, Role.MANAGER)


@pytest.fixture
def api(user: User) -> Api:
    return Api(user)


@pytest.fixture
def home(organization: Organization) -> Property:
    """A villa for four at 100.00 USD a night."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_property(organization)


@pytest.fixture
def hotel(organization: Organization) -> Property:
    """Three rooms."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_property(organization, units=3)


@pytest.fixture
def guest(organization: Organization) -> Guest:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_guest(organization, name="Emma Thompson", email="emma@example.com")


@pytest.fixture
def stay(home: Property, guest: Guest) -> dict[str, Any]:
    """What a client sends to book three nights in March."""
    return {
        "property_id": str(home.pk),
        "guest_id": str(guest.pk),
        "check_in": "2026-03-01",
        "check_out": "2026-03-04",
    }


def book(organization: Organization, *args: Any, **fields: Any) -> Booking:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_booking(*args, **fields)


def references(response: Response) -> list[str]:
    return [item["reference"] for item in response.json()["items"]]


# --- Create ----------------------------------------------------------------------------------


def test_create_booking_answers_with_defaults(api: Api, home: Property, stay: dict) -> None:
    response = api.post("bookings", stay | {"id": NO_ID, "reference": "X", "currency": "EUR"})

    answer = response.json()
    (unit,) = api.get(f"properties/{home.pk}/units").json()["items"]
    assert response.status_code == 201
    assert answer == {
        "id": answer["id"],
        **stay,
        "unit_id": unit["id"],
        "unit_ids": [unit["id"]],
        "reference": answer["reference"],
        "nights": 3,
        "num_guests": 1,
        "adults": 1,
        "children": 0,
        "status": "pending",
        "total_price": "300.00",
        "currency": home.currency,
        "balance_due": None,
        "source": "direct",
        "special_requests": None,
        "cancellation_reason": None,
        "cancelled_at": None,
        "created_at": answer["created_at"],
        "updated_at": answer["updated_at"],
    }
    assert len(answer["reference"]) == 8


def test_create_booking_keeps_what_is_sent(api: Api, stay: dict) -> None:
    sent = {
        "num_guests": 3,
        "adults": 2,
        "children": 1,
        "status": "checked_in",
        "total_price": "99.99",
        "source": "booking_com",
        "special_requests": "Late.\nVery.",
    }

    answer = api.post("bookings", stay | sent).json()

    assert {name: answer[name] for name in sent} == sent


def test_create_booking_ignores_a_cancellation_reason(api: Api, stay: dict) -> None:
    answer = api.post("bookings", stay | {"cancellation_reason": "None yet"}).json()

    assert answer["cancellation_reason"] is None


@pytest.mark.parametrize("sent", [{}, {"total_price": None}])
def test_total_is_nights_times_base_price_unless_given(
    api: Api, organization: Organization, stay: dict, sent: dict
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        unpriced = make_property(organization, base_price_per_night=None)

    assert api.post("bookings", stay | sent).json()["total_price"] == "300.00"
    without = api.post("bookings", stay | sent | {"property_id": str(unpriced.pk)})
    assert without.json()["total_price"] is None


@pytest.mark.parametrize(
    ("party", "answered"),
    [
        ({"num_guests": 3}, (3, 3, 0)),
        ({"adults": 2}, (2, 2, 0)),
        ({"children": 2}, (3, 1, 2)),
        ({"adults": 2, "children": 2}, (4, 2, 2)),
        ({"num_guests": 4, "adults": 3, "children": 1}, (4, 3, 1)),
        ({"num_guests": "2", "adults": 2.0, "children": "0"}, (2, 2, 0)),
        ({"num_guests": True}, (1, 1, 0)),
    ],
)
def test_party_adds_up(api: Api, stay: dict, party: dict, answered: tuple) -> None:
    answer = api.post("bookings", stay | party).json()

    assert (answer["num_guests"], answer["adults"], answer["children"]) == answered


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"num_guests": 3, "adults": 2, "children": 0}, [("value_error", ["body"])]),
        ({"num_guests": 1, "adults": 2}, [("value_error", ["body"])]),
        ({"num_guests": 2, "children": 2}, [("value_error", ["body"])]),
        ({"num_guests": 0}, [("greater_than_equal", ["body", "num_guests"])]),
        ({"adults": 0}, [("greater_than_equal", ["body", "adults"])]),
        ({"children": -1}, [("greater_than_equal", ["body", "children"])]),
        ({"children": None}, [("int_parsing", ["body", "children"])]),
        ({"check_out": "2026-03-01"}, [("value_error", ["body"])]),
        ({"check_out": "2028-03-01"}, [("value_error", ["body"])]),
        ({"check_in": "2026-02-30"}, [("date_parsing", ["body", "check_in"])]),
        ({"check_in": "2026-03-01T12:00:00"}, [("date_parsing", ["body", "check_in"])]),
        ({"check_in": None}, [("date_parsing", ["body", "check_in"])]),
        ({"check_in": ""}, [("date_parsing", ["body", "check_in"])]),
        ({"status": "cancelled"}, [("value_error", ["body", "status"])]),
        ({"status": "no_show"}, [("value_error", ["body", "status"])]),
        ({"status": "gone"}, [("enum", ["body", "status"])]),
        ({"status": None}, [("enum", ["body", "status"])]),
        ({"source": "expedia"}, [("enum", ["body", "source"])]),
        ({"total_price": -1}, [("greater_than_equal", ["body", "total_price"])]),
        ({"total_price": "10000000000"}, [("less_than_equal", ["body", "total_price"])]),
        ({"special_requests": 7}, [("string_type", ["body", "special_requests"])]),
        (
            {"cancellation_reason": "x" * 501},
            [("string_too_long", ["body", "cancellation_reason"])],
        ),
        ({"property_id": "x"}, [("uuid_parsing", ["body", "property_id"])]),
        ({"guest_id": None}, [("uuid_parsing", ["body", "guest_id"])]),
        ({"unit_id": None}, [("uuid_parsing", ["body", "unit_id"])]),
        ({"unit_id": 7}, [("uuid_parsing", ["body", "unit_id"])]),
    ],
)
def test_create_booking_refuses_malformed_fields(
    api: Api, stay: dict, sent: dict, errors: list
) -> None:
    assert errors_of(api.post("bookings", stay | sent)) == errors


def test_create_booking_tells_that_check_out_comes_after_check_in(api: Api, stay: dict) -> None:
    response = api.post("bookings", stay | {"check_out": "2026-02-01"})

    (error,) = response.json()["detail"]
    assert "check_out must be after check_in" in error["msg"]


@pytest.mark.parametrize(
    "spelled", ["2026-03-01T00:00:00", "2026-03-01T00:00:00Z", 1772323200, "1772323200"]
)
def test_dates_may_be_midnights(api: Api, stay: dict, spelled: object) -> None:
    assert api.post("bookings", stay | {"check_in": spelled}).json()["check_in"] == "2026-03-01"


def test_create_booking_reports_what_is_missing(api: Api) -> None:
    assert errors_of(api.post("bookings", {})) == [
        ("missing", ["body", name]) for name in ("property_id", "guest_id", "check_in", "check_out")
    ]


@pytest.mark.parametrize(
    ("check_in", "check_out"), [("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31")]
)
def test_first_and_last_dates_there_are_can_be_booked(
    api: Api, stay: dict, check_in: str, check_out: str
) -> None:
    response = api.post("bookings", stay | {"check_in": check_in, "check_out": check_out})

    assert response.status_code == 201
    assert response.json()["nights"] == 1


def test_create_booking_says_no_in_the_order_of_the_contract(
    api: Api, organization: Organization, home: Property, hotel: Property, stay: dict
) -> None:
    room = api.get(f"properties/{hotel.pk}/units").json()["items"][0]["id"]
    own = api.get(f"properties/{home.pk}/units").json()["items"][0]["id"]
    book(organization, home, date(2026, 3, 3))
    api.patch(f"properties/{home.pk}", {"status": "maintenance"})
    api.patch(f"properties/{home.pk}/units/{own}", {"status": "inactive"})
    request = stay | {
        "property_id": NO_ID,
        "guest_id": NO_ID,
        "unit_id": room,
        "num_guests": 5,
    }

    assert refusal(api.post("bookings", request)) == (404, "Property not found")
    request["property_id"] = str(home.pk)
    assert refusal(api.post("bookings", request)) == (404, "Guest not found")
    request["guest_id"] = stay["guest_id"]
    assert refusal(api.post("bookings", request)) == (404, "Unit not found")
    request["unit_id"] = own
    assert errors_of(api.post("bookings", request)) == [("value_error", ["body"])]
    request["num_guests"] = 4
    assert refusal(api.post("bookings", request)) == (409, "Property is not open for bookings")
    api.patch(f"properties/{home.pk}", {"status": "active"})
    assert refusal(api.post("bookings", request)) == (409, "Unit is not open for bookings")
    api.patch(f"properties/{home.pk}/units/{own}", {"status": "active"})
    assert refusal(api.post("bookings", request)) == CONFLICT


def test_computed_total_has_a_limit(api: Api, home: Property, stay: dict) -> None:
    api.patch(f"properties/{home.pk}", {"base_price_per_night": "99999999.99"})

    response = api.post("bookings", stay | {"check_out": "2026-07-01"})

    assert errors_of(response) == [("value_error", ["body"])]


def test_nights_outside_the_units_offer_are_not_open(api: Api, home: Property, stay: dict) -> None:
    (unit,) = api.get(f"properties/{home.pk}/units").json()["items"]
    api.patch(f"properties/{home.pk}/units/{unit['id']}", {"available_to": "2026-03-03"})

    assert refusal(api.post("bookings", stay)) == (409, "Unit is not open for bookings")


def test_same_day_turnover_is_no_conflict(api: Api, stay: dict) -> None:
    api.post("bookings", stay)

    assert refusal(api.post("bookings", stay)) == CONFLICT
    after = stay | {"check_in": "2026-03-04", "check_out": "2026-03-05"}
    before = stay | {"check_in": "2026-02-28", "check_out": "2026-03-01"}
    assert api.post("bookings", after).status_code == 201
    assert api.post("bookings", before).status_code == 201


def test_first_free_unit_by_position_is_taken(api: Api, hotel: Property, stay: dict) -> None:
    rooms = [unit["id"] for unit in api.get(f"properties/{hotel.pk}/units").json()["items"]]
    request = stay | {"property_id": str(hotel.pk)}
    api.post("bookings", request | {"unit_id": rooms[1]})

    taken = [api.post("bookings", request).json()["unit_id"] for _ in range(2)]

    assert taken == [rooms[0], rooms[2]]
    assert refusal(api.post("bookings", request)) == CONFLICT
    assert refusal(api.post("bookings", request | {"unit_id": rooms[1]})) == CONFLICT


@pytest.mark.parametrize("gone", ["cancelled", "no_show", "deleted"])
def test_bookings_that_hold_nothing_are_in_nobodys_way(api: Api, stay: dict, gone: str) -> None:
    first = api.post("bookings", stay | {"status": "confirmed"}).json()
    if gone == "deleted":
        api.delete(f"bookings/{first['id']}")
    else:
        api.patch(f"bookings/{first['id']}", {"status": gone})

    assert api.post("bookings", stay).status_code == 201


def test_create_booking_takes_ten_statements_and_one_to_find_a_unit(
    api: Api, home: Property, stay: dict, statements: Statements
) -> None:
    (unit,) = api.get(f"properties/{home.pk}/units").json()["items"]

    with statements(7):
        assert api.post("bookings", stay).status_code == 201
    with statements(7):
        named = stay | {"check_in": "2026-05-01", "check_out": "2026-05-29", "unit_id": unit["id"]}
        assert api.post("bookings", named).status_code == 201
