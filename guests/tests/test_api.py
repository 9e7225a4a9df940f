"""Contract section 4 over HTTP."""

import pytest

from accounts.models import Organization
from accounts.permissions import Role
from conftest import Statements
from guests.models import Guest
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_member,
    make_organization,
    make_property,
)
from villaops.tests.client import Api, Response, errors_of, refusal

pytestmark = pytest.mark.django_db

EMMA = {"name": "Emma Thompson", "email": "emma@example.com"}
FULL = {**EMMA, "phone": "+61 2 5550", "nationality": "Australian", "notes": "Likes the sea."}


@pytest.fixture
def api(organization: Organization) -> Api:
    return Api(make_member(organization, Role.MANAGER))


def make_guests(organization: Organization, *names: str) -> list[Guest]:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return [make_guest(organization, name=name) for name in names]


def names(response: Response) -> list[str]:
    return [item["name"] for item in response.json()["items"]]


def test_create_guest_answers_with_the_guest(api: Api) -> None:
    response = api.post("guests", FULL | {"id": "x", "created_at": "x"})

    answer = response.json()
    assert response.status_code == 201
    assert answer == {"id": answer["id"], **FULL, "created_at": answer["created_at"]}
    assert list(answer) == ["id", *FULL, "created_at"]
    assert api.get(f"guests/{answer['id']}").json() == answer


def test_create_guest_needs_name_and_email_alone(api: Api) -> None:
    answer = api.post("guests", EMMA).json()

    assert (answer["phone"], answer["nationality"], answer["notes"]) == (None, None, None)
    assert errors_of(api.post("guests", {})) == [
        ("missing", ["body", "name"]),
        ("missing", ["body", "email"]),
    ]


def test_create_guest_refuses_a_known_email_in_any_case(api: Api) -> None:
    api.post("guests", EMMA)

    for email in ("EMMA@example.com", "Emma T <emma@EXAMPLE.com>"):
        response = api.post("guests", EMMA | {"email": email})
        assert refusal(response) == (409, "Guest with this email already exists")


def test_email_of_a_deleted_guest_is_free_again(api: Api) -> None:
    made = api.post("guests", EMMA).json()
    api.delete(f"guests/{made['id']}")

    assert api.post("guests", EMMA).status_code == 201


def test_text_is_kept_as_sent(api: Api) -> None:
    answer = api.post("guests", EMMA | {"name": "  Zoë ", "notes": " \n", "phone": ""}).json()

    assert (answer["name"], answer["notes"], answer["phone"]) == ("  Zoë ", " \n", "")


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("name", "", "string_too_short"),
        ("name", "x" * 256, "string_too_long"),
        ("name", None, "string_type"),
        ("name", True, "string_type"),
        ("email", "", "value_error"),
        ("email", "emma", "value_error"),
        ("email", "a@b.local", "value_error"),
        ("email", "a@" + "b" * 300 + ".com", "value_error"),
        ("email", 7, "string_type"),
        ("phone", "x" * 51, "string_too_long"),
        ("phone", 7, "string_type"),
        ("nationality", "x" * 101, "string_too_long"),
        ("notes", ["x"], "string_type"),
        ("notes", "a\0", "value_error"),
    ],
)
def test_guests_refuse_malformed_fields(api: Api, field: str, value: object, kind: str) -> None:
    made = api.post("guests", EMMA).json()

    for response in (
        api.post("guests", EMMA | {field: value}),
        api.patch(f"guests/{made['id']}", {field: value}),
    ):
        assert errors_of(response) == [(kind, ["body", field])]


