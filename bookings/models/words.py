"""What people write beside bookings: notes, and the ways they like to look at the list."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from uuid_utils.compat import uuid7

from accounts.models import Organization, User
from bookings.models.bookings import Booking
from bookings.models.indexes import of_the_living
from bookings.querysets import BookingNoteQuerySet, SavedViewQuerySet
from villaops.history import keep_history


@keep_history()
class BookingNote(models.Model):
    """What staff tell each other about a booking. The guest never sees it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    booking = models.ForeignKey(
        Booking, models.CASCADE, related_name="staff_notes", db_constraint=False, db_index=False
    )
    text = models.TextField(max_length=2000)
    author = models.ForeignKey(User, models.SET_NULL, related_name="+", null=True, db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = BookingNoteQuerySet.as_manager()

    class Meta:
        indexes = [of_the_living(["organization", "booking", "created_at"], "note_of_booking")]
        constraints = [
            models.CheckConstraint(
                condition=Q(Q(text__regex=r"\S"), LessThanOrEqual(Length("text"), 2000)),
                name="note_says_something",
                violation_error_message="A note has 1 to 2000 characters.",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class SavedView(models.Model):
    """A person's way to look at the list of bookings: filters, sort and columns under a name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    page = models.CharField(max_length=20, default="bookings")
    name = models.CharField(max_length=60)
    # The address's query, like `status=pending&sort=check_in`.
    query = models.CharField(max_length=2000, blank=True)
    is_default = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user", "page", "name"], name="saved_view_name_taken"
            ),
            models.UniqueConstraint(
                fields=["organization", "user", "page"],
                condition=Q(is_default=True),
                name="saved_view_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name
