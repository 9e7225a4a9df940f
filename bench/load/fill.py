"""Fill a database of its own with the houses: `make bench-data`, `make bench-data SCALE=25`.

    VAR_DIR=var/bench .venv/bin/python -m bench.load.fill [SCALE]

What VAR_DIR's private server held is thrown away. The organizations and who signs in are made by
the verbs; their houses by COPY, past triggers and policies, which only a superuser may; nights and
their history by statements that do what the triggers would have done.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.load.houses import CURRENCY, Houses, Row, Size, sizes
from villaops import embedded

PASSWORD = "demo1234"  # noqa: S105 - of people who are made up

# The booking's own row as its history has it: made, and then perhaps called off.
MADE = {
    "pgh_label": "'insert'",
    "pgh_created_at": "created_at",
    "pgh_obj_id": "id",
    "pgh_context": "NULL::jsonb",
    "pgh_context_id": "NULL::uuid",
    "status": "CASE WHEN status IN ('cancelled', 'no_show') THEN 'confirmed' ELSE status END",
    "cancelled_at": "NULL::timestamptz",
    "updated_at": "created_at",
}
CALLED_OFF = MADE | {
    "pgh_label": "'update'",
    "pgh_created_at": "gone_at",
    "status": "status",
    "cancelled_at": "cancelled_at",
    "updated_at": "gone_at",
}
# Shares of the total as `bookings.nights` makes them: the odd cents are the first nights'.
NIGHTS = """
    CREATE UNLOGGED TABLE filled AS
    SELECT b.organization_id, b.unit_id, d::date AS night, b.id AS booking_id, b.created_at,
        ((b.cents / b.nights + (d::date - b.check_in < b.cents % b.nights)::int) / 100.0)
            ::numeric(12, 2) AS price,
        b.status NOT IN ('cancelled', 'no_show') AS is_held,
        coalesce(b.cancelled_at, b.check_in + interval '1 day') AS gone_at
    FROM (
        SELECT *, (total_price * 100)::bigint AS cents, check_out - check_in AS nights
        FROM bookings_booking
    ) b CROSS JOIN LATERAL generate_series(b.check_in, b.check_out - 1, interval '1 day') d
"""
HELD = """
    INSERT INTO bookings_night (organization_id, unit_id, night, booking_id, price)
    SELECT organization_id, unit_id, night, booking_id, price FROM filled WHERE is_held
    ORDER BY unit_id, night
"""
TAKEN = """
    INSERT INTO bookings_nightevent
        (pgh_created_at, pgh_label, organization_id, unit_id, night, booking_id, price)
    SELECT created_at, 'insert', organization_id, unit_id, night, booking_id, price
    FROM filled ORDER BY created_at, unit_id, night
"""
GIVEN_BACK = """
    INSERT INTO bookings_nightevent
        (pgh_created_at, pgh_label, organization_id, unit_id, night, booking_id, price)
    SELECT gone_at, 'delete', organization_id, unit_id, night, booking_id, price
    FROM filled WHERE NOT is_held ORDER BY gone_at, unit_id, night
"""


def main(scale: float) -> None:
    var_dir = embedded.default_var_dir()
    start_anew(var_dir)
    with told("tables"):
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
    today = datetime.now(UTC).date()
    with superuser() as connection:
        # Neither triggers nor foreign keys: both would look at each row.
        connection.execute("SET session_replication_role = replica")
        for size in sizes(scale):
            organization, owner = found(size)
            with told(size.name):
                fill(connection, Houses(size, organization, owner, today))
        with told("nights and history"):
            follow(connection)
        connection.commit()
        connection.autocommit = True
        with told("statistics"):
            connection.execute("VACUUM ANALYZE")


def start_anew(var_dir: Path) -> None:
    """An empty server in VAR_DIR, which settings then find."""
    embedded.stop(var_dir)
    shutil.rmtree(embedded.data_dir(var_dir), ignore_errors=True)
    os.environ["DATABASE_URL"] = embedded.ensure_running(var_dir)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "villaops.settings")
    import django

    django.setup()


def superuser() -> psycopg.Connection:
    """A connection of the one whom policies do not bind, to the server that was just started."""
    from django.conf import settings

    place = settings.DATABASES["default"]
    return psycopg.connect(
        host=place["HOST"], port=place["PORT"], dbname=place["NAME"], user=embedded.SUPERUSER
    )


def found(size: Size) -> tuple[Any, Any]:
    """An organization and its owner, by the verbs; their ids."""
    from accounts.models import User
    from accounts.services import create_organization
    from villaops.tenancy import Door

    owner = User(email=size.email, name="Ada Owner", email_verified=True)
    owner.set_password(PASSWORD)
    owner.save()
    organization = create_organization(
        name=size.name, by=owner, door=Door.COMMAND, currency=CURRENCY
    )
    owner.default_organization = organization
    owner.save()
    return organization.pk, owner.pk


def fill(connection: psycopg.Connection, houses: Houses) -> None:
    copy(connection, "properties_property", houses.PROPERTY, houses.property_rows())
    copy(connection, "properties_unit", houses.UNIT, houses.unit_rows())
    copy(connection, "guests_guest", houses.GUEST, houses.guest_rows())
    copy(connection, "bookings_booking", houses.BOOKING, houses.booking_rows())


def copy(connection: psycopg.Connection, table: str, columns: str, rows: Iterable[Row]) -> None:
    with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)


def follow(connection: psycopg.Connection) -> None:
    """What triggers would have made of the stays."""
    for statement in (NIGHTS, HELD, TAKEN, GIVEN_BACK, "DROP TABLE filled"):
        connection.execute(statement)
    remember(connection, MADE, "true")
    remember(connection, CALLED_OFF, "status IN ('cancelled', 'no_show')")


def remember(connection: psycopg.Connection, values: dict[str, str], condition: str) -> None:
    """Events of bookings: the columns of the row, but for what is given."""
    columns = [
        name
        for (name,) in connection.execute(
            """SELECT attname FROM pg_attribute
            WHERE attrelid = 'bookings_bookingevent'::regclass AND attnum > 0
                AND NOT attisdropped AND attname <> 'pgh_id' ORDER BY attnum"""
        )
    ]
    connection.execute(
        f"""
        INSERT INTO bookings_bookingevent ({", ".join(columns)})
        SELECT {", ".join(values.get(name, name) for name in columns)}
        FROM (
            SELECT *, coalesce(cancelled_at, check_in + interval '1 day') AS gone_at
            FROM bookings_booking WHERE {condition}
        ) b ORDER BY {values["pgh_created_at"]}, id
        """  # noqa: S608 - names from above and from the catalog
    )


@contextmanager
def told(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1)
