"""A booking's page and its buttons. `form_views` has the forms to make and change one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from bookings.forms import CancelForm, MoveForm, NoteForm
from bookings.history import story_of
from bookings.models import Booking, Status, way_between
from bookings.no_shows import expect_guest
from bookings.services import (
    cancel_booking,
    check_in_guest,
    check_out_guest,
    confirm_booking,
    delete_booking,
    mark_no_show,
    move_to_unit,
    unconfirm_booking,
)
from properties.models import Unit
from villaops.clock import today_in
from villaops.errors import DomainError
from villaops.pages import back_to, form_page, get_or_post, refusals_as_messages
from villaops.toasts import say

# One button, one verb. Where a booking may go from where it stands is the model's to say.
VERBS: dict[str, Callable[..., Booking]] = {
    Status.PENDING: unconfirm_booking,
    Status.CONFIRMED: confirm_booking,
    Status.CHECKED_IN: check_in_guest,
    Status.CHECKED_OUT: check_out_guest,
    Status.NO_SHOW: mark_no_show,
}


@dataclass(frozen=True)
class Move:
    """A button that moves a booking to a status."""

    label: Any
    icon: str
    is_next_step: bool = False


BUTTONS: dict[tuple[str, str], Move] = {
    ("pending", "confirmed"): Move(gettext_lazy("Confirm"), "check", is_next_step=True),
    ("pending", "checked_in"): Move(gettext_lazy("Check in"), "door-enter"),
    ("confirmed", "checked_in"): Move(gettext_lazy("Check in"), "door-enter", is_next_step=True),
    ("confirmed", "pending"): Move(gettext_lazy("Back to pending"), "arrow-back-up"),
    ("confirmed", "no_show"): Move(gettext_lazy("No-show"), "user-x"),
    ("checked_in", "checked_out"): Move(gettext_lazy("Check out"), "door-exit", is_next_step=True),
    ("checked_in", "confirmed"): Move(gettext_lazy("Undo check-in"), "arrow-back-up"),
    ("checked_out", "checked_in"): Move(gettext_lazy("Undo check-out"), "arrow-back-up"),
    ("cancelled", "confirmed"): Move(gettext_lazy("Bring back as confirmed"), "refresh"),
    ("cancelled", "pending"): Move(gettext_lazy("Bring back as pending"), "refresh"),
    ("no_show", "confirmed"): Move(gettext_lazy("Bring back as confirmed"), "refresh"),
}


# --- One booking -----------------------------------------------------------------------------


@page(Permission.READ_BOOKINGS)
@require_safe
def detail(request: OrganizationRequest, booking_id: UUID) -> HttpResponse:
    """A stay with its nights, what may be done with it, and what happened to it."""
    access = request.access
    booking = find_booking(request, booking_id)
    nights = list(booking.nights.in_order())
    prices = access.can(Permission.READ_PRICES)
    buttons = [
        (target, BUTTONS[booking.status, target])
        for target in booking.possible_moves()
        if (booking.status, target) in BUTTONS
    ]
    story = story_of(booking, prices=prices)
    return render(
        request,
        "bookings/detail.html",
        {
            "booking": booking,
            "nights": nights,
            "units": list(dict.fromkeys(night.unit.name for night in nights)),
            "buttons": sorted(buttons, key=lambda button: not button[1].is_next_step),
            "may_cancel": Status.CANCELLED in booking.possible_moves(),
            "shows_prices": prices,
            "history": story.history,
            "notes": story.notes,
            "note_form": NoteForm(),
        },
    )


@page(Permission.READ_GUESTS)
@require_safe
def confirmation(request: OrganizationRequest, booking_id: UUID) -> HttpResponse:
    """The stay on a sheet of paper for the guest: no notes, nothing internal."""
    booking = find_booking(request, booking_id)
    nights = list(booking.nights.in_order())
    context = {
        "booking": booking,
        "units": list(dict.fromkeys(night.unit.name for night in nights)),
        "shows_prices": request.access.can(Permission.READ_PRICES),
        "is_agreed": booking.status not in (Status.PENDING, Status.CANCELLED, Status.NO_SHOW),
    }
    return render(request, "bookings/confirmation.html", context)


@page(Permission.WRITE_BOOKINGS)
@require_POST
def status(request: OrganizationRequest, booking_id: UUID) -> HttpResponse:
    """Move a booking along: confirm, check in, check out, undo, bring back."""
    booking = find_booking(request, booking_id)
    target = request.POST.get("status", "")
    if target not in VERBS:
        return HttpResponseBadRequest()
    before = booking.status
    with refusals_as_messages(request), transaction.atomic():
        for step in way_between(before, target) or [target]:
            VERBS[step](booking=booking, by=request.access.user)
        say(request, _moved_words(booking, target), **_undo(request, booking, target, before))
    return detail_or_next(request, booking_id)


def _undo(request: OrganizationRequest, booking: Booking, now: str, before: str) -> dict[str, Any]:
    """How the toast takes a move back; nothing where there is no way back."""
    if "undo" in request.POST or not way_between(now, before):
        return {}
    address = reverse("bookings:status", args=[request.access.organization.slug, booking.pk])
    return {"undo_url": address, "undo": {"status": before, "undo": "1"}}


def _moved_words(booking: Booking, target: str) -> str:
    words = {
        Status.PENDING: _("%s is pending again."),
        Status.CONFIRMED: _("%s is confirmed."),
        Status.CHECKED_IN: _("%s is checked in."),
        Status.CHECKED_OUT: _("%s is checked out."),
        Status.NO_SHOW: _("%s is marked as no-show. The nights are free again."),
    }
    return words[Status(target)] % name_of(booking)


@page(Permission.WRITE_BOOKINGS)
@require_POST
def expect(request: OrganizationRequest, booking_id: UUID) -> HttpResponse:
    """The guest has not arrived, and will."""
    booking = find_booking(request, booking_id)
    with refusals_as_messages(request):
        expect_guest(booking=booking, by=request.access.user)
        say(request, _("%s is still expected.") % name_of(booking))
    return detail_or_next(request, booking_id)


@page(Permission.WRITE_BOOKINGS)
@get_or_post
def cancel(request: OrganizationRequest, booking_id: UUID) -> HttpResponse:
    """Cancel with a reason."""
    booking = find_booking(request, booking_id)
    form = CancelForm(request.POST or None)
    before = booking.status
    if request.method == "POST" and form.is_valid():
        with refusals_as_messages(request):
            cancel_booking(
                booking=booking, by=request.access.user, reason=form.cleaned_data["reason"]
            )
            said = _("Booking cancelled. The nights are free again.")
            say(request, said, **_undo(request, booking, Status.CANCELLED, before))
        return detail_or_next(request, booking_id)
    return form_page(request, "bookings/cancel.html", form, booking=booking)


@page(Permission.WRITE_BOOKINGS)
@get_or_post
def move(request: OrganizationRequest, booking_id: UUID) -> HttpResponse:
    """Move the nights from one on to another unit of the property."""
    booking = find_booking(request, booking_id)
    units = Unit.objects.for_organization(booking.organization_id).filter(
        property=booking.property, status=Unit.Status.ACTIVE
    )
    last_night = list(booking.nights.in_order())[-1:]
    others = units.exclude(pk__in=[night.unit_id for night in last_night])
    day = today_in(booking.property.time_zone)
    first = day if booking.check_in <= day < booking.check_out else booking.check_in
    form = MoveForm(
        request.POST or None,
        booking=booking,
        units=others.in_order(),
        initial={"from_night": request.GET.get("from_night") or first},
    )
    if request.method == "POST" and form.is_valid():
        try:
            move_to_unit(booking=booking, by=request.access.user, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            say(request, _("Moved to %s.") % form.cleaned_data["unit"].name)
            return detail_or_next(request, booking_id)
    return form_page(request, "bookings/move.html", form, booking=booking)


@page(Permission.DELETE_BOOKINGS)
@get_or_post
def delete(request: OrganizationRequest, booking_id: UUID) -> HttpResponse:
    """Ask, then delete."""
    booking = find_booking(request, booking_id)
    if request.method == "POST":
        delete_booking(booking=booking, by=request.access.user)
        say(request, _("Booking %s deleted.") % booking.reference)
        return redirect("bookings:list", request.access.organization.slug)
    return render(request, "bookings/delete.html", {"booking": booking})


# --- Shared ----------------------------------------------------------------------------------


def find_booking(request: OrganizationRequest, booking_id: UUID) -> Booking:
    """The organization's booking, or 404."""
    own = Booking.objects.for_organization(request.access.organization)
    return get_object_or_404(own.with_guest_and_property(), pk=booking_id)


def name_of(booking: Booking) -> str:
    """What to call a stay by in a sentence."""
    return booking.guest.name if booking.guest else booking.reference


def detail_or_next(request: OrganizationRequest, booking_id: UUID | str) -> HttpResponse:
    """Back to the page that led here, else to the booking."""
    slug = request.access.organization.slug
    return redirect(back_to(request, "bookings:detail", slug, booking_id))
