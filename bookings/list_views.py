"""The list of bookings: filtered, searched and sorted by its address."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Access, OrganizationRequest, page
from accounts.permissions import Permission
from bookings.list_forms import BookingFilter
from bookings.models import Booking
from bookings.querysets import BookingQuerySet
from properties.models import Property
from villaops.pages import wants_fragment

PAGE_SIZE = 25


@page(Permission.READ_BOOKINGS)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """The bookings, filtered, searched and sorted by the address."""
    access = request.access
    homes = Property.objects.for_organization(access.organization).order_by("name", "id")
    filters = BookingFilter(
        request.GET, properties=homes, prices=access.can(Permission.READ_PRICES)
    )
    found = Paginator(_found(access, filters), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "bookings/list.html#results" if wants_fragment(request) else "bookings/list.html",
        {
            "filters": filters,
            "tabs": _tabs(request, filters),
            "chips": _chips(request, filters),
            "bookings": found,
            "is_filtered": any(filters.value(name) for name in filters.fields if name != "sort"),
        },
    )


def _found(access: Access, filters: BookingFilter) -> BookingQuerySet:
    found = (
        Booking.objects.for_organization(access.organization)
        .matching(filters.value("q") or "", emails=access.can(Permission.READ_GUESTS))
        .with_guest_and_property()
    )
    for name in ("status", "source"):
        if value := filters.value(name):
            found = found.filter(**{name: value})
    if home := filters.value("property"):
        found = found.filter(property=home)
    if start := filters.value("start"):
        found = found.filter(check_out__gt=start)
    if end := filters.value("end"):
        found = found.filter(check_in__lte=end)
    columns = {"guest": "guest__name", "total": "total_price"}
    sort = filters.value("sort") or "-check_in"
    name = sort.removeprefix("-")
    return found.order_by(sort.replace(name, columns.get(name, name)), "id")


def _tabs(request: OrganizationRequest, filters: BookingFilter) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": _address(request, status=value, page=None),
            "is_current": (filters.value("status") or "") == value,
        }
        for value, label in filters.fields["status"].choices  # type: ignore[attr-defined]
    ]


def _chips(request: OrganizationRequest, filters: BookingFilter) -> list[dict[str, str]]:
    chips = []
    for name in ("q", "property", "source", "start", "end"):
        if value := filters.value(name):
            field = filters.fields[name]
            words = dict(getattr(field, "choices", ())).get(value, value)
            label = words if name in ("property", "source") else f"{field.label}: {words}"
            chips.append({"label": label, "without": _address(request, **{name: None}, page=None)})
    return chips


def _address(request: OrganizationRequest, **changes: str | None) -> str:
    """This page's address with some parameters changed; None and empty ones go."""
    parameters = {**request.GET.dict(), **changes}
    return "?" + urlencode({name: value for name, value in parameters.items() if value})
