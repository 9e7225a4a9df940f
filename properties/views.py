"""The pages of properties."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from analytics.figures import Outlook, occupancy_by_day, outlook_of
from bookings.models import Block, Booking
from properties.forms import PropertyForm
from properties.history import history_of
from properties.models import Property, Unit
from properties.outlook import Strip, tonight_at
from properties.services import create_property, delete_property, update_property
from villaops.clock import today_in
from villaops.errors import DomainError
from villaops.pages import form_page, get_or_post
from villaops.parts import Sight, part_of

LOOKS = ("cards", "table")
PAGE_SIZE = 24
OUTLOOK_NIGHTS = 30
NEXT_STAYS = 10
BLOCKS_SHOWN = 20
UNITS_SHOWN = 12


@page(Permission.READ_PROPERTIES)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """The properties by name, as cards or as a table, each as it stands tonight."""
    query, look = request.GET, request.GET.get("view")

    # Depends on the properties one may see, with their units, nights and blocks; on the role
    # (prices, occupancy, the button of an empty list); on the address; on how the organization
    # writes money; and on the date at each property. Nothing of it is one person's.
    def everything(sight: Sight) -> dict[str, Any]:
        homes = Property.objects.for_organization(sight.organization).with_unit_count()
        shown = Paginator(homes.order_by("name", "id"), PAGE_SIZE).get_page(query.get("page"))
        outlooks = outlook_of(
            {home.pk: today_in(home.time_zone) for home in shown}, nights=OUTLOOK_NIGHTS
        )
        return {
            "page": shown,
            "query": query,
            "rows": [
                {"property": home, "outlook": outlook, "tonight": tonight_at(home, outlook)}
                for home in shown
                for outlook in [outlooks.get(home.pk, Outlook())]
            ],
            "look": look if look in LOOKS else LOOKS[0],
            "shows_prices": sight.can(Permission.READ_PRICES),
            "shows_occupancy": sight.can(Permission.READ_OCCUPANCY),
        }

    part = part_of(request, "properties/list.html#everything", everything)
    return render(request, "properties/list.html", {"part": part})


@page(Permission.READ_PROPERTIES)
@require_safe
def detail(request: OrganizationRequest, property_id: UUID) -> HttpResponse:
    """A property with its units, its nights to come, stays and blocks."""
    return detail_page(request, _find(request, property_id))


def detail_page(
    request: OrganizationRequest, home: Property, naming: tuple[UUID, Form] | None = None
) -> HttpResponse:
    """The page of a property; with what was typed as a unit's name if that was refused (422)."""
    organization = request.access.organization
    day = today_in(home.time_zone)
    stays = Booking.objects.for_organization(organization).holding_nights()
    blocks = Block.objects.for_organization(organization).filter(unit__property=home, end__gt=day)
    prices = request.access.can(Permission.READ_PRICES)
    sees_occupancy = request.access.can(Permission.READ_OCCUPANCY)
    end = day + dt.timedelta(days=OUTLOOK_NIGHTS)
    context = {
        "property": home,
        # Read at once: counting them would be one statement more.
        "units": Paginator(list(_units(home).in_order()), UNITS_SHOWN).get_page(
            request.GET.get("page")
        ),
        "naming": naming[1] if naming else None,
        "named": naming[0] if naming else None,
        "stays": stays.filter(property=home, check_out__gte=day)
        .with_guest_and_property()
        .order_by("check_in", "id")[:NEXT_STAYS],
        "blocks": blocks.select_related("unit").order_by("start", "id")[:BLOCKS_SHOWN],
        "day": day,
        "shows_prices": prices,
        "history": history_of(home, prices=prices),
        "outlook": Strip(occupancy_by_day(organization, day, end, home))
        if sees_occupancy
        else None,
    }
    return render(request, "properties/detail.html", context, status=422 if naming else 200)


@page(Permission.ADD_PROPERTIES)
@get_or_post
def create(request: OrganizationRequest) -> HttpResponse:
    """Add a property with its units."""
    organization = request.access.organization
    form = PropertyForm(request.POST or None, organization=organization)
    if form.is_valid():
        try:
            home = create_property(
                organization=organization, by=request.access.user, **form.cleaned_data
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%s added.") % home.name)
            return _to_detail(request, home.pk)
    return form_page(request, "properties/form.html", form)


@page(Permission.WRITE_PROPERTIES)
@get_or_post
def edit(request: OrganizationRequest, property_id: UUID) -> HttpResponse:
    """Change a property's facts."""
    home = _find(request, property_id)
    form = PropertyForm(
        request.POST or None, organization=request.access.organization, property=home
    )
    if form.is_valid():
        try:
            update_property(property=home, by=request.access.user, changes=form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Changes saved."))
            return _to_detail(request, property_id)
    return form_page(request, "properties/form.html", form, property=home)


@page(Permission.DELETE_PROPERTIES)
@get_or_post
def delete(request: OrganizationRequest, property_id: UUID) -> HttpResponse:
    """Say what goes with it, ask, then delete."""
    home = _find(request, property_id)
    if request.method == "POST":
        delete_property(property=home, by=request.access.user)
        messages.success(request, _("%s deleted.") % home.name)
        return redirect("properties:list", request.access.organization.slug)
    stays = Booking.objects.for_organization(home.organization_id).filter(property=home)
    context = {"property": home, "unit_count": _units(home).count(), "booking_count": stays.count()}
    return render(request, "properties/delete.html", context)


def _find(request: OrganizationRequest, property_id: UUID) -> Property:
    own = Property.objects.for_organization(request.access.organization)
    return get_object_or_404(own, pk=property_id)


def _units(home: Property) -> Any:
    return Unit.objects.for_organization(home.organization_id).filter(property=home)


def _to_detail(request: OrganizationRequest, property_id: UUID) -> HttpResponse:
    return redirect("properties:detail", request.access.organization.slug, property_id)
