"""The figures of a period, by property and together (section 6 of the API's contract).

Each is a sum, or a ratio of sums, so that figures of properties in one currency add up.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Self
from uuid import UUID

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from accounts.models import Organization
from analytics.figures import HUNDREDTH
from bookings.models import Block, Booking, Night, Status
from bookings.querysets import HOLDING
from properties.models import Property, Unit

ZERO = Decimal("0.00")

# A property's id, from when and until when, and how many units.
type Offer = tuple[UUID, date | None, date | None, int]


@dataclass(frozen=True)
class Summary:
    """What a period [start, end) sold, in one currency; terms.md, KPIs.

    Nights are unit nights. `room_revenue`: agreed prices of the nights sold, accommodation only;
    a night without a price is in `unpriced_nights` and sold for nothing. `arrivals`: stays that
    count and begin in the period, `stay_nights` long together; `bookings`: all that begin in it,
    the `cancelled_bookings` among them. A ratio of nothing is None, not zero.
    """

    nights_sold: int = 0
    available_nights: int = 0
    owner_nights: int = 0
    out_of_order_nights: int = 0
    room_revenue: Decimal = ZERO
    unpriced_nights: int = 0
    arrivals: int = 0
    stay_nights: int = 0
    bookings: int = 0
    cancelled_bookings: int = 0

    def __add__(self, other: Self) -> "Summary":
        return Summary(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )

    @property
    def occupancy_rate(self) -> Decimal | None:
        """Nights sold / nights available, percent of 100."""
        return _ratio(self.nights_sold * 100, self.available_nights)

    @property
    def adjusted_occupancy_rate(self) -> Decimal | None:
        """Nights sold / nights available that neither owner nor a fault took, percent of 100."""
        left = self.available_nights - self.owner_nights - self.out_of_order_nights
        return _ratio(self.nights_sold * 100, left)

    @property
    def adr(self) -> Decimal | None:
        """Average daily rate: room revenue / nights sold."""
        return _ratio(self.room_revenue, self.nights_sold)

    @property
    def revpar(self) -> Decimal | None:
        """Revenue per available unit: room revenue / nights available."""
        return _ratio(self.room_revenue, self.available_nights)

    @property
    def alos(self) -> Decimal | None:
        """Average length of stay: nights of the stays that arrive / arrivals."""
        return _ratio(self.stay_nights, self.arrivals)

    @property
    def cancellation_rate(self) -> Decimal | None:
        """Cancelled / all bookings that begin in the period, percent of 100."""
        return _ratio(self.cancelled_bookings * 100, self.bookings)


def _ratio(part: Decimal | int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(HUNDREDTH, ROUND_HALF_UP) if whole > 0 else None


@dataclass(frozen=True)
class PropertySummary:
    """A property's figures."""

    property_id: UUID
    name: str
    currency: str
    figures: Summary


def summary_by_property(
    organization: Organization, start: date, end: date, offers: Iterable[Offer] | None = None
) -> list[PropertySummary]:
    """The figures of every property, any status, over [start, end), by name.

    Four statements; three when the offers have been read before.
    """
    found = figures_of_properties(organization, start, end, offers)
    homes = Property.objects.for_organization(organization).order_by("name", "id")
    return [
        PropertySummary(pk, name, currency, found.get(pk, Summary()))
        for pk, name, currency in homes.values_list("pk", "name", "currency")
    ]


def figures_of_properties(
    organization: Organization, start: date, end: date, offers: Iterable[Offer] | None = None
) -> dict[UUID, Summary]:
    """The same by property's id, where there is anything to tell. One statement less."""
    offered = _offered(offers_of(organization) if offers is None else offers, start, end)
    counts: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for home, available in offered.items():
        counts[home]["available_nights"] = available
    for found in (_taken(organization, start, end), _arriving(organization, start, end)):
        for home, row in found:
            counts[home] |= row
    return {home: Summary(**row) for home, row in counts.items()}


def together(figures: Iterable[Summary]) -> Summary:
    """The sum of properties in one currency."""
    return sum(figures, Summary())


def offers_of(organization: Organization) -> list[Offer]:
    """How many units, any status, each property has on offer, from when, until when."""
    return list(
        Unit.objects.for_organization(organization)
        .order_by()
        .values_list("property", "available_from", "available_to")
        .annotate(Count("pk"))
    )


def _offered(offers: Iterable[Offer], start: date, end: date) -> dict[UUID, int]:
    """Dates of the period on which each property's units are on offer."""
    offered: dict[UUID, int] = defaultdict(int)
    for home, first, last, units in offers:
        days = (min(end, last or end) - max(start, first or start)).days
        offered[home] += units * max(0, days)
    return offered


def _taken(organization: Organization, start: date, end: date) -> list[tuple[UUID, dict[str, Any]]]:
    rows = (
        Night.objects.for_organization(organization)
        .filter(night__gte=start, night__lt=end)
        .order_by()
        .values("unit__property")
        .annotate(
            nights_sold=Count("booking"),
            room_revenue=Coalesce(Sum("price"), ZERO),
            unpriced_nights=Count("booking", filter=Q(price=None)),
            owner_nights=Count("block", filter=Q(block__reason=Block.Reason.OWNER_STAY)),
            out_of_order_nights=Count("block", filter=Q(block__reason=Block.Reason.OUT_OF_ORDER)),
        )
    )
    return [(row.pop("unit__property"), row) for row in map(dict[str, Any], rows)]


def _arriving(
    organization: Organization, start: date, end: date
) -> list[tuple[UUID, dict[str, Any]]]:
    counts = Q(status__in=HOLDING)
    rows = (
        Booking.objects.for_organization(organization)
        .filter(check_in__gte=start, check_in__lt=end)
        .order_by()
        .values("property")
        .annotate(
            bookings=Count("pk"),
            arrivals=Count("pk", filter=counts),
            stay_nights=Sum(F("check_out") - F("check_in"), filter=counts),
            cancelled_bookings=Count("pk", filter=Q(status=Status.CANCELLED)),
        )
    )
    return [
        (row.pop("property"), row | {"stay_nights": (row["stay_nights"] or timedelta()).days})
        for row in map(dict[str, Any], rows)
    ]
