"""The verbs of bookings: what they write, and how they say no."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import Organization, User
from bookings import placing, services
from bookings.models import MOVES, Booking, Night, Status
from bookings.nights import DatesTaken, spread
from properties.models import Property
from properties.services import delete_property, restore_property
from villaops.errors import BrokenRule
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_property,
    units_of,
)

pytestmark = pytest.mark.usefixtures("inside")


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def nights_of(booking: Booking) -> list[tuple[date, str, Decimal | None]]:
    held = Night.objects.filter(booking=booking).order_by("night", "unit__position")
    return [(night.night, night.unit.name, night.price) for night in held.select_related("unit")]


@pytest.fixture
def villa(organization: Organization, inside: None) -> Property:
    return make_property(organization, name="Villa", base_price_per_night=Decimal("100.00"))


@pytest.fixture
def guesthouse(organization: Organization, inside: None) -> Property:
    return make_property(organization, name="Guesthouse", units=3)


def check_constraints_now() -> None:
    """Ask the deferred triggers, which otherwise speak at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_spread_gives_the_first_nights_a_cent_more() -> None:
    assert spread(Decimal("100.00"), 3) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


def test_book_stay_takes_every_night_at_the_base_price(villa: Property) -> None:
    booking = make_booking(villa, day(0), 2)

    check_constraints_now()
    assert booking.total_price == Decimal("200.00")
    assert nights_of(booking) == [
        (day(0), "Villa", Decimal("100.00")),
        (day(1), "Villa", Decimal("100.00")),
    ]


def test_book_stay_spreads_a_given_total(villa: Property) -> None:
    booking = make_booking(villa, day(0), 3, total_price=Decimal("100.00"))

    check_constraints_now()
    assert [price for _, _, price in nights_of(booking)] == [
        Decimal("33.34"),
        Decimal("33.33"),
        Decimal("33.33"),
    ]


def test_book_stay_without_any_price_leaves_nights_unpriced(organization: Organization) -> None:
    home = make_property(organization, base_price_per_night=None)

    booking = make_booking(home, day(0), 1)

    check_constraints_now()
    assert booking.total_price is None
    assert [price for _, _, price in nights_of(booking)] == [None]


def test_book_stay_names_the_first_night_taken_and_by_whom(villa: Property) -> None:
    earlier = make_booking(villa, day(2), 3)

    with pytest.raises(DatesTaken) as refused:
        make_booking(villa, day(0), 4)

    assert refused.value.night == day(2)
    assert refused.value.by == earlier
    assert str(refused.value) == "Dates conflict with an existing booking"
    assert refused.value.explanation == (
        f"The night of Tue 3 March 2026 in Villa is taken by booking {earlier.reference}."
    )


def test_book_stay_allows_same_day_turnover(villa: Property) -> None:
    make_booking(villa, day(0), 2)

    booking = make_booking(villa, day(2), 2)

    assert booking.check_in == day(2)


def test_book_stay_takes_the_first_free_unit_by_position(guesthouse: Property) -> None:
    make_booking(guesthouse, day(0), 3)

    booking = make_booking(guesthouse, day(2), 3)

    assert booking.unit.name == "Room 2"


def test_book_stay_refuses_when_no_unit_is_free(guesthouse: Property) -> None:
    for _ in range(3):
        make_booking(guesthouse, day(0), 3)

    with pytest.raises(DatesTaken):
        make_booking(guesthouse, day(1), 1)


def test_book_stay_holds_several_units_every_night(guesthouse: Property) -> None:
    first, second, _ = units_of(guesthouse)

    booking = make_booking(guesthouse, day(0), 2, units=[second, first])

    check_constraints_now()
    assert booking.unit == second
    assert booking.total_price == Decimal("400.00")
    assert [(night, unit) for night, unit, _ in nights_of(booking)] == [
        (day(0), "Room 1"),
        (day(0), "Room 2"),
        (day(1), "Room 1"),
        (day(1), "Room 2"),
    ]


def test_book_stay_refuses_another_propertys_unit(guesthouse: Property, villa: Property) -> None:
    with pytest.raises(placing.UnitNotFound):
        make_booking(villa, units=units_of(guesthouse)[:1])


