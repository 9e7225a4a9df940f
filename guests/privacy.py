"""A guest's right to be forgotten."""

import datetime as dt
from uuid import UUID

from django.apps import apps
from django.db.models import Q
from django.db.models.functions import Now

from accounts.audit import forgetting
from accounts.models import User
from bookings.models import Booking, BookingNote
from guests.models import NOWHERE, Guest, GuestMerge
from guests.services import GuestNotFound, GuestStaysElsewhere, has_unseen
from messaging.services import forget_messages
from villaops.api.idempotency import forget_answers_about
from villaops.errors import Conflict
from villaops.history import rewriting
from villaops.tenancy import every_property
from villaops.verbs import verb

NAME = "Anonymized guest"
NOTE = "Removed with the guest's personal data."


class GuestExpected(Conflict):
    """The guest is in the house or comes: their name is still needed."""

    code = "guest_expected"
    message = "Guest has a current or coming stay"
    explanation = (
        "This guest is in the house or will come. Wait until they have left, or cancel the stay."
    )


@verb()
def anonymize_guest(*, guest: Guest, by: User | None, on: dt.date) -> Guest:
    """Forget who the guest was; their stays, nights and revenue stay. Nothing brings it back.

    Name, e-mail, phone, nationality and notes go, with everyone who was merged into them; of their
    bookings, deleted ones too, special requests, cancellation reasons and staff notes; and all of
    it from the history rows as well. What was written to them and about their stays goes.
    The e-mail becomes an address that is valid, unique and never delivered to. A second time
    changes nothing.

    Returns the guest. Raises GuestNotFound, GuestStaysElsewhere, GuestExpected.
    """
    if has_unseen(Booking.objects.filter(organization=guest.organization_id, guest=guest)):
        raise GuestStaysElsewhere
    # A limited member does not see those who were merged into the guest.
    with every_property():
        return _anonymize(guest, on)


def _anonymize(guest: Guest, on: dt.date) -> Guest:
    everyone = list(Guest.objects.ancestors_of(guest).order_by("pk").select_for_update())
    guest = next(one for one in everyone if one.pk == guest.pk)
    if guest.deleted_at:
        raise GuestNotFound
    if guest.anonymized_at:
        return guest
    own = {"organization": guest.organization_id}
    bookings = Booking.objects.filter(**own, guest__in=everyone)
    if bookings.filter(_expected(on), deleted_at=None).exists():
        raise GuestExpected
    stays = list(
        bookings.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
    )
    notes = BookingNote.objects.filter(**own, booking__in=stays)
    with forgetting(
        organization_id=guest.organization_id,
        guests=[one.pk for one in everyone],
        bookings=stays,
        notes=list(notes.values_list("pk", flat=True)),
    ):
        forget_messages(guest.organization_id, everyone, stays)
        _forget_stays(guest.organization_id, stays)
        for one in everyone:
            _forget_guest(one)
        GuestMerge.objects.filter(Q(keep__in=everyone) | Q(merged__in=everyone), **own).update(
            before={}, after={}
        )
    forget_answers_about(guest.organization_id, [*(one.pk for one in everyone), *stays])
    guest.refresh_from_db()
    return guest


def _expected(on: dt.date) -> Q:
    """In the house, or agreed and not over yet."""
    coming = Q(status__in=("pending", "confirmed"), check_out__gte=on)
    return coming | Q(status="checked_in")


def _forget_guest(guest: Guest) -> None:
    guest.name, guest.email = NAME, _address(guest)
    guest.phone = guest.nationality = guest.notes = None
    guest.anonymized_at = Now()
    guest.save()
    with rewriting(Guest):
        guest.events.update(name=NAME, email=guest.email, phone=None, nationality=None, notes=None)


def _forget_stays(organization_id: UUID, ids: list[UUID]) -> None:
    theirs = Booking.objects.filter(organization=organization_id, pk__in=ids)
    said = {"special_requests": None, "cancellation_reason": None}
    theirs.exclude(**said).update(**said, updated_at=Now())
    notes = BookingNote.objects.filter(organization=organization_id, booking__in=ids)
    notes.update(text=NOTE, updated_at=Now())
    with rewriting(Booking, BookingNote):
        events_of_bookings = apps.get_model("bookings", "BookingEvent").objects
        events_of_bookings.filter(organization=organization_id, pgh_obj__in=ids).exclude(
            **said
        ).update(**said)
        events_of_notes = apps.get_model("bookings", "BookingNoteEvent").objects
        events_of_notes.filter(organization=organization_id, booking__in=ids).update(text=NOTE)


def _address(guest: Guest) -> str:
    """Unique by the guest's id."""
    return f"anonymized-{guest.pk.hex}{NOWHERE}"
