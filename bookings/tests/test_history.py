"""A booking's history in plain words."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import Organization, User
from bookings.history import Entry, history_of
from bookings.models import Booking
from bookings.services import (
    cancel_booking,
    change_dates,
    change_party,
    change_property,
    change_unit,
    check_in_guest,
    check_out_guest,
    confirm_booking,
    delete_booking,
    mark_no_show,
    move_to_unit,
    restore_booking,
    revive_booking,
    unassign_booking,
    unconfirm_booking,
    undo_check_in,
    undo_check_out,
    update_booking,
)
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_property, units_of

ONE = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def booking(organization: Organization) -> Booking:
    home = make_property(organization, name="Villa Mare", units=2)
    return make_booking(home)


def newest(booking: Booking, *, prices: bool = True) -> list[str]:
    booking.refresh_from_db()
    return history_of(booking, prices=prices)[0].sentences


def test_history_begins_with_the_booking(booking: Booking) -> None:
    assert newest(booking) == [
        "Booked 1 Mar 2026 – 4 Mar 2026 for 1 guest, pending. Total 300.00 USD."
    ]
    assert newest(booking, prices=False) == ["Booked 1 Mar 2026 – 4 Mar 2026 for 1 guest, pending."]


def test_history_tells_who_and_through_which_door(
    booking: Booking, organization: Organization, owner: User
) -> None:
    with organization_context(organization, by=owner, door=Door.API):
        confirm_booking(booking=booking, by=owner)
    with organization_context(organization, by=None, door=Door.JOB):
        change_party(booking=booking, adults=2, children=0, by=None)
    booking.refresh_from_db()

    entries = history_of(booking, prices=True)

    assert [(entry.who, entry.door) for entry in entries] == [
        ("System", "automatic"),
        ("A Person", "API"),
        ("A Person", "dashboard"),
    ]


Act = Callable[..., object]


@pytest.mark.parametrize(
    ("before", "act", "told"),
    [
        ([], confirm_booking, "Confirmed."),
        ([confirm_booking], unconfirm_booking, "Confirmation taken back."),
        ([], check_in_guest, "Checked in."),
        ([check_in_guest], undo_check_in, "Check-in undone."),
        ([check_in_guest], check_out_guest, "Checked out."),
        ([check_in_guest, check_out_guest], undo_check_out, "Check-out undone."),
        ([confirm_booking], mark_no_show, "Marked as no-show; its nights are free again."),
        ([], cancel_booking, "Cancelled; its nights are free again."),
        ([cancel_booking], revive_booking, "Brought back as confirmed."),
        ([], delete_booking, "Deleted; its nights are free again."),
        ([delete_booking], restore_booking, "Restored."),
    ],
)
def test_history_of_a_status(
    booking: Booking, organization: Organization, before: list[Act], act: Act, told: str
) -> None:
    for step in [*before, act]:
        with organization_context(organization, by=None, door=Door.WEB):
            step(booking=booking, by=None)

    assert newest(booking) == [told]


def test_history_of_a_cancellation_gives_the_reason(
    booking: Booking, organization: Organization
) -> None:
    with organization_context(organization, by=None, door=Door.WEB):
        cancel_booking(booking=booking, by=None, reason="Flight cancelled")

    assert newest(booking) == ["Cancelled; its nights are free again. Flight cancelled"]


def test_history_of_facts(booking: Booking, organization: Organization) -> None:
    changes = {
        "adults": 2,
        "children": 1,
        "total_price": Decimal("270.00"),
        "source": "airbnb",
        "special_requests": "Cot",
        "guest": make_guest(organization, name="Yuki Tanaka"),
    }
    with organization_context(organization, by=None, door=Door.WEB):
        update_booking(booking=booking, by=None, changes=changes)

    told = [
        "Party changed from 1 adult to 2 adults, 1 child.",
        "Total changed from 300.00 USD to 270.00 USD.",
        "Guest changed to Yuki Tanaka.",
        "Source changed to Airbnb.",
        "Requests changed.",
    ]
    assert newest(booking) == told
    assert newest(booking, prices=False) == [sentence for sentence in told if "USD" not in sentence]


def test_history_of_dates(booking: Booking, organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.WEB):
        change_dates(booking=booking, check_in=DAY + ONE, check_out=DAY + 5 * ONE, by=None)

    assert newest(booking) == [
        "Dates changed from 1 Mar 2026 – 4 Mar 2026 to 2 Mar 2026 – 6 Mar 2026."
    ]


def test_history_of_rooms(booking: Booking, organization: Organization) -> None:
    first, second = units_of(booking.property)
    with organization_context(organization, by=None, door=Door.WEB):
        move_to_unit(booking=booking, unit=second, by=None, from_night=DAY + 2 * ONE)
    some = newest(booking)
    with organization_context(organization, by=None, door=Door.WEB):
        change_unit(booking=booking, unit=second, by=None)
    with organization_context(organization, by=None, door=Door.WEB):
        move_to_unit(booking=booking, unit=first, by=None)

    assert some == ["Night of 3 Mar 2026 moved to Room 2."]
    assert newest(booking) == ["Nights 1 Mar 2026 to 3 Mar 2026 moved to Room 1."]


def test_history_of_nights_given_back_at_once_tells_of_no_move(
    organization: Organization,
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        booking = make_booking(make_property(organization))
        cancel_booking(booking=booking, by=None)

    assert newest(booking) == [
        "Booked 1 Mar 2026 – 4 Mar 2026 for 1 guest, pending. Total 300.00 USD.",
        "Cancelled; its nights are free again.",
    ]


def test_history_of_another_property(booking: Booking, organization: Organization) -> None:
    home = make_property(organization, name="Villa Monte")
    with organization_context(organization, by=None, door=Door.WEB):
        change_property(booking=booking, property=home, by=None)

    assert newest(booking) == ["Moved to Villa Monte."]


def test_history_leaves_out_what_changed_nothing(
    booking: Booking, organization: Organization
) -> None:
    with organization_context(organization, by=None, door=Door.WEB):
        change_party(booking=booking, adults=1, children=0, by=None)
    booking.refresh_from_db()

    history: list[Entry] = history_of(booking, prices=True)

    assert len(history) == 1


def test_history_tells_that_a_stay_lost_its_unit_and_got_one(booking: Booking) -> None:
    first, second = units_of(booking.property)
    unassign_booking(booking=booking, by=None)

    assert newest(booking)[1:] == ["Taken out of Room 1; its nights there are free again."]

    update_booking(
        booking=booking,
        by=None,
        changes={
            "holding": [(DAY, first.pk), (DAY + ONE, first.pk), (DAY + 2 * ONE, second.pk)],
        },
    )
    assert newest(booking)[-1] == "Given a unit: Room 1, Room 2."


def test_history_of_a_stay_that_found_no_unit(organization: Organization) -> None:
    home = make_property(organization)
    make_booking(home)
    booking = make_booking(home, unplaced_if_taken=True)

    assert newest(booking, prices=False) == [
        "Booked 1 Mar 2026 – 4 Mar 2026 for 1 guest, pending. No unit was free for it."
    ]
    cancel_booking(booking=booking, by=None)
    assert newest(booking)[-1] == "Cancelled."
