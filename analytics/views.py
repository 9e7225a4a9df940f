"""The pages of figures."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from analytics.charts import (
    chart_of_days,
    chart_of_properties,
    chart_of_rates,
    chart_of_revenue,
)
from analytics.figures import (
    DayOccupancy,
    Figures,
    PropertyOccupancy,
    by_month,
    days_by_month,
    figures_by_day,
    occupancy_by_property,
    over_currencies,
    overall_occupancy_rate,
    percent,
    total_of,
)
from analytics.forms import PeriodForm
from properties.models import Property
from villaops.clock import today_in

ONE_DAY = dt.timedelta(days=1)
# A longer period is drawn by month.
DAYS_SHOWN = 92
ROWS_SHOWN = 50


@page(Permission.READ_OCCUPANCY)
@require_safe
def occupancy(request: OrganizationRequest) -> HttpResponse:
    """Occupancy by day and by property for a chosen period, this month unless one is chosen; and
    by month what the nights brought, for those who may read figures.
    """
    organization = request.access.organization
    periods = _periods(today_in(organization.time_zone))
    first, last = periods[0][1:]
    shows_money = request.access.can(Permission.READ_ANALYTICS)
    form = PeriodForm(
        {"first": first, "last": last, **request.GET.dict()},
        properties=Property.objects.for_organization(organization).order_by("name", "id"),
        prices=shows_money,
    )
    context: dict[str, Any] = {"form": form, "periods": _links(request, periods)}
    if not form.is_valid():
        return render(request, "analytics/occupancy.html", context, status=422)
    chosen = form.cleaned_data
    start, end = chosen["first"], chosen["last"] + ONE_DAY
    rows = occupancy_by_property(organization, start, end, chosen["property"])
    figures = figures_by_day(organization, start, end, chosen["property"])
    context |= {
        **chosen,
        **_by_property(request, rows),
        **_by_day(over_currencies(figures, start, end)),
    }
    if shows_money:
        usual = chosen["property"].currency if chosen["property"] else organization.currency
        context |= _money(figures, chosen.get("currency"), usual)
    return render(request, "analytics/occupancy.html", context)


def _by_property(request: OrganizationRequest, rows: list[PropertyOccupancy]) -> dict[str, Any]:
    shown = Paginator(rows, ROWS_SHOWN).get_page(request.GET.get("page"))
    return {
        "rows": shown,
        "property_chart": chart_of_properties(list(shown)),
        "overall": overall_occupancy_rate(rows),
        "booked": sum(row.booked_days for row in rows),
        "total": sum(row.total_days for row in rows),
    }


def _by_day(days: list[DayOccupancy]) -> dict[str, Any]:
    """The nights; of a long period the months, which can still be read."""
    is_long = len(days) > DAYS_SHOWN
    shown = days_by_month(days) if is_long else days
    return {
        "days": shown,
        "is_by_month": is_long,
        "day_chart": chart_of_days(shown, by_month=is_long),
        "sold": sum(day.sold for day in days),
        "available": sum(day.available for day in days),
        "rate": percent(sum(day.sold for day in days), sum(day.available for day in days)),
    }


def _money(
    figures: Mapping[str, Sequence[Figures]], wanted: str | None, usual: str
) -> dict[str, Any]:
    """What one currency brought by month, and which currencies are left out."""
    currency = wanted or (usual if usual in figures else next(iter(figures), usual))
    days = figures.get(currency, [])
    months = by_month(days)
    return {
        "money_currency": currency,
        "left_out": [other for other in figures if other != currency],
        "months": months,
        "money_total": total_of(months, months[0].start, months[-1].end) if months else None,
        "revenue_chart": chart_of_revenue(months, currency),
        "rate_chart": chart_of_rates(months, currency),
    }


def _periods(day: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """Periods one often asks for: words, first and last night."""
    month = day.replace(day=1)
    next_month = (month + dt.timedelta(days=32)).replace(day=1)
    year_ago = (month - dt.timedelta(days=334)).replace(day=1)
    after_next = (next_month + dt.timedelta(days=32)).replace(day=1)
    return [
        (_("This month"), month, next_month - ONE_DAY),
        (_("Last month"), (month - ONE_DAY).replace(day=1), month - ONE_DAY),
        (_("Next month"), next_month, after_next - ONE_DAY),
        (_("Next 30 nights"), day, day + dt.timedelta(days=29)),
        (_("Last 12 months"), year_ago, next_month - ONE_DAY),
        (_("This year"), day.replace(month=1, day=1), day.replace(month=12, day=31)),
    ]


def _links(
    request: OrganizationRequest, periods: list[tuple[str, dt.date, dt.date]]
) -> list[dict[str, Any]]:
    default = periods[0][1:]
    chosen = tuple(
        request.GET.get(name, str(day))
        for name, day in zip(("first", "last"), default, strict=True)
    )
    kept = {name: request.GET.get(name, "") for name in ("property", "currency")}
    return [
        {
            "label": words,
            "url": "?" + urlencode({"first": first, "last": last, **kept}),
            "is_current": chosen == (str(first), str(last)),
        }
        for words, first, last in periods
    ]
