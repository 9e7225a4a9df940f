"""The demo's bookings come in within a minute; what was on the books on a past day is read from the
history of their nights, which must tell of the days on which they are said to have been made.

Nobody may rewrite history, and triggers see to it. This is a step of the tables' owner alone, over
rows that the seeding itself has written in this very transaction: the triggers are away for one
statement, while the lock it takes keeps everybody else from writing, and back before anybody else
sees the table.
"""

from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Organization

# Moves between rooms are today's.
DATED = """
    UPDATE bookings_nightevent e
    SET pgh_created_at = least(e.pgh_created_at, CASE
        WHEN e.pgh_label <> 'delete' THEN b.created_at
        WHEN b.status = 'no_show' THEN (b.check_in + 1 + time '09:00') AT TIME ZONE %(zone)s
        ELSE b.cancelled_at END)
    FROM bookings_booking b
    WHERE b.organization_id = %(organization)s AND b.id = e.booking_id
        AND e.organization_id = %(organization)s AND e.pgh_created_at = now()
        AND e.pgh_context_id <> ALL(%(moves)s)
"""


def context_in_force() -> UUID:
    """What the rows of history that are written now have in common."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('pghistory.context_id')::uuid")
        (context,) = cursor.fetchone()
        return cast(UUID, context)


def date_nights(organization: Organization, *, moves: list[UUID]) -> None:
    """Say of the nights just taken and given back that it was when their bookings say; but for what
    was written in the contexts of moves.
    """
    values: dict[str, Any] = {
        "organization": organization.pk,
        "zone": organization.time_zone,
        "moves": moves,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE bookings_nightevent DISABLE TRIGGER USER")
        cursor.execute(DATED, values)
        cursor.execute("ALTER TABLE bookings_nightevent ENABLE TRIGGER USER")