def test_list_guests_searches_name_and_email_in_any_case(
    api: Api, organization: Organization
) -> None:
    make_guests(organization, "Emma Thompson", "James Wilson")
    api.post("guests", {"name": "100% _O'Brien\\", "email": "liam@thompson.example.com"})

    def found(search: str) -> list[str]:
        return names(api.get("guests", search=search, ordering="name"))

    assert found("THOMPSON") == ["100% _O'Brien\\", "Emma Thompson"]
    assert found("") == ["100% _O'Brien\\", "Emma Thompson", "James Wilson"]
    assert found("%") == ["100% _O'Brien\\"]
    assert found("_") == ["100% _O'Brien\\"]
    assert found("n\\") == ["100% _O'Brien\\"]
    assert found("'") == ["100% _O'Brien\\"]
    assert found("nobody") == []
    assert errors_of(api.get("guests", search="\0")) == [("value_error", ["query", "search"])]


@pytest.mark.parametrize("ordering", ["name", "-email", "created_at,name", "-created_at"])
def test_list_guests_is_ordered_by_what_guests_have(api: Api, ordering: str) -> None:
    assert api.get("guests", ordering=ordering).status_code == 200
    for other in ("updated_at", "status", "phone"):
        assert errors_of(api.get("guests", ordering=other)) == [
            ("value_error", ["query", "ordering"])
        ]


@pytest.mark.parametrize("rows", [1, 3])
def test_list_guests_takes_four_statements(
    api: Api, organization: Organization, rows: int, statements: Statements
) -> None:
    make_guests(organization, *"ABC"[:rows])

    with statements(4):
        assert api.get("guests", search="").json()["total"] == rows


def test_show_guest_takes_three_statements(
    api: Api, organization: Organization, statements: Statements
) -> None:
    (guest,) = make_guests(organization, "Emma")

    with statements(3):
        assert api.get(f"guests/{guest.pk}").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_update_guest_touches_what_is_sent_alone(api: Api, method: str) -> None:
    made = api.post("guests", FULL).json()
    address = f"guests/{made['id']}"

    assert api.send(method, address, {}).json() == made
    changed = api.send(method, address, {"notes": None, "email": "EMMA@example.com"}).json()

    assert changed == {**made, "notes": None, "email": "EMMA@example.com"}


def test_update_guest_refuses_another_guests_email(api: Api) -> None:
    api.post("guests", EMMA)
    other = api.post("guests", {"name": "James", "email": "james@example.com"}).json()

    response = api.patch(f"guests/{other['id']}", {"email": "Emma@example.com"})

    assert refusal(response) == (409, "Guest with this email already exists")


def test_delete_guest_is_final_for_clients(api: Api) -> None:
    made = api.post("guests", EMMA).json()
    address = f"guests/{made['id']}"

    assert api.delete(address).json() == {"message": "Guest deleted"}

    gone = (404, "Guest not found")
    assert refusal(api.delete(address)) == gone
    assert refusal(api.get(address)) == gone
    assert refusal(api.put(address, {})) == gone


def test_delete_guest_with_bookings_needs_to_say_so(api: Api, organization: Organization) -> None:
    (guest,) = make_guests(organization, "Emma")
    with organization_context(organization, by=None, door=Door.COMMAND):
        booking = make_booking(make_property(organization), guest=guest)
    api.patch(f"bookings/{booking.pk}", {"status": "cancelled"})
    address = f"guests/{guest.pk}"

    assert refusal(api.delete(address)) == (409, "Guest has bookings")
    assert errors_of(api.delete(address, bookings="")) == [("enum", ["query", "bookings"])]
    assert api.delete(address, bookings="delete").status_code == 200
    assert refusal(api.get(f"bookings/{booking.pk}")) == (404, "Booking not found")


def test_guests_of_others_are_not_there(api: Api) -> None:
    made = api.post("guests", EMMA).json()
    stranger = Api(make_member(make_organization(), Role.OWNER))
    address = f"guests/{made['id']}"
    gone = (404, "Guest not found")

    assert stranger.get("guests", search="emma").json()["items"] == []
    assert refusal(stranger.get(address)) == gone
    assert refusal(stranger.patch(address, {"name": "Mine"})) == gone
    assert refusal(stranger.delete(address, bookings="delete")) == gone
    assert stranger.post("guests", EMMA).status_code == 201
    assert api.get(address).json() == made
