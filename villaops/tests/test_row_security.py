"""Row-level security when nobody asks Django: a connection of its own as the application's role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from accounts.models import Organization
from bookings.models import Booking
from villaops.tenancy import checks
from villaops.tests.build import make_organization
from villaops.tests.test_tenancy import fill

pytestmark = pytest.mark.django_db(transaction=True)

type Cursor = psycopg.Cursor[Any]


@contextmanager
def inside(organization: Organization | None) -> Iterator[Cursor]:
    """A transaction of a connection that knows neither Django nor its contexts; taken back."""
    settings = connection.get_connection_params()
    known = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    password = {"password": settings["password"]} if settings.get("password") else {}
    with psycopg.connect(**known, **password) as raw, raw.cursor() as cursor:
        if organization:
            cursor.execute(
                "SELECT set_config('villaops.organization_id', %s, true)", [str(organization.pk)]
            )
        yield cursor
        raw.rollback()


@pytest.fixture
def stays(transactional_db: None) -> tuple[Booking, Booking]:
    """One of Sea Houses, one of Hill Houses, and a row in every table of each."""
    return fill(make_organization("Sea Houses")), fill(make_organization("Hill Houses"))


def refused(cursor: Cursor, statement: str, *given: Any, because: str) -> None:
    with pytest.raises(psycopg.Error, match=because), cursor.connection.transaction():
        cursor.execute(statement, given)


def test_reading_and_copying_out_stop_at_the_organization(stays: tuple[Booking, Booking]) -> None:
    mine, theirs = stays

    with inside(mine.organization) as cursor:
        for model in checks.tenant_models():
            table = model._meta.db_table
            cursor.execute(f"SELECT DISTINCT organization_id FROM {table}")
            assert cursor.fetchall() == [(mine.organization_id,)], table
            cursor.execute(
                f"SELECT FROM {table} WHERE organization_id = %s", [theirs.organization_id]
            )
            assert cursor.rowcount == 0, table
        with cursor.copy("COPY bookings_booking TO STDOUT") as copied:
            text = b"".join(bytes(part) for part in copied).decode()
    assert mine.reference in text
    assert theirs.reference not in text
    with inside(None) as cursor:
        for model in checks.tenant_models():
            cursor.execute(f"SELECT FROM {model._meta.db_table}")
            assert cursor.rowcount == 0, model


def test_writing_stops_at_the_organization(stays: tuple[Booking, Booking]) -> None:
    mine, theirs = stays
    new_guest = (
        "INSERT INTO guests_guest (id, organization_id, name, email, created_at, updated_at)"
    )

    with inside(mine.organization) as cursor:
        cursor.execute("UPDATE bookings_booking SET adults = 9")
        assert cursor.rowcount == 1
        cursor.execute("DELETE FROM bookings_booking WHERE id = %s", [theirs.pk])
        assert cursor.rowcount == 0
        refused(
            cursor,
            f"{new_guest} VALUES (gen_random_uuid(), %s, 'X', 'x@example.com', now(), now())",
            theirs.organization_id,
            because="row-level security",
        )
        for table in ("guests_guest", "bookings_booking", "properties_property"):
            refused(
                cursor,
                f"UPDATE {table} SET organization_id = %s",
                theirs.organization_id,
                because="row-level security",
            )
        refused(
            cursor,
            f"{new_guest} SELECT gen_random_uuid(), %s, name, 'y' || email, now(), now()"
            " FROM guests_guest",
            theirs.organization_id,
            because="row-level security",
        )
        refused(cursor, "COPY guests_guest FROM STDIN", because="row-level security")
    with inside(theirs.organization) as cursor:
        cursor.execute("SELECT adults FROM bookings_booking WHERE id = %s", [theirs.pk])
        assert cursor.fetchall() == [(theirs.adults,)]


def test_copying_rows_takes_none_of_others(stays: tuple[Booking, Booking]) -> None:
    mine, theirs = stays

    with inside(mine.organization) as cursor:
        cursor.execute(
            "INSERT INTO guests_guest (id, organization_id, name, email, created_at, updated_at)"
            " SELECT gen_random_uuid(), %s, name, 'y' || email, now(), now()"
            " FROM guests_guest WHERE organization_id = %s",
            [mine.organization_id, theirs.organization_id],
        )

        assert cursor.rowcount == 0


def test_a_reference_cannot_leave_the_organization(stays: tuple[Booking, Booking]) -> None:
    """Foreign keys do not ask the policies; theirs name the organization too."""
    mine, theirs = stays

    with inside(mine.organization) as cursor:
        for column, value in (
            ("guest_id", theirs.guest_id),
            ("property_id", theirs.property_id),
            ("unit_id", theirs.unit_id),
        ):
            refused(
                cursor,
                f"UPDATE bookings_booking SET {column} = %s",
                value,
                # The guest is missed by a trigger before the key is looked at.
                because="_same_organization|is deleted",
            )


def test_the_policies_cannot_be_gone_round(stays: tuple[Booking, Booking]) -> None:
    """Neither by a stronger role nor by switching them off. What the role may is written in
    docs/decisions/0002: become the support role, in so many words, and what owning a table allows.
    """
    mine, theirs = stays

    with inside(mine.organization) as cursor:
        refused(cursor, "SET ROLE postgres", because="permission denied|does not exist")
        refused(cursor, "ALTER ROLE CURRENT_USER BYPASSRLS", because="permission denied|Only roles")
        cursor.execute("SET LOCAL row_security = off")
        refused(cursor, "SELECT * FROM bookings_booking", because="row-level security")
        cursor.execute("SET LOCAL row_security = on")
        refused(cursor, "TRUNCATE accounts_auditentry", because="permission denied")
        # What it inherits from the support role: nothing. What it sees by becoming it: all.
        cursor.execute("SELECT count(DISTINCT organization_id) FROM bookings_booking")
        assert cursor.fetchone() == (1,)
        cursor.execute("SET LOCAL ROLE villaops_support")
        cursor.execute("SELECT id FROM bookings_booking ORDER BY id")
        assert cursor.fetchall() == sorted([(mine.pk,), (theirs.pk,)])
        refused(cursor, "TRUNCATE bookings_booking", because="permission denied")
        refused(cursor, "DROP TABLE bookings_booking", because="must be owner")
