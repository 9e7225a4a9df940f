"""Guests: the people who stay."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from uuid_utils.compat import uuid7

from accounts.models import Organization
from guests.querysets import GuestQuerySet
from villaops.fields import EmailAddressField
from villaops.history import keep_history


@keep_history()
class Guest(models.Model):
    """A person who stays or has stayed, known to one organization by an e-mail."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=255)
    email = EmailAddressField()
    phone = models.CharField(max_length=50, null=True, blank=True)
    nationality = models.CharField(max_length=100, null=True, blank=True)
    notes = models.TextField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = GuestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-created_at", "id"], name="guest_newest"),
            models.Index(fields=["organization", "name"], name="guest_by_name"),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="guest_name_search"),
            GinIndex(OpClass(Upper("email"), "gin_trgm_ops"), name="guest_email_search"),
            models.Index(
                fields=["-id"], condition=Q(deleted_at__isnull=False), name="guest_deleted"
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
        ]

    def __str__(self) -> str:
        return self.name
