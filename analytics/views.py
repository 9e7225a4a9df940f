"""The pages of figures."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from analytics.figures import occupancy_by_property, overall_occupancy_rate
from analytics.forms import PeriodForm
from properties.models import Property
from villaops.clock import today_in

ONE_DAY = dt.timedelta(days=1)


@page(Permission.READ_OCCUPANCY)
@require_safe
def occupancy(request: OrganizationRequest) -> HttpResponse:
    """Occupancy of each property for a chosen period; this month unless one is chosen."""
    organization = request.access.organization
    periods = _periods(today_in(organization.time_zone))
    first, last = periods[0][1:]
    form = PeriodForm(
        {"first": first, "last": last, **request.GET.dict()},
        properties=Property.objects.for_organization(organization).order_by("name", "id"),
    )
    context: dict[str, Any] = {"form": form, "periods": _links(request, periods)}
    if not form.is_valid():
        return render(request, "analytics/occupancy.html", context, status=422)
    chosen = form.cleaned_data
    rows = occupancy_by_property(
        organization, chosen["first"], chosen["last"] + ONE_DAY, chosen["property"]
    )
    context |= {
        "rows": rows,
        "overall": overall_occupancy_rate(rows),
        "booked": sum(row.booked_days for row in rows),
        "total": sum(row.total_days for row in rows),
        **chosen,
    }
    return render(request, "analytics/occupancy.html", context)


def _periods(day: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """Periods one often asks for: words, first and last night."""
    month = day.replace(day=1)
    next_month = (month + dt.timedelta(days=32)).replace(day=1)
    after_next = (next_month + dt.timedelta(days=32)).replace(day=1)
    return [
        (_("This month"), month, next_month - ONE_DAY),
        (_("Last month"), (month - ONE_DAY).replace(day=1), month - ONE_DAY),
        (_("Next month"), next_month, after_next - ONE_DAY),
        (_("Next 30 nights"), day, day + dt.timedelta(days=29)),
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
    home = request.GET.get("property", "")
    return [
        {
            "label": words,
            "url": "?" + urlencode({"first": first, "last": last, "property": home}),
            "is_current": chosen == (str(first), str(last)),
        }
        for words, first, last in periods
    ]
