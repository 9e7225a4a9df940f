"""Making and changing a booking: the forms, and what they ask while one types."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import Access, OrganizationRequest, page
from accounts.permissions import Permission
from bookings.forms import (
    HOLD_FIELDS,
    NEW_GUEST,
    EditBookingForm,
    NewBookingForm,
    PeriodForm,
    Place,
    PlaceField,
    QuoteForm,
    guests_to_offer,
)
from bookings.models import Booking
from bookings.quotes import dates_problem, nights_not_free, quote
from bookings.services import book_stay, update_booking
from bookings.views import detail_or_next, find_booking, name_of
from guests.models import Guest
from guests.services import create_guest
from properties.models import Property
from villaops.errors import DomainError
from villaops.forms import HouseForm
from villaops.pages import back_to, form_page, get_or_post
from villaops.toasts import say

SHORTEST_NAME = 4
ALIKE_SHOWN = 4


@page(Permission.WRITE_BOOKINGS)
@get_or_post
def create(request: OrganizationRequest) -> HttpResponse:
    """Book a stay for a guest we know or a new one."""
    wants = _wishes(request)
    properties = list(_places(request))
    form = NewBookingForm(
        request.POST if "save" in request.POST else None,
        initial={"adults": 1, "children": 0, **wants},
        properties=properties,
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
            say(request, _("Booked for %s.") % name_of(booking))
            return detail_or_next(request, booking.pk)
    return form_page(
        request,
        "bookings/create.html",
        form,
        alike=_alike(request, request.POST),
        properties=properties,
        back=back_to(request, "bookings:list", request.access.organization.slug),
        **_quoted(form["place"].value(), form, properties, None),
    )


def _wishes(request: OrganizationRequest) -> dict[str, Any]:
    """What the form begins with: as typed, else what the address asks for, else a copied stay."""
    wants: dict[str, Any] = (request.POST or request.GET).dict()
    if instead := wants.get("instead"):
        return wants | {"place": instead}
    if copied := _uuid(wants.get("copy")):
        stay = find_booking(request, copied)
        wants = {
            "place": f"u:{stay.unit_id}",
            "guest": str(stay.guest_id or ""),
            "adults": stay.adults,
            "children": stay.children,
            "source": stay.source,
            "special_requests": stay.special_requests,
        } | wants
    if unit := wants.get("unit"):
        wants["place"] = f"u:{unit}"
    return wants


@page(Permission.WRITE_BOOKINGS)
@require_safe
def guest_options(request: OrganizationRequest) -> HttpResponse:
    """The guests that match what is being typed, to choose from."""
    guests = guests_to_offer(
        request.access.organization, request.GET.get("find", ""), _uuid(request.GET.get("guest"))
    )
    context = {"guests": guests, "chosen": request.GET.get("guest", "")}
    return render(request, "bookings/create.html#guest_options", context)


@page(Permission.WRITE_BOOKINGS)
@require_safe
def guests_alike(request: OrganizationRequest) -> HttpResponse:
    """Guests we know who may be the one being typed."""
    return render(request, "bookings/alike.html", {"alike": _alike(request, request.GET)})


def _alike(request: OrganizationRequest, typed: QueryDict) -> list[Guest]:
    name, email, phone = (
        typed.get(field, "").replace("\0", "").strip()
        for field in ("new_name", "new_email", "new_phone")
    )
    is_new = typed.get("guest", NEW_GUEST) == NEW_GUEST
    if not is_new or not (len(name) >= SHORTEST_NAME or email or phone):
        return []
    own = Guest.objects.for_organization(request.access.organization)
    return list(own.like(name=name[:255], email=email[:254], phone=phone[:50])[:ALIKE_SHOWN])


@page(Permission.WRITE_BOOKINGS)
@require_safe
def quote_stay(request: OrganizationRequest) -> HttpResponse:
    """Whether the stay in the form is free, and what it costs."""
    booking = _booking_aside(request)
    form = QuoteForm(request.GET)
    context = _quoted(request.GET.get("place"), form, _places(request), booking)
    return render(request, "bookings/quote.html", {"booking": booking, **context})


@page(Permission.WRITE_BOOKINGS)
@require_safe
def taken(request: OrganizationRequest) -> HttpResponse:
    """The nights of a period that a place has nothing free on, for the range picker."""
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"detail": form.errors}, status=422)
    booking = _booking_aside(request)
    place = _place(form.cleaned_data["place"], _places(request), booking)
    period = form.cleaned_data["start"], form.cleaned_data["end"]
    found = nights_not_free(place, *period, booking) if place else []
    return JsonResponse({"taken": found})


def _quoted(
    place_key: str | None, form: HouseForm, properties: Iterable[Property], booking: Booking | None
) -> dict[str, Any]:
    """For the template: the quote of what stands in the form, or what is wrong with its dates."""
    check_in, check_out = (_day(form, name) for name in ("check_in", "check_out"))
    if check_in is None or check_out is None:
        return {}
    if problem := dates_problem(check_in, check_out):
        return {"dates_problem": problem}
    place = _place(place_key, properties, booking)
    return {"quote": quote(place, check_in, check_out, booking)} if place else {}


def _day(form: HouseForm, name: str) -> dt.date | None:
    """What stands in a date field, if it is a date."""
    try:
        return cast(dt.date | None, form.fields[name].clean(form[name].value()))
    except ValidationError:
        return None


def _place(
    key: str | None, properties: Iterable[Property], booking: Booking | None
) -> Place | None:
    if not key:
        return None
    field = PlaceField(required=False)
    field.offer(properties, current=booking)
    try:
        return cast(Place | None, field.clean(key))
    except ValidationError:
        return None


def _booking_aside(request: OrganizationRequest) -> Booking | None:
    """The booking that is being changed, whose own nights are free for it."""
    booking_id = _uuid(request.GET.get("booking"))
    return find_booking(request, booking_id) if booking_id else None


def _book(access: Access, form: NewBookingForm) -> Booking:
    """The guest, if new, and the booking: both or neither."""
    stay = dict(form.cleaned_data)
    place = stay.pop("place")
    for name in ("find", "guest", *HOLD_FIELDS):
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
    properties = list(_places(request))
    typed = request.POST.copy() if request.POST else None
    instead = typed.get("instead") if typed else None
    if typed and instead:
        typed["place"] = instead
    form = EditBookingForm(typed, booking=booking, properties=properties)
    if not instead and form.is_valid():
        try:
            update_booking(booking=booking, by=request.access.user, changes=form.changes())
        except DomainError as error:
            form.refuse(error)
        else:
            say(request, _("Changes saved."))
            return detail_or_next(request, booking_id)
    return form_page(
        request,
        "bookings/edit.html",
        form,
        booking=booking,
        back=back_to(request, "bookings:detail", request.access.organization.slug, booking_id),
        **_quoted(form["place"].value(), form, properties, booking),
    )


def _places(request: OrganizationRequest) -> Any:
    homes = Property.objects.for_organization(request.access.organization)
    return homes.with_units().order_by("name", "id")


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
