"""Guests: the people who stay."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Upper
from uuid_utils.compat import uuid7

from accounts.models import Organization, User
from guests.querysets import GuestMergeQuerySet, GuestQuerySet
from villaops.fields import EmailAddressField
from villaops.history import events_by_time, keep_history

# `.example` is reserved and never delivered to (RFC 2606).
NOWHERE = "@guest.example"


@keep_history(meta=events_by_time("guest_event_by_time"))
class Guest(models.Model):
    """A person who stays or has stayed, known to one organization by an e-mail."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=255)
    email = EmailAddressField()
    phone = models.CharField(max_length=50, null=True, blank=True)
    nationality = models.CharField(max_length=100, null=True, blank=True)
    notes = models.TextField(null=True, blank=True)
    # What they are written to in (ISO 639-1); as the organization writes, where nobody has said.
    language = models.CharField(max_length=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The guest they turned out to be: deleted, and their addresses lead there.
    merged_into = models.ForeignKey(
        "self",
        models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        db_constraint=False,
        db_index=False,
    )
    # Whoever wrote them down sees them before they have a stay, even if limited to some properties.
    created_by = models.ForeignKey(
        User,
        models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        db_constraint=False,
        db_index=False,
    )
    # Since when nothing of the person is kept any more.
    anonymized_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = GuestQuerySet.as_manager()
    # Its history, made by keep_history.
    events: Any

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-created_at", "id"], name="guest_newest"),
            models.Index(fields=["organization", "name"], name="guest_by_name"),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="guest_name_search"),
            GinIndex(OpClass(Upper("email"), "gin_trgm_ops"), name="guest_email_search"),
            models.Index(
                fields=["-id"], condition=Q(deleted_at__isnull=False), name="guest_deleted"
            ),
            models.Index(
                fields=["organization", "merged_into"],
                condition=Q(merged_into__isnull=False),
                name="guest_merged",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "id"], name="guest_in_organization"),
            models.UniqueConstraint(
                "organization",
                Lower("email"),
                condition=Q(deleted_at=None),
                name="guest_email_taken",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(deleted_at__isnull=False),
                name="guest_merged_is_deleted",
                violation_error_message="A guest who was merged is deleted.",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")),
                name="guest_merged_into_another",
                violation_error_message="A guest is merged into another one.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def can_be_written_to(self) -> bool:
        """Whether their e-mail is one: not of somebody forgotten, or brought without an address."""
        return self.anonymized_at is None and not self.email.endswith(NOWHERE)


@keep_history(exclude=["bookings", "before", "after"])
class GuestMerge(models.Model):
    """Two guests found to be one person: what it takes to tell them apart again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    keep = models.ForeignKey(
        Guest, models.CASCADE, related_name="merges", db_constraint=False, db_index=False
    )
    merged = models.ForeignKey(
        Guest, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    # The bookings that came along, and the values of `keep` that changed: before and after.
    bookings = ArrayField(models.UUIDField(), default=list)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.SET_NULL, related_name="+", null=True, db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, editable=False)

    objects = GuestMergeQuerySet.as_manager()
    events: Any

    class Meta:
        indexes = [models.Index(fields=["organization", "keep"], name="merge_of_guest")]
        constraints = [
            models.UniqueConstraint(fields=["organization", "id"], name="merge_in_organization"),
            models.UniqueConstraint(
                fields=["organization", "merged"],
                condition=Q(undone_at=None),
                name="merge_of_a_guest_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.keep_id}"
