"""The pages and buttons of a property's units."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from properties.forms import UnitForm
from properties.models import Property, Unit
from properties.services import add_unit, delete_unit, update_unit
from villaops.clock import today_in
from villaops.errors import DomainError
from villaops.pages import form_page, get_or_post, refusals_as_messages


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
