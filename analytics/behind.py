"""What stands behind a figure: the very nights, or the very bookings, whose sum it is.

The rows are counted and added up by a statement of their own, so that a page can say whether they
are what the figure was made of.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self, overload
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from analytics.reports import Scope
from analytics.statements import (
    CALENDAR,
    CHOSEN_STAY,
    HOMES,
    LEAD,
    LEAD_BY_MIDNIGHTS,
    SOLD,
    rows_of,
)
from analytics.summary import Summary, ratio
from bookings.models import Block, Booking, Status

# Nights that adjusted occupancy takes out of those on offer.
TAKEN_OUT = (Block.Reason.OWNER_STAY, Block.Reason.OUT_OF_ORDER)
READ_AT_ONCE = 1000

NIGHTS = f"""
    {SOLD}
    LEFT JOIN bookings_block k ON k.organization_id = n.organization_id AND k.id = n.block_id
    WHERE n.organization_id = %(organization)s AND n.night >= %(start)s AND n.night < %(end)s
        AND (n.booking_id IS NOT NULL OR k.reason = ANY(%(reasons)s::text[]))
"""
NIGHT_ROWS = f"""
WITH home AS MATERIALIZED ({HOMES}), picked AS (
    SELECT n.night, n.unit_id, n.booking_id, n.price, k.reason, home.name AS home, u.name AS unit
    FROM {NIGHTS}
    ORDER BY n.night, n.unit_id LIMIT %(limit)s OFFSET %(offset)s
)
SELECT picked.night, picked.home, picked.unit, picked.reason, b.id, b.reference, g.name, b.source,
    picked.price
FROM picked
LEFT JOIN bookings_booking b ON b.organization_id = %(organization)s AND b.id = picked.booking_id
LEFT JOIN guests_guest g ON g.organization_id = %(organization)s AND g.id = b.guest_id
ORDER BY picked.night, picked.unit_id
"""  # noqa: S608 - parts of our own
NIGHT_TOTALS = f"""
WITH home AS MATERIALIZED ({HOMES})
SELECT count(n.booking_id)::int, count(*) FILTER (WHERE k.reason = 'owner_stay')::int,
    count(*) FILTER (WHERE k.reason = 'out_of_order')::int, coalesce(sum(n.price), 0),
    count(n.booking_id) FILTER (WHERE n.price IS NULL)::int
FROM {NIGHTS}
"""  # noqa: S608 - parts of our own

STAYS = f"""
    bookings_booking b JOIN home ON home.id = b.property_id
    WHERE b.organization_id = %(organization)s AND b.deleted_at IS NULL
        AND b.check_in >= %(start)s AND b.check_in < %(end)s AND {CHOSEN_STAY}
        AND (%(all)s::boolean OR b.status = ANY(%(holding)s))
