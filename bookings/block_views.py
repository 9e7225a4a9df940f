"""The pages of blocks: take nights of a unit out of sale, put them back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from bookings.blocks import block_nights, release_block
from bookings.forms import BlockForm
from bookings.models import Block
from properties.models import Property, Unit
from villaops.clock import today_in
from villaops.errors import DomainError
from villaops.pages import back_to, form_page, get_or_post, refusals_as_messages


@page(Permission.WRITE_BOOKINGS)
@get_or_post
def create(request: OrganizationRequest, property_id: UUID) -> HttpResponse:
    """Block nights of one of the property's units."""
    organization = request.access.organization
    home = get_object_or_404(Property.objects.for_organization(organization), pk=property_id)
    form = BlockForm(
        request.POST or None,
        units=Unit.objects.for_organization(organization).filter(property=home).in_order(),
        initial={"start": today_in(home.time_zone), **request.GET.dict()},
    )
    if form.is_valid():
        try:
            block_nights(by=request.access.user, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Nights blocked."))
            return redirect(back_to(request, "properties:detail", organization.slug, property_id))
    return form_page(request, "bookings/block.html", form, property=home)


@page(Permission.WRITE_BOOKINGS)
@require_POST
def release(request: OrganizationRequest, block_id: UUID) -> HttpResponse:
    """Put the nights back on sale."""
    organization = request.access.organization
    block = get_object_or_404(
        Block.objects.for_organization(organization).select_related("unit"), pk=block_id
    )
    with refusals_as_messages(request):
        release_block(block=block, by=request.access.user)
        messages.success(request, _("Block released. The nights are on sale again."))
    home_id = block.unit.property_id
    return redirect(back_to(request, "properties:detail", organization.slug, home_id))
