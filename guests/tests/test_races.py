"""A guest is merged or deleted while somebody books for them: real connections, nothing mocked."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Organization
from bookings.models import Booking
from bookings.services import book_stay
from guests.merging import merge_guests
from guests.models import Guest
from guests.services import delete_guest
from properties.models import Property
from villaops.errors import DomainError
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_guest, make_organization, make_property

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

ROUNDS = 10

type Writer = Callable[[], object]


@pytest.fixture
def organization() -> Organization:
    return make_organization()


def race(organization: Organization, writers: list[Writer]) -> Counter[str]:
    """Let every writer loose at once, each on its own connection; count how each ended."""
    start = threading.Barrier(len(writers))

    def run(writer: Writer) -> str:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            with organization_context(organization, by=None, door=Door.COMMAND):
                writer()
        except DomainError as error:
            return error.code
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(writers)) as pool:
        return Counter(pool.map(run, writers))


def booking_of(home: Property, guest: Guest, day: int) -> Writer:
    start = DAY + timedelta(day)
    return lambda: book_stay(
        property=home, guest=guest, check_in=start, check_out=start + timedelta(1), by=None
    )


def assert_no_stay_of_a_deleted_guest(organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        theirs = Booking.objects.for_organization(organization)
        assert not theirs.filter(guest__deleted_at__isnull=False).exists()


def test_booking_a_guest_who_is_deleted_at_the_same_instant(organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        homes = [make_property(organization) for _n in range(3)]
        guests = [make_guest(organization) for _n in range(ROUNDS)]

    for day, guest in enumerate(guests):
        writers = [booking_of(home, guest, day) for home in homes]
        writers.append(lambda guest=guest: delete_guest(guest=guest, by=None))  # type: ignore[misc]
        ended = race(organization, writers)

        assert set(ended) <= {"done", "guest_not_found", "guest_has_bookings"}
        # Either all booked and the guest stays, or the guest went and nobody booked since.
        assert ended["guest_has_bookings"] or ended["guest_not_found"] == len(homes), ended
        assert_no_stay_of_a_deleted_guest(organization)


def test_booking_a_guest_who_is_merged_at_the_same_instant(organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        homes = [make_property(organization) for _n in range(3)]
        pairs = [(make_guest(organization), make_guest(organization)) for _n in range(ROUNDS)]

    for day, (keep, merge) in enumerate(pairs):
        writers = [booking_of(home, merge, day) for home in homes]
        # Two people merge the same two, each the other way round: one of them comes too late.
        for one, other in ((keep, merge), (merge, keep)):
            writers.append(
                lambda one=one, other=other: merge_guests(keep=one, merge=other, by=None)  # type: ignore[misc]
            )
        ended = race(organization, writers)

        assert set(ended) <= {"done", "guest_not_found"}
        with organization_context(organization, by=None, door=Door.COMMAND):
            alive = Guest.objects.for_organization(organization).filter(pk__in=[keep.pk, merge.pk])
            assert len(alive) == 1
        assert_no_stay_of_a_deleted_guest(organization)
