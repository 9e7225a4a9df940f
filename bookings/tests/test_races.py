"""Double booking is impossible: real connections racing each other, nothing mocked."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count
from django.utils import timezone

from accounts.models import Organization
from bookings.blocks import block_nights
from bookings.holds import release_expired_holds
from bookings.models import Booking, Night
from bookings.nights import DatesTaken
from bookings.services import (
    book_stay,
    cancel_booking,
    change_dates,
    confirm_booking,
    revive_booking,
)
from guests.models import Guest
from properties.models import Property
from properties.services import delete_property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_organization, make_property
from villaops.tests.build import units_of as units_of_property

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

WRITERS = 16
ROUNDS = 30

type Writer = Callable[[], object]


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@contextmanager
def context(organization: Organization) -> Iterator[None]:
    with organization_context(organization, by=None, door=Door.COMMAND):
        yield


def race(organization: Organization, writers: list[Writer]) -> Counter[str]:
    """Let every writer loose at once, each on its own connection; count how each ended."""
    start = threading.Barrier(len(writers))

    def run(writer: Writer) -> str:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            with context(organization):
                writer()
        except DatesTaken:
            return "taken"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        else:
            return "won"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(writers)) as pool:
        return Counter(pool.map(run, writers))


def booking_of(home: Property, guest: Guest, start: date, nights: int = 4) -> Writer:
    return lambda: book_stay(
        property=home,
        guest=guest,
        check_in=start,
        check_out=start + timedelta(days=nights),
        by=None,
    )


def overlapping(home: Property, guest: Guest, start: date) -> list[Writer]:
    """Sixteen stays of four nights that all hold the night three days after `start`."""
    return [
        booking_of(home, guest, start + timedelta(days=writer % 4)) for writer in range(WRITERS)
    ]


def assert_nights_agree(organization: Organization, live: int) -> None:
    """So many live bookings, each with its own nights."""
    with context(organization):
        held = Counter(
            dict(
                Night.objects.exclude(booking=None)
                .values_list("booking")
                .annotate(count=Count("night"))
            )
        )
        stays = Booking.objects.holding_nights()
        assert held == Counter({stay.pk: stay.nights_count() for stay in stays})
        assert len(stays) == live


def test_sixteen_writers_race_for_one_unit(organization: Organization) -> None:
    with context(organization):
        home, guest = make_property(organization), make_guest(organization)

    for number in range(ROUNDS):
        ended = race(organization, overlapping(home, guest, DAY + timedelta(days=10 * number)))

        assert ended == {"won": 1, "taken": WRITERS - 1}
    assert_nights_agree(organization, live=ROUNDS)


def test_two_units_are_sold_exactly_twice(organization: Organization) -> None:
    with context(organization):
        home, guest = make_property(organization, units=2), make_guest(organization)

    for number in range(5):
        ended = race(organization, overlapping(home, guest, DAY + timedelta(days=10 * number)))

        assert ended == {"won": 2, "taken": WRITERS - 2}
    assert_nights_agree(organization, live=10)


def test_updates_race_creations(organization: Organization) -> None:
    with context(organization):
        home, guest = make_property(organization), make_guest(organization)

    for number in range(5):
        start = DAY + timedelta(days=100 * number)
        with context(organization):
            stays = [
                make_booking(home, start + timedelta(days=10 * n), 2, guest=guest)
                for n in range(1, 9)
            ]
        updates: list[Writer] = [
            lambda stay=stay, start=start: change_dates(  # type: ignore[misc]
                booking=stay, check_in=start, check_out=start + timedelta(days=3), by=None
            )
            for stay in stays
        ]

        ended = race(organization, updates + [booking_of(home, guest, start, 3)] * 8)

        assert ended == {"won": 1, "taken": WRITERS - 1}


def test_revivals_race_creations(organization: Organization) -> None:
    with context(organization):
        home, guest = make_property(organization), make_guest(organization)

    for number in range(5):
        start = DAY + timedelta(days=10 * number)
        with context(organization):
            gone = [
                cancel_booking(booking=make_booking(home, start, 3, guest=guest), by=None)
                for _ in range(8)
            ]
        revivals: list[Writer] = [
            lambda stay=stay: revive_booking(booking=stay, by=None)  # type: ignore[misc]
            for stay in gone
        ]

        ended = race(organization, revivals + [booking_of(home, guest, start, 3)] * 8)

        assert ended == {"won": 1, "taken": WRITERS - 1}


@pytest.mark.parametrize("is_released", [False, True])
def test_expired_holds_race_new_bookings_and_confirmations(
    organization: Organization, is_released: bool
) -> None:
    """One holder whatever happens: the new booking, or the old one confirmed after all."""
    with context(organization):
        home, guest = make_property(organization), make_guest(organization)

    for number in range(5):
        start = DAY + timedelta(days=10 * number)
        with context(organization):
            soon = timezone.now() + timedelta(hours=1)
            stay = make_booking(home, start, 3, guest=guest, hold_expires_at=soon)
        with context(organization):
            expired = timezone.now() - timedelta(seconds=1)
            Booking.objects.filter(pk=stay.pk).update(hold_expires_at=expired)
        if is_released:
            with context(organization):
                pass
        confirm: Writer = lambda stay=stay: confirm_booking(  # type: ignore[misc] # noqa: E731
            booking=stay, by=None
        )

        ended = race(
            organization,
            [confirm] * 3 + [booking_of(home, guest, start, 3)] * 4 + [release_expired_holds],
        )

        # Confirming what is confirmed is no move: then all three have done so.
        assert ended in ({"won": 2, "taken": 6}, {"won": 4, "taken": 4}), ended
        with context(organization):
            assert Booking.objects.holding_nights().filter(check_in=start).count() == 1
    assert_nights_agree(organization, live=5)


def test_a_hold_that_expires_under_a_confirmation_has_one_end(organization: Organization) -> None:
    """Whoever has the booking's lock decides; the release passes it by."""
    with context(organization):
        home, guest = make_property(organization), make_guest(organization)
        soon = timezone.now() + timedelta(hours=1)
        stay = make_booking(home, DAY, 3, guest=guest, hold_expires_at=soon)
        other = make_booking(home, DAY + timedelta(days=9), 3, guest=guest, hold_expires_at=soon)
    with context(organization):
        expired = timezone.now() - timedelta(seconds=1)
        Booking.objects.filter(pk=stay.pk).update(hold_expires_at=expired)
        confirm_booking(booking=stay, by=None)
        Booking.objects.filter(pk=other.pk).update(hold_expires_at=expired)

        assert race(organization, [_nothing]) == {"won": 1}

    with context(organization):
        stay.refresh_from_db()
        other.refresh_from_db()
        assert (stay.status, other.status) == ("confirmed", "cancelled")


