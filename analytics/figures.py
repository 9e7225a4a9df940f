"""Figures over nights; formulas as in terms.md. No tables of their own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate, groupby
from uuid import UUID

from django.db import connection
from django.db.models import Count, DateField, DecimalField, Sum, Value

from accounts.models import Organization
from analytics.statements import OCCUPANCY, rows_of
from bookings.models import Night
from properties.models import Property, Unit

HUNDREDTH = Decimal("0.01")
ONE_DAY = timedelta(days=1)
# What an offer's row and a night's row do not have, so that one statement reads both.
NO_DAY = Value(None, DateField())
NO_SUM = Value(None, DecimalField(max_digits=12, decimal_places=2))


def percent(part: int, whole: int) -> Decimal:
    """`part` of `whole` in percent, rounded half-up to two decimals; 0.00 of nothing."""
    if not whole:
        return Decimal("0.00")
    return (Decimal(part) * 100 / whole).quantize(HUNDREDTH, ROUND_HALF_UP)


@dataclass(frozen=True)
class PropertyOccupancy:
    """How many dates of a period a property was in use."""

    property_id: UUID
    property_name: str
    total_days: int
    booked_days: int

    @property
    def occupancy_rate(self) -> Decimal:
        """Percent of 100."""
        return percent(self.booked_days, self.total_days)


def occupancy_by_property(
    organization: Organization, start: date, end: date, property: Property | None = None
) -> list[PropertyOccupancy]:
    """Occupancy of each property, any status, over the dates [start, end); by name.

    booked_days: distinct dates on which a counted stay holds a night in any of the property's
    units; blocks do not count. Its share of all dates is occupancy (terms.md, KPIs) with the
    property as the one thing sold: for a villa nights sold / nights available, for a house of many
    units the share of days on which anybody stayed. One statement.
    """
    asked = {
        "organization": organization.pk,
        "property": property.pk if property else None,
        "start": start,
        "end": end,
    }
    return [
        PropertyOccupancy(pk, name, (end - start).days, booked)
        for pk, name, booked in rows_of(OCCUPANCY, asked)
    ]


def overall_occupancy_rate(rows: Iterable[PropertyOccupancy]) -> Decimal:
    """The sum of booked days over the sum of all days, in percent: a ratio of totals."""
    rows = list(rows)
    return percent(sum(row.booked_days for row in rows), sum(row.total_days for row in rows))


@dataclass(frozen=True)
class DayOccupancy:
    """How many unit nights of a date are sold, of how many there are."""

    day: date
    available: int
    sold: int
    blocked: int = 0

    @property
    def rate(self) -> Decimal:
        """Nights sold / nights available, percent of 100."""
        return percent(self.sold, self.available)


@dataclass(frozen=True)
class Figures:
    """Nights of the dates [start, end) and what they brought, in one currency; terms.md, KPIs.

    `available`: per unit, any status, dates it is on offer. `sold`: unit nights that stays hold,
    cancelled ones, no-shows and blocks aside. `revenue`: the nights' agreed prices, accommodation
    only; nights without a price are sold for nothing. `blocked`: unit nights under a block, which
    stay available. A figure of nothing is None, not zero.
    """

    start: date
    end: date
    available: int
    sold: int
    revenue: Decimal = Decimal("0.00")
    blocked: int = 0

    @property
    def occupancy_rate(self) -> Decimal | None:
        """Nights sold / nights available, percent of 100."""
        return percent(self.sold, self.available) if self.available else None

    @property
    def adr(self) -> Decimal | None:
        """Average daily rate: room revenue / nights sold, a ratio of totals."""
        return _price_per(self.revenue, self.sold)

    @property
    def revpar(self) -> Decimal | None:
        """Revenue per available unit: room revenue / nights available."""
        return _price_per(self.revenue, self.available)


def _price_per(revenue: Decimal, nights: int) -> Decimal | None:
    return (revenue / nights).quantize(HUNDREDTH, ROUND_HALF_UP) if nights else None


def total_of(figures: Sequence[Figures], start: date, end: date) -> Figures:
    """The sum of figures of parts of [start, end)."""
    return Figures(
        start,
        end,
        sum(part.available for part in figures),
        sum(part.sold for part in figures),
        sum((part.revenue for part in figures), Decimal("0.00")),
        sum(part.blocked for part in figures),
    )


def figures_by_day(
    organization: Organization, start: date, end: date, property: Property | None = None
) -> dict[str, list[Figures]]:
    """For each currency of the properties, the figures of each date of [start, end).

    A property sells in one currency, so nothing is counted twice. One statement.
    """
    units = Unit.objects.for_organization(organization)
    nights = Night.objects.for_organization(organization).filter(night__gte=start, night__lt=end)
    if property:
        units = units.filter(property=property)
        nights = nights.filter(unit__property=property)
    offers = (
        units.order_by()
        .values_list("property__currency", NO_DAY, "available_from", "available_to")
        .annotate(Count("pk"), revenue=NO_SUM, blocked=Value(0))
    )
    held = (
        nights.order_by()
        .values_list("unit__property__currency", "night", NO_DAY, NO_DAY)
        .annotate(Count("booking"), Sum("price"), Count("block"))
    )
    length = (end - start).days
    # One more for each date an offer begins on, one less for each it ends on; summed up later.
    changes: dict[str, list[int]] = defaultdict(lambda: [0] * (length + 1))
    taken: dict[tuple[str, date], tuple[int, Decimal, int]] = {}
    rows = offers.union(held, all=True)
    for currency, night, offered_from, offered_to, count, revenue, blocked in rows:
        if night:
            taken[currency, night] = (count, revenue or Decimal("0.00"), blocked)
            continue
        change = changes[currency]
        first = max(start, offered_from or start)
        last = min(end, offered_to or end)
        if first < last:
            change[(first - start).days] += count
            change[(last - start).days] -= count
    nothing = (0, Decimal("0.00"), 0)
    return {
        currency: [
            Figures(day, day + ONE_DAY, available, *taken.get((currency, day), nothing))
            for day, available in zip(
                (start + n * ONE_DAY for n in range(length)),
                accumulate(changes[currency]),
                strict=False,
            )
        ]
        for currency in sorted(changes.keys() | {currency for currency, _night in taken})
    }


def occupancy_by_day(
    organization: Organization, start: date, end: date, property: Property | None = None
) -> list[DayOccupancy]:
    """Occupancy of each date of [start, end): nights sold / nights available. One statement."""
    return over_currencies(figures_by_day(organization, start, end, property), start, end)


def over_currencies(
    figures: Mapping[str, Sequence[Figures]], start: date, end: date
) -> list[DayOccupancy]:
    """The nights of figures_by_day, all currencies together: money has no such sum."""
    return [
        DayOccupancy(
            start + n * ONE_DAY,
            sum(days[n].available for days in figures.values()),
            sum(days[n].sold for days in figures.values()),
            sum(days[n].blocked for days in figures.values()),
        )
        for n in range((end - start).days)
    ]


def by_month(days: Iterable[Figures]) -> list[Figures]:
    """Figures of dates summed up by calendar month, the first and last as far as they reach."""
    months = groupby(days, key=lambda day: (day.start.year, day.start.month))
    return [
        total_of(parts, parts[0].start, parts[-1].end)
        for parts in (list(month) for _month, month in months)
    ]


def days_by_month(days: Iterable[DayOccupancy]) -> list[DayOccupancy]:
    """Occupancy of dates summed up by calendar month, each under its first date."""
    months = groupby(days, key=lambda day: (day.day.year, day.day.month))
    return [
        DayOccupancy(
            parts[0].day,
            sum(day.available for day in parts),
            sum(day.sold for day in parts),
            sum(day.blocked for day in parts),
        )
        for parts in (list(month) for _month, month in months)
    ]


@dataclass(frozen=True)
class Outlook:
    """How a property stands tonight and over the nights to come, in unit nights."""

    offered_tonight: int = 0
    sold_tonight: int = 0
    blocked_tonight: int = 0
    available: int = 0
    sold: int = 0

    @property
    def occupancy_rate(self) -> Decimal | None:
        """Nights sold / nights available, percent of 100; None without any on offer."""
        return percent(self.sold, self.available) if self.available else None


def outlook_of(homes: Mapping[UUID, date], *, nights: int) -> dict[UUID, Outlook]:
    """For each property, given with the day it is there, that night and so many from it on.

    `offered_tonight` are the active units on offer; what is `available` is defined as in Figures.
    The caller found the properties in its own organization. One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(OUTLOOK, {"ids": [*homes], "days": [*homes.values()], "nights": nights})
        return {pk: Outlook(*row) for pk, *row in cursor.fetchall()}


