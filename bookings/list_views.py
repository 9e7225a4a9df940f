"""The list of bookings: filtered, searched, sorted and given its columns by its address."""

from collections.abc import Callable
from datetime import date
from functools import cache, partial
from typing import Any, cast

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import Access, OrganizationRequest, page
from accounts.audit import SecurityEvent, record_security_event
from accounts.permissions import Permission
from bookings.exports import as_file
from bookings.list_forms import EVERYTHING, WITHOUT_UNIT, BookingFilter
from bookings.models import Booking, SavedView, Status
from bookings.querysets import BookingQuerySet
from bookings.saved_views import menu_of
from properties.models import Property
from villaops import written
from villaops.clock import today_in
from villaops.pages import wants_fragment
from villaops.paging import DeepPaginator
from villaops.parts import CSRF_TOKEN, Sight, part_of, stand_in
from villaops.remembered import Told, recall
from villaops.tenancy import Door

PAGE_SIZE = 25
KINDS = ("csv", "xlsx")


@page(Permission.READ_BOOKINGS)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """The bookings, as the address says; the person's default view where it says nothing."""
    access = request.access
    views = menu_of(organization=access.organization, user=access.user)
    usual = next((view for view in views if view.is_default and view.query), None)
    if usual and not request.GET:
        return redirect(f"{request.path}?{usual.query}")
    # Once, and only for what is not remembered.
    filters = cache(partial(filter_of, request))
    query = recall(
        request, access, lambda: Told(filters().query().encode(), "text/plain"), part="query"
    ).content.decode()
    results = _results(request, filters, query, views)
    if wants_fragment(request):
        answer = HttpResponse(results)
        # The form sends every field; the address in the browser need not name the empty ones.
        answer["HX-Push-Url"] = f"{request.path}?{query or EVERYTHING}"
        return answer
    context = {"form": _form(request, filters), "results": results}
    return render(request, "bookings/list.html", context)


# All parts depend on the bookings, the properties one may see, their units and guests; on the role
# (prices, buttons, whether e-mails are searched); on the address (filters, sort, columns, page, and
# where buttons lead back to); and on how the organization writes days and money. What time it is
# they say nothing of: a hold that expires is written down. A person's own views are a stand-in.
type Filters = Callable[[], BookingFilter]


def _form(request: OrganizationRequest, filters: Filters) -> SafeString:
    def context(_sight: Sight) -> dict[str, Any]:
        return {"filters": filters(), "chips": _chips(filters())}

    return part_of(request, "bookings/list.html#form", context)


def _results(
    request: OrganizationRequest, filters: Filters, query: str, views: list[SavedView]
) -> SafeString:
    number, path = request.GET.get("page"), request.path

    def context(sight: Sight) -> dict[str, Any]:
        asked = filters()
        return {
            "filters": asked,
            "tabs": _tabs(asked),
            "chips": _chips(asked),
            "heads": _heads(asked),
            "shown": {column.key for column in asked.columns},
            "bookings": DeepPaginator(found_by(sight, asked), PAGE_SIZE).get_page(number),
            # Django makes a dictionary of them for each row.
            "sources": dict(Booking.Source.choices),
            "statuses": dict(Status.choices),
            "query": query,
            "here": f"{path}{asked.address(page=number)}",
            "everything": f"?{EVERYTHING}",
            "page_query": asked.query_dict(),
            "views_menu": stand_in("views_menu"),
        }

    def views_menu() -> str:
        context = {
            "organization": request.access.organization,
            "csrf_token": CSRF_TOKEN,
            "query": query,
            "everything": f"?{EVERYTHING}",
            "views": views,
            "current_view": _current(views, query),
        }
        return render_to_string("bookings/list.html#views_menu", context)

    own = {"views_menu": views_menu}
    return part_of(request, "bookings/list.html#results", context, own)


@page(Permission.READ_BOOKINGS)
@require_safe
def export(request: OrganizationRequest) -> HttpResponseBase:
    """Every booking the address finds, all pages of them, as a file."""
    filters = filter_of(request)
    return file_of(request, filters, found_by(request.access, filters))


def file_of(
    request: OrganizationRequest, filters: BookingFilter, bookings: BookingQuerySet
) -> HttpResponseBase:
    """The bookings in the columns the address names, as the kind of file the form names."""
    asked = request.POST.get("format") or request.GET.get("format")
    access = request.access
    day = today_in(access.organization.time_zone)
    record_security_event(
        kind=SecurityEvent.EXPORTED,
        by=access.user,
        organization=access.organization,
        door=Door.WEB,
        label=_("bookings"),
    )
    return as_file(
        asked if asked in KINDS else KINDS[0],
        f"bookings-{day.isoformat()}",
        filters.columns,
        bookings,
    )


def filter_of(request: OrganizationRequest) -> BookingFilter:
    """What the address asks for, as far as the person may see it."""
    access = request.access
    homes = Property.objects.for_organization(access.organization).order_by("name", "id")
    return BookingFilter(
        request.GET,
        properties=homes.values_list("pk", "name"),
        prices=access.can(Permission.READ_PRICES),
    )


def found_by(access: Access | Sight, filters: BookingFilter) -> BookingQuerySet:
    """The bookings the filter lets through, in its order."""
    found = (
        Booking.objects.for_organization(access.organization)
        .matching(filters.value("q") or "", emails=access.can(Permission.READ_GUESTS))
        .with_guest_and_property()
    )
    for name in ("status", "source"):
        if value := filters.value(name):
            found = found.filter(**{name: value})
    if filters.value("unit") == WITHOUT_UNIT:
        found = found.unplaced()
    if home := filters.value("property"):
        found = found.filter(property=home)
    if start := filters.value("start"):
        found = found.filter(check_out__gt=start)
    if end := filters.value("end"):
        found = found.filter(check_in__lte=end)
    return found.order_by(*filters.ordering())


def _tabs(filters: BookingFilter) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": filters.address(status=value),
            "is_current": (filters.value("status") or "") == value,
        }
        for value, label in cast(Any, filters.fields["status"]).choices
    ]


def _chips(filters: BookingFilter) -> list[dict[str, str]]:
    chips = []
    for name in ("q", "property", "unit", "source", "start", "end"):
        if value := filters.value(name):
            label = _words(filters, name, value)
            chips.append({"label": label, "without": filters.address(**{name: None})})
    return chips


def _words(filters: BookingFilter, name: str, value: Any) -> str:
    field = filters.fields[name]
    if name == "q":
        return _("“%s”") % value
    if isinstance(value, date):
        return f"{field.label}: {written.plain_day(value)}"
    return str(dict(cast(Any, field).choices)[value])


def _heads(filters: BookingFilter) -> list[dict[str, Any]]:
    key = filters.sorting().removeprefix("-")
    direction = "descending" if filters.sorting().startswith("-") else "ascending"
    return [
        {
            "column": column,
            "url": filters.address(sort=filters.next_sort(column)),
            "direction": direction if column.sort == key else None,
        }
        for column in filters.columns
    ]


def _current(views: list[SavedView], query: str) -> SavedView | None:
    return next((view for view in views if view.query == query), None)
