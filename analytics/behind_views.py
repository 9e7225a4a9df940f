"""The nights and the bookings behind a figure, pages with their sum; and the files of all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.audit import SecurityEvent, record_security_event
from accounts.permissions import Permission
from analytics.asked import Asked, NotUnderstood, asked_of
from analytics.behind import NightsBehind, StaysBehind, StayTotals
from analytics.downloads import HEADS, paper_of, table_of
from analytics.page import KINDS, Kind, Whole, in_words
from analytics.paper import pdf_is_possible, pdf_of
from analytics.summary import summaries
from bookings.exports import Row, harmless, table_file
from villaops import written
from villaops.tenancy import Door
from villaops.toasts import say

PAGE_SIZE = 50
FILES = ("csv", "xlsx")

NIGHT_FIGURES: Mapping[str, Kind] = {one.key: one for one in KINDS if one.behind == "nights"}
STAY_FIGURES: Mapping[str, Kind] = {one.key: one for one in KINDS if one.behind == "bookings"}


@dataclass(frozen=True)
class Made:
    """A figure and how it comes of the rows below it, in words."""

    label: str
    value: str
    sums: str


@dataclass(frozen=True)
class Behind:
    """The rows behind a figure, as its page and its file need them."""

    # What the template shows.
    kind: str
    found: NightsBehind | StaysBehind
    name: str
    heads: list[str]
    lines: Iterator[Row]
    made: Callable[[Whole], Made]
    agrees: Callable[[Whole], bool]
    with_lost: bool = False


@page(Permission.READ_ANALYTICS)
@require_safe
def nights(request: OrganizationRequest) -> HttpResponseBase:
    """The unit nights behind occupancy, ADR, RevPAR or revenue."""
    return _page_or_file(request, NIGHT_FIGURES, _nights)


@page(Permission.READ_ANALYTICS)
@require_safe
def bookings(request: OrganizationRequest) -> HttpResponseBase:
    """The bookings behind the length of stay, the lead time or the cancellations."""
    return _page_or_file(request, STAY_FIGURES, _stays)


def _nights(asked: Asked, key: str) -> Behind:
    is_adjusted = key == "adjusted_occupancy"
    found = NightsBehind.of(asked.scope, adjusted=is_adjusted)
    return Behind(
        "nights",
        found,
        _("nights"),
        _night_heads(),
        _night_rows(found, asked),
        lambda whole: _made_of_nights(key, whole, asked.scope.currency),
        lambda whole: found.totals.agrees(whole.figures, adjusted=is_adjusted),
    )


def _stays(asked: Asked, key: str) -> Behind:
    with_lost = key == "cancellations"
    found = StaysBehind.of(asked.scope, with_lost=with_lost)
    return Behind(
        "bookings",
        found,
        _("bookings"),
        _stay_heads(),
        _stay_rows(found, with_lost=with_lost),
        lambda whole: _made_of_stays(key, whole, found.totals),
        lambda whole: found.totals.agrees(whole.figures, whole.lead_time.mean, with_lost=with_lost),
        with_lost,
    )


def _page_or_file(
    request: OrganizationRequest, known: Mapping[str, Kind], read: Callable[[Asked, str], Behind]
) -> HttpResponseBase:
    key = request.GET.get("figure") or next(iter(known))
    if key not in known:
        raise Http404("No such figure")
    try:
        asked = asked_of(request, request.access.organization)
    except NotUnderstood:
        return _back(request)
    behind = read(asked, key)
    if kind := request.GET.get("format"):
        return _file(request, kind, behind.name, behind.heads, behind.lines)
    whole = _whole(asked, known[key])
    context = {
        "asked": asked,
        "back": asked.query(),
        "figures": [
            {"label": kind.label, "url": "?" + asked.query(figure=name), "is_current": name == key}
            for name, kind in known.items()
        ],
        "files": {kind: "?" + asked.query(figure=key, format=kind) for kind in FILES},
        "page_query": QueryDict(asked.query(figure=key)),
        "kind": behind.kind,
        "with_lost": behind.with_lost,
        "made": behind.made(whole),
        "agrees": behind.agrees(whole),
        "totals": behind.found.totals,
        "rows": Paginator(behind.found.rows, PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "analytics/behind.html", context)


@page(Permission.READ_ANALYTICS)
@require_safe
def download(request: OrganizationRequest) -> HttpResponseBase:
    """The analytics page as CSV, XLSX or PDF."""
    kind = request.GET.get("format", "csv")
    if kind != "pdf" and kind not in FILES:
        raise Http404("No such kind of file")
    try:
        asked = asked_of(request, request.access.organization)
    except NotUnderstood:
        return _back(request)
    if kind != "pdf":
        return _file(request, kind, _("analytics"), list(HEADS), table_of(asked))
    if not pdf_is_possible():
        say(request, _("This server cannot make PDFs: Pango is missing."))
        return redirect(reverse("analysis:page", args=[asked.organization.slug]))
    _note(request, _("analytics"))
    period = f"{asked.period.start:%Y-%m-%d}-{asked.period.end:%Y-%m-%d}"
    answer = HttpResponse(pdf_of(paper_of(asked)), content_type="application/pdf")
    name = f"{asked.organization.slug}-{period}.pdf"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _back(request: OrganizationRequest) -> HttpResponse:
    """The analytics page says what is wrong with the question."""
    address = reverse("analysis:page", args=[request.access.organization.slug])
    return redirect(f"{address}?{request.GET.urlencode()}")


def _whole(asked: Asked, kind: Kind) -> Whole:
    """The same as on the cards, as far as the figure is made of it. One statement."""
    scope, is_of_nights = asked.scope, kind.behind == "nights"
    found = summaries(
        scope.organization,
        scope.start,
        scope.end,
        scope.choice,
        nights=is_of_nights,
        stays=not is_of_nights,
        medians=kind.key == "lead_time",
    )
    return Whole.of(found, scope.currency)


# --- How a figure is made ----------------------------------------------------------------------


def _made_of_nights(key: str, whole: Whole, currency: str) -> Made:
    sums: Mapping[str, str] = {
        "occupancy": _("%(sold)s nights sold / %(available)s nights available"),
        "adjusted_occupancy": _(
            "%(sold)s nights sold / (%(available)s nights available - %(owner)s owner nights"
            " - %(broken)s out of order)"
        ),
        "adr": _("%(revenue)s / %(sold)s nights sold"),
        "revpar": _("%(revenue)s / %(available)s nights available"),
        "revenue": _("the prices of %(sold)s nights sold, %(unpriced)s without a price"),
    }
    found = whole.figures
    said = {
        "sold": _count(found.nights_sold),
        "available": _count(found.available_nights),
        "owner": _count(found.owner_nights),
        "broken": _count(found.out_of_order_nights),
        "revenue": written.money(found.room_revenue, currency),
        "unpriced": _count(found.unpriced_nights),
    }
    kind = NIGHT_FIGURES[key]
    return Made(str(kind.label), in_words(kind.value(whole), kind.unit, currency), sums[key] % said)


def _made_of_stays(key: str, whole: Whole, totals: StayTotals) -> Made:
    sums: Mapping[str, str] = {
        "alos": _("%(nights)s nights / %(arrivals)s arrivals"),
        "lead_time": _("%(lead)s days / %(arrivals)s arrivals; median %(median)s"),
        "cancellations": _("%(cancelled)s cancelled / %(bookings)s bookings"),
    }
    found = whole.figures
    said = {
        "nights": _count(found.stay_nights),
        "arrivals": _count(found.arrivals),
        "lead": _count(totals.lead),
        "median": in_words(whole.lead_time.median, "days", ""),
        "cancelled": _count(found.cancelled_bookings),
        "bookings": _count(found.bookings),
    }
    kind = STAY_FIGURES[key]
    return Made(str(kind.label), in_words(kind.value(whole), kind.unit, ""), sums[key] % said)


def _count(number: int) -> str:
    return written.number(number, 0)


# --- Files -------------------------------------------------------------------------------------


def _night_heads() -> list[str]:
    return [
        *(_("Night"), _("Property"), _("Unit"), _("Taken by"), _("Reference"), _("Guest")),
        *(_("Source"), _("Price"), _("Currency")),
    ]


def _night_rows(found: NightsBehind, asked: Asked) -> Iterator[Row]:
    for row in found.rows:
        line = [
            *(row.night, row.home, row.unit, row.taken_by, row.reference, row.guest),
            *(row.source_words, row.price, asked.scope.currency),
        ]
        yield [harmless(value) for value in line]
    totals = found.totals
    count = totals.sold + totals.owner + totals.out_of_order
    yield [_("Total"), None, None, count, None, None, None, totals.revenue, asked.scope.currency]


def _stay_heads() -> list[str]:
    return [
        *(_("Reference"), _("Guest"), _("Property"), _("Unit"), _("Arrival"), _("Departure")),
        *(_("Nights"), _("Booked on"), _("Lead time"), _("Source"), _("Status")),
    ]


def _stay_rows(found: StaysBehind, *, with_lost: bool) -> Iterator[Row]:
    for row in found.rows:
        booked = row.booked_at.replace(second=0, microsecond=0)
        line = [
            *(row.reference, row.guest, row.home, row.unit, row.check_in, row.check_out),
            *(row.nights, booked, row.lead, row.source_words, row.status_words),
        ]
        yield [harmless(value) for value in line]
    totals, line = found.totals, [_("Total"), found.totals.bookings, *[None] * 9]
    if with_lost:
        # Nights and days of those that were lost have no sum that is a figure's.
        line[10] = _("%d cancelled") % totals.cancelled
    else:
        line[6], line[8] = totals.nights, totals.lead
    yield line


def _file(
    request: OrganizationRequest, kind: str, what: str, heads: list[str], rows: Iterator[Row]
) -> HttpResponseBase:
    """The rows and their sum; it leaves the house, which the audit log tells."""
    if kind not in FILES:
        raise Http404("No such kind of file")
    _note(request, what)
    return table_file(kind, what, what.capitalize(), heads, rows)


def _note(request: OrganizationRequest, what: str) -> None:
    access = request.access
    record_security_event(
        kind=SecurityEvent.EXPORTED,
        by=access.user,
        organization=access.organization,
        door=Door.WEB,
        label=what,
    )
