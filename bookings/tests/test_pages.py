"""What a person can do with bookings in the browser."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Night, Status
from bookings.services import cancel_booking, change_party, move_to_unit
from conftest import Statements
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
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


# --- One booking -----------------------------------------------------------------------------


def test_detail_shows_stay_guest_nights_and_history(
    client: Client, root: str, organization: Organization, owner: User
) -> None:
    home = make_property(organization, units=2, check_in_time="15:00")
    booking = make_booking(home, special_requests="A cot, please")
    with organization_context(organization, by=owner, door=Door.API):
        move_to_unit(booking=booking, unit=units_of(home)[1], by=owner, from_night=DAY + ONE)

    page = client.get(f"{root}{booking.pk}/").text

    assert "Emma Thompson" in page
    assert booking.guest.email in page
    assert "from 15:00" in page
    assert "A cot, please" in page
    assert page.count("100.00\N{NO-BREAK SPACE}USD") == 3
    assert "300.00\N{NO-BREAK SPACE}USD" in page
    assert "Nights 2 Mar 2026 to 3 Mar 2026 moved to Room 2." in page
    assert "A Person · API" in page


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        (Status.PENDING, {"confirmed", "checked_in"}),
        (Status.CONFIRMED, {"pending", "checked_in", "no_show"}),
        (Status.CHECKED_IN, {"checked_out", "confirmed"}),
        (Status.CHECKED_OUT, {"checked_in"}),
    ],
)
def test_detail_offers_only_the_moves_there_are(
    client: Client, root: str, organization: Organization, status: Status, offered: set[str]
) -> None:
    booking = make_booking(make_property(organization), status=status)

    answer = client.get(f"{root}{booking.pk}/")

    assert {target for target, _button in answer.context["buttons"]} == offered
    assert ("Cancel booking" in answer.text) == (status in ("pending", "confirmed"))


def test_detail_of_a_cancelled_booking_offers_to_bring_it_back(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))
    cancel_booking(booking=booking, by=None, reason="Flight cancelled")

    answer = client.get(f"{root}{booking.pk}/")

    assert {target for target, _button in answer.context["buttons"]} == {"pending", "confirmed"}
    assert "Flight cancelled" in answer.text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ACCOUNTANT, Role.HOUSEKEEPER])
def test_detail_without_the_right_to_change_has_no_buttons(
    client: Client, root: str, organization: Organization, role: Role
) -> None:
    booking = make_booking(make_property(organization))
    enter_as(client, organization, role)

    page = client.get(f"{root}{booking.pk}/").text

    for word in ("Check in</button>", "Edit", "Cancel booking", "Delete booking"):
        assert word not in page


def test_staff_may_change_but_not_delete(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))
    enter_as(client, organization, Role.STAFF)

    page = client.get(f"{root}{booking.pk}/").text

    assert "Edit" in page
    assert "Delete booking" not in page
    assert client.post(f"{root}{booking.pk}/delete").status_code == 403


@pytest.mark.parametrize("nights", [1, 3])
def test_detail_asks_as_much_for_one_night_as_for_three(
    client: Client, root: str, organization: Organization, statements: Statements, nights: int
) -> None:
    booking = make_booking(make_property(organization), nights=nights)
    for n in range(nights):
        change_party(booking=booking, adults=n + 2, children=0, by=None)

    with statements(11):
        client.get(f"{root}{booking.pk}/")


PAGES = ["", "edit", "cancel", "move", "delete", "status"]


@pytest.mark.parametrize("page", PAGES)
def test_booking_of_another_organization_is_not_found(
    client: Client, root: str, other_organization: Organization, page: str
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        booking = make_booking(make_property(other_organization))

    ask = client.post if page == "status" else client.get

    assert ask(f"{root}{booking.pk}/{page}").status_code == 404


@pytest.mark.parametrize("page", ["edit", "cancel", "move", "delete", "status"])
def test_changing_needs_the_right_to(client: Client, organization: Organization, page: str) -> None:
    booking = make_booking(make_property(organization))
    enter_as(client, organization, Role.VIEWER)

    answer = client.post(f"/o/{organization.slug}/bookings/{booking.pk}/{page}")

    assert answer.status_code == 403
    assert "Your role does not include this" in answer.text


# --- Moving it along -------------------------------------------------------------------------


def test_confirm_check_in_and_out_by_button(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))

    for target in ("confirmed", "checked_in", "checked_out", "checked_in"):
        answer = client.post(f"{root}{booking.pk}/status", {"status": target})

        booking.refresh_from_db()
        assert booking.status == target
        assert answer["Location"] == f"{root}{booking.pk}/"


def test_a_move_that_is_no_longer_possible_is_explained(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization), status="checked_out")

    answer = client.post(f"{root}{booking.pk}/status", {"status": "no_show"}, follow=True)

    assert "A booking that is checked out cannot become no-show." in answer.text


def test_bringing_back_a_booking_whose_nights_are_sold_names_the_night(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    booking = make_booking(home)
    cancel_booking(booking=booking, by=None)
    other = make_booking(home, DAY + 2 * ONE)

    answer = client.post(f"{root}{booking.pk}/status", {"status": "confirmed"}, follow=True)

    assert "The night of Tue 3 March 2026" in answer.text
    assert other.reference in answer.text


def test_unknown_status_is_a_bad_request(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))

    assert client.post(f"{root}{booking.pk}/status", {"status": "x"}).status_code == 400
    assert client.post(f"{root}{booking.pk}/status").status_code == 400


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "\\\\example.org"])
def test_a_button_leads_nowhere_outside(
    client: Client, root: str, organization: Organization, elsewhere: str
) -> None:
    booking = make_booking(make_property(organization))

    answer = client.post(f"{root}{booking.pk}/status", {"status": "confirmed", "next": elsewhere})

    assert answer["Location"] == f"{root}{booking.pk}/"


def test_cancel_asks_for_a_reason_and_frees_the_nights(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))

    asked = client.get(f"{root}{booking.pk}/cancel")
    done = client.post(f"{root}{booking.pk}/cancel", {"reason": "Flight cancelled"}, follow=True)

    assert "Cancel this booking?" in asked.text
    assert "Booking cancelled." in done.text
    booking.refresh_from_db()
    assert (booking.status, booking.cancellation_reason) == ("cancelled", "Flight cancelled")
    assert not Night.objects.filter(booking=booking).exists()


def test_cancel_without_a_reason(client: Client, root: str, organization: Organization) -> None:
    booking = make_booking(make_property(organization))

    client.post(f"{root}{booking.pk}/cancel", {"reason": ""})

    booking.refresh_from_db()
    assert (booking.status, booking.cancellation_reason) == ("cancelled", None)


def test_cancel_with_too_long_a_reason_keeps_it_on_the_form(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))

    answer = client.post(f"{root}{booking.pk}/cancel", {"reason": "x" * 501})

    assert answer.status_code == 422
    assert "x" * 501 in answer.text


def test_move_remaining_nights_to_another_unit(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    booking = make_booking(home)
    first, second = units_of(home)

    answer = client.post(
        f"{root}{booking.pk}/move", {"unit": second.pk, "from_night": DAY + ONE}, follow=True
    )

    assert "Moved to Room 2." in answer.text
    assert [night.unit for night in booking.nights.in_order()] == [first, second, second]


def test_move_to_a_taken_unit_names_the_night(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    booking = make_booking(home)
    second = units_of(home)[1]
    make_booking(home, DAY + 2 * ONE, units=[second])

    answer = client.post(f"{root}{booking.pk}/move", {"unit": second.pk, "from_night": DAY})

    assert answer.status_code == 422
    assert "The night of Tue 3 March 2026 in Room 2 is taken" in answer.text


def test_move_from_a_night_outside_the_stay_is_refused(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    booking = make_booking(home)

    answer = client.post(
        f"{root}{booking.pk}/move", {"unit": units_of(home)[1].pk, "from_night": DAY + 3 * ONE}
    )

    assert "This night is not part of the stay." in answer.text


def test_move_without_another_unit_says_so(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))

    assert "There is no other unit" in client.get(f"{root}{booking.pk}/move").text


def test_delete_asks_first(client: Client, root: str, organization: Organization) -> None:
    booking = make_booking(make_property(organization))

    asked = client.get(f"{root}{booking.pk}/delete")
    done = client.post(f"{root}{booking.pk}/delete", follow=True)

    assert "Delete this booking?" in asked.text
    assert f"Booking {booking.reference} deleted." in done.text
    assert client.get(f"{root}{booking.pk}/").status_code == 404
