"""How full each property is on each day, week or month of a period."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString

from analytics.reports import Interval, Scope
from analytics.statements import (
    AVAILABLE,
    CHOSEN_UNIT,
    HOMES,
    PART_OF_NIGHT,
    PARTS,
    SOLD,
    rows_of,
)
from analytics.summary import ratio
from villaops import written

HEAT = f"""
WITH home AS MATERIALIZED ({HOMES}), part AS MATERIALIZED ({PARTS}), offer AS MATERIALIZED (
    SELECT u.property_id, u.available_from AS first, u.available_to AS last, count(*) AS units
    FROM properties_unit u JOIN home ON home.id = u.property_id
    WHERE u.organization_id = %(organization)s AND u.deleted_at IS NULL AND {CHOSEN_UNIT}
    GROUP BY u.property_id, u.available_from, u.available_to
), available AS (
    SELECT home.id AS property_id, part.first, part.last,
        ({AVAILABLE.format(first="part.first", last="part.last")}
        WHERE offer.property_id = home.id) AS nights
    FROM home CROSS JOIN part
), sold AS (
    SELECT u.property_id, {PART_OF_NIGHT} AS first, count(*)::int AS nights
    FROM {SOLD}
    WHERE n.organization_id = %(organization)s AND n.booking_id IS NOT NULL
        AND n.night >= %(start)s AND n.night < %(end)s
    GROUP BY 1, 2
)
SELECT available.property_id, available.first, available.last, coalesce(sold.nights, 0),
    available.nights
FROM available LEFT JOIN sold
    ON sold.property_id = available.property_id AND sold.first = available.first
ORDER BY available.property_id, available.first
"""  # noqa: S608 - parts of our own


DASH = "–"


@dataclass(frozen=True)
class Heat:
    """Unit nights sold and available of one property in [start, end)."""

    start: date
    end: date
    sold: int
    available: int

    @property
    def rate(self) -> Decimal | None:
        """Nights sold / nights available, percent of 100; None of nothing."""
        return ratio(self.sold * 100, self.available)

    @property
    def percent(self) -> int | None:
        """The same as a whole number, half-up: a cell of the map has no room for more."""
        if not self.available:
            return None
        return (self.sold * 200 + self.available) // (self.available * 2)

    @property
    def level(self) -> int | None:
        """In which of the map's colors: 0 only of none, 10 only of all."""
        if not self.available or not self.sold:
            return 0 if self.available else None
        return 10 if self.sold >= self.available else max(1, self.sold * 10 // self.available)


def heat_of(scope: Scope, interval: Interval, properties: Sequence[UUID]) -> dict[UUID, list[Heat]]:
    """Occupancy of these properties in each interval of the period. One statement."""
    if not properties:
        return {}
    rows = rows_of(HEAT, replace(scope, properties=tuple(properties)).values(interval=interval))
    return {
        pk: [Heat(*row[1:]) for row in found] for pk, found in groupby(rows, key=lambda row: row[0])
    }


def cells_of(row: Sequence[Heat]) -> SafeString:
    """The cells of a row of the map."""
    return SafeString("".join([_cell(one.level, one.percent) for one in row]))


# A page has 800 of them, always the same few hundred.
@lru_cache(maxsize=1024)
def _cell(level: int | None, percent: int | None) -> SafeString:
    if level is None:
        return format_html("<td>{}</td>", DASH)
    return format_html('<td class="heat-{}">{}</td>', level, percent)


@dataclass(frozen=True)
class Column:
    """The head of a part of the period."""

    start: date
    # What stands above it, over how many columns; empty where that of an earlier one reaches here.
    month: str
    width: int
    text: str
    name: str


def columns_of(row: Sequence[Heat], interval: Interval) -> list[Column]:
    """The columns of the map: days and weeks by their first day under their month, months under
    their year.
    """
    over = [one.start.replace(day=1) if interval != "month" else one.start.year for one in row]
    widths = {key: len(list(found)) for key, found in groupby(over)}
    columns, seen = [], set()
    for one, key in zip(row, over, strict=True):
        above = "" if key in seen else written.month(key) if isinstance(key, date) else str(key)
        seen.add(key)
        text = written.month(one.start).split()[0] if interval == "month" else str(one.start.day)
        name = written.month(one.start) if interval == "month" else written.short_day(one.start)
        columns.append(Column(one.start, above, widths[key], text, name))
    return columns
