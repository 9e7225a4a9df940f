"""Whether the nights agree with the bookings and blocks that hold them.

The database makes certain of it whenever something is written (bookings.triggers). This looks at
all of it once more: after a restore, after work on the database with its triggers off, and every
night, because a promise that is never checked is a hope.
"""

import logging
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from accounts.mail import send_mail_to
from accounts.models import User
from bookings.querysets import HOLDING

logger = logging.getLogger(__name__)

TOLD = 20


@dataclass(frozen=True)
class Fault:
    """A booking or block whose nights are not what they must be."""

    organization_id: UUID
    kind: str
    id: UUID
    label: str
    problem: str

    def __str__(self) -> str:
        return f"{self.kind} {self.label} ({self.id}): {self.problem}"


_FAULTS = """
WITH held AS (
    SELECT n.booking_id AS id, count(*) AS nights, count(DISTINCT n.night) AS dates,
        min(n.night) AS first, max(n.night) AS last, count(n.price) AS priced,
        coalesce(sum(n.price), 0) AS total, bool_and(u.property_id = b.property_id) AS at_home,
        bool_or(n.unit_id = b.unit_id AND n.night = b.check_in) AS starts_in_unit
    FROM bookings_night n
    JOIN bookings_booking b ON b.organization_id = n.organization_id AND b.id = n.booking_id
    JOIN properties_unit u ON u.organization_id = n.organization_id AND u.id = n.unit_id
    GROUP BY 1
), blocked AS (
    SELECT n.block_id AS id, count(*) AS nights, min(n.night) AS first, max(n.night) AS last,
        bool_and(n.unit_id = k.unit_id) AS in_unit
    FROM bookings_night n
    JOIN bookings_block k ON k.organization_id = n.organization_id AND k.id = n.block_id
    GROUP BY 1
), fault AS (
    SELECT b.organization_id, 'booking' AS kind, b.id, b.reference AS label, CASE
        WHEN NOT (b.deleted_at IS NULL AND b.is_placed AND b.status = ANY(%(holding)s))
            THEN CASE WHEN held.nights > 0 THEN 'it holds none, yet has some' END
        WHEN held.nights IS NULL OR held.dates <> b.check_out - b.check_in
            OR held.first <> b.check_in OR held.last <> b.check_out - 1
            THEN 'they are not exactly those of its dates'
        WHEN NOT held.at_home THEN 'some are of another property''s unit'
        WHEN NOT held.starts_in_unit THEN 'the first is not in its unit'
        WHEN b.total_price IS NULL AND held.priced > 0
            THEN 'some have a price, the booking has none'
        WHEN b.total_price IS NOT NULL
            AND (held.priced <> held.nights OR held.total <> b.total_price)
            THEN 'their prices do not add up to its total'
    END AS problem
    FROM bookings_booking b LEFT JOIN held ON held.id = b.id
    UNION ALL
    SELECT k.organization_id, 'block', k.id, concat(k.start, ' - ', k."end"), CASE
        WHEN k.deleted_at IS NOT NULL
            THEN CASE WHEN blocked.nights > 0 THEN 'it holds none, yet has some' END
        WHEN blocked.nights IS NULL OR blocked.nights <> k."end" - k.start
            OR blocked.first <> k.start OR blocked.last <> k."end" - 1 OR NOT blocked.in_unit
            THEN 'they are not exactly those of its dates'
    END
    FROM bookings_block k LEFT JOIN blocked ON blocked.id = k.id
    UNION ALL
    SELECT n.organization_id, 'night', coalesce(n.booking_id, n.block_id), n.night::text,
        'whoever holds it is not there'
    FROM bookings_night n
    WHERE NOT EXISTS (SELECT FROM bookings_booking b WHERE b.id = n.booking_id)
        AND NOT EXISTS (SELECT FROM bookings_block k WHERE k.id = n.block_id)
)
SELECT organization_id, kind, id, label, problem FROM fault
WHERE problem IS NOT NULL ORDER BY organization_id, kind, id
"""


def faults() -> list[Fault]:
    """Every fault of the organizations the context shows; there should be none. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_FAULTS, {"holding": list(HOLDING)})
        return [Fault(*row) for row in cursor.fetchall()]


def report_faults() -> list[Fault]:
    """Look, and tell the log and every administrator by mail of what is wrong."""
    found = faults()
    if not found:
        return found
    logger.error(
        "nights do not match",
        extra={"faults": len(found), "first": [str(fault.id) for fault in found[:TOLD]]},
    )
    lines = [str(fault) for fault in found[:TOLD]]
    for address in User.objects.filter(is_superuser=True, is_active=True).values_list(
        "email", flat=True
    ):
        send_mail_to(address, "nights_do_not_match", {"count": len(found), "lines": lines})
    return found
