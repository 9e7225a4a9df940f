"""The pages of guests."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from bookings.models import Booking
from bookings.querysets import HOLDING, BookingQuerySet
from guests.forms import DeleteGuestForm, GuestForm
from guests.models import Guest
from guests.services import create_guest, delete_guest, update_guest
from villaops.errors import DomainError
from villaops.pages import form_page, get_or_post, wants_fragment

PAGE_SIZE = 25
# A profile shows so many stays; the list of bookings has all of them.
STAYS_SHOWN = 50


@page(Permission.READ_GUESTS)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """The guests by name, searched by name or e-mail."""
    search = request.GET.get("q", "").replace("\0", "").strip()
    found = Guest.objects.for_organization(request.access.organization).matching(search)
    guests = Paginator(found.order_by("name", "id"), PAGE_SIZE).get_page(request.GET.get("page"))
    template = "guests/list.html#results" if wants_fragment(request) else "guests/list.html"
    return render(request, template, {"guests": guests, "search": search})


@page(Permission.READ_GUESTS)
@require_safe
def detail(request: OrganizationRequest, guest_id: UUID) -> HttpResponse:
    """A guest with the stays, newest first."""
    guest = _find(request, guest_id)
    stays = list(_stays(guest).with_guest_and_property().order_by("-check_in", "id")[:STAYS_SHOWN])
    held = [stay for stay in stays if stay.status in HOLDING]
    return render(
        request,
        "guests/detail.html",
        {
            "guest": guest,
            "stays": stays,
            "stay_count": len(held),
            "night_count": sum(stay.nights_count() for stay in held),
            "shows_prices": request.access.can(Permission.READ_PRICES),
        },
    )


@page(Permission.WRITE_GUESTS)
@get_or_post
def create(request: OrganizationRequest) -> HttpResponse:
    """Add a guest."""
    form = GuestForm(request.POST or None)
    if form.is_valid():
        try:
            guest = create_guest(
                organization=request.access.organization,
                by=request.access.user,
                **form.cleaned_data,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%s added.") % guest.name)
            return redirect("guests:detail", request.access.organization.slug, guest.pk)
    return form_page(request, "guests/form.html", form)


@page(Permission.WRITE_GUESTS)
@get_or_post
def edit(request: OrganizationRequest, guest_id: UUID) -> HttpResponse:
    """Change what is known of a guest."""
    guest = _find(request, guest_id)
    form = GuestForm(request.POST or None, guest=guest)
    if form.is_valid():
        try:
            update_guest(guest=guest, by=request.access.user, changes=form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Changes saved."))
            return redirect("guests:detail", request.access.organization.slug, guest_id)
    return form_page(request, "guests/form.html", form, guest=guest)


@page(Permission.DELETE_GUESTS)
@get_or_post
def delete(request: OrganizationRequest, guest_id: UUID) -> HttpResponse:
    """Ask, then delete; with bookings, offer to delete these too."""
    guest = _find(request, guest_id)
    form = DeleteGuestForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            delete_guest(guest=guest, by=request.access.user, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%s deleted.") % guest.name)
            return redirect("guests:list", request.access.organization.slug)
    return form_page(
        request, "guests/delete.html", form, guest=guest, booking_count=_stays(guest).count()
    )


def _find(request: OrganizationRequest, guest_id: UUID) -> Guest:
    own = Guest.objects.for_organization(request.access.organization)
    return get_object_or_404(own, pk=guest_id)


def _stays(guest: Guest) -> BookingQuerySet:
    return Booking.objects.for_organization(guest.organization_id).filter(guest=guest)
