"""The tape chart: its page, and what its script asks and says."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from bookings import calendar
from villaops.clock import today_in

ZOOMS = ("week", "two-weeks", "month", "quarter")


@page(Permission.READ_BOOKINGS)
@require_safe
def chart(request: OrganizationRequest) -> HttpResponse:
    """The frame that the chart's script fills. Its place is in the address."""
    organization = request.access.organization
    today = today_in(organization.time_zone)
    start = _day(request.GET.get("start")) or today - dt.timedelta(days=1)
    zoom = request.GET.get("zoom")
    context = {
        "start": start,
        "zoom": zoom if zoom in ZOOMS else "two-weeks",
        "may_write": request.access.can(Permission.WRITE_BOOKINGS),
        "shows_prices": request.access.can(Permission.READ_PRICES),
        "card_url": reverse("calendar:page", args=[organization.slug]) + "card/",
    }
    return render(request, "bookings/calendar.html", context)


@page(Permission.READ_BOOKINGS)
@require_safe
def units(request: OrganizationRequest) -> HttpResponse:
    """The rows of the chart."""
    return JsonResponse({"properties": calendar.places(request.access)})


@page(Permission.READ_BOOKINGS)
@require_safe
def bars(request: OrganizationRequest) -> HttpResponse:
    """The bars between two days."""
    start, end = _day(request.GET.get("start")), _day(request.GET.get("end"))
    if start is None or end is None or not 0 < (end - start).days <= calendar.MAX_DAYS:
        return _malformed()
    found, as_of = calendar.bars_between(request.access.organization.pk, start, end)
    # The bars are JSON already.
    body = f'{{"start":"{start}","end":"{end}","as_of":"{as_of}","bars":{found}}}'
    return HttpResponse(body, content_type="application/json")


@page(Permission.READ_BOOKINGS)
@require_safe
def changes(request: OrganizationRequest) -> HttpResponse:
    """204 as long as nothing has happened; asked every second or two by every open chart."""
    try:
        changed = calendar.has_changed(request.access.organization.pk, request.GET.get("as_of", ""))
    except ValueError:
        return _malformed()
    return JsonResponse({"changed": True}) if changed else HttpResponse(status=204)


@page(Permission.WRITE_BOOKINGS)
@require_POST
def preview(request: OrganizationRequest) -> HttpResponse:
    """What a gesture would change."""
    return _malformed()


@page(Permission.WRITE_BOOKINGS)
@require_POST
def change(request: OrganizationRequest) -> HttpResponse:
    """Do what a gesture says."""
    return _malformed()


@page(Permission.WRITE_BOOKINGS)
@require_POST
def block(request: OrganizationRequest) -> HttpResponse:
    """Take the nights that were drawn over out of sale."""
    return _malformed()


@page(Permission.READ_BOOKINGS)
@require_safe
def card(request: OrganizationRequest, kind: str, holder_id: UUID) -> HttpResponse:
    """The essentials of one bar."""
    raise Http404


@page(Permission.READ_BOOKINGS)
@require_safe
def listing(request: OrganizationRequest) -> HttpResponse:
    """The chart as a page to read."""
    raise Http404


def _day(text: str | None) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    # A chart of the year 1 or 9999 would count beyond what a date can be.
    return day if 1900 <= day.year <= 2200 else None


def _malformed(detail: Any = "This could not be read.") -> HttpResponse:
    return JsonResponse({"code": "malformed", "detail": detail}, status=422)
