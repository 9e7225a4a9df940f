"""The pages of blocks: take nights of a unit out of sale, change that, put them back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from bookings.blocks import block_nights, release_block, update_block
from bookings.forms import BlockForm, PeriodForm
from bookings.models import Block, Night
from properties.models import Property, Unit
from villaops.clock import today_in
from villaops.errors import DomainError
from villaops.pages import back_to, form_page, get_or_post, refusals_as_messages


@page(Permission.WRITE_BOOKINGS)
@get_or_post
def create(request: OrganizationRequest, property_id: UUID) -> HttpResponse:
    """Block nights of one of the property's units."""
    homes = Property.objects.for_organization(request.access.organization)
    home = get_object_or_404(homes, pk=property_id)
    form = BlockForm(
        request.POST or None,
        units=_units(request, home.pk),
        initial={"start": today_in(home.time_zone), **request.GET.dict()},
    )
    if form.is_valid():
        try:
            block_nights(by=request.access.user, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Nights blocked."))
            return redirect(_back(request, home))
    return _page(request, form, home)


@page(Permission.WRITE_BOOKINGS)
@get_or_post
def edit(request: OrganizationRequest, block_id: UUID) -> HttpResponse:
    """Change which nights are blocked, and why."""
    block = _find(request, block_id)
    home = block.unit.property
    form = BlockForm(request.POST or None, units=_units(request, home.pk), block=block)
    if form.is_valid():
        try:
            update_block(block=block, by=request.access.user, changes=form.changes())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Changes saved."))
            return redirect(_back(request, home))
    return _page(request, form, home, held=block)


@page(Permission.WRITE_BOOKINGS)
@require_safe
def taken(request: OrganizationRequest) -> HttpResponse:
    """The nights of a unit in a period that something else holds, for the range picker."""
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"detail": form.errors}, status=422)
    place, start, end = (form.cleaned_data[name] for name in ("place", "start", "end"))
    units = Unit.objects.for_organization(request.access.organization)
    unit = get_object_or_404(units, pk=_uuid(place))
    held = Night.objects.of_units([unit.pk], start, end)
    others = held.filter(~Q(block=_uuid(request.GET.get("block"))) | Q(block=None))
    return JsonResponse({"taken": list(others.values_list("night", flat=True))})


@page(Permission.WRITE_BOOKINGS)
@require_POST
def release(request: OrganizationRequest, block_id: UUID) -> HttpResponse:
    """Put the nights back on sale."""
    block = _find(request, block_id)
    with refusals_as_messages(request):
        release_block(block=block, by=request.access.user)
        messages.success(request, _("Block released. The nights are on sale again."))
    return redirect(_back(request, block.unit.property))


def _find(request: OrganizationRequest, block_id: UUID) -> Block:
    blocks = Block.objects.for_organization(request.access.organization)
    return get_object_or_404(blocks.select_related("unit__property"), pk=block_id)


def _units(request: OrganizationRequest, property_id: UUID) -> Any:
    own = Unit.objects.for_organization(request.access.organization)
    return own.filter(property=property_id).in_order()


def _page(
    request: OrganizationRequest, form: BlockForm, home: Property, held: Block | None = None
) -> HttpResponse:
    # Not `block`: in a template that word is the {% block %} one stands in.
    back = _back(request, home)
    return form_page(request, "bookings/block.html", form, property=home, held=held, back=back)


def _back(request: OrganizationRequest, home: Property) -> str:
    return back_to(request, "properties:detail", request.access.organization.slug, home.pk)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
