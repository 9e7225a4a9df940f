"""The analytics page, and its parts that are fetched once they come into view."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from analytics.asked import PRESETS, SINCE, Asked, Home, NotUnderstood, Room, asked_of
from analytics.checks import checked
from analytics.habits import habits
from analytics.heat import cells_of, columns_of, heat_of
from analytics.pace import pace
from analytics.page import (
    blocks_of,
    cards_of,
    channels,
    lines_of,
    pickup,
    whole_line,
)
from analytics.page_charts import (
    PART_NAMES,
    chart_of_bars,
    chart_of_channels,
    chart_of_occupancy_beside,
    chart_of_pace,
    chart_of_pickup,
    chart_of_revenue_beside,
    compared_words,
)
from analytics.paper import pdf_is_possible
from analytics.reports import Interval, change
from analytics.summary import PropertySummary, summaries, together
from villaops.pages import wants_fragment
from villaops.remembered import Told, recall

ROWS_SHOWN = 15
# The heat map has at most so many columns.
MOST_COLUMNS = 95


@page(Permission.READ_ANALYTICS)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """The figures of a period beside those of another, in parts. The one that the address names is
    in place, the overview where it names none; the page fetches the others by itself.
    """
    organization = request.access.organization
    try:
        asked = asked_of(request, organization)
    except NotUnderstood as error:
        wrong = {"form": error.form, "wrong": error.messages(), "presets": _presets(None)}
        return render(request, "analytics/page.html", wrong, status=422)
    if request.GET.get("last"):
        # What the form sends, in the words of an address one keeps.
        return redirect(f"{request.path}?{asked.query()}")
    named = request.GET.get("section", "overview")
    if named not in SECTIONS:
        raise Http404("No such part of the page")
    part = recall(request, request.access, lambda: _part(request, asked, named))
    if wants_fragment(request) and "section" in request.GET:
        return part.response()
    context = {
        "asked": asked,
        "query": asked.query(),
        "part": SafeString(part.content.decode()),
        "form": asked.form(),
        "presets": _presets(asked),
        "chips": _chips(asked),
        "usual": request.path,
        "sections": _sections(request, asked, named),
        "pdf_is_possible": pdf_is_possible(),
    }
    return render(request, "analytics/page.html", context)


def _part(request: OrganizationRequest, asked: Asked, named: str) -> Told:
    """One part as it is shown; of a house without properties nothing."""
    told = ""
    if asked.homes:
        context = {"asked": asked, "query": asked.query(), **SECTIONS[named][1](request, asked)}
        told = render_to_string(f"analytics/page_sections.html#{named}", context, request)
    return Told(told.encode(), "text/html; charset=utf-8")


def _presets(asked: Asked | None) -> list[dict[str, Any]]:
    """Links to the periods one often asks for; all else stays as it is."""
    return [
        {
            "label": words,
            "url": "?" + (asked.query(preset=key) if asked else f"preset={key}"),
            "is_current": asked is not None and asked.preset == key,
        }
        for key, (words, _period) in PRESETS.items()
    ]


def _chips(asked: Asked) -> list[dict[str, str]]:
    """The properties and units it is about, each with the link that takes it out."""
    named: Mapping[str, Sequence[Home | Room]] = {
        "property": asked.chosen_homes,
        "unit": asked.chosen_rooms,
    }
    return [
        {
            "label": one.name,
            "without": "?"
            + asked.query(**{name: [other.pk for other in found if other.pk != one.pk]}),
        }
        for name, found in named.items()
        for one in found
    ]


def _sections(request: OrganizationRequest, asked: Asked, named: str) -> list[dict[str, Any]]:
    """The parts: the one that is in place, and where to fetch the others."""
    more = {"page": request.GET.get("page")}
    return [
        {
            "name": name,
            "label": label,
            "is_here": name == named,
            "url": "?" + asked.query(section=name, **more),
        }
        for name, (label, _read) in SECTIONS.items()
    ]


# --- The parts ---------------------------------------------------------------------------------


def _overview(_request: OrganizationRequest, asked: Asked) -> dict[str, Any]:
    cards, others = cards_of(asked)
    return {"cards": cards, "other_currencies": others}


def _course(_request: OrganizationRequest, asked: Asked) -> dict[str, Any]:
    lines = lines_of(asked)
    return {
        "lines": lines,
        "total": whole_line(asked, lines),
        "part_name": PART_NAMES[asked.by],
        "revenue_chart": chart_of_revenue_beside(asked, lines),
        "occupancy_chart": chart_of_occupancy_beside(asked, lines),
        "compared": compared_words(asked),
    }


def _checked(_request: OrganizationRequest, asked: Asked) -> dict[str, Any]:
    return {"checked": checked(asked.organization, asked)}


def _properties(request: OrganizationRequest, asked: Asked) -> dict[str, Any]:
    """The figures of each property, and how full it is on each day. Three statements at most."""
    scope, beside = asked.scope, asked.comparison
    found = summaries(scope.organization, scope.start, scope.end, scope.choice, medians=False)
    rows = found.of(scope.currency)
    earlier = (
        summaries(scope.organization, beside.start, beside.end, scope.choice, stays=False).of(
            scope.currency
        )
        if beside
        else []
    )
    before = {row.property_id: row.figures for row in earlier}
    shown: Page[PropertySummary] = Paginator(rows, ROWS_SHOWN).get_page(request.GET.get("page"))
    interval = _columns(asked)
    heat = heat_of(scope, interval, [row.property_id for row in shown])
    total = together(rows)
    return {
        "rows": [
            {
                "summary": row,
                "heat": heat[row.property_id],
                "cells": cells_of(heat[row.property_id]),
                "change": _change(row.figures.room_revenue, before, row.property_id),
                "url": "?" + asked.query(property=[row.property_id], unit=None),
            }
            for row in shown
        ],
        "shown": shown,
        "total": total,
        "total_change": beside and change(total.room_revenue, together(earlier).room_revenue),
        "columns": columns_of(heat[shown[0].property_id], interval) if rows else [],
        "interval": interval,
        "page_query": QueryDict(asked.query(section="properties")),
    }


def _change(now: Any, before: Mapping[Any, Any], pk: Any) -> Any:
    return change(now, before[pk].room_revenue) if pk in before else None


def _columns(asked: Asked) -> Interval:
    """The finest that still has few enough columns."""
    lengths: Mapping[Interval, int] = {"day": 1, "week": 7, "month": 30}
    return next(
        (name for name, days in lengths.items() if asked.period.days <= MOST_COLUMNS * days),
        "month",
    )


def _channels(_request: OrganizationRequest, asked: Asked) -> dict[str, Any]:
    rows, total = channels(asked)
    return {"channels": rows, "total": total, "channel_chart": chart_of_channels(rows)}


def _habits(_request: OrganizationRequest, asked: Asked) -> dict[str, Any]:
    found = habits(asked.scope)
    return {
        "habits": found,
        "lead_chart": chart_of_bars(found.leads),
        "length_chart": chart_of_bars(found.lengths),
    }


def _pickup(_request: OrganizationRequest, asked: Asked) -> dict[str, Any]:
    since, found = pickup(asked)
    return {
        "since": since,
        "choices": [
            {
                "days": days,
                "url": "?" + asked.query(since=days, section="pickup") + "#pickup",
                "is_current": days == asked.since,
            }
            for days in SINCE
        ],
        "blocks": blocks_of(found),
        "changed": found.changed_bookings,
    }


def _pace(_request: OrganizationRequest, asked: Asked) -> dict[str, Any]:
    curve = pace(asked)
    return {
        "pace": curve,
        "pace_chart": chart_of_pace(curve),
        "pickup_chart": chart_of_pickup(curve),
    }


# Each takes at most two statements that read a year of nights: what a person waits for comes first,
# and no part waits for another.
type Read = Callable[[OrganizationRequest, Asked], dict[str, Any]]
SECTIONS: Mapping[str, tuple[Any, Read]] = {
    "overview": (gettext_lazy("Figures"), _overview),
    "course": (gettext_lazy("Revenue and occupancy"), _course),
    "checked": (gettext_lazy("Check that all adds up"), _checked),
    "properties": (gettext_lazy("Properties"), _properties),
    "channels": (gettext_lazy("Channel mix"), _channels),
    "habits": (gettext_lazy("Lead time and length of stay"), _habits),
    "pickup": (gettext_lazy("Pickup"), _pickup),
    "pace": (gettext_lazy("Pace"), _pace),
}
