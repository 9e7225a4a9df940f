"""Named reads of bookings, nights and blocks."""

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.functions import TransactionNow
from django.db.models import Min, OuterRef, Q

from guests.querysets import among
from villaops.tenancy.querysets import TenantQuerySet

if TYPE_CHECKING:
    from bookings.models import (  # noqa: F401 - the rows' type
        Block,
        Booking,
        BookingNote,
        Night,
        SavedView,
    )

MAYBE_FOR = dt.timedelta(days=14)
HOLDING = ("pending", "confirmed", "checked_in", "checked_out")


class BookingQuerySet(TenantQuerySet["Booking"]):
    def holding_nights(self) -> Self:
        """Bookings whose nights are taken: live, and in a unit."""
        return self.filter(status__in=HOLDING, deleted_at=None, is_placed=True)

    def unplaced(self) -> Self:
        """Live bookings without a unit: the unassigned lane."""
        return self.filter(status__in=HOLDING, deleted_at=None, is_placed=False)

    def arriving_on(self, day: dt.date) -> Self:
        """Stays that begin on the day and have not begun yet or did today."""
        return self.filter(
            check_in=day, status__in=("pending", "confirmed", "checked_in"), deleted_at=None
        )

    def departing_on(self, day: dt.date) -> Self:
        """Stays that end on the day: guests still in the house or gone today."""
        return self.filter(check_out=day, status__in=("checked_in", "checked_out"), deleted_at=None)

    def not_yet_arrived(self, day: dt.date) -> Self:
        """Stays that should have begun before the day and still could: the guest is late."""
        return self.filter(
            check_in__lt=day,
            check_out__gt=day,
            status__in=("pending", "confirmed"),
            deleted_at=None,
        )

    def maybe_no_shows(self, before: dt.date) -> Self:
        """Agreed stays that should have begun before the day and of which nobody has said anything
        since. Older than two weeks they are no question of the day any more.
        """
        return self.filter(
            status="confirmed",
            still_expected_at=None,
            check_in__lt=before,
            check_in__gte=before - MAYBE_FOR,
            deleted_at=None,
        )

    def arriving_after(self, day: dt.date) -> Self:
        """Stays that begin later."""
        return self.filter(check_in__gt=day, status__in=("pending", "confirmed"), deleted_at=None)

    def overstaying(self, day: dt.date) -> Self:
        """Guests still checked in although their stay ended before the day."""
        return self.filter(check_out__lt=day, status="checked_in", deleted_at=None)

    def in_house(self, day: dt.date) -> Self:
        """Guests who are in the house on the day and stay the night."""
        return self.filter(
            status="checked_in", check_in__lte=day, check_out__gt=day, deleted_at=None
        )

    def on_the_books(self, day: dt.date) -> Self:
        """Agreed stays that arrive on the day, leave on it or stay over it."""
        return self.filter(
            status__in=HOLDING, check_in__lte=day, check_out__gte=day, deleted_at=None
        )

    def matching(self, text: str, *, emails: bool = True) -> Self:
        """Bookings whose guest's name, reference or, where the reader may see it, guest's e-mail
        contains the text, in any case. An empty text matches every booking.
        """
        if not text:
            return self
        return self.filter(
            Q(among("guest_id", "guests_matching", text, emails))
            | Q(among("id", "bookings_referred_to", text))
        )

    def with_guest_and_property(self) -> Self:
        """Brings guest, property and unit."""
        return self.select_related("guest", "property", "unit")

    def with_unit_ids(self) -> Self:
        """Adds `unit_ids`: every unit it holds nights of, by first night, then position."""
        from bookings.models import Night

        units = (
            Night.objects.filter(organization=OuterRef("organization"), booking=OuterRef("pk"))
            .values("unit_id")
            .annotate(first=Min("night"), place=Min("unit__position"))
            .order_by("first", "place", "unit_id")
        )
        return self.annotate(unit_ids=ArraySubquery(units.values("unit_id")))


class NightQuerySet(TenantQuerySet["Night"]):
    def of_units(self, unit_ids: list, start: dt.date, end: dt.date) -> Self:
        """Taken nights of the units in [start, end), in the order they are locked in."""
        return self.filter(unit_id__in=unit_ids, night__gte=start, night__lt=end).order_by(
            "unit_id", "night"
        )

    def in_the_way(self) -> Self:
        """Without those of expired holds, which go when somebody takes one of their nights."""
        return self.exclude(
            booking__status="pending", booking__hold_expires_at__lte=TransactionNow()
        )

    def in_order(self) -> Self:
        """By night, then by the unit's position, with the unit."""
        return self.select_related("unit").order_by("night", "unit__position", "unit_id")


class BlockQuerySet(TenantQuerySet["Block"]):
    """Blocks; no read of them needs a name yet."""


class BookingNoteQuerySet(TenantQuerySet["BookingNote"]):
    def of(self, booking: "Booking") -> Self:
        """The notes of a booking, newest first, with their authors."""
        return (
            self.for_organization(booking.organization_id)
            .filter(booking=booking)
            .select_related("author")
            .order_by("-created_at", "-id")
        )


class SavedViewQuerySet(TenantQuerySet["SavedView"]):
    """Saved views; whose they are is said by their verbs."""
