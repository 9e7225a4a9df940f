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

# Properties without a price come last; the count is of all that are free, on whatever page.
_FREE = """
WITH free AS MATERIALIZED (
    SELECT u.property_id, count(*) AS units,
        (array_agg(u.id ORDER BY u.position, u.id))[1] AS unit_id,
        (array_agg(u.name ORDER BY u.position, u.id))[1] AS unit_name
    FROM properties_unit u
    JOIN properties_property p ON p.organization_id = u.organization_id AND p.id = u.property_id
    WHERE u.organization_id = %(organization)s
        AND p.deleted_at IS NULL AND p.status = 'active'
        AND (p.max_guests IS NULL OR p.max_guests >= %(guests)s)
        AND (%(property_type)s::text IS NULL OR p.property_type = %(property_type)s)
        AND (%(city)s::text IS NULL OR lower(p.city) = lower(%(city)s))
        AND u.deleted_at IS NULL AND u.status = 'active'
        AND (u.available_from IS NULL OR u.available_from <= %(check_in)s)
        AND (u.available_to IS NULL OR u.available_to >= %(check_out)s)
        AND NOT EXISTS (
            SELECT FROM bookings_night n
            WHERE n.organization_id = u.organization_id AND n.unit_id = u.id
                AND n.night >= %(check_in)s AND n.night < %(check_out)s
        )
    GROUP BY u.property_id
)
SELECT (SELECT count(*) FROM free), p.id, p.name, p.property_type, p.city, p.max_guests,
    free.unit_id, free.unit_name, free.units, p.base_price_per_night, p.currency
FROM free JOIN properties_property p
    ON p.organization_id = %(organization)s AND p.id = free.property_id
ORDER BY p.base_price_per_night NULLS LAST, p.name, p.id
LIMIT %(limit)s OFFSET %(skip)s
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
    with connection.cursor() as cursor:
        cursor.execute(
            _FREE, {**vars(wanted), "organization": organization.pk, "limit": limit, "skip": skip}
        )
        rows = cursor.fetchall()
    return [Free(*row[1:]) for row in rows], rows[0][0] if rows else 0
