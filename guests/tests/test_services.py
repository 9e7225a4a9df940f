"""The verbs of guests."""

from datetime import timedelta

import pytest

from accounts.models import Organization
from bookings.models import Booking, Night
from bookings.nights import DatesTaken
from bookings.services import cancel_booking
from guests import services
from guests.models import Guest
from villaops.errors import BrokenRule
from villaops.tests.build import DAY, make_booking, make_guest, make_property

pytestmark = pytest.mark.usefixtures("inside")


def test_create_guest_refuses_an_email_taken_in_any_case(organization: Organization) -> None:
    make_guest(organization, email="emma@example.com")

    with pytest.raises(services.GuestEmailTaken):
        make_guest(organization, email="Emma@Example.com")


def test_create_guest_takes_the_email_of_a_deleted_one(organization: Organization) -> None:
    services.delete_guest(guest=make_guest(organization, email="emma@example.com"), by=None)

    again = make_guest(organization, email="emma@example.com")

    assert list(Guest.objects.for_organization(organization)) == [again]


def test_create_guest_checks_its_fields(organization: Organization) -> None:
    with pytest.raises(BrokenRule, match="at most 255 characters"):
        make_guest(organization, name="x" * 256)


def test_update_guest_changes_what_is_named(organization: Organization) -> None:
    guest = make_guest(organization, name="Emma")

    services.update_guest(guest=guest, by=None, changes={"phone": "+61 2 5550 1234"})

    guest.refresh_from_db()
    assert (guest.name, guest.phone) == ("Emma", "+61 2 5550 1234")


def test_update_guest_with_the_same_values_writes_nothing(organization: Organization) -> None:
    guest = make_guest(organization, name="Emma")

    services.update_guest(guest=guest, by=None, changes={"name": "Emma"})

    assert guest.events.count() == 1


def test_update_guest_refuses_an_email_that_is_taken(organization: Organization) -> None:
    make_guest(organization, email="emma@example.com")
    guest = make_guest(organization)

    with pytest.raises(services.GuestEmailTaken):
        services.update_guest(guest=guest, by=None, changes={"email": "emma@example.com"})


def test_delete_guest_refuses_while_there_are_bookings_of_any_status(
    organization: Organization,
) -> None:
    booking = cancel_booking(booking=make_booking(make_property(organization)), by=None)
    assert booking.guest

    with pytest.raises(services.GuestHasBookings):
        services.delete_guest(guest=booking.guest, by=None)


def test_delete_guest_takes_bookings_along_and_restore_brings_them_back(
    organization: Organization,
) -> None:
    booking = make_booking(make_property(organization))
    assert booking.guest

    services.delete_guest(guest=booking.guest, by=None, bookings=True)
    assert (Night.objects.count(), Booking.objects.for_organization(organization).count()) == (0, 0)
    restored = services.restore_guest(guest=booking.guest, by=None)

    assert restored.deleted_at is None
    assert Night.objects.filter(booking=booking).count() == 3


def test_restore_guest_refuses_nights_sold_since(organization: Organization) -> None:
    home = make_property(organization)
    booking = make_booking(home)
    assert booking.guest
    services.delete_guest(guest=booking.guest, by=None, bookings=True)
    make_booking(home, DAY + timedelta(days=1))

    with pytest.raises(DatesTaken):
        services.restore_guest(guest=booking.guest, by=None)

    booking.guest.refresh_from_db()
    assert booking.guest.deleted_at is not None


def test_restore_guest_leaves_one_that_is_not_deleted_alone(organization: Organization) -> None:
    assert services.restore_guest(guest=make_guest(organization), by=None).deleted_at is None


@pytest.mark.parametrize(
    ("text", "emails", "found"),
    [
        ("", True, ["100%", "Emma"]),
        ("EMM", True, ["Emma"]),
        ("%", True, ["100%"]),
        ("_", True, []),
        ("sea@", True, ["Emma"]),
        ("sea@", False, []),
    ],
)
def test_matching_searches_name_and_email_literally(
    organization: Organization, text: str, emails: bool, found: list[str]
) -> None:
    make_guest(organization, name="Emma", email="sea@example.com")
    make_guest(organization, name="100%", email="percent@example.com")

    matching = Guest.objects.for_organization(organization).matching(text, emails=emails)

    assert list(matching.order_by("name").values_list("name", flat=True)) == found