def _nothing() -> None:
    """Only open the context."""


def test_blocks_race_bookings(organization: Organization) -> None:
    with context(organization):
        home, guest = make_property(organization), make_guest(organization)
        unit = units_of_property(home)[0]

    for number in range(5):
        start = DAY + timedelta(days=10 * number)
        block: Writer = lambda start=start: block_nights(  # type: ignore[misc] # noqa: E731
            unit=unit, start=start, end=start + timedelta(days=2), by=None
        )

        ended = race(organization, [block] * 8 + [booking_of(home, guest, start)] * 8)

        assert ended == {"won": 1, "taken": WRITERS - 1}


def test_deleting_a_property_races_bookings_without_deadlock(organization: Organization) -> None:
    with context(organization):
        home, guest = make_property(organization), make_guest(organization)
        stay = make_booking(home, DAY, 2, guest=guest)
    change: Writer = lambda: change_dates(  # noqa: E731
        booking=stay, check_in=DAY, check_out=DAY + timedelta(days=3), by=None
    )
    delete: Writer = lambda: delete_property(property=home, by=None)  # noqa: E731

    ended = race(organization, [change] * 8 + [delete] * 8)

    assert ended["won"] + ended["taken"] == WRITERS, ended


def test_raw_sql_cannot_sell_a_night_twice(organization: Organization) -> None:
    """Whoever bypasses Python meets the primary key: one insert wins, the others fail."""
    with context(organization):
        home, guest = make_property(organization), make_guest(organization)
        unit = units_of_property(home)[0]
        stays = [make_booking(home, DAY + timedelta(days=10 * n), 1, guest=guest) for n in range(8)]
    barrier = threading.Barrier(len(stays))

    def insert(stay: Booking) -> str:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            with context(organization), connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE bookings_booking SET check_in = '2030-01-01', check_out = '2030-01-02'"
                    " WHERE id = %s",
                    [stay.pk],
                )
                cursor.execute("DELETE FROM bookings_night WHERE booking_id = %s", [stay.pk])
                cursor.execute(
                    "INSERT INTO bookings_night"
                    " (organization_id, unit_id, night, booking_id, price)"
                    " VALUES (%s, %s, '2030-01-01', %s, 100)",
                    [organization.pk, unit.pk, stay.pk],
                )
        except IntegrityError as error:
            return error.__cause__.diag.constraint_name  # type: ignore[union-attr,return-value]
        else:
            return "won"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(stays)) as pool:
        ended = Counter(pool.map(insert, stays))

    assert ended == {"won": 1, "bookings_night_pkey": len(stays) - 1}


def test_the_loser_past_the_check_still_learns_which_night(organization: Organization) -> None:
    """A writer that does not lock the property wins between our check and our insert."""
    with context(organization):
        home, guest = make_property(organization), make_guest(organization)
        unit = units_of_property(home)[0]
        other = make_booking(home, DAY + timedelta(days=50), 1, guest=guest)
    inserted, result = threading.Event(), []

    def book() -> None:
        inserted.wait(timeout=30)
        try:
            with context(organization):
                booking_of(home, guest, DAY)()
        except DatesTaken as refused:
            result.append(refused.night)
        finally:
            connection.close()

    loser = threading.Thread(target=book)
    loser.start()
    with context(organization), transaction.atomic(), connection.cursor() as cursor:
        taken = DAY + timedelta(days=2)
        cursor.execute("DELETE FROM bookings_night WHERE booking_id = %s", [other.pk])
        cursor.execute(
            "UPDATE bookings_booking SET check_in = %s, check_out = %s WHERE id = %s",
            [taken, taken + timedelta(days=1), other.pk],
        )
        cursor.execute(
            "INSERT INTO bookings_night (organization_id, unit_id, night, booking_id, price)"
            " VALUES (%s, %s, %s, %s, 100)",
            [organization.pk, unit.pk, taken, other.pk],
        )
        inserted.set()
        # The loser sees free nights, inserts, and waits for this transaction.
        loser.join(timeout=1)
    loser.join(timeout=30)

    assert result == [DAY + timedelta(days=2)]
