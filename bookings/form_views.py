"""Making and changing a booking: the forms, and what they ask while one types."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import Access, OrganizationRequest, page
from accounts.permissions import Permission
from bookings.forms import EditBookingForm, NewBookingForm, guests_to_offer
from bookings.models import Booking
from bookings.services import book_stay, update_booking
from bookings.views import find_booking, name_of, to_detail
from guests.services import create_guest
from properties.models import Property
from villaops.errors import DomainError
from villaops.pages import form_page, get_or_post


@page(Permission.WRITE_BOOKINGS)
@get_or_post
def create(request: OrganizationRequest) -> HttpResponse:
    """Book a stay for a guest we know or a new one."""
    if made := request.session.get("booked", {}).get(request.POST.get("key")):
        return to_detail(request, made)
    wants = request.POST or request.GET
    form = NewBookingForm(
        request.POST if "save" in request.POST else None,
        initial={"key": uuid4(), "adults": 1, "children": 0, **wants.dict()},
        properties=_places(request),
        guests=guests_to_offer(
            request.access.organization, wants.get("find", ""), _uuid(wants.get("guest"))
        ),
    )
    if "place" not in wants:
        form.initial["place"] = form.place_field.key_of(wants.get("property", ""))
    if form.is_valid():
        try:
            booking = _book(request.access, form)
        except DomainError as error:
            form.refuse(error)
        else:
            request.session["booked"] = {str(form.cleaned_data["key"]): str(booking.pk)}
            messages.success(request, _("Booked for %s.") % name_of(booking))
            return to_detail(request, booking.pk)
    return form_page(request, "bookings/create.html", form)


@page(Permission.WRITE_BOOKINGS)
@require_safe
def guest_options(request: OrganizationRequest) -> HttpResponse:
    """The guests that match what is being typed, to choose from."""
    guests = guests_to_offer(
        request.access.organization, request.GET.get("find", ""), _uuid(request.GET.get("guest"))
    )
    context = {"guests": guests, "chosen": request.GET.get("guest", "")}
    return render(request, "bookings/create.html#guest_options", context)


def _book(access: Access, form: NewBookingForm) -> Booking:
    """The guest, if new, and the booking: both or neither."""
    stay = dict(form.cleaned_data)
    place = stay.pop("place")
    for name in ("key", "find", "guest"):
        stay.pop(name)
    new = {name: stay.pop(f"new_{name}") for name in ("name", "email", "phone")}
    with transaction.atomic():
        guest = form.chosen_guest or create_guest(
            organization=access.organization, by=access.user, **new
        )
        return book_stay(
            property=place.property,
            units=[place.unit] if place.unit else None,
            guest=guest,
            by=access.user,
            **stay,
        )


@page(Permission.WRITE_BOOKINGS)
@get_or_post
def edit(request: OrganizationRequest, booking_id: UUID) -> HttpResponse:
    """Change dates, place, party, price and notes at once."""
    booking = find_booking(request, booking_id)
    form = EditBookingForm(request.POST or None, booking=booking, properties=_places(request))
    if form.is_valid():
        try:
            update_booking(booking=booking, by=request.access.user, changes=form.changes())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Changes saved."))
            return to_detail(request, booking_id)
    return form_page(request, "bookings/edit.html", form, booking=booking)


def _places(request: OrganizationRequest) -> Any:
    homes = Property.objects.for_organization(request.access.organization)
    return homes.with_units().order_by("name", "id")


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
