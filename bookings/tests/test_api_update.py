"""Contract section 5 over HTTP: changing bookings, their status above all."""

from datetime import date
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import MOVES, Status
from guests.models import Guest
from properties.models import Property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_guest, make_member, make_property
from villaops.tests.client import Api, errors_of, refusal

pytestmark = pytest.mark.django_db

NO_ID = "01890000-0000-7000-8000-000000000000"
CONFLICT = (409, "Dates conflict with an existing booking")
# How a booking gets to each status from pending.
WAYS: dict[str, list[str]] = {
    "pending": [],
    "confirmed": ["confirmed"],
    "checked_in": ["checked_in"],
    "checked_out": ["checked_in", "checked_out"],
    "cancelled": ["cancelled"],
    "no_show": ["confirmed", "no_show"],
}


@pytest.fixture
def user(organization: Organization) -> User:
    return make_member(organization, Role.STAFF)


@pytest.fixture
def api(user: User) -> Api:
    return Api(user)


@pytest.fixture
def owner_api(organization: Organization) -> Api:
    return Api(make_member(organization, Role.OWNER))


@pytest.fixture
def home(organization: Organization) -> Property:
    """A villa for four at 100.00 USD a night."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_property(organization)


@pytest.fixture
def hotel(organization: Organization) -> Property:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_property(organization, units=2, currency="EUR")


@pytest.fixture
def guest(organization: Organization) -> Guest:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_guest(organization)


@pytest.fixture
def made(api: Api, home: Property, guest: Guest) -> dict[str, Any]:
    """Three nights in March, as answered."""
    return booked(api, home, guest, "2026-03-01", "2026-03-04")


def booked(
    api: Api, home: Property, guest: Guest, check_in: str, check_out: str, **fields: Any
) -> dict[str, Any]:
    body = {
        "property_id": str(home.pk),
        "guest_id": str(guest.pk),
        "check_in": check_in,
        "check_out": check_out,
    }
    response = api.post("bookings", body | fields)
    assert response.status_code == 201, response.content
    answer: dict[str, Any] = response.json()
    return answer


def change(api: Api, made: dict[str, Any], **fields: Any) -> Any:
    return api.patch(f"bookings/{made['id']}", fields)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_update_booking_touches_what_is_sent_alone(api: Api, made: dict, method: str) -> None:
    address = f"bookings/{made['id']}"

    assert api.send(method, address, {}).json() == made
    sent = {"special_requests": "Cot", "source": "vrbo", "reference": "X", "nights": 9}
    changed = api.send(method, address, sent).json()

    assert changed == {
        **made,
        "special_requests": "Cot",
        "source": "vrbo",
        "updated_at": changed["updated_at"],
    }
    assert api.send(method, address, {"special_requests": None}).json()["special_requests"] is None


@pytest.mark.parametrize("old", WAYS)
def test_status_moves_as_the_contract_lets_it(
    api: Api, home: Property, guest: Guest, old: str
) -> None:
    for month, new in enumerate(Status.values, start=1):
        booking = booked(api, home, guest, f"2026-{month:02}-01", f"2026-{month:02}-03")
        for step in WAYS[old]:
            assert change(api, booking, status=step).status_code == 200
        before = api.get(f"bookings/{booking['id']}").json()

        response = change(api, booking, status=new)

        if new == old:
            assert response.json()["updated_at"] == before["updated_at"]
        elif new in MOVES[old]:
            assert response.json()["status"] == new
        else:
            assert refusal(response) == (409, f"Cannot change a booking from {old} to {new}")


def test_cancelling_and_reviving(api: Api, made: dict) -> None:
    cancelled = change(api, made, status="cancelled", cancellation_reason="Ill").json()

    assert cancelled["cancelled_at"].endswith("Z")
    assert cancelled["cancellation_reason"] == "Ill"
    assert cancelled["unit_ids"] == []
    corrected = change(api, made, cancellation_reason="Flu").json()
    assert (corrected["cancellation_reason"], corrected["cancelled_at"]) == (
        "Flu",
        cancelled["cancelled_at"],
    )
    revived = change(api, made, status="confirmed").json()
    assert (revived["cancelled_at"], revived["cancellation_reason"]) == (None, None)
    assert revived["unit_ids"] == made["unit_ids"]


def test_cancellation_reason_is_kept_only_while_cancelled(api: Api, made: dict) -> None:
    response = change(api, made, cancellation_reason="Perhaps")

    assert response.json()["cancellation_reason"] is None


@pytest.mark.parametrize("gone", ["cancelled", "no_show"])
def test_reviving_checks_the_dates_again(
    api: Api, home: Property, guest: Guest, made: dict, gone: str
) -> None:
    for step in WAYS[gone]:
        change(api, made, status=step)
    other = booked(api, home, guest, "2026-03-03", "2026-03-05")

    assert refusal(change(api, made, status="confirmed")) == CONFLICT
    change(api, other, status="cancelled")
    assert change(api, made, status="confirmed").status_code == 200


def test_status_is_refused_before_the_dates(
    api: Api, home: Property, guest: Guest, made: dict
) -> None:
    booked(api, home, guest, "2026-03-10", "2026-03-12")

    response = change(api, made, status="no_show", check_in="2026-03-10", check_out="2026-03-11")

    assert refusal(response) == (409, "Cannot change a booking from pending to no_show")


def test_dates_move_without_a_new_price(api: Api, home: Property, guest: Guest, made: dict) -> None:
    moved = change(api, made, check_in="2026-03-02", check_out="2026-03-09").json()

    assert (moved["check_in"], moved["check_out"], moved["nights"]) == (
        "2026-03-02",
        "2026-03-09",
        7,
    )
    assert moved["total_price"] == "300.00"
    booked(api, home, guest, "2026-03-01", "2026-03-02")
    assert refusal(change(api, made, check_in="2026-03-01")) == CONFLICT


@pytest.mark.parametrize(
    "sent",
    [
        {"check_out": "2026-03-01"},
        {"check_in": "2026-03-04"},
        {"check_in": "2026-05-02", "check_out": "2026-05-01"},
        {"check_out": "2029-03-01"},
    ],
)
def test_dates_are_compared_with_the_stored_other_one(api: Api, made: dict, sent: dict) -> None:
    response = change(api, made, **sent)

    assert errors_of(response) == [("value_error", ["body"])]
    assert response.json()["detail"][0]["input"] == sent


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ({"num_guests": 3}, (3, 3, 0)),
        ({"adults": 1}, (2, 1, 1)),
        ({"children": 0}, (2, 2, 0)),
        ({"num_guests": 4, "adults": 3, "children": 1}, (4, 3, 1)),
    ],
)
def test_party_is_completed_from_what_is_stored(
    api: Api, made: dict, sent: dict, answered: tuple
) -> None:
    change(api, made, adults=2, children=1)

    answer = change(api, made, **sent).json()

    assert (answer["num_guests"], answer["adults"], answer["children"]) == answered


def test_party_has_to_fit_when_it_or_the_property_changes(
    api: Api, owner_api: Api, organization: Organization, home: Property, made: dict
) -> None:
    change(api, made, num_guests=4)
    owner_api.patch(f"properties/{home.pk}", {"max_guests": 2})
    with organization_context(organization, by=None, door=Door.COMMAND):
        small = make_property(organization, max_guests=3)

    assert change(api, made, special_requests="Cot").status_code == 200
    assert change(api, made, num_guests=4).status_code == 200
    assert errors_of(change(api, made, num_guests=3)) == [("value_error", ["body"])]
    assert errors_of(change(api, made, property_id=str(small.pk))) == [("value_error", ["body"])]


def test_move_to_another_property_takes_its_first_free_unit(
    api: Api, owner_api: Api, hotel: Property, guest: Guest, made: dict
) -> None:
    rooms = [u["id"] for u in api.get(f"properties/{hotel.pk}/units").json()["items"]]
    booked(api, hotel, guest, "2026-03-02", "2026-03-03", unit_id=rooms[0])

    without_total = change(api, made, property_id=str(hotel.pk))
    moved = change(api, made, property_id=str(hotel.pk), total_price="280")

    assert errors_of(without_total) == [("value_error", ["body"])]
    assert moved.json()["property_id"] == str(hotel.pk)
    assert moved.json()["unit_ids"] == [rooms[1]]
    assert (moved.json()["currency"], moved.json()["total_price"]) == ("EUR", "280.00")


def test_move_to_a_unit_that_is_taken_conflicts(api: Api, hotel: Property, guest: Guest) -> None:
    rooms = [u["id"] for u in api.get(f"properties/{hotel.pk}/units").json()["items"]]
    first = booked(api, hotel, guest, "2026-03-01", "2026-03-04")
    second = booked(api, hotel, guest, "2026-03-03", "2026-03-05")

    assert (first["unit_id"], second["unit_id"]) == (rooms[0], rooms[1])
    assert refusal(change(api, second, unit_id=rooms[0])) == CONFLICT
    change(api, first, status="cancelled")
    assert change(api, second, unit_id=rooms[0]).json()["unit_ids"] == [rooms[0]]


def test_update_booking_says_no_in_the_order_of_the_contract(
    api: Api, owner_api: Api, home: Property, hotel: Property, guest: Guest, made: dict
) -> None:
    own = made["unit_id"]
    room = api.get(f"properties/{hotel.pk}/units").json()["items"][0]["id"]
    owner_api.patch(f"properties/{hotel.pk}", {"status": "inactive"})
    owner_api.patch(f"properties/{hotel.pk}/units/{room}", {"status": "inactive"})
    booked(api, home, guest, "2026-03-20", "2026-03-22")
    sent: dict[str, Any] = {"property_id": NO_ID, "guest_id": NO_ID, "unit_id": own}

    assert refusal(api.patch(f"bookings/{NO_ID}", sent)) == (404, "Booking not found")
    assert refusal(change(api, made, **sent)) == (404, "Property not found")
    sent["property_id"] = str(hotel.pk)
    assert refusal(change(api, made, **sent)) == (404, "Guest not found")
    sent["guest_id"] = str(guest.pk)
    assert refusal(change(api, made, **sent)) == (404, "Unit not found")
    sent["unit_id"] = room
    assert errors_of(change(api, made, **sent)) == [("value_error", ["body"])]
    sent["total_price"] = 1
    assert refusal(change(api, made, **sent)) == (409, "Property is not open for bookings")
    owner_api.patch(f"properties/{hotel.pk}", {"status": "active"})
    assert refusal(change(api, made, **sent)) == (409, "Unit is not open for bookings")


def test_closed_property_is_in_the_way_of_new_ones_only(
    api: Api, owner_api: Api, home: Property, made: dict
) -> None:
    owner_api.patch(f"properties/{home.pk}", {"status": "inactive"})
    owner_api.patch(f"properties/{home.pk}/units/{made['unit_id']}", {"status": "inactive"})

    same = change(api, made, property_id=str(home.pk), unit_id=made["unit_id"], num_guests=2)

    assert same.json()["num_guests"] == 2


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("property_id", None, "uuid_parsing"),
        ("guest_id", None, "uuid_parsing"),
        ("unit_id", "x", "uuid_parsing"),
        ("check_in", None, "date_parsing"),
        ("num_guests", 0, "greater_than_equal"),
        ("status", None, "enum"),
        ("source", "x", "enum"),
        ("total_price", "NaN", "finite_number"),
        ("cancellation_reason", "x" * 501, "string_too_long"),
    ],
)
def test_update_booking_refuses_malformed_fields(
    api: Api, made: dict, field: str, value: object, kind: str
) -> None:
    assert errors_of(change(api, made, **{field: value})) == [(kind, ["body", field])]


def test_total_may_be_taken_away(api: Api, made: dict) -> None:
    assert change(api, made, total_price=None).json()["total_price"] is None
    assert change(api, made, total_price="0.005").json()["total_price"] == "0.01"


def test_block_is_in_the_way_too(api: Api, made: dict) -> None:
    block = {"unit_id": made["unit_id"], "start": "2026-03-10", "end": "2026-03-12"}
    api.post("blocks", block)

    assert refusal(change(api, made, check_out="2026-03-11")) == CONFLICT


def test_guest_of_a_nameless_stay_can_be_named(
    api: Api, organization: Organization, home: Property, guest: Guest
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        booking = make_booking(home, date(2026, 6, 1))

    answer = api.patch(f"bookings/{booking.pk}", {"guest_id": str(guest.pk)})

    assert answer.json()["guest_id"] == str(guest.pk)
