"""Making and changing a booking in the browser."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.blocks import block_nights
from bookings.models import Booking
from conftest import Statements
from guests.models import Guest
from properties.models import Property
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_member,
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


def enter_as(client: Client, organization: Organization, role: Role) -> None:
    client.force_login(make_member(organization, role))


def filled(home: Property, guest: Guest | None = None, **fields: object) -> dict[str, object]:
    """The form of a new booking, filled in for three nights from DAY on."""
    place = units_of(home)[0]
    return {
        "form_key": uuid4(),
        "save": "1",
        "place": f"u:{place.pk}",
        "check_in": DAY,
        "check_out": DAY + 3 * ONE,
        "adults": 2,
        "children": 0,
        "guest": guest.pk if guest else "new",
        "status": "confirmed",
        "source": "direct",
        "total_price": "",
    } | fields


# --- Making one ------------------------------------------------------------------------------


def test_book_for_a_known_guest(client: Client, root: str, organization: Organization) -> None:
    home, guest = make_property(organization), make_guest(organization)

    answer = client.post(f"{root}new", filled(home, guest), follow=True)

    booking = Booking.objects.get()
    assert "Booked for Emma Thompson." in answer.text
    assert (booking.guest, booking.status, booking.adults) == (guest, "confirmed", 2)
    assert booking.total_price == Decimal("300.00")


def test_book_for_a_new_guest(client: Client, root: str, organization: Organization) -> None:
    home = make_property(organization)
    new = {"new_name": "Yuki Tanaka", "new_email": "yuki@example.com", "new_phone": ""}

    client.post(f"{root}new", filled(home, **new, total_price="250.50"))

    booking = Booking.objects.select_related("guest").get()
    assert (booking.guest.name, booking.guest.phone) == ("Yuki Tanaka", None)
    assert booking.total_price == Decimal("250.50")


def test_book_the_first_free_unit(client: Client, root: str, organization: Organization) -> None:
    home = make_property(organization, units=2)
    make_booking(home)

    client.post(f"{root}new", filled(home, make_guest(organization), place=f"p:{home.pk}"))

    assert Booking.objects.order_by("created_at").last().unit.name == "Room 2"


def test_booking_taken_nights_names_the_night_and_keeps_what_was_typed(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    other = make_booking(home, DAY + 2 * ONE)
    new = {"new_name": "Yuki Tanaka", "new_email": "yuki@example.com", "new_phone": "+81 3"}

    answer = client.post(
        f"{root}new", filled(home, **new, special_requests="Quiet", total_price="250.5")
    )

    assert answer.status_code == 422
    assert (
        f"The night of Tue 3 March 2026 in {home.name} is taken by booking {other.reference}."
        in answer.text
    )
    for typed in ("Yuki Tanaka", "yuki@example.com", "+81 3", "Quiet", "250.5", "2026-03-01"):
        assert typed in answer.text
    # The guest goes with the booking: both or neither.
    assert not Guest.objects.filter(email="yuki@example.com").exists()


def test_booking_blocked_nights_says_what_blocks_them(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    block_nights(unit=units_of(home)[0], start=DAY, end=DAY + ONE, reason="out_of_order", by=None)

    answer = client.post(f"{root}new", filled(home, make_guest(organization)))

    assert "is taken by a block (out of order)." in answer.text


def test_the_same_form_sent_twice_makes_one_booking(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    form = filled(home, make_guest(organization), place=f"p:{home.pk}")

    first, second = client.post(f"{root}new", form), client.post(f"{root}new", form)

    assert Booking.objects.count() == 1
    assert first["Location"] == second["Location"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"check_out": DAY}, "The check-out must be after the check-in."),
        ({"check_out": DAY + 731 * ONE}, "A stay has at most 730 nights."),
        ({"adults": 5}, "takes at most 4 guests."),
        ({"adults": 0}, "greater than or equal to 1"),
        ({"place": "u:nonsense"}, "Select a valid choice."),
        ({"place": ""}, "This field is required."),
        ({"guest": ""}, "Choose a guest, or New guest."),
        ({"guest": "nonsense"}, "Select a valid choice."),
        ({"guest": "new"}, "This field is required."),
        ({"guest": "new", "new_name": "X", "new_email": "x"}, "Enter a valid email address."),
        ({"status": "cancelled"}, "Select a valid choice."),
        ({"total_price": "-1"}, "greater than or equal to 0"),
        ({"total_price": "99999999999"}, "less than or equal to"),
        ({"check_in": "tomorrow"}, "Enter a valid date."),
        ({"new_name": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_a_wrong_form_is_explained(
    client: Client, root: str, organization: Organization, wrong: dict, sentence: str
) -> None:
    home = make_property(organization)

    answer = client.post(f"{root}new", filled(home, make_guest(organization)) | wrong)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Booking.objects.exists()


def test_new_guest_with_a_known_email_is_told(
    client: Client, root: str, organization: Organization
) -> None:
    make_guest(organization, email="emma@example.com")
    new = {"new_name": "Emma", "new_email": "EMMA@example.com"}

    answer = client.post(f"{root}new", filled(make_property(organization), **new))

    assert "Another guest has this e-mail already." in answer.text


def test_finding_a_guest_without_script_keeps_the_form(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    tanaka = make_guest(organization, name="Yuki Tanaka")
    make_guest(organization, name="Klaus Mueller")
    form = filled(home, special_requests="Quiet", find="tana")
    del form["save"]

    answer = client.post(f"{root}new", {**form, "search_guests": "1"})

    assert answer.status_code == 200
    assert str(tanaka.pk) in answer.text
    assert "Klaus Mueller" not in answer.text
    assert "Quiet" in answer.text
    assert not Booking.objects.exists()


def test_guest_options_for_htmx_keep_the_one_chosen(
    client: Client, root: str, organization: Organization
) -> None:
    tanaka = make_guest(organization, name="Yuki Tanaka")
    make_guest(organization, name="Klaus Mueller")

    page = client.get(f"{root}new/guests?find=klaus&guest={tanaka.pk}").text

    assert page.index("Yuki Tanaka") < page.index("Klaus Mueller")
    assert f'value="{tanaka.pk}" checked' in page
    assert "<html" not in page


def test_form_begins_with_what_the_address_says(
    client: Client, root: str, organization: Organization
) -> None:
    home, guest = make_property(organization), make_guest(organization)

    page = client.get(
        f"{root}new?property={home.pk}&guest={guest.pk}&check_in=2026-05-01&check_out=nonsense"
    ).text

    assert f'value="u:{units_of(home)[0].pk}" selected' in page
    assert f'value="{guest.pk}" checked' in page
    assert 'value="2026-05-01"' in page


def test_closed_houses_and_retired_units_are_not_offered(
    client: Client, root: str, organization: Organization
) -> None:
    open_house = make_property(organization, name="Open", units=2)
    make_property(organization, name="Closed", status="maintenance")
    second = units_of(open_house)[1]
    second.status = "inactive"
    second.save()

    page = client.get(f"{root}new").text

    assert "Open · Room 1" in page
    assert "Room 2" not in page
    assert "Closed" not in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ACCOUNTANT, Role.HOUSEKEEPER])
def test_booking_needs_the_right_to(client: Client, organization: Organization, role: Role) -> None:
    enter_as(client, organization, role)

    assert client.get(f"/o/{organization.slug}/bookings/new").status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_form_asks_as_much_for_one_property_as_for_three(
    client: Client, root: str, organization: Organization, statements: Statements, rows: int
) -> None:
    for _n in range(rows):
        make_property(organization)
        make_guest(organization)

    with statements(8):
        client.get(f"{root}new")


# --- Changing one ----------------------------------------------------------------------------


def edited(booking: Booking, **fields: object) -> dict[str, object]:
    """The edit form as it is shown, with some fields changed."""
    names = ("check_in", "check_out", "adults", "children", "source", "total_price")
    shown = {name: getattr(booking, name) for name in names}
    return shown | {"place": f"u:{booking.unit_id}", "special_requests": ""} | fields


def test_edit_changes_everything_at_once(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    booking = make_booking(home)
    second = units_of(home)[1]

    answer = client.post(
        f"{root}{booking.pk}/edit",
        edited(
            booking,
            place=f"u:{second.pk}",
            check_in=DAY + ONE,
            check_out=DAY + 5 * ONE,
            adults=3,
            total_price="440",
            special_requests="Cot",
            source="vrbo",
        ),
        follow=True,
    )

    booking.refresh_from_db()
    assert "Changes saved." in answer.text
    assert (booking.unit, booking.check_in, booking.adults) == (second, DAY + ONE, 3)
    assert (booking.total_price, booking.special_requests) == (Decimal("440.00"), "Cot")
    assert booking.source == "vrbo"
    assert [night.price for night in booking.nights.in_order()] == [Decimal("110.00")] * 4


def test_edit_without_a_change_changes_nothing(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))
    history = booking.events.count()

    client.post(f"{root}{booking.pk}/edit", edited(booking))

    booking.refresh_from_db()
    assert booking.total_price == Decimal("300.00")
    assert len({event.check_in for event in booking.events.all()}) == 1
    assert booking.events.count() <= history + 1


def test_edit_to_taken_nights_names_the_night_and_keeps_what_was_typed(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    booking, other = make_booking(home), make_booking(home, DAY + 3 * ONE)

    answer = client.post(
        f"{root}{booking.pk}/edit",
        edited(booking, check_out=DAY + 4 * ONE, special_requests="Quiet"),
    )

    assert answer.status_code == 422
    assert "The night of Wed 4 March 2026" in answer.text
    assert other.reference in answer.text
    assert "Quiet" in answer.text
    booking.refresh_from_db()
    assert booking.check_out == DAY + 3 * ONE


def test_edit_to_another_property_of_another_currency_asks_for_the_total(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))
    abroad = units_of(make_property(organization, currency="EUR"))[0]

    asked = client.post(f"{root}{booking.pk}/edit", edited(booking, place=f"u:{abroad.pk}"))
    done = client.post(
        f"{root}{booking.pk}/edit", edited(booking, place=f"u:{abroad.pk}", total_price="270")
    )

    assert "Prices there are in EUR. Enter the new total in it." in asked.text
    assert done.status_code == 302
    booking.refresh_from_db()
    assert (booking.unit, booking.currency) == (abroad, "EUR")


def test_edit_shows_a_closed_house_to_the_booking_that_is_there(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    booking = make_booking(home)
    home.status = "maintenance"
    home.save()

    answer = client.post(f"{root}{booking.pk}/edit", edited(booking, adults=2))

    assert answer.status_code == 302
