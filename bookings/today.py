"""A day's page: who comes, who goes, who stays and what changes hands, by each property's clock."""

import datetime as dt
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Subquery
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.models import Organization
from accounts.permissions import Permission
from analytics.figures import DayOccupancy, occupancy_by_day
from bookings.day_rows import (
    ONE,
    Chosen,
    Days,
    Units,
    blocks_of,
    chosen_by,
    days_of,
    on_their_day,
    pending_of,
    show,
    stays_of,
)
from bookings.models import Booking
from bookings.querysets import BookingQuerySet
from villaops.parts import Sight, part_of

COMING_SHOWN = 5
CHART_DAYS = 7
# What a list shows beside the others, and on a page of its own.
ROWS_SHOWN = 10
ROWS_ALONE = 40
WITH_UNITS = ("arrivals", "departures", "in_house")
LISTS = ("pending", "no-shows", "arrivals", "departures", "in-house", "turnovers", "blocks")


@page(Permission.READ_BOOKINGS)
@require_safe
def today(request: OrganizationRequest) -> HttpResponse:
    """Arrivals, departures, guests in house, turnovers, requests and blocks of a day."""
    chosen = chosen_by(request.access.organization, _chosen_day(request))
    here, query = request.get_full_path(), request.GET

    # Depends on the bookings and blocks of the properties one may see, with their nights, units and
    # guests; on the role (buttons, occupancy); on the address (the day, the list that stands alone,
    # its page, and where buttons lead back to); on how the organization writes days; and on the
    # date and, at ten in the morning, the hour at its properties. Nothing of it is one person's.
    def day(sight: Sight) -> dict[str, Any]:
        alone = query.get("show", "")
        shown = _shown(sight, chosen, alone if alone in LISTS else "", query.get("page"))
        return {**shown, "here": here, "query": query}

    part = part_of(request, "bookings/today.html#body", day)
    return render(request, "bookings/today.html", {"days": chosen, "part": part})


def _shown(sight: Sight, chosen: Chosen, alone: str, number: str | None) -> dict[str, Any]:
    """The whole day, or the page of the list that stands alone."""
    organization = sight.organization
    days = days_of(organization, chosen)
    stays = stays_of(organization, days)
    rows: dict[str, list[Any]] = {
        "no-shows": stays.no_shows,
        "arrivals": stays.arrivals,
        "departures": stays.departures,
        "in-house": stays.in_house,
        "turnovers": stays.turnovers,
        "blocks": blocks_of(organization, days),
    }
    lists = {"pending": _pending(organization, days, alone, number)} | _lists(rows, alone, number)
    coming = _coming(organization, days) if days.is_live and not alone else []
    _bring(organization, lists, stays.units, coming)
    has_chart = sight.can(Permission.READ_OCCUPANCY) and not alone
    return {
        "days": days,
        "previous": days.day - ONE if days.day > dt.date.min else None,
        "next": days.day + ONE if days.day < _last_day() else None,
        "lists": lists,
        "unplaced": stays.unplaced if days.is_live else 0,
        "alone": alone,
        "coming": coming,
        "chart": _chart(organization, days) if has_chart else None,
    }


def _chosen_day(request: OrganizationRequest) -> dt.date | None:
    """The day in the address; nonsense there is today."""
    try:
        day = parse_date(request.GET.get("day", ""))
    except ValueError:
        return None
    return day if day and dt.date(1900, 1, 1) <= day <= _last_day() else None


def _last_day() -> dt.date:
    return dt.date(2200, 1, 1)


def _lists(rows: dict[str, list[Any]], alone: str, number: str | None) -> dict[str, Page[Any]]:
    """A page of each list, the first with few rows; of the one that stands alone any, with many.

    Only pages keep a house of five hundred units readable; what each counts is all of its rows.
    """
    return {
        name.replace("-", "_"): Paginator(own, ROWS_ALONE).get_page(number)
        if name == alone
        else Paginator(own, ROWS_SHOWN).get_page(1)
        for name, own in rows.items()
    }


def _pending(organization: Organization, days: Days, alone: str, number: str | None) -> Page[Any]:
    """A page of the ids of those who wait: of many where they stand alone, else the first."""
    waiting = pending_of(organization, days)
    ids = waiting.values_list("pk", flat=True)
    if alone == "pending":
        found = Paginator(ids, ROWS_ALONE).get_page(number)
        found.object_list = list(found.object_list)
        return found
    if alone:
        return Paginator(ids.none(), ROWS_SHOWN).get_page(1)
    # Both in one statement: how many there are, and the first of them.
    total = waiting.order_by().values("organization").annotate(n=Count("pk")).values("n")
    shown = list(waiting.annotate(total=Subquery(total)).values_list("pk", "total")[:ROWS_SHOWN])
    paginator = Paginator(ids, ROWS_SHOWN)
    # What it would count itself.
    paginator.count = shown[0][1] if shown else 0
    return Page([pk for pk, _total in shown], 1, paginator)


def _coming(organization: Organization, days: Days) -> list[Any]:
    """The ids of the stays that begin next."""
    stays = Booking.objects.for_organization(organization)
    coming = on_their_day(days, stays, BookingQuerySet.arriving_after)
    return list(coming.order_by("check_in", "id").values_list("pk", flat=True)[:COMING_SHOWN])


def _bring(
    organization: Organization, lists: dict[str, Page[Any]], units: Units, coming: list[Any]
) -> None:
    """What is shown gets its bookings, all of it in one statement."""
    waiting, missing = lists["pending"], lists["no_shows"]
    rows = [row for name in WITH_UNITS for row in lists[name]]
    ids = [*waiting, *coming, *(row.stay.pk for row in missing)]
    found = show(organization, units, rows, lists["turnovers"], ids)
    waiting.object_list = [found[pk] for pk in waiting]
    missing.object_list = [found[row.stay.pk] for row in missing]
    coming[:] = [found[pk] for pk in coming]


# --- The chart -------------------------------------------------------------------------------

BAR_STEP = 44
BAR_WIDTH = 28
BAR_HEIGHT = 80


def _chart(organization: Organization, days: Days) -> dict[str, Any]:
    """The bars of the next seven nights' occupancy, measured for the template to draw."""
    figures = occupancy_by_day(organization, days.day, days.day + CHART_DAYS * ONE)
    return {
        "bars": [_bar(n, figure) for n, figure in enumerate(figures)],
        "width": BAR_STEP * CHART_DAYS,
        "bar_width": BAR_WIDTH,
        "height": BAR_HEIGHT,
    }


def _bar(n: int, figure: DayOccupancy) -> dict[str, Any]:
    height = round(BAR_HEIGHT * figure.sold / figure.available) if figure.available else 0
    left = n * BAR_STEP + (BAR_STEP - BAR_WIDTH) // 2
    return {
        "figure": figure,
        "x": left,
        "y": BAR_HEIGHT - height,
        "height": height,
        "middle": left + BAR_WIDTH // 2,
    }
