"""Staff notes on a booking: write, change, delete."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from bookings.forms import NoteForm
from bookings.models import BookingNote
from bookings.notes import add_note, change_note, delete_note
from bookings.views import detail_or_next, find_booking
from villaops.pages import form_page, get_or_post, refusals_as_messages
from villaops.toasts import say


@page(Permission.WRITE_BOOKINGS)
@get_or_post
def add(request: OrganizationRequest, booking_id: UUID) -> HttpResponse:
    """Write a note; a page of its own where it could not be kept."""
    booking = find_booking(request, booking_id)
    form = NoteForm(request.POST or None)
    if form.is_valid():
        add_note(booking=booking, text=form.cleaned_data["text"], by=request.access.user)
        say(request, _("Note added."))
        return detail_or_next(request, booking_id)
    return form_page(request, "bookings/note.html", form, booking=booking)


@page(Permission.WRITE_BOOKINGS)
@get_or_post
def change(request: OrganizationRequest, booking_id: UUID, note_id: UUID) -> HttpResponse:
    """Change what a note says."""
    booking = find_booking(request, booking_id)
    note = _find(request, booking_id, note_id)
    form = NoteForm(request.POST or None, initial={"text": note.text})
    if form.is_valid():
        change_note(note=note, text=form.cleaned_data["text"], by=request.access.user)
        say(request, _("Note changed."))
        return detail_or_next(request, booking_id)
    return form_page(request, "bookings/note.html", form, booking=booking, note=note)


@page(Permission.WRITE_BOOKINGS)
@require_POST
def delete(request: OrganizationRequest, booking_id: UUID, note_id: UUID) -> HttpResponse:
    """Delete a note; what it said stays in the history."""
    with refusals_as_messages(request):
        delete_note(note=_find(request, booking_id, note_id), by=request.access.user)
        say(request, _("Note deleted."))
    return detail_or_next(request, booking_id)


def _find(request: OrganizationRequest, booking_id: UUID, note_id: UUID) -> BookingNote:
    own = BookingNote.objects.for_organization(request.access.organization)
    return get_object_or_404(own, booking=booking_id, pk=note_id)