"""
# Days and hours of a time zone are worked out for what is shown alone.
STAY_ROWS = f"""
WITH home AS MATERIALIZED ({HOMES}), picked AS (
    SELECT b.id, b.property_id, b.check_in
    FROM {STAYS}
    ORDER BY (%(all)s::boolean AND b.status = 'cancelled') DESC, b.check_in, b.id
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT b.id, b.reference, g.name, home.name, CASE WHEN b.is_placed THEN u.name END, b.check_in,
    b.check_out, b.created_at AT TIME ZONE home.time_zone, {LEAD}, b.source, b.status
FROM picked
JOIN home ON home.id = picked.property_id
JOIN bookings_booking b ON b.organization_id = %(organization)s AND b.id = picked.id
LEFT JOIN properties_unit u ON u.organization_id = %(organization)s AND u.id = b.unit_id
LEFT JOIN guests_guest g ON g.organization_id = %(organization)s AND g.id = b.guest_id
ORDER BY (%(all)s::boolean AND b.status = 'cancelled') DESC, b.check_in, b.id
"""  # noqa: S608 - parts of our own
STAY_TOTALS = f"""
WITH home AS MATERIALIZED ({HOMES}), calendar AS MATERIALIZED ({CALENDAR}), stay AS (
    SELECT b.status = ANY(%(holding)s) AS counts, b.status = 'cancelled' AS is_cancelled,
        b.check_out - b.check_in AS nights, {LEAD_BY_MIDNIGHTS} AS lead
    FROM {STAYS.replace("JOIN home", "JOIN (home JOIN calendar USING (time_zone)) home")}
)
SELECT count(*)::int, count(*) FILTER (WHERE counts)::int,
    coalesce(sum(nights) FILTER (WHERE counts), 0)::int,
    coalesce(sum(lead) FILTER (WHERE counts), 0)::int, count(*) FILTER (WHERE is_cancelled)::int
FROM stay
"""  # noqa: S608 - parts of our own


@dataclass(frozen=True)
class NightBehind:
    """A unit night: sold with a booking, or taken out of those on offer for a reason."""

    night: date
    home: str
    unit: str
    reason: str | None
    booking_id: UUID | None
    reference: str | None
    guest: str | None
    source: str | None
    price: Decimal | None

    @property
    def taken_by(self) -> str:
        """A stay, or why it is out of sale."""
        return Block.Reason(self.reason).label if self.reason else _("Sold")

    @property
    def source_words(self) -> str:
        """Through which channel it was sold."""
        return Booking.Source(self.source).label if self.source else ""


@dataclass(frozen=True)
class NightTotals:
    """All of them together, as the rows have it."""

    sold: int
    owner: int
    out_of_order: int
    revenue: Decimal
    unpriced: int

    def agrees(self, figures: Summary, *, adjusted: bool) -> bool:
        """Whether the figures were made of these nights, to the cent."""
        known = (self.sold, self.revenue, self.unpriced)
        taken_out = (self.owner, self.out_of_order)
        return known == (figures.nights_sold, figures.room_revenue, figures.unpriced_nights) and (
            not adjusted or taken_out == (figures.owner_nights, figures.out_of_order_nights)
        )


@dataclass(frozen=True)
class StayBehind:
    """A booking that begins in the period."""

    booking_id: UUID
    reference: str
    guest: str | None
    home: str
    unit: str | None
    check_in: date
    check_out: date
    # When it was made by the property's clocks, and how many days on its calendar before arrival.
    booked_at: datetime
    lead: int
    source: str
    status: str

    @property
    def nights(self) -> int:
        """How long it is."""
        return (self.check_out - self.check_in).days

    @property
    def source_words(self) -> str:
        """Through which channel it came."""
        return Booking.Source(self.source).label

    @property
    def status_words(self) -> str:
        """How it stands."""
        return Status(self.status).label


@dataclass(frozen=True)
class StayTotals:
    """All of them together, as the rows have it: of `bookings` the `arrivals` count."""

    bookings: int
    arrivals: int
    nights: int
    lead: int
    cancelled: int

    @property
    def lead_mean(self) -> Decimal | None:
        """Days of the arrivals / arrivals."""
        return ratio(self.lead, self.arrivals)

    def agrees(self, figures: Summary, lead_mean: Decimal | None, *, with_lost: bool) -> bool:
        """Whether the figures were made of these bookings."""
        known = (self.arrivals, self.nights, self.lead_mean)
        lost = (self.bookings, self.cancelled)
        return known == (figures.arrivals, figures.stay_nights, lead_mean) and (
            not with_lost or lost == (figures.bookings, figures.cancelled_bookings)
        )


class Rows[Row](Sequence[Row]):
    """Rows that a paginator asks for a page at a time, and a file for all of."""

    def __init__(self, statement: str, values: dict[str, Any], kind: type[Row], count: int) -> None:
        self.statement, self.values, self.kind = statement, values, kind
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, part: int) -> Row: ...
    @overload
    def __getitem__(self, part: slice) -> list[Row]: ...
    def __getitem__(self, part: slice | int) -> list[Row] | Row:
        if isinstance(part, int):
            return self[part : part + 1][0]
        first = part.start or 0
        last = self._count if part.stop is None else part.stop
        values = self.values | {"offset": first, "limit": last - first}
        return [self.kind(*row) for row in rows_of(self.statement, values)]

    def __iter__(self) -> Iterator[Row]:
        """All of them, a part at a time, for a file."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(self.statement, self.values | {"offset": 0, "limit": None})
            while rows := cursor.fetchmany(READ_AT_ONCE):
                yield from (self.kind(*row) for row in rows)


@dataclass(frozen=True)
class NightsBehind:
    """The nights sold, by date; where `adjusted`, with those that were taken out."""

    totals: NightTotals
    rows: Rows[NightBehind]

    @classmethod
    def of(cls, scope: Scope, *, adjusted: bool) -> Self:
        """One statement, and one for each page of rows."""
        values = scope.values(reasons=list(TAKEN_OUT) if adjusted else [])
        totals = NightTotals(*rows_of(NIGHT_TOTALS, values)[0])
        count = totals.sold + totals.owner + totals.out_of_order
        return cls(totals, Rows(NIGHT_ROWS, values, NightBehind, count))


@dataclass(frozen=True)
class StaysBehind:
    """The arrivals; where `with_lost` all bookings that begin in the period, cancelled ones first,
    no-shows among the others.
    """

    totals: StayTotals
    rows: Rows[StayBehind]

    @classmethod
    def of(cls, scope: Scope, *, with_lost: bool) -> Self:
        """One statement, and one for each page of rows."""
        values = scope.values(all=with_lost)
        totals = StayTotals(*rows_of(STAY_TOTALS, values)[0])
        return cls(totals, Rows(STAY_ROWS, values, StayBehind, totals.bookings))