# Integers: PostgreSQL counts in bigint and sums that to numeric.
OUTLOOK = """
SELECT p.id,
    count(*) FILTER (WHERE u.status = 'active'
        AND (u.available_from IS NULL OR u.available_from <= p.day)
        AND (u.available_to IS NULL OR u.available_to > p.day))::int,
    sum(n.sold_tonight)::int,
    sum(n.blocked_tonight)::int,
    sum(greatest(0, least(coalesce(u.available_to, p.day + %(nights)s), p.day + %(nights)s)
        - greatest(coalesce(u.available_from, p.day), p.day)))::int,
    sum(n.sold)::int
FROM unnest(%(ids)s::uuid[], %(days)s::date[]) AS p (id, day)
JOIN properties_property h ON h.id = p.id
JOIN properties_unit u
    ON u.organization_id = h.organization_id AND u.property_id = h.id AND u.deleted_at IS NULL
CROSS JOIN LATERAL (
    SELECT count(booking_id) AS sold,
        count(booking_id) FILTER (WHERE night = p.day) AS sold_tonight,
        count(block_id) FILTER (WHERE night = p.day) AS blocked_tonight
    FROM bookings_night
    WHERE organization_id = u.organization_id AND unit_id = u.id
        AND night >= p.day AND night < p.day + %(nights)s
) n
GROUP BY p.id
"""
