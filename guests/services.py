"""The verbs of guests."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Organization, User
from bookings.models import Booking
from bookings.services import delete_bookings, restore_booking
from guests.models import Guest
from villaops.errors import Conflict, NotFound, PermissionDenied
from villaops.tenancy import every_property, property_limit
from villaops.verbs import apply_changes, clean, verb
from villaops.versions import Expected, require_version


class GuestNotFound(NotFound):
    code = "guest_not_found"
    message = "Guest not found"


class GuestEmailTaken(Conflict):
    code = "guest_email_taken"
    message = "Guest with this email already exists"
    explanation = "Another guest has this e-mail already."


class GuestHasBookings(Conflict):
    code = "guest_has_bookings"
    message = "Guest has bookings"
    explanation = "This guest has bookings. Tick the box to delete them too."


class GuestStaysElsewhere(PermissionDenied):
    """Whoever acts is limited to some properties; what they ask for would be felt at others."""

    code = "guest_stays_elsewhere"
    explanation = "Only somebody who sees every property can do this with this guest."


class GuestIsMerged(Conflict):
    """They were merged into another guest; undoing that brings them back with what was theirs."""

    code = "guest_is_merged"
    message = "Guest was merged into another. Undo the merge instead"
    explanation = "This guest was merged into another one. Undo the merge in that guest's history."


CONSTRAINTS = {"guest_email_taken": GuestEmailTaken}


@verb(constraints=CONSTRAINTS)
def create_guest(*, organization: Organization, by: User | None, **fields: Any) -> Guest:
    """Make a guest: name, email, phone, nationality, notes. Raises GuestEmailTaken."""
    guest = Guest(organization=organization, created_by=by, **fields)
    clean(guest)
    guest.save(force_insert=True)
    return guest


@verb(constraints=CONSTRAINTS)
def create_guests(*, guests: Sequence[Guest], by: User | None) -> None:
    """Write many new guests in one statement, all or none. Raises GuestEmailTaken, BrokenRule."""
    for guest in guests:
        guest.created_by = by
        clean(guest)
    Guest.objects.bulk_create(guests)


@verb(constraints=CONSTRAINTS)
def update_guest(
    *, guest: Guest, by: User | None, changes: Mapping[str, Any], expected: Expected = None
) -> Guest:
    """Change what is known of a guest.

    Raises ResourceChanged unless they are still what was `expected`, GuestEmailTaken.
    """
    guest = _lock(guest)
    require_version(guest, expected)
    if apply_changes(guest, changes):
        clean(guest)
        guest.save()
    return guest


@verb()
def delete_guest(
    *, guest: Guest, by: User | None, bookings: bool = False, expected: Expected = None
) -> None:
    """Delete softly, together with the guest's bookings if `bookings` says so.

    Raises ResourceChanged unless they are still what was `expected`, GuestHasBookings when there
    are some, of any status, and it does not; always when there are some at properties that whoever
    acts does not see.
    """
    guest = _lock(guest)
    require_version(guest, expected)
    theirs = Booking.objects.for_organization(guest.organization_id).filter(guest=guest)
    if (not bookings and theirs.exists()) or has_unseen(theirs):
        raise GuestHasBookings
    guest.deleted_at = Now()
    guest.save()
    delete_bookings(theirs, guest.deleted_at)


@verb(constraints=CONSTRAINTS)
def restore_guest(*, guest: Guest, by: User | None) -> Guest:
    """Bring a deleted guest back, with the bookings deleted together with them.

    Raises GuestIsMerged, GuestEmailTaken, DatesTaken when a night of such a booking has been sold
    since.
    """
    guest = _lock(guest)
    gone_at = guest.deleted_at
    if gone_at is None:
        return guest
    if guest.merged_into_id:
        raise GuestIsMerged
    guest.deleted_at = None
    guest.save()
    for booking in Booking.objects.filter(guest=guest, deleted_at=gone_at).order_by("pk"):
        restore_booking(booking=booking, by=by)
    return guest


def has_unseen(bookings: QuerySet[Booking]) -> bool:
    """Whether there are more of them than whoever acts may see."""
    if property_limit() is None:
        return False
    seen = bookings.count()
    with every_property():
        return bookings.count() > seen


def _lock(guest: Guest) -> Guest:
    return Guest.objects.select_for_update().get(organization_id=guest.organization_id, pk=guest.pk)
