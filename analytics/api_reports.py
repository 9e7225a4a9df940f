"""The JSON face of the reports: summary, revenue, trends, sources, pickup (contract, section 6)."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.permissions import Permission
from analytics import reports
from analytics.api import PeriodEndpoint, PeriodQuery
from analytics.figures import Figures, total_of
from analytics.reports import OnBooks, Scope
from analytics.summary import LeadTime, Summary, ratio, summaries, together
from bookings.models import Booking
from villaops.api.endpoint import operation
from villaops.api.wire import Currency, Money, Output, optional
from villaops.clock import today_in
from villaops.errors import Refused

# --- What travels in -------------------------------------------------------------------------


class ReportQuery(PeriodQuery):
    currency: Currency = optional()


class RevenueQuery(ReportQuery):
    interval: Literal["day", "week", "month"] = "month"


class PickupQuery(ReportQuery):
    as_of_from: date
    as_of_to: date = optional()


class AsOfEndsBeforeItBegins(Refused):
    code = "as_of_ends_before_it_begins"
    message = "as_of_to must be after as_of_from"


# --- What travels out --------------------------------------------------------------------------


class FiguresOutput(Output):
    nights_sold: int
    available_nights: int
    owner_nights: int
    out_of_order_nights: int
    occupancy_rate: Money | None
    adjusted_occupancy_rate: Money | None
    room_revenue: Money
    unpriced_nights: int
    adr: Money | None
    revpar: Money | None
    arrivals: int
    alos: Money | None
    lead_time_mean: Money | None
    lead_time_median: Money | None
    cancelled_bookings: int
    cancellation_rate: Money | None


class PropertyFiguresOutput(FiguresOutput):
    property_id: UUID
    property_name: str


class PeriodOutput(Output):
    period_start: date
    period_end: date


class ReportOutput(PeriodOutput):
    currency: str
    other_currencies: list[str]


class SummaryOutput(FiguresOutput, ReportOutput):
    properties: list[PropertyFiguresOutput]


class RevenueFigures(Output):
    nights_sold: int
    available_nights: int
    occupancy_rate: Money | None
    room_revenue: Money
    adr: Money | None
    revpar: Money | None


class RevenueItem(RevenueFigures, PeriodOutput):
    pass


class RevenueOutput(ReportOutput):
    items: list[RevenueItem]
    totals: RevenueFigures


class TrendOutput(PeriodOutput):
    nights_sold: int
    occupancy_rate: Money | None
    room_revenue: Money
    adr: Money | None
    revpar: Money | None
    arrivals: int


class ChangeOutput(Output):
    nights_sold: Money | None
    occupancy_rate: Money | None
    room_revenue: Money | None
    adr: Money | None
    revpar: Money | None
    arrivals: Money | None


class ChangesOutput(Output):
    previous: ChangeOutput
    last_year: ChangeOutput


class TrendsOutput(ReportOutput):
    current: TrendOutput
    previous: TrendOutput
    last_year: TrendOutput
    change: ChangesOutput


class SourceFigures(Output):
    bookings: int
    nights_sold: int
    room_revenue: Money
    adr: Money | None
    nights_share: Money | None
    revenue_share: Money | None


class SourceItem(SourceFigures):
    source: Booking.Source


class SourcesOutput(ReportOutput):
    items: list[SourceItem]
    totals: SourceFigures


class OnBooksOutput(Output):
    bookings: int
    nights: int
    revenue: Money


class PickupOutput(ReportOutput):
    as_of_from: date
    as_of_to: date
    on_books_from: OnBooksOutput
    on_books_to: OnBooksOutput
    new: OnBooksOutput
    lost: OnBooksOutput
    changed: OnBooksOutput
    net: OnBooksOutput


# --- Endpoints ---------------------------------------------------------------------------------


class ReportEndpoint(PeriodEndpoint):
    """A report of properties that sell in one currency."""

    def scope(self, query: ReportQuery) -> Scope:
        """Raises PeriodEndsBeforeItBegins, PropertyNotFound."""
        start, end, home = self.period(query)
        return Scope.usual(self.access.organization, start, end, home, query.currency)

    @staticmethod
    def head(scope: Scope, others: list[str]) -> dict[str, Any]:
        """What each report begins with."""
        return {
            "period_start": scope.start,
            "period_end": scope.end,
            "currency": scope.currency,
            "other_currencies": others,
        }


class SummaryReport(ReportEndpoint):
    @operation("get_summary", Permission.READ_ANALYTICS, errors={400}, csv=True, remembered=True)
    def get(self, query: ReportQuery) -> SummaryOutput | HttpResponse:
        """What a period sold: nights, rates, revenue, arrivals, cancellations."""
        return self.told(query, self._report, self._table)

    def _report(self, query: ReportQuery) -> SummaryOutput:
        scope = self.scope(query)
        found = summaries(scope.organization, scope.start, scope.end, scope.choice)
        rows = found.of(scope.currency)
        return SummaryOutput(
            **self.head(scope, [code for code in found.currencies() if code != scope.currency]),
            **figures_told(together(rows), found.lead_times.get(scope.currency, LeadTime())),
            properties=[
                PropertyFiguresOutput(
                    property_id=row.property_id,
                    property_name=row.name,
                    **figures_told(row.figures, row.lead_time),
                )
                for row in rows
            ],
        )

    def _table(self, shown: dict[str, Any]) -> HttpResponse:
        lines = [*shown["properties"], {"property_id": "total", **_part(shown, FiguresOutput)}]
        names = ["property_id", "property_name", *FiguresOutput.model_fields]
        return self.file(_("summary"), "summary.csv", names, lines)


class RevenueReport(ReportEndpoint):
    @operation("get_revenue", Permission.READ_ANALYTICS, errors={400}, csv=True, remembered=True)
    def get(self, query: RevenueQuery) -> RevenueOutput | HttpResponse:
        """Nights sold and what they brought, by day, week or month."""
        return self.told(query, self._report, self._table)

    def _report(self, query: RevenueQuery) -> RevenueOutput:
        scope = self.scope(query)
        found = reports.revenue(scope, query.interval)
        return RevenueOutput(
            **self.head(scope, found.other_currencies),
            items=[
                RevenueItem(period_start=item.start, period_end=item.end, **revenue_told(item))
                for item in found.items
            ],
            totals=RevenueFigures(**revenue_told(total_of(found.items, scope.start, scope.end))),
        )

    def _table(self, shown: dict[str, Any]) -> HttpResponse:
        lines = [*shown["items"], {"period_start": "total", **shown["totals"]}]
        names = [*PeriodOutput.model_fields, *RevenueFigures.model_fields]
        return self.file(_("revenue"), "revenue.csv", names, lines)


class TrendsReport(ReportEndpoint):
    @operation("get_trends", Permission.READ_ANALYTICS, errors={400}, csv=True, remembered=True)
    def get(self, query: ReportQuery) -> TrendsOutput | HttpResponse:
        """A period beside the one before and the same weekdays a year ago."""
        return self.told(query, self._report, self._table)

    def _report(self, query: ReportQuery) -> TrendsOutput:
        scope = self.scope(query)
        found = reports.trends(scope)
        now, bases = found.current.figures, (found.previous, found.last_year)
        previous, last_year = (ChangeOutput(**_change(now, base.figures)) for base in bases)
        return TrendsOutput(
            **self.head(scope, found.other_currencies),
            current=_trend(found.current),
            previous=_trend(found.previous),
            last_year=_trend(found.last_year),
            change=ChangesOutput(previous=previous, last_year=last_year),
        )

    def _table(self, shown: dict[str, Any]) -> HttpResponse:
        lines = [
            {"block": name, **shown[name]} for name in ("current", "previous", "last_year")
        ] + [{"block": f"change.{name}", **part} for name, part in shown["change"].items()]
        return self.file(_("trends"), "trends.csv", ["block", *TrendOutput.model_fields], lines)


class SourcesReport(ReportEndpoint):
    @operation("get_sources", Permission.READ_ANALYTICS, errors={400}, csv=True, remembered=True)
    def get(self, query: ReportQuery) -> SourcesOutput | HttpResponse:
        """Through which channels the nights of a period were sold."""
        return self.told(query, self._report, self._table)

    def _report(self, query: ReportQuery) -> SourcesOutput:
        scope = self.scope(query)
        found = reports.sources(scope)
        total = found.total()
        return SourcesOutput(
            **self.head(scope, found.other_currencies),
            items=[
                SourceItem(source=Booking.Source(item.source), **_source(item, total))
                for item in found.items
            ],
            totals=SourceFigures(**_source(total, total)),
        )

    def _table(self, shown: dict[str, Any]) -> HttpResponse:
        lines = [*shown["items"], {"source": "total", **shown["totals"]}]
        names = ["source", *SourceFigures.model_fields]
        return self.file(_("sources"), "sources.csv", names, lines)


class PickupReport(ReportEndpoint):
    @operation("get_pickup", Permission.READ_ANALYTICS, errors={400}, csv=True, remembered=True)
    def get(self, query: PickupQuery) -> PickupOutput | HttpResponse:
        """What came on the books, and off them, between the ends of two days."""
        return self.told(query, self._report, self._table)

    def _report(self, query: PickupQuery) -> PickupOutput:
        scope = self.scope(query)
        as_of_to = query.as_of_to or today_in(scope.organization.time_zone)
        if as_of_to <= query.as_of_from:
            raise AsOfEndsBeforeItBegins
        found = reports.pickup(scope, query.as_of_from, as_of_to)
        return PickupOutput(
            **self.head(scope, found.other_currencies),
            as_of_from=query.as_of_from,
            as_of_to=as_of_to,
            **{name: _on_books(getattr(found, name)) for name in BLOCKS},
        )

    def _table(self, shown: dict[str, Any]) -> HttpResponse:
        lines = [{"block": name, **shown[name]} for name in BLOCKS]
        return self.file(_("pickup"), "pickup.csv", ["block", *OnBooksOutput.model_fields], lines)


# --- Shapes ------------------------------------------------------------------------------------

BLOCKS = ("on_books_from", "on_books_to", "new", "lost", "changed", "net")


def figures_told(found: Summary, lead_time: LeadTime) -> dict[str, Any]:
    """Under the names that the API and files have for them."""
    known = {"lead_time_mean": lead_time.mean, "lead_time_median": lead_time.median}
    names = FiguresOutput.model_fields.keys() - known.keys()
    return {**{name: getattr(found, name) for name in names}, **known}


def revenue_told(found: Figures) -> dict[str, Any]:
    """The same of a part of a period."""
    return {
        "nights_sold": found.sold,
        "available_nights": found.available,
        "occupancy_rate": found.occupancy_rate,
        "room_revenue": found.revenue,
        "adr": found.adr,
        "revpar": found.revpar,
    }


def _trend(found: reports.Trend) -> TrendOutput:
    figures = {name: getattr(found.figures, name) for name in ChangeOutput.model_fields}
    return TrendOutput(period_start=found.start, period_end=found.end, **figures)


def _change(now: Summary, base: Summary) -> dict[str, Decimal | None]:
    return {
        name: reports.change(getattr(now, name), getattr(base, name))
        for name in ChangeOutput.model_fields
    }


def _source(found: reports.Source, total: reports.Source) -> dict[str, Any]:
    return {
        "bookings": found.bookings,
        "nights_sold": found.nights_sold,
        "room_revenue": found.room_revenue,
        "adr": found.adr,
        "nights_share": ratio(found.nights_sold * 100, total.nights_sold),
        "revenue_share": ratio(found.room_revenue * 100, total.room_revenue),
    }


def _on_books(found: OnBooks) -> OnBooksOutput:
    return OnBooksOutput(**{part.name: getattr(found, part.name) for part in fields(OnBooks)})


def _part(shown: Mapping[str, Any], model: type[Output]) -> dict[str, Any]:
    return {name: shown[name] for name in model.model_fields}
