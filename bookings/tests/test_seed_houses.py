"""What the demo's two houses have: section 10 of the API contract, and one to look at."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Membership, Organization, Subscription, User
from accounts.permissions import Role
from analytics.reports import Scope, end_of, pickup
from bookings.demo.bali import BALI
from bookings.demo.build import seed_house
from bookings.demo.como import COMO
from bookings.demo.plan import PASSWORD, House
from bookings.models import Block, Booking, Night, NightEvent
from bookings.tests.demo_rows import check_constraints_now, rows
from guests.models import Guest
from messaging.models import Message
from properties.models import Property
from villaops.history import rewriting
from villaops.outbox import Intent
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_property
from villaops.tests.route_house import undone

DAY_0 = date(2026, 11, 21)

# Guest, days from today, status, num_guests, total: price x nights.
BALI_STAYS = [
    ("Le Ayu Villa Canggu", "James Wilson", -30, -25, "checked_out", 2, "645.00"),
    ("Le Ayu Villa Canggu", "Chloe Williams", -20, -15, "checked_out", 1, "645.00"),
    ("Le Ayu Villa Canggu", "Emma Thompson", -2, 5, "checked_in", 2, "903.00"),
    ("Le Ayu Villa Canggu", "Sarah Chen", 10, 14, "confirmed", 2, "516.00"),
    ("Pitu Village Escape", "Yuki Tanaka", -45, -40, "checked_out", 2, "430.00"),
    ("Pitu Village Escape", "Henrik Johansson", -25, -20, "cancelled", 1, "430.00"),
    ("Pitu Village Escape", "Marie Dubois", -1, 6, "checked_in", 2, "602.00"),
    ("Pitu Village Escape", "Ananya Sharma", 15, 22, "pending", 2, "602.00"),
    ("Da Vinci Villa by Nagisa", "Liam O'Brien", -60, -53, "checked_out", 6, "2450.00"),
    ("Da Vinci Villa by Nagisa", "Olivia Martinez", -40, -35, "checked_out", 4, "1750.00"),
    ("Da Vinci Villa by Nagisa", "Klaus Mueller", -10, -5, "cancelled", 3, "1750.00"),
    ("Da Vinci Villa by Nagisa", "David Kim", 7, 14, "confirmed", 5, "2450.00"),
    ("Da Vinci Villa by Nagisa", "Ahmed Hassan", 20, 27, "pending", 8, "2450.00"),
    ("Umah Anyar Villas Ubud", "Sophia Rossi", -50, -45, "checked_out", 2, "815.00"),
    ("Umah Anyar Villas Ubud", "Lucas van Dijk", -35, -28, "checked_out", 2, "1141.00"),
    ("Umah Anyar Villas Ubud", "Klaus Mueller", -3, 4, "checked_in", 2, "1141.00"),
    ("Umah Anyar Villas Ubud", "James Wilson", 8, 12, "confirmed", 2, "652.00"),
    ("Capung Asri Eco Resort", "Henrik Johansson", -55, -48, "checked_out", 2, "854.00"),
    ("Capung Asri Eco Resort", "Emma Thompson", -15, -10, "checked_out", 2, "610.00"),
    ("Capung Asri Eco Resort", "Yuki Tanaka", 5, 12, "confirmed", 2, "854.00"),
    ("Capung Asri Eco Resort", "Ananya Sharma", 25, 32, "pending", 4, "854.00"),
    ("Capung Asri Eco Resort", "Sarah Chen", 18, 21, "cancelled", 1, "366.00"),
]


@pytest.fixture(scope="module")
def houses(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[str, Organization]]:
    """Both as seeded on DAY_0, by slug; what a test changes is changed back."""
    with django_db_blocker.unblock(), undone():
        yield {house.slug: seed_house(house, on=DAY_0) for house in (BALI, COMO)}


@pytest.fixture
def bali(db: None, houses: dict[str, Organization]) -> Iterator[Organization]:
    """Bali Villas; the test runs in its context."""
    with organization_context(houses[BALI.slug], by=None, door=Door.COMMAND):
        yield houses[BALI.slug]


@pytest.fixture
def como(db: None, houses: dict[str, Organization]) -> Iterator[Organization]:
    """Lago Houses; the test runs in its context."""
    with organization_context(houses[COMO.slug], by=None, door=Door.COMMAND):
        yield houses[COMO.slug]


def test_demo_user_owns_bali_villas(bali: Organization) -> None:
    user = User.objects.get(email="demo@villaops.ai")

    assert user.check_password("demo1234")
    assert (user.name, user.is_active, user.is_staff) == ("Demo Manager", True, False)
    assert user.default_organization == bali
    assert (bali.name, bali.slug, bali.time_zone, bali.currency) == (
        *("Bali Villas", "bali-villas"),
        *("Asia/Makassar", "USD"),
    )
    assert list(Membership.objects.filter(organization=bali).values_list("user", "role")) == [
        (user.pk, "owner")
    ]
    assert list(Subscription.objects.values_list("plan", "status")) == [("free", "active")]


def test_bali_has_the_five_properties_in_order(bali: Organization) -> None:
    found = Property.objects.order_by("created_at").with_unit_count()

    assert [
        (home.name, home.location, home.property_type, home.max_guests, home.base_price_per_night)
        for home in found
    ] == [
        ("Le Ayu Villa Canggu", "Canggu, Bali", "villa", 4, Decimal("129.00")),
        ("Pitu Village Escape", "Sangeh, Ubud, Bali", "villa", 2, Decimal("86.00")),
        ("Da Vinci Villa by Nagisa", "Canggu, Bali", "villa", 8, Decimal("350.00")),
        ("Umah Anyar Villas Ubud", "Ubud, Bali", "villa", 2, Decimal("163.00")),
        ("Capung Asri Eco Resort", "Ubud, Bali", "guesthouse", 4, Decimal("122.00")),
    ]
    assert [" ".join(home.amenities or []) for home in found] == [
        "private_pool wifi ac kitchen balcony terrace garden_view mountain_view bathtub"
        " streaming_tv parking room_service",
        "pool wifi garden terrace balcony parking breakfast room_service bike_rental concierge",
        "private_pool wifi ac kitchen garden breakfast parking staff bbq laundry airport_shuttle",
        "private_pool wifi ac valley_view garden terrace parking breakfast",
        "private_pool wifi ac breakfast spa yoga organic_garden parking eco_friendly",
    ]
    assert all(home.description for home in found)
    assert {(home.status, home.currency, home.unit_count) for home in found} == {
        ("active", "USD", 1)
    }


def test_bali_has_the_fifteen_guests(bali: Organization) -> None:
    found = Guest.objects.order_by("created_at")

    assert [(guest.name, guest.nationality) for guest in found] == [
        ("Emma Thompson", "Australian"),
        ("James Wilson", "British"),
        ("Sarah Chen", "American"),
        ("Klaus Mueller", "German"),
        ("Marie Dubois", "French"),
        ("Yuki Tanaka", "Japanese"),
        ("Liam O'Brien", "Australian"),
        ("Ananya Sharma", "Indian"),
        ("Henrik Johansson", "Swedish"),
        ("Olivia Martinez", "Spanish"),
        ("David Kim", "South Korean"),
        ("Sophia Rossi", "Italian"),
        ("Lucas van Dijk", "Dutch"),
        ("Chloe Williams", "New Zealander"),
        ("Ahmed Hassan", "Emirati"),
    ]
    assert all(guest.email for guest in found)
    assert [guest.name for guest in found if not guest.phone] == ["Sophia Rossi"]
    assert sum(bool(guest.notes) for guest in found) == 9


def test_bali_has_the_bookings_of_the_contract_in_order(bali: Organization) -> None:
    found = Booking.objects.order_by("created_at").with_guest_and_property()

    check_constraints_now()
    assert [
        (
            booking.property.name,
            booking.guest.name if booking.guest else None,
            (booking.check_in - DAY_0).days,
            (booking.check_out - DAY_0).days,
            booking.status,
            booking.num_guests(),
            str(booking.total_price),
        )
        for booking in found
    ] == BALI_STAYS
    assert sum(bool(booking.special_requests) for booking in found) == 14
    assert list(found.values_list("pk")) == list(found.order_by("pk").values_list("pk"))
    assert not Block.objects.exists()


def test_nobody_is_told_of_the_demo_s_bookings(bali: Organization) -> None:
    assert not Intent.objects.waiting().exists()
    assert Message.objects.filter(kind="pre_arrival").exists()
    assert Message.objects.filter(intent__state="dead").count() == 1
    assert not Message.objects.filter(created_at__gt=timezone.now()).exists()


@pytest.mark.parametrize("house", [BALI, COMO], ids=lambda house: house.slug)
def test_bookings_are_made_before_the_stay_and_before_today(
    db: None, houses: dict[str, Organization], house: House
) -> None:
    with organization_context(houses[house.slug], by=None, door=Door.COMMAND):
        for booking in Booking.objects.all():
            made_on = booking.created_at.astimezone(ZoneInfo(house.time_zone)).date()
            assert made_on < DAY_0
            assert made_on <= booking.check_in
            if booking.cancelled_at:
                assert booking.created_at < booking.cancelled_at
                assert booking.cancelled_at.date() <= min(DAY_0, booking.check_in)


@pytest.mark.parametrize("house", [BALI, COMO], ids=lambda house: house.slug)
def test_books_of_a_past_day_are_those_of_the_bookings_made_by_then(
    db: None, houses: dict[str, Organization], house: House
) -> None:
    organization = houses[house.slug]
    zone = ZoneInfo(house.time_zone)
    with organization_context(organization, by=None, door=Door.COMMAND):
        stays = list(Booking.objects.all())
        whole = Scope.usual(organization, date(2026, 1, 1), date(2027, 12, 31))
        days = [DAY_0 - timedelta(days=back) for back in (90, 60, 30, 14, 7, 1)]
        known = [pickup(whole, day - timedelta(days=1), day).on_books_to for day in days]

    for day, books in zip(days, known, strict=True):
        end = end_of(day, zone)
        made = [
            stay
            for stay in stays
            if stay.created_at < end
            and not (stay.cancelled_at and stay.cancelled_at < end)
            and not (stay.status == "no_show" and stay.check_in < day)
        ]
        assert books.bookings == len(made), day
    assert 0 < known[1].bookings < known[-1].bookings


def test_history_is_guarded_again_after_the_seeding(bali: Organization) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        NightEvent.objects.filter(organization=bali).update(price=0)
    with pytest.raises(DatabaseError), transaction.atomic(), rewriting(NightEvent, Booking):
        NightEvent.objects.filter(organization=bali).update(price=0)


def test_como_has_a_guesthouse_of_three_and_a_hotel_of_twelve(como: Organization) -> None:
    check_constraints_now()

    assert (como.currency, como.time_zone) == ("EUR", "Europe/Rome")
    assert [
        (home.property_type, home.unit_count)
        for home in Property.objects.order_by("created_at").with_unit_count()
    ] == [("guesthouse", 3), ("hotel", 12)]
    assert sorted(Block.objects.values_list("reason", flat=True)) == sorted(Block.Reason.values)


def test_como_has_a_room_move_and_a_booking_of_several_units(como: Organization) -> None:
    moved = Booking.objects.get(guest__name="Hiroshi Sato", status="checked_in")
    party = Booking.objects.get(guest__name="Emily Carter", status="confirmed")

    assert [
        ((night.night - DAY_0).days, night.unit.name)
        for night in Night.objects.filter(booking=moved).in_order()
    ] == [(-4, "201"), (-3, "201"), (-2, "201"), *((day, "302") for day in range(-1, 3))]
    held = Counter(Night.objects.filter(booking=party).values_list("unit__name", flat=True))
    assert held == {"202": 3, "203": 3, "301": 3}


def test_como_has_something_to_do_today(como: Organization) -> None:
    bookings = Booking.objects.for_organization(como)

    assert Counter(bookings.arriving_on(DAY_0).values_list("status", flat=True)) == {
        "confirmed": 2,
        "checked_in": 1,
        "pending": 1,
    }
    assert Counter(bookings.departing_on(DAY_0).values_list("status", flat=True)) == {
        "checked_in": 2,
        "checked_out": 1,
    }
    assert bookings.in_house(DAY_0).count() == 5
    assert bookings.not_yet_arrived(DAY_0).count() == 1


def test_como_has_a_log_in_for_each_role(como: Organization) -> None:
    members = Membership.objects.filter(organization=como).select_related("user")

    assert sorted(member.role for member in members) == sorted(Role.values)
    assert all(member.user.check_password(PASSWORD) for member in members)
    assert {member.user.default_organization for member in members} == {como}


@pytest.mark.parametrize("house", [BALI, COMO], ids=lambda house: house.slug)
def test_seeding_again_gives_the_same(
    db: None, houses: dict[str, Organization], house: House
) -> None:
    organization = houses[house.slug]
    with organization_context(organization, by=None, door=Door.COMMAND):
        first = rows()
        ids = set(Booking.objects.values_list("pk", flat=True))

    again = seed_house(house, on=DAY_0)

    assert again == organization
    with organization_context(organization, by=None, door=Door.COMMAND):
        check_constraints_now()
        assert rows() == first
        assert not Booking.objects.filter(pk__in=ids).exists()


def test_seeding_again_takes_back_what_was_changed(bali: Organization) -> None:
    make_booking(make_property(bali, name="Not of the demo"))
    Subscription.objects.update(plan="pro", status="past_due")
    user = User.objects.get(email="demo@villaops.ai")
    user.set_password("another one")
    user.is_active = False
    user.save()

    seed_house(BALI, on=DAY_0)

    check_constraints_now()
    user.refresh_from_db()
    assert user.check_password("demo1234")
    assert user.is_active
    assert list(Subscription.objects.values_list("plan", "status")) == [("free", "active")]
    assert (Property.objects.count(), Booking.objects.count()) == (5, 22)


def test_seeding_again_moves_the_stays_to_today(bali: Organization) -> None:
    seed_house(BALI, on=DAY_0 + timedelta(days=10))

    check_constraints_now()
    assert Booking.objects.for_organization(bali).in_house(DAY_0 + timedelta(days=10)).count() == 3


def test_como_has_a_stay_that_waits_for_a_room(como: Organization) -> None:
    (waiting,) = Booking.objects.for_organization(como).unplaced()

    assert waiting.check_in == DAY_0 + timedelta(days=4)
    assert not waiting.nights.exists()
