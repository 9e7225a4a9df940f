"""The verbs of staff notes on a booking."""

from django.db.models.functions import Now

from accounts.models import User
from bookings.models import Booking, BookingNote
from villaops.errors import NotFound
from villaops.verbs import clean, verb


class NoteNotFound(NotFound):
    """Somebody deleted it meanwhile."""

    code = "note_not_found"
    message = "Note not found"


@verb()
def add_note(*, booking: Booking, text: str, by: User | None) -> BookingNote:
    """Write a note on a booking. Raises BrokenRule when it says nothing or too much."""
    note = BookingNote(
        organization_id=booking.organization_id, booking=booking, text=text.strip(), author=by
    )
    clean(note)
    note.save(force_insert=True)
    return note


@verb()
def change_note(*, note: BookingNote, text: str, by: User | None) -> BookingNote:
    """Let the note say something else; the same text writes nothing. Raises BrokenRule."""
    note = _lock(note)
    if note.text != text.strip():
        note.text = text.strip()
        clean(note)
        note.save()
    return note


@verb()
def delete_note(*, note: BookingNote, by: User | None) -> None:
    """Delete softly; what it said stays in the booking's history."""
    note = _lock(note)
    BookingNote.objects.filter(pk=note.pk).update(deleted_at=Now(), updated_at=Now())


def _lock(note: BookingNote) -> BookingNote:
    own = BookingNote.objects.select_for_update(no_key=True).filter(
        organization_id=note.organization_id, pk=note.pk, deleted_at=None
    )
    found = own.first()
    if found is None:
        raise NoteNotFound
    return found
