"""The check that finds what the database never lets happen; so here its triggers are off."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Organization
from bookings.blocks import block_nights
from bookings.integrity import report_faults
from bookings.services import cancel_booking
from bookings.tasks import check_nights
from properties.models import Property
from villaops.outbox import Intent
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.tests.build import DAY, make_booking, make_property, make_user, units_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(organization: Organization) -> Iterator[Property]:
    with organization_context(organization, by=None, door=Door.COMMAND):
        yield make_property(organization, units=2)


@contextmanager
def unguarded() -> Iterator[None]:
    """As the tables' owner may, with every trigger of ours off."""
    tables = ("bookings_booking", "bookings_night")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def found() -> dict[str, str]:
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        return {fault.label: fault.problem for fault in report_faults()}


def test_nothing_is_found_where_all_is_well(home: Property) -> None:
    make_booking(home, units=units_of(home))
    cancel_booking(booking=make_booking(home, DAY.replace(day=20)), by=None)
    block_nights(
        unit=units_of(home)[0], start=DAY.replace(day=25), end=DAY.replace(day=28), by=None
    )

    assert found() == {}
    printed = StringIO()
    call_command("check_nights", stdout=printed)
    assert "exactly its nights" in printed.getvalue()


BREAK = {
    "they are not exactly those of its dates": "DELETE FROM bookings_night WHERE night = %(day)s",
    "it holds none, yet has some": (
        "UPDATE bookings_booking SET status = 'no_show' WHERE check_in = %(day)s"
    ),
    "their prices do not add up to its total": (
        "UPDATE bookings_night SET price = price + 1 WHERE night = %(day)s"
    ),
    "some have a price, the booking has none": (
        "UPDATE bookings_booking SET total_price = NULL WHERE check_in = %(day)s"
    ),
    "the first is not in its unit": (
        "UPDATE bookings_booking SET unit_id = %(other)s WHERE check_in = %(day)s"
    ),
}


@pytest.mark.parametrize("problem", BREAK)
def test_each_fault_is_found_and_told_of(home: Property, problem: str) -> None:
    first, second = units_of(home)
    stay = make_booking(home, units=[first])
    make_booking(home, DAY.replace(day=20))
    make_user("root@example.com", is_superuser=True)

    with unguarded(), connection.cursor() as cursor:
        cursor.execute(BREAK[problem], {"day": DAY, "other": second.pk})

    assert found() == {stay.reference: problem}
    with pytest.raises(CommandError, match="1 bookings or blocks"):
        call_command("check_nights", stdout=StringIO())
    (told,) = Intent.objects.filter(kind="mail", payload__to="root@example.com")
    assert stay.reference in told.payload["context"]["lines"][0]


def test_night_check_runs_once_a_day(home: Property) -> None:
    assert check_nights() is True
    assert check_nights() is False
