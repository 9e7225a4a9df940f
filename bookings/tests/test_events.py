"""What the verbs of bookings tell listeners."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from bookings.bulk import cancel_many, confirm_many
from bookings.events import silently
from bookings.models import Booking
from bookings.services import (
    book_stay,
    cancel_booking,
    change_dates,
    change_party,
    check_in_guest,
    check_out_guest,
    confirm_booking,
    mark_no_show,
    move_to_unit,
    revive_booking,
    unconfirm_booking,
    undo_check_in,
    update_booking,
)
from properties.models import Property
from villaops.outbox import Intent
from villaops.tests.build import make_booking, make_property, units_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inside")]

DAY = date(2026, 3, 1)


@pytest.fixture
def home(organization: Organization) -> Property:
    return make_property(organization, units=2)


@pytest.fixture
def booking(home: Property) -> Booking:
    """Pending, 1 to 3 March; nobody was told."""
    with silently():
        return make_booking(home, DAY, 2)


def told() -> list[dict[str, Any]]:
    """What was told since the last time."""
    waiting = Intent.objects.filter(kind="booking_event").order_by("id")
    payloads = list(waiting.values_list("payload", flat=True))
    waiting.delete()
    return payloads


def events() -> list[str]:
    return [one["event"] for one in told()]


def test_a_new_booking_is_told_with_its_status(home: Property, owner: User) -> None:
    booking = book_stay(
        property=home,
        guest=None,
        check_in=DAY,
        check_out=DAY + timedelta(days=1),
        by=owner,
        status="confirmed",
    )

    assert told() == [
        {
            "organization": str(home.organization_id),
            "booking": str(booking.pk),
            "event": "created",
            "by": str(owner.pk),
            "status": [None, "confirmed"],
            "changed": [],
            "before": {},
        }
    ]


def test_each_step_of_a_stay_is_told(booking: Booking, owner: User) -> None:
    confirm_booking(booking=booking, by=owner)
    check_in_guest(booking=booking, by=owner)
    check_out_guest(booking=booking, by=owner)

    assert events() == ["confirmed", "checked_in", "checked_out"]


def test_a_step_taken_back_is_a_change(booking: Booking, owner: User) -> None:
    confirm_booking(booking=booking, by=owner)
    check_in_guest(booking=booking, by=owner)
    told()

    undo_check_in(booking=booking, by=owner)
    unconfirm_booking(booking=booking, by=owner)

    assert [(one["event"], one["status"]) for one in told()] == [
        ("changed", ["checked_in", "confirmed"]),
        ("changed", ["confirmed", "pending"]),
    ]


def test_what_was_cancelled_and_revived_is_confirmed_anew(booking: Booking, owner: User) -> None:
    confirm_booking(booking=booking, by=owner)
    cancel_booking(booking=booking, by=owner)
    revive_booking(booking=booking, by=owner)
    mark_no_show(booking=booking, by=owner)

    assert events() == ["confirmed", "cancelled", "confirmed", "no_show"]


def test_a_change_says_what_was_before(booking: Booking, owner: User) -> None:
    change_dates(booking=booking, check_in=DAY, check_out=DAY + timedelta(days=3), by=owner)
    update_booking(booking=booking, by=owner, changes={"special_requests": "Lilies, please"})

    dates, words = told()
    assert (dates["event"], dates["changed"]) == ("changed", ["check_out"])
    assert dates["before"] == {"check_out": "2026-03-03"}
    # What people wrote stays in their own organization's tables.
    assert (words["changed"], words["before"]) == (["special_requests"], {})


def test_a_status_and_other_facts_are_told_together(booking: Booking, owner: User) -> None:
    update_booking(booking=booking, by=owner, changes={"status": "confirmed", "num_guests": 2})

    (one,) = told()
    assert (one["event"], one["changed"], one["before"]) == ("confirmed", ["adults"], {"adults": 1})


def test_a_move_to_another_unit_is_told(booking: Booking, home: Property, owner: User) -> None:
    unit = units_of(home)[1]

    move_to_unit(booking=booking, unit=unit, by=owner, from_night=DAY + timedelta(days=1))

    (one,) = told()
    assert (one["event"], one["changed"]) == ("changed", ["unit_id"])


def test_what_changes_nothing_tells_nobody(booking: Booking, owner: User) -> None:
    change_party(booking=booking, adults=1, children=0, by=owner)
    update_booking(booking=booking, by=owner, changes={"status": booking.status})

    assert told() == []


def test_many_are_told_in_one_statement(
    home: Property, organization: Organization, owner: User
) -> None:
    with silently():
        bookings = [make_booking(home, DAY + timedelta(days=n), 1) for n in range(3)]
    cancel_booking(booking=bookings[2], by=owner)
    told()
    ids = [one.pk for one in bookings]

    with CaptureQueriesContext(connection) as captured:
        confirm_many(organization=organization, ids=ids, by=owner)

    assert sum("INTO villaops_intent" in one["sql"] for one in captured.captured_queries) == 1
    assert events() == ["confirmed", "confirmed"]
    cancel_many(organization=organization, ids=ids, reason=None, by=owner)
    assert events() == ["cancelled", "cancelled"]
