"""What a person can do with guests in the browser."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from bookings.services import cancel_booking
from conftest import Statements
from guests.models import Guest
from guests.stays import StayFigures
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_member, make_property

pytestmark = pytest.mark.usefixtures("inside")

EMMA = {
    "name": "Emma Thompson",
    "email": "emma@example.com",
    "phone": "+61 400 000",
    "nationality": "Australian",
    "notes": "Likes tea",
}


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """The owner is signed in; where the guests' pages begin."""
    client.force_login(owner)
    return f"/o/{organization.slug}/guests/"


def names(answer) -> list[str]:  # noqa: ANN001
    return [guest.name for guest in answer.context["guests"]]


def test_list_is_by_name(client: Client, root: str, organization: Organization) -> None:
    for name in ("Zoe", "Anna"):
        make_guest(organization, name=name)

    assert names(client.get(root)) == ["Anna", "Zoe"]


@pytest.mark.parametrize(
    ("search", "found"),
    [("anna", ["Anna"]), ("ZOE@", ["Zoe"]), ("%", []), ("zo\0e", ["Zoe"]), ("", ["Anna", "Zoe"])],
)
def test_list_searches_names_and_emails(
    client: Client, root: str, organization: Organization, search: str, found: list[str]
) -> None:
    make_guest(organization, name="Anna", email="first@example.com")
    make_guest(organization, name="Zoe", email="zoe@example.com")

    assert names(client.get(root, {"q": search})) == found


def test_list_gives_htmx_only_the_rows(
    client: Client, root: str, organization: Organization
) -> None:
    make_guest(organization)

    page = client.get(root, headers={"HX-Request": "true"}).text

    assert "Emma Thompson" in page
    assert "<html" not in page


def test_list_says_what_to_do_when_it_is_empty(client: Client, root: str) -> None:
    assert "No guests yet" in client.get(root).text
    assert "No guest matches" in client.get(root, {"q": "x"}).text


def test_detail_shows_contact_and_stays(
    client: Client, root: str, organization: Organization
) -> None:
    guest = make_guest(organization, **EMMA)
    home = make_property(organization)
    kept = make_booking(home, guest=guest)
    cancel_booking(booking=make_booking(home, DAY + timedelta(9), guest=guest), by=None)
    make_booking(make_property(organization))

    answer = client.get(f"{root}{guest.pk}/")

    for fact in EMMA.values():
        assert fact in answer.text
    assert len(answer.context["stays"]) == 2
    # What was cancelled is no stay.
    assert answer.context["figures"] == StayFigures(2, 1, 3, [("USD", Decimal("300.00"))])
    assert "300.00\N{NO-BREAK SPACE}USD" in answer.text
    assert kept.reference in answer.text


def test_create(client: Client, root: str) -> None:
    answer = client.post(f"{root}new", EMMA, follow=True)

    guest = Guest.objects.get()
    assert "Emma Thompson added." in answer.text
    assert {name: getattr(guest, name) for name in EMMA} == EMMA


def test_create_leaves_empty_what_was_left_empty(client: Client, root: str) -> None:
    client.post(f"{root}new", EMMA | {"phone": "", "nationality": "", "notes": ""})

    guest = Guest.objects.get()
    assert (guest.phone, guest.nationality, guest.notes) == (None, None, None)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 256}, "at most 255 characters"),
        ({"email": "emma"}, "Enter a valid email address."),
        ({"phone": "1" * 51}, "at most 50 characters"),
        ({"email": "TAKEN@example.com"}, "Another guest has this e-mail already."),
    ],
)
def test_a_wrong_form_is_explained_and_kept(
    client: Client, root: str, organization: Organization, wrong: dict, sentence: str
) -> None:
    make_guest(organization, email="taken@example.com")

    answer = client.post(f"{root}new", EMMA | wrong)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Likes tea" in answer.text
    assert Guest.objects.count() == 1


def test_edit(client: Client, root: str, organization: Organization) -> None:
    guest = make_guest(organization, **EMMA)

    shown = client.get(f"{root}{guest.pk}/edit")
    client.post(f"{root}{guest.pk}/edit", EMMA | {"name": "Emma T.", "notes": ""})

    assert "Likes tea" in shown.text
    guest.refresh_from_db()
    assert (guest.name, guest.notes) == ("Emma T.", None)


def test_delete_a_guest_without_bookings(
    client: Client, root: str, organization: Organization
) -> None:
    guest = make_guest(organization)

    asked = client.get(f"{root}{guest.pk}/delete")
    done = client.post(f"{root}{guest.pk}/delete", follow=True)

    assert "This guest has no bookings." in asked.text
    assert "Emma Thompson deleted." in done.text
    assert client.get(f"{root}{guest.pk}/").status_code == 404


def test_delete_a_guest_with_bookings_offers_to_delete_these_too(
    client: Client, root: str, organization: Organization
) -> None:
    guest = make_guest(organization)
    make_booking(make_property(organization), guest=guest)

    asked = client.get(f"{root}{guest.pk}/delete")
    refused = client.post(f"{root}{guest.pk}/delete")
    done = client.post(f"{root}{guest.pk}/delete", {"bookings": "on"}, follow=True)

    assert "Delete the booking too" in asked.text
    assert refused.status_code == 422
    assert "This guest has bookings." in refused.text
    assert "Emma Thompson deleted." in done.text
    assert not Booking.objects.for_organization(organization).exists()


@pytest.mark.parametrize("page", ["", "edit", "delete"])
def test_guest_of_another_organization_is_not_found(
    client: Client, root: str, other_organization: Organization, page: str
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        guest = make_guest(other_organization)

    assert client.get(f"{root}{guest.pk}/{page}").status_code == 404


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.MANAGER, {"", "new", "edit", "delete"}),
        (Role.STAFF, {"", "new", "edit"}),
        (Role.ACCOUNTANT, {""}),
        (Role.VIEWER, {""}),
        (Role.HOUSEKEEPER, set()),
    ],
)
def test_roles(
    client: Client, root: str, organization: Organization, role: Role, allowed: set[str]
) -> None:
    guest = make_guest(organization)
    client.force_login(make_member(organization, role))
    addresses = {"": f"{root}{guest.pk}/", "new": f"{root}new"}
    addresses |= {page: f"{root}{guest.pk}/{page}" for page in ("edit", "delete")}

    answers = {page: client.get(address).status_code for page, address in addresses.items()}

    assert answers == {page: 200 if page in allowed else 403 for page in addresses}


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_ask_as_much_for_one_row_as_for_three(
    client: Client, root: str, organization: Organization, statements: Statements, rows: int
) -> None:
    guests = [make_guest(organization) for _n in range(rows)]
    for n in range(rows):
        make_booking(make_property(organization), DAY + timedelta(n), guest=guests[0])

    # The last of them gives the test its own context back.
    with statements(7):
        client.get(root)
    with statements(13):
        client.get(f"{root}{guests[0].pk}/")