@pytest.mark.parametrize(
    ("nights", "extra", "sentence"),
    [
        (0, {}, "check_out must be after check_in"),
        (731, {}, "A stay has at most 730 nights"),
        (1, {"num_guests": 5}, "Villa takes at most 4 guests"),
        (1, {"status": "cancelled"}, "A new booking cannot be cancelled"),
        (1, {"total_price": Decimal("10000000000")}, "A booking's total is at most 9999999999.99"),
        (
            1,
            {"num_guests": 3, "adults": 1},
            "num_guests must be adults + children, with at least one adult",
        ),
        (
            1,
            {"num_guests": 3, "adults": 1, "children": 1},
            "num_guests must be adults + children, with at least one adult",
        ),
    ],
)
def test_book_stay_checks_its_rules(
    villa: Property, nights: int, extra: dict, sentence: str
) -> None:
    with pytest.raises(BrokenRule) as refused:
        make_booking(villa, day(0), nights, **extra)

    assert refused.value.message == sentence


def test_book_stay_refuses_a_property_in_maintenance(organization: Organization) -> None:
    home = make_property(organization, status="maintenance")

    with pytest.raises(placing.PropertyNotOpen):
        make_booking(home)


def test_book_stay_refuses_nights_outside_the_units_offer(organization: Organization) -> None:
    home = make_property(organization)
    unit = units_of(home)[0]
    unit.available_to = day(2)
    unit.save()

    assert make_booking(home, day(0), 2).unit == unit
    with pytest.raises(placing.UnitNotOpen):
        make_booking(home, day(1), 2, units=[unit])


def test_change_dates_keeps_the_total_and_spreads_it_anew(villa: Property) -> None:
    booking = make_booking(villa, day(0), 2)

    changed = services.change_dates(booking=booking, check_in=day(1), check_out=day(4), by=None)

    check_constraints_now()
    assert changed.total_price == Decimal("200.00")
    assert [(night, price) for night, _, price in nights_of(changed)] == [
        (day(1), Decimal("66.67")),
        (day(2), Decimal("66.67")),
        (day(3), Decimal("66.66")),
    ]


def test_change_dates_onto_taken_nights_changes_nothing(villa: Property) -> None:
    booking = make_booking(villa, day(0), 2)
    make_booking(villa, day(3), 2)

    with pytest.raises(DatesTaken) as refused:
        services.change_dates(booking=booking, check_in=day(0), check_out=day(4), by=None)

    assert refused.value.night == day(3)
    booking.refresh_from_db()
    assert booking.check_out == day(2)
    assert len(nights_of(booking)) == 2


def test_update_with_the_same_values_writes_nothing(villa: Property) -> None:
    booking = make_booking(villa)
    stored = Booking.objects.get(pk=booking.pk)

    same = services.update_booking(
        booking=booking, by=None, changes={"adults": 1, "status": "pending"}
    )

    assert same.updated_at == stored.updated_at


def test_change_unit_moves_every_night(guesthouse: Property) -> None:
    booking = make_booking(guesthouse, day(0), 2)
    third = units_of(guesthouse)[2]

    changed = services.change_unit(booking=booking, unit=third, by=None)

    check_constraints_now()
    assert changed.unit == third
    assert {unit for _, unit, _ in nights_of(changed)} == {"Room 3"}


def test_move_to_unit_in_mid_stay_and_stretch(guesthouse: Property) -> None:
    booking = make_booking(guesthouse, day(0), 3)
    second = units_of(guesthouse)[1]

    moved = services.move_to_unit(booking=booking, unit=second, by=None, from_night=day(2))
    services.change_dates(booking=moved, check_in=day(-1), check_out=day(4), by=None)

    check_constraints_now()
    assert [(night, unit) for night, unit, _ in nights_of(booking)] == [
        (day(-1), "Room 1"),
        (day(0), "Room 1"),
        (day(1), "Room 1"),
        (day(2), "Room 2"),
        (day(3), "Room 2"),
    ]


def test_move_to_unit_refuses_where_nothing_would_move(guesthouse: Property) -> None:
    booking = make_booking(guesthouse, day(0), 3)

    with pytest.raises(services.NoNightsToMove):
        services.move_to_unit(booking=booking, unit=booking.unit, by=None)


