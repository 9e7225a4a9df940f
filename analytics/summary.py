"""The figures of a period, by property and together (section 6 of the API's contract).

Each is a sum, or a ratio of sums, so that figures of properties in one currency add up; lead times,
which do not, are told for properties and for a currency as a whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from accounts.models import Organization
from analytics.figures import HUNDREDTH
from analytics.statements import SUMMARY, rows_of

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Choice:
    """The properties and units that figures are of; of which none is named, all. Of a property
    only the units that are named too count, if any are.
    """

    properties: tuple[UUID, ...] = ()
    units: tuple[UUID, ...] = ()

    def values(self) -> dict[str, Any]:
        """For a statement."""
        return {"properties": list(self.properties) or None, "units": list(self.units) or None}


EVERYTHING = Choice()


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

    @property
    def occupancy_rate(self) -> Decimal | None:
        """Nights sold / nights available, percent of 100."""
        return ratio(self.nights_sold * 100, self.available_nights)

    @property
    def adjusted_occupancy_rate(self) -> Decimal | None:
        """Nights sold / nights available that neither owner nor a fault took, percent of 100."""
        left = self.available_nights - self.owner_nights - self.out_of_order_nights
        return ratio(self.nights_sold * 100, left)

    @property
    def adr(self) -> Decimal | None:
        """Average daily rate: room revenue / nights sold."""
        return ratio(self.room_revenue, self.nights_sold)

    @property
    def revpar(self) -> Decimal | None:
        """Revenue per available unit: room revenue / nights available."""
        return ratio(self.room_revenue, self.available_nights)

    @property
    def alos(self) -> Decimal | None:
        """Average length of stay: nights of the stays that arrive / arrivals."""
        return ratio(self.stay_nights, self.arrivals)

    @property
    def cancellation_rate(self) -> Decimal | None:
        """Cancelled / all bookings that begin in the period, percent of 100."""
        return ratio(self.cancelled_bookings * 100, self.bookings)


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """`part` / `whole`, rounded half-up to two decimals; None of nothing."""
    return (Decimal(part) / whole).quantize(HUNDREDTH, ROUND_HALF_UP) if whole > 0 else None


@dataclass(frozen=True)
class LeadTime:
    """Days from creation, on the property's calendar, to arrival, of the arrivals; 0 at least."""

    mean: Decimal | None = None
    median: Decimal | None = None


@dataclass(frozen=True)
class PropertySummary:
    """A property's figures."""

    property_id: UUID
    name: str
    currency: str
    figures: Summary
    lead_time: LeadTime = LeadTime()


@dataclass(frozen=True)
class Summaries:
    """Every property's figures by name, and the lead times of each currency."""

    rows: list[PropertySummary]
    lead_times: Mapping[str, LeadTime]

    def currencies(self) -> list[str]:
        """In which there are properties."""
        return sorted({row.currency for row in self.rows})

    def of(self, currency: str) -> list[PropertySummary]:
        """Those that add up."""
        return [row for row in self.rows if row.currency == currency]


def summaries(
    organization: Organization,
    start: date,
    end: date,
    choice: Choice = EVERYTHING,
    *,
    nights: bool = True,
    stays: bool = True,
    medians: bool = True,
) -> Summaries:
    """The figures of every property, any status, or of those chosen, over [start, end). One
    statement, which is quicker without what nobody asks for: the `nights`, the `stays` that begin
    in it, and of these the `medians`.
    """
    found = rows_of(
        SUMMARY,
        {
            "organization": organization.pk,
            **choice.values(),
            "start": start,
            "end": end,
            "nights": nights,
            "stays": stays,
            "medians": medians,
        },
    )
    rows, lead_times = [], {}
    for pk, name, currency, *counts, mean, median in found:
        lead_time = LeadTime(_rounded(mean), _rounded(median))
        if pk is None:
            lead_times[currency] = lead_time
        else:
            rows.append(PropertySummary(pk, name, currency, Summary(*counts), lead_time))
    return Summaries(rows, lead_times)


def together(rows: Iterable[PropertySummary]) -> Summary:
    """The sum of properties in one currency."""
    return added_up(row.figures for row in rows)


def added_up(parts: Iterable[Summary]) -> Summary:
    """The sum of figures in one currency, of which none counts what another does."""
    figures, nothing = list(parts), Summary()
    return Summary(
        **{
            one.name: sum((getattr(part, one.name) for part in figures), getattr(nothing, one.name))
            for one in fields(Summary)
        }
    )


def _rounded(days: Any) -> Decimal | None:
    return None if days is None else Decimal(days).quantize(HUNDREDTH, ROUND_HALF_UP)
