"""Figures over nights; formulas as in terms.md. No tables of their own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate, groupby
from uuid import UUID

from django.db.models import Count, Sum

from accounts.models import Organization
from bookings.models import Night
from properties.models import Property, Unit

HUNDREDTH = Decimal("0.01")
ONE_DAY = timedelta(days=1)


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
    units the share of days on which anybody stayed. Two statements.
    """
    homes = Property.objects.for_organization(organization).order_by("name", "id")
    nights = Night.objects.for_organization(organization).filter(
        night__gte=start, night__lt=end, booking__isnull=False
    )
    if property:
        homes = homes.filter(pk=property.pk)
        nights = nights.filter(unit__property=property)
    booked = dict(
        nights.order_by().values_list("unit__property").annotate(days=Count("night", distinct=True))
    )
    return [
        PropertyOccupancy(pk, name, (end - start).days, booked.get(pk, 0))
        for pk, name in homes.values_list("pk", "name")
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

    @property
    def rate(self) -> Decimal:
        """Nights sold / nights available, percent of 100."""
        return percent(self.sold, self.available)


@dataclass(frozen=True)
class Figures:
    """Nights of the dates [start, end) and what they brought, in one currency; terms.md, KPIs.

    `available`: per unit, any status, dates it is on offer. `sold`: unit nights that stays hold,
    cancelled ones, no-shows and blocks aside. `revenue`: the nights' agreed prices, accommodation
    only; nights without a price are sold for nothing. A figure of nothing is None, not zero.
    """

    start: date
    end: date
    available: int
    sold: int
    revenue: Decimal = Decimal("0.00")

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
    )


def figures_by_day(
    organization: Organization, start: date, end: date, property: Property | None = None
) -> dict[str, list[Figures]]:
    """For each currency of the properties, the figures of each date of [start, end).

    A property sells in one currency, so nothing is counted twice. Two statements.
    """
    units = Unit.objects.for_organization(organization)
    nights = Night.objects.for_organization(organization).filter(
        night__gte=start, night__lt=end, booking__isnull=False
    )
    if property:
        units = units.filter(property=property)
        nights = nights.filter(unit__property=property)
    length = (end - start).days
    # One more for each date an offer begins on, one less for each it ends on; summed up later.
    changes: dict[str, list[int]] = defaultdict(lambda: [0] * (length + 1))
    offers = units.order_by().values_list("property__currency", "available_from", "available_to")
    for currency, offered_from, offered_to, count in offers.annotate(Count("pk")):
        first = max(start, offered_from or start)
        last = min(end, offered_to or end)
        change = changes[currency]
        if first < last:
            change[(first - start).days] += count
            change[(last - start).days] -= count
    sold = {
        (currency, night): (count, revenue or Decimal("0.00"))
        for currency, night, count, revenue in nights.order_by()
        .values_list("unit__property__currency", "night")
        .annotate(Count("night"), Sum("price"))
    }
    nothing = (0, Decimal("0.00"))
    return {
        currency: [
            Figures(day, day + ONE_DAY, available, *sold.get((currency, day), nothing))
            for day, available in zip(
                (start + n * ONE_DAY for n in range(length)),
                accumulate(changes[currency]),
                strict=False,
            )
        ]
        for currency in sorted(changes.keys() | {currency for currency, _night in sold})
    }


def occupancy_by_day(
    organization: Organization, start: date, end: date, property: Property | None = None
) -> list[DayOccupancy]:
    """Occupancy of each date of [start, end): nights sold / nights available. Two statements."""
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