def test_move_to_unit_leaves_the_named_one_of_several(guesthouse: Property) -> None:
    first, second, third = units_of(guesthouse)
    booking = make_booking(guesthouse, day(0), 1, units=[first, second])

    moved = services.move_to_unit(booking=booking, unit=third, by=None, instead_of=first)

    check_constraints_now()
    assert [unit for _, unit, _ in nights_of(moved)] == ["Room 2", "Room 3"]
    assert moved.unit in (second, third)


def test_change_property_takes_its_first_free_unit(villa: Property, guesthouse: Property) -> None:
    booking = make_booking(villa, day(0), 2)
    make_booking(guesthouse, day(0), 2)

    moved = services.change_property(booking=booking, property=guesthouse, by=None)

    check_constraints_now()
    assert {unit for _, unit, _ in nights_of(moved)} == {"Room 2"}
    assert moved.property == guesthouse


def test_change_property_to_another_currency_needs_a_total(
    villa: Property, organization: Organization
) -> None:
    euro_villa = make_property(organization, currency="EUR")
    booking = make_booking(villa, day(0), 2)

    with pytest.raises(BrokenRule):
        services.change_property(booking=booking, property=euro_villa, by=None)
    moved = services.change_property(
        booking=booking, property=euro_villa, total_price=Decimal("150.00"), by=None
    )

    check_constraints_now()
    assert (moved.currency, moved.total_price) == ("EUR", Decimal("150.00"))


@pytest.mark.parametrize("old", Status.values)
@pytest.mark.parametrize("new", Status.values)
def test_status_moves_are_those_of_the_table(villa: Property, old: str, new: str) -> None:
    booking = make_booking(villa)
    for step in {
        "cancelled": ["cancelled"],
        "no_show": ["confirmed", "no_show"],
        "checked_out": ["checked_in", "checked_out"],
        "pending": [],
    }.get(old, [old]):
        booking = services.update_booking(booking=booking, by=None, changes={"status": step})

    if new == old or new in MOVES[old]:
        changed = services.update_booking(booking=booking, by=None, changes={"status": new})
        check_constraints_now()
        assert changed.status == new
        assert (changed.cancelled_at is not None) == (new == "cancelled")
        assert bool(nights_of(changed)) == changed.holds_nights()
    else:
        with pytest.raises(services.StatusMoveNotAllowed) as refused:
            services.update_booking(booking=booking, by=None, changes={"status": new})
        assert refused.value.message == f"Cannot change a booking from {old} to {new}"


def test_named_verbs_walk_through_a_stay(villa: Property) -> None:
    booking = make_booking(villa)

    assert services.confirm_booking(booking=booking, by=None).status == "confirmed"
    assert services.unconfirm_booking(booking=booking, by=None).status == "pending"
    assert services.check_in_guest(booking=booking, by=None).status == "checked_in"
    assert services.undo_check_in(booking=booking, by=None).status == "confirmed"
    assert services.check_in_guest(booking=booking, by=None).status == "checked_in"
    assert services.check_out_guest(booking=booking, by=None).status == "checked_out"
    assert services.undo_check_out(booking=booking, by=None).status == "checked_in"


def test_cancel_booking_frees_the_nights_and_keeps_the_reason(villa: Property) -> None:
    booking = make_booking(villa)

    cancelled = services.cancel_booking(booking=booking, by=None, reason="Flight cancelled")

    check_constraints_now()
    assert cancelled.cancellation_reason == "Flight cancelled"
    assert nights_of(cancelled) == []
    assert make_booking(villa).status == "pending"


def test_revive_booking_brings_back_every_unit(guesthouse: Property) -> None:
    booking = make_booking(guesthouse, day(0), 2, units=units_of(guesthouse)[1:])
    services.cancel_booking(booking=booking, by=None)

    revived = services.revive_booking(booking=booking, by=None)

    check_constraints_now()
    assert revived.cancelled_at is None
    assert [unit for _, unit, _ in nights_of(revived)] == ["Room 2", "Room 3"] * 2


