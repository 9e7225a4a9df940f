"""Nights and bookings agree, whoever writes: what the database refuses at commit."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Organization
from properties.models import Property
from villaops.tests.build import (
    DAY,
    make_booking,
    make_property,
)

pytestmark = pytest.mark.usefixtures("inside")


def day(number: int) -> date:
    return DAY + timedelta(days=number)


@pytest.fixture
def villa(organization: Organization, inside: None) -> Property:
    return make_property(organization, name="Villa", base_price_per_night=Decimal("100.00"))


def check_constraints_now() -> None:
    """Ask the deferred triggers, which otherwise speak at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@transaction.atomic
def execute_and_check(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
    check_constraints_now()


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM bookings_night WHERE night = '2026-03-02'",
        "UPDATE bookings_night SET night = '2026-03-20' WHERE night = '2026-03-03'",
        "UPDATE bookings_night SET price = price + 1",
        "UPDATE bookings_booking SET check_out = '2026-03-20'",
        "UPDATE bookings_booking SET total_price = 1",
        "UPDATE bookings_booking SET status = 'no_show'",
        "UPDATE bookings_booking SET deleted_at = now()",
        "UPDATE bookings_booking SET unit_id = (SELECT id FROM properties_unit WHERE name = 'X')",
    ],
)
def test_sql_that_breaks_a_stay_is_refused_at_commit(
    villa: Property, organization: Organization, sql: str
) -> None:
    make_property(organization, name="X")
    make_booking(villa, day(0), 3)
    check_constraints_now()

    with pytest.raises(IntegrityError, match="Nights of booking"):
        execute_and_check(sql)
