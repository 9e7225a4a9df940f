"""The pages and buttons of a property's units."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from properties.forms import UnitForm, UnitNameForm
from properties.models import Property, Unit
from properties.services import add_unit, delete_unit, reorder_units, update_unit
from properties.views import detail_page
from villaops.clock import today_in
from villaops.errors import DomainError
from villaops.pages import back_to, form_page, get_or_post, refusals_as_messages
from villaops.toasts import say


@page(Permission.WRITE_PROPERTIES)
@get_or_post
def create_unit(request: OrganizationRequest, property_id: UUID) -> HttpResponse:
    """Add a unit to a property."""
    home = _find(request, property_id)
    form = UnitForm(request.POST or None)
    if form.is_valid():
        try:
            unit = add_unit(property=home, by=request.access.user, **_given(form.cleaned_data))
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%s added.") % unit.name)
            return _to_detail(request, property_id)
    return form_page(request, "properties/unit.html", form, property=home)


@page(Permission.WRITE_PROPERTIES)
@get_or_post
def edit_unit(request: OrganizationRequest, property_id: UUID, unit_id: UUID) -> HttpResponse:
    """Rename a unit, move it in the order, retire it, change its offer."""
    home = _find(request, property_id)
    unit = _find_unit(home, unit_id)
    form = UnitForm(request.POST or None, unit=unit)
    if form.is_valid():
        try:
            update_unit(unit=unit, by=request.access.user, on=_day(home), changes=form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Changes saved."))
            return _to_detail(request, property_id)
    return form_page(request, "properties/unit.html", form, property=home, unit=unit)


@page(Permission.DELETE_PROPERTIES)
@get_or_post
def remove_unit(request: OrganizationRequest, property_id: UUID, unit_id: UUID) -> HttpResponse:
    """Ask, then delete a unit."""
    home = _find(request, property_id)
    unit = _find_unit(home, unit_id)
    if request.method == "POST":
        with refusals_as_messages(request):
            delete_unit(unit=unit, by=request.access.user, on=_day(home))
            messages.success(request, _("%s deleted.") % unit.name)
        return _to_detail(request, property_id)
    return render(request, "properties/delete_unit.html", {"property": home, "unit": unit})


@page(Permission.WRITE_PROPERTIES)
@require_POST
def rename_unit(request: OrganizationRequest, property_id: UUID, unit_id: UUID) -> HttpResponse:
    """Give a unit another name, from the list of units."""
    home = _find(request, property_id)
    unit = _find_unit(home, unit_id)
    form = UnitNameForm(request.POST, auto_id=f"rename_%s_{unit.pk}")
    if form.is_valid():
        try:
            update_unit(unit=unit, by=request.access.user, on=_day(home), changes=form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            say(
                request,
                _("%(old)s is now called %(new)s.")
                % {"old": unit.name, "new": form.cleaned_data["name"]},
                undo_url=request.path,
                undo={"name": unit.name},
            )
            return redirect(back_to(request, "properties:detail", *_address(request, home)))
    return detail_page(request, home, naming=(unit.pk, form))


@page(Permission.WRITE_PROPERTIES)
@require_POST
def reorder(request: OrganizationRequest, property_id: UUID) -> HttpResponse:
    """Put units in another order: `order` as dragged, or the one unit `up` or `down` a place."""
    home = _find(request, property_id)
    with refusals_as_messages(request):
        before = reorder_units(
            property=home, by=request.access.user, units=_wanted_order(request, home)
        )
        say(
            request,
            _("Units are in another order."),
            undo_url=request.path,
            undo={"order": ",".join(map(str, before))},
        )
    return redirect(back_to(request, "properties:detail", *_address(request, home)))


@page(Permission.WRITE_PROPERTIES)
@require_POST
def offer(request: OrganizationRequest, property_id: UUID, unit_id: UUID) -> HttpResponse:
    """Retire a unit (`status` inactive) or bring it back (active)."""
    home = _find(request, property_id)
    unit = _find_unit(home, unit_id)
    status = request.POST.get("status", "")
    if status not in Unit.Status.values:
        raise SuspiciousOperation("No such status")
    with refusals_as_messages(request):
        update_unit(
            unit=unit,
            by=request.access.user,
            on=_day(home),
            changes={"status": Unit.Status(status)},
        )
        say(
            request,
            _retired(unit, _day(home))
            if status == Unit.Status.INACTIVE
            else _("%s takes bookings again.") % unit.name,
            undo_url=request.path,
            undo={"status": unit.status},
        )
    return redirect(back_to(request, "properties:detail", *_address(request, home)))


def _retired(unit: Unit, day: dt.date) -> str:
    """What became of the unit, and of the nights it still has."""
    coming = unit.nights.filter(night__gte=day, booking__isnull=False).count()
    if not coming:
        return _("%s is retired and takes no new bookings.") % unit.name
    return ngettext(
        "%(unit)s takes no new bookings. %(n)d booked night from today on stays with it.",
        "%(unit)s takes no new bookings. %(n)d booked nights from today on stay with it.",
        coming,
    ) % {"unit": unit.name, "n": coming}


def _wanted_order(request: OrganizationRequest, home: Property) -> list[UUID]:
    """The units named, in the order they are to have."""
    try:
        if "order" in request.POST:
            return [UUID(pk) for pk in request.POST["order"].split(",")]
        up = "up" in request.POST
        moving = UUID(request.POST["up" if up else "down"])
    except (ValueError, KeyError) as error:
        raise SuspiciousOperation("No such order") from error
    order = list(_units(home).in_order().values_list("pk", flat=True))
    if moving not in order:
        raise Http404
    place = order.index(moving)
    other = place - 1 if up else place + 1
    pair = order[min(place, other) : max(place, other) + 1] if other >= 0 else [moving]
    return pair[::-1]


def _address(request: OrganizationRequest, home: Property) -> tuple[str, UUID]:
    return request.access.organization.slug, home.pk


def _find(request: OrganizationRequest, property_id: UUID) -> Property:
    own = Property.objects.for_organization(request.access.organization)
    return get_object_or_404(own, pk=property_id)


def _find_unit(home: Property, unit_id: UUID) -> Unit:
    return get_object_or_404(_units(home).select_related("property"), pk=unit_id)


def _units(home: Property) -> Any:
    return Unit.objects.for_organization(home.organization_id).filter(property=home)


def _day(home: Property) -> dt.date:
    return today_in(home.time_zone)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _to_detail(request: OrganizationRequest, property_id: UUID) -> HttpResponse:
    return redirect("properties:detail", request.access.organization.slug, property_id)