def test_revive_booking_refuses_nights_sold_since(villa: Property) -> None:
    booking = services.cancel_booking(booking=make_booking(villa), by=None, reason="x")
    make_booking(villa)

    with pytest.raises(DatesTaken):
        services.revive_booking(booking=booking, by=None)

    booking.refresh_from_db()
    assert (booking.status, booking.cancellation_reason) == ("cancelled", "x")


def test_no_show_then_cancelled_then_pending_again(villa: Property) -> None:
    booking = services.confirm_booking(booking=make_booking(villa), by=None)
    services.mark_no_show(booking=booking, by=None)
    services.cancel_booking(booking=booking, by=None)

    revived = services.revive_booking(booking=booking, by=None, status=Status.PENDING)

    check_constraints_now()
    assert len(nights_of(revived)) == 3


def test_delete_and_restore_booking(villa: Property) -> None:
    booking = make_booking(villa)
    services.delete_booking(booking=booking, by=None)
    check_constraints_now()
    assert not Booking.objects.for_organization(villa.organization).filter(pk=booking.pk).exists()
    assert nights_of(booking) == []

    restored = services.restore_booking(booking=booking, by=None)

    check_constraints_now()
    assert restored.deleted_at is None
    assert len(nights_of(restored)) == 3


def test_restore_booking_refuses_nights_sold_since(villa: Property) -> None:
    booking = make_booking(villa)
    services.delete_booking(booking=booking, by=None)
    make_booking(villa)

    with pytest.raises(DatesTaken):
        services.restore_booking(booking=booking, by=None)


def test_restore_booking_wants_its_property_back_first(villa: Property) -> None:
    booking = make_booking(villa)
    delete_property(property=villa, by=None)

    with pytest.raises(services.BookingDeleted):
        services.restore_booking(booking=booking, by=None)
    restore_property(property=villa, by=None)

    check_constraints_now()
    booking.refresh_from_db()
    assert booking.deleted_at is None
    assert len(nights_of(booking)) == 3


def test_history_says_who_and_through_which_door(villa: Property, owner: User) -> None:
    booking = make_booking(villa, guest=make_guest(villa.organization))

    services.confirm_booking(booking=booking, by=owner)

    events = booking.events.order_by("pgh_id")
    assert [(event.pgh_label, event.status) for event in events] == [
        ("insert", "pending"),
        ("update", "confirmed"),
    ]
    assert events.last().pgh_context == {"user": str(owner.pk), "door": "web"}


def test_a_verb_follows_a_booking_that_moved_meanwhile(
    villa: Property, guesthouse: Property
) -> None:
    stale = make_booking(villa)
    services.change_property(booking=Booking.objects.get(pk=stale.pk), property=guesthouse, by=None)

    confirmed = services.confirm_booking(booking=stale, by=None)

    assert (confirmed.property, confirmed.status) == (guesthouse, "confirmed")


def test_revive_booking_takes_the_unit_chosen_while_it_was_cancelled(guesthouse: Property) -> None:
    booking = services.cancel_booking(booking=make_booking(guesthouse), by=None)
    third = units_of(guesthouse)[2]
    services.change_unit(booking=booking, unit=third, by=None)

    revived = services.revive_booking(booking=booking, by=None)

    check_constraints_now()
    assert {unit for _, unit, _ in nights_of(revived)} == {"Room 3"}


def test_restore_booking_leaves_one_that_is_not_deleted_alone(villa: Property) -> None:
    booking = make_booking(villa)

    assert services.restore_booking(booking=booking, by=None) == booking
    assert len(nights_of(booking)) == 3


def test_restore_booking_that_was_cancelled_takes_no_nights(villa: Property) -> None:
    booking = services.cancel_booking(booking=make_booking(villa), by=None)
    services.delete_booking(booking=booking, by=None)
    make_booking(villa)

    restored = services.restore_booking(booking=booking, by=None)

    check_constraints_now()
    assert (restored.status, nights_of(restored)) == ("cancelled", [])


def test_change_party_over_what_the_property_takes(villa: Property) -> None:
    booking = make_booking(villa)

    with pytest.raises(BrokenRule, match="Villa takes at most 4 guests"):
        services.change_party(booking=booking, adults=3, children=2, by=None)
    changed = services.change_party(booking=booking, adults=2, children=2, by=None)

    assert changed.num_guests() == 4
