"""Which properties have something free for a stay: one statement, whatever their number.

The nights that are taken are found by date, in the index that begins with the organization and the
night; what has none of them is free. Who may see some properties only is shown those.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection

from accounts.models import Organization
from villaops.kept import planned_with_values

# Properties without a price come last; the count is of all that are free, on whatever page. Of the
# thousands that are, only those of the page are looked at for what to show of them.
_FREE = """
WITH room AS MATERIALIZED (
    SELECT u.id, u.property_id FROM properties_unit u
    WHERE u.organization_id = %(organization)s
        AND u.deleted_at IS NULL AND u.status = 'active'
        AND (u.available_from IS NULL OR u.available_from <= %(check_in)s)
        AND (u.available_to IS NULL OR u.available_to >= %(check_out)s)
        AND NOT EXISTS (
            SELECT FROM bookings_night n
            WHERE n.organization_id = %(organization)s AND n.unit_id = u.id
                AND n.night >= %(check_in)s AND n.night < %(check_out)s
        )
), free AS MATERIALIZED (
    SELECT p.id, p.name, p.property_type, p.city, p.max_guests, p.base_price_per_night, p.currency,
        rooms.units
    FROM (SELECT property_id, count(*) AS units FROM room GROUP BY property_id) rooms
    JOIN properties_property p
        ON p.organization_id = %(organization)s AND p.id = rooms.property_id
    WHERE p.deleted_at IS NULL AND p.status = 'active'
        AND (p.max_guests IS NULL OR p.max_guests >= %(guests)s)
        AND (%(property_type)s::text IS NULL OR p.property_type = %(property_type)s)
        AND (%(city)s::text IS NULL OR lower(p.city) = lower(%(city)s))
), shown AS (
    SELECT * FROM free ORDER BY base_price_per_night NULLS LAST, name, id
    LIMIT %(limit)s OFFSET %(skip)s
)
SELECT DISTINCT ON (shown.base_price_per_night, shown.name, shown.id)
    (SELECT count(*) FROM free), shown.id, shown.name, shown.property_type, shown.city,
    shown.max_guests, u.id, u.name, shown.units, shown.base_price_per_night, shown.currency
FROM shown
JOIN room ON room.property_id = shown.id
JOIN properties_unit u ON u.organization_id = %(organization)s AND u.id = room.id
ORDER BY shown.base_price_per_night NULLS LAST, shown.name, shown.id, u.position, u.id
"""


@dataclass(frozen=True)
class Wanted:
    """A stay [check_in, check_out) of so many guests; where and in what, if that matters.

    The city is compared in any case, and as a whole.
    """

    check_in: dt.date
    check_out: dt.date
    guests: int = 1
    property_type: str | None = None
    city: str | None = None

    @property
    def nights(self) -> int:
        return (self.check_out - self.check_in).days


@dataclass(frozen=True)
class Free:
    """A property with units that nobody has for any of the nights; the first of them by position.

    `price_per_night` is the base price, in the property's currency.
    """

    property_id: UUID
    property_name: str
    property_type: str
    city: str | None
    max_guests: int | None
    unit_id: UUID
    unit_name: str
    free_units: int
    price_per_night: Decimal | None
    currency: str

    def total(self, nights: int) -> Decimal | None:
        """What so many nights cost at the base price."""
        return None if self.price_per_night is None else self.price_per_night * nights


def free_properties(
    organization: Organization, wanted: Wanted, *, limit: int, skip: int = 0
) -> tuple[list[Free], int]:
    """The cheapest first, `limit` of them after `skip`; and how many there are in all."""
    with planned_with_values(), connection.cursor() as cursor:
        cursor.execute(
            _FREE, {**vars(wanted), "organization": organization.pk, "limit": limit, "skip": skip}
        )
        rows = cursor.fetchall()
    return [Free(*row[1:]) for row in rows], rows[0][0] if rows else 0
