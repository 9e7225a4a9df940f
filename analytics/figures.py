"""Figures over nights; formulas as in terms.md. No tables of their own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.db.models import Count

from accounts.models import Organization
from bookings.models import Night
from properties.models import Property

HUNDREDTH = Decimal("0.01")


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
