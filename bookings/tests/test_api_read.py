"""Contract section 5 over HTTP: listing, showing, deleting."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from bookings.services import book_stay, move_to_unit
from conftest import Statements
from guests.models import Guest
from properties.models import Property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_booking,
    make_guest,
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


# --- Show ------------------------------------------------------------------------------------


def test_show_booking_brings_property_and_guest(
    api: Api, home: Property, guest: Guest, stay: dict
) -> None:
    made = api.post("bookings", stay).json()

    answer = api.get(f"bookings/{made['id']}").json()

    assert answer == {
        **made,
        "property": api.get(f"properties/{home.pk}").json(),
        "guest": api.get(f"guests/{guest.pk}").json(),
    }


def test_show_booking_without_a_name_has_no_guest(
    api: Api, organization: Organization, home: Property
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        booking = book_stay(
            property=home,
            guest=None,
            check_in=date(2026, 3, 1),
            check_out=date(2026, 3, 2),
            by=None,
        )

    answer = api.get(f"bookings/{booking.pk}").json()

    assert (answer["guest_id"], answer["guest"]) == (None, None)


def test_show_booking_names_every_unit_by_first_night(
    api: Api, organization: Organization, hotel: Property
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        rooms = units_of(hotel)
        booking = make_booking(hotel, date(2026, 3, 1), 4, units=[rooms[2]])
        move_to_unit(booking=booking, unit=rooms[0], by=None, from_night=date(2026, 3, 3))

    answer = api.get(f"bookings/{booking.pk}").json()

    assert answer["unit_id"] == str(rooms[2].pk)
    assert answer["unit_ids"] == [str(rooms[2].pk), str(rooms[0].pk)]
    assert answer["property"]["unit_count"] == 3


def test_cancelled_booking_holds_no_unit_but_knows_its_own(api: Api, stay: dict) -> None:
    made = api.post("bookings", stay).json()
    api.patch(f"bookings/{made['id']}", {"status": "cancelled"})

    answer = api.get(f"bookings/{made['id']}").json()

    assert (answer["unit_id"], answer["unit_ids"]) == (made["unit_id"], [])


def test_show_booking_takes_three_statements(
    api: Api, organization: Organization, hotel: Property, statements: Statements
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        booking = make_booking(hotel, units=units_of(hotel))

    with statements(3):
        assert len(api.get(f"bookings/{booking.pk}").json()["unit_ids"]) == 3


# --- List ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 3])
def test_list_bookings_takes_four_statements(
    api: Api, organization: Organization, hotel: Property, rows: int, statements: Statements
) -> None:
    for _ in range(rows):
        book(organization, hotel)

    with statements(4):
        answer = api.get("bookings", search="emma", status="pending").json()

    assert answer["total"] == len(answer["items"]) == rows


def test_list_bookings_shows_them_as_created(api: Api, stay: dict) -> None:
    made = api.post("bookings", stay).json()

    assert api.get("bookings").json()["items"] == [made]


def test_list_bookings_filters(
    api: Api, organization: Organization, home: Property, hotel: Property, guest: Guest
) -> None:
    march = book(organization, home, date(2026, 3, 10), 2, reference="MARCH", guest=guest)
    april = book(organization, home, date(2026, 4, 10), 5, reference="APRIL", status="confirmed")
    may = book(organization, hotel, date(2026, 5, 10), 1, reference="MAY", source="airbnb")

    def found(**query: object) -> list[str]:
        return references(api.get("bookings", ordering="check_in", **query))

    assert found() == ["MARCH", "APRIL", "MAY"]
    assert found(property_id=home.pk) == ["MARCH", "APRIL"]
    assert found(property_id=str(home.pk).upper(), status="pending") == ["MARCH"]
    assert found(guest_id=guest.pk) == ["MARCH"]
    assert found(guest_id=NO_ID) == []
    assert found(status="confirmed") == ["APRIL"]
    assert found(status="unheard_of") == found(status="") == found(source="") == []
    assert found(source="airbnb") == ["MAY"]
    assert found(check_in_from="2026-04-10") == ["APRIL", "MAY"]
    assert found(check_in_to="2026-04-10") == ["MARCH", "APRIL"]
    assert found(start_date=march.check_out) == ["APRIL", "MAY"]
    assert found(start_date="2026-03-11", end_date="2026-03-11") == ["MARCH"]
    assert found(end_date=april.check_in) == ["MARCH", "APRIL"]
    assert found(start_date=april.check_in, end_date=may.check_in) == ["APRIL", "MAY"]


def test_list_bookings_searches_guest_and_reference(
    api: Api, organization: Organization, home: Property, guest: Guest
) -> None:
    book(organization, home, date(2026, 3, 10), reference="AAA", guest=guest)
    with organization_context(organization, by=None, door=Door.COMMAND):
        james = make_guest(organization, name="James 100%", email="james@thompson.example.com")
    book(organization, home, date(2026, 4, 10), reference="EMM_A", guest=james)

    def found(text: str) -> list[str]:
        return references(api.get("bookings", ordering="check_in", search=text))

    assert found("THOMPSON") == ["AAA", "EMM_A"]
    assert found("emma@") == ["AAA"]
    assert found("aaa") == ["AAA"]
    assert found("%") == found("_") == ["EMM_A"]
    assert found("") == ["AAA", "EMM_A"]
    assert found("zzz") == []


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"property_id": "x"}, "uuid_parsing"),
        ({"guest_id": ""}, "uuid_parsing"),
        ({"check_in_from": ""}, "date_parsing"),
        ({"check_in_to": "soon"}, "date_parsing"),
        ({"start_date": ""}, "date_parsing"),
        ({"end_date": "2026-13-01"}, "date_parsing"),
        ({"ordering": "name"}, "value_error"),
        ({"search": "\0"}, "value_error"),
    ],
)
def test_list_bookings_refuses_malformed_parameters(api: Api, query: dict, kind: str) -> None:
    (name,) = query

    assert errors_of(api.get("bookings", **query)) == [(kind, ["query", name])]


@pytest.mark.parametrize(
    "ordering",
    ["created_at", "-updated_at", "status", "reference", "check_in,-check_out", "-total_price"],
)
def test_list_bookings_is_ordered_by_what_bookings_have(api: Api, ordering: str) -> None:
    assert api.get("bookings", ordering=ordering).status_code == 200


def test_list_bookings_without_total_come_last(
    api: Api, organization: Organization, home: Property
) -> None:
    for day, (reference, total) in enumerate(
        [("A", Decimal(500)), ("B", None), ("C", Decimal(100))], start=1
    ):
        book(organization, home, date(2026, day, 1), reference=reference, total_price=total)
    api.patch(f"properties/{home.pk}", {"base_price_per_night": None})
    book(organization, home, date(2026, 9, 1), reference="D")

    assert references(api.get("bookings", ordering="total_price"))[-1] == "D"
    assert references(api.get("bookings", ordering="-total_price"))[-1] == "D"


# --- What a housekeeper sees -----------------------------------------------------------------


def test_housekeeper_sees_no_prices_and_no_contact_details(
    api: Api, organization: Organization, guest: Guest, stay: dict
) -> None:
    made = api.post("bookings", stay | {"special_requests": "Cot"}).json()
    housekeeper = Api(make_member(organization, Role.HOUSEKEEPER))

    shown = housekeeper.get(f"bookings/{made['id']}").json()
    (listed,) = housekeeper.get("bookings").json()["items"]

    assert listed == {**made, "total_price": None}
    assert shown["total_price"] is None
    assert shown["guest"] == {
        "id": str(guest.pk),
        "name": "Emma Thompson",
        "created_at": shown["guest"]["created_at"],
    }


def test_housekeeper_finds_nothing_out_by_searching_or_ordering(
    organization: Organization, api: Api, stay: dict
) -> None:
    api.post("bookings", stay)
    housekeeper = Api(make_member(organization, Role.HOUSEKEEPER))

    assert housekeeper.get("bookings", search="emma@").json()["total"] == 0
    assert housekeeper.get("bookings", search="emma t").json()["total"] == 1
    assert errors_of(housekeeper.get("bookings", ordering="-total_price")) == [
        ("value_error", ["query", "ordering"])
    ]


# --- Delete, and other organizations ---------------------------------------------------------


def test_delete_booking_is_final_for_clients(api: Api, stay: dict) -> None:
    made = api.post("bookings", stay).json()
    address = f"bookings/{made['id']}"

    assert api.delete(address).json() == {"message": "Booking deleted"}

    gone = (404, "Booking not found")
    assert refusal(api.delete(address)) == gone
    assert refusal(api.get(address)) == gone
    assert refusal(api.patch(address, {})) == gone
    assert api.get("bookings").json()["total"] == 0


def test_bookings_of_others_are_not_there(api: Api, home: Property, stay: dict) -> None:
    made = api.post("bookings", stay).json()
    theirs = make_organization()
    stranger = Api(make_member(theirs, Role.OWNER))
    with organization_context(theirs, by=None, door=Door.COMMAND):
        their_home, their_guest = make_property(theirs), make_guest(theirs)
    own = stay | {"property_id": str(their_home.pk), "guest_id": str(their_guest.pk)}
    address = f"bookings/{made['id']}"

    assert stranger.get("bookings", property_id=str(home.pk)).json()["items"] == []
    for response in (
        stranger.get(address),
        stranger.patch(address, {"status": "cancelled"}),
        stranger.delete(address),
    ):
        assert refusal(response) == (404, "Booking not found")
    for field, text in (("property_id", "Property not found"), ("guest_id", "Guest not found")):
        assert refusal(stranger.post("bookings", own | {field: stay[field]})) == (404, text)
    unit = own | {"unit_id": made["unit_id"]}
    assert refusal(stranger.post("bookings", unit)) == (404, "Unit not found")
    assert stranger.post("bookings", own).status_code == 201
    assert api.get("bookings").json()["items"] == [made]
