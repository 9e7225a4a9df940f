"""Messages to guests and staff: what was written, with which words, and what sends it."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from uuid_utils.compat import uuid7

from accounts.models import Organization, User
from bookings.models import Booking
from guests.models import Guest
from messaging.kinds import SCHEDULED, Kind
from messaging.notification_kinds import NotificationKind
from messaging.querysets import (
    AutomationQuerySet,
    MailTemplateQuerySet,
    MessageQuerySet,
    NotificationQuerySet,
    OptOutQuerySet,
    SkipQuerySet,
)
from properties.models import Property
from villaops.fields import EmailAddressField
from villaops.history import keep_history
from villaops.languages import DEFAULT_LANGUAGE
from villaops.outbox import Intent

MAX_SUBJECT = 200
MAX_BODY = 50_000
MAX_OFFSET_DAYS = 60
LANGUAGE_PATTERN = r"^[a-z]{2}$"


def _kind_is_one_of(kinds: list[str], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(kind__in=sorted(kinds)),
        name=name,
        violation_error_message="Unknown kind of message.",
    )


def _one_line(name: str) -> models.CheckConstraint:
    """A second line would be a header of its own."""
    return models.CheckConstraint(
        condition=~Q(subject__regex=r"[\r\n]"),
        name=name,
        violation_error_message="A subject is one line.",
    )


class Message(models.Model):
    """A mail to one person, as it was written. How far it is on its way, its intent knows."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    # What it is sent for: the same key twice is the same message.
    key = models.CharField(max_length=300)
    address = EmailAddressField()
    booking = models.ForeignKey(
        Booking,
        models.CASCADE,
        related_name="messages",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )
    # Whom it is written to: a guest, or a user. Both are empty for a report to an address.
    guest = models.ForeignKey(
        Guest,
        models.CASCADE,
        related_name="messages",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )
    user = models.ForeignKey(
        User,
        models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )
    property = models.ForeignKey(
        Property,
        models.CASCADE,
        related_name="messages",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )
    language = models.CharField(max_length=2, default=DEFAULT_LANGUAGE)
    subject = models.CharField(max_length=MAX_SUBJECT)
    html = models.TextField()
    text = models.TextField()
    # Somebody tried a template on themselves.
    is_test = models.BooleanField(default=False)
    # What sends it.
    intent = models.OneToOneField(
        Intent, models.SET_NULL, related_name="+", null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="message_newest"),
            models.Index(fields=["organization", "booking"], name="message_of_booking"),
            models.Index(fields=["organization", "guest"], name="message_of_guest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "id"], name="message_in_organization"),
            models.UniqueConstraint(fields=["organization", "key"], name="message_once"),
            _kind_is_one_of(Kind.values, "message_kind_known"),
            _one_line("message_subject_one_line"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.address}"


@keep_history()
class MailTemplate(models.Model):
    """How an organization writes a kind of message in a language; without one, as we do."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=MAX_SUBJECT)
    html = models.TextField("HTML", max_length=MAX_BODY)
    text = models.TextField(max_length=MAX_BODY)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MailTemplateQuerySet.as_manager()
    events: Any

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "language"], name="mail_template_once"
            ),
            _kind_is_one_of(Kind.values, "mail_template_kind_known"),
            _one_line("mail_template_subject_one_line"),
            models.CheckConstraint(
                condition=Q(language__regex=LANGUAGE_PATTERN),
                name="mail_template_language_shape",
                violation_error_message="A language is two small letters (ISO 639-1).",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.language})"


@keep_history()
class Automation(models.Model):
    """Whether and when a kind of message is sent, everywhere or at one property.

    Without a row it is sent as its kind says (messaging.kinds); a property's row comes before the
    organization's.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    property = models.ForeignKey(
        Property,
        models.CASCADE,
        related_name="automations",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )
    kind = models.CharField(max_length=30, choices=Kind.choices)
    is_on = models.BooleanField("on", default=True)
    # Days before or after, and the hour there; empty where nothing is sent by the clock.
    offset_days = models.PositiveSmallIntegerField("days", null=True, blank=True)
    hour = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AutomationQuerySet.as_manager()
    events: Any

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "property"],
                name="automation_once",
                nulls_distinct=False,
            ),
            _kind_is_one_of(Kind.values, "automation_kind_known"),
            models.CheckConstraint(
                condition=(Q(offset_days__lte=MAX_OFFSET_DAYS) | Q(offset_days=None))
                & (Q(hour__lte=23) | Q(hour=None)),
                name="automation_time_possible",
                violation_error_message=f"At most {MAX_OFFSET_DAYS} days, and hours from 0 to 23.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=sorted(SCHEDULED)) | Q(offset_days=None, hour=None),
                name="automation_time_by_the_clock",
                violation_error_message="Only what is sent by the clock has a time.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({'on' if self.is_on else 'off'})"


class Skip(models.Model):
    """A message by the clock that staff have said not to send for this booking."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    booking = models.ForeignKey(
        Booking, models.CASCADE, related_name="skips", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=30, choices=Kind.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SkipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "booking", "kind"], name="skip_once"),
            _kind_is_one_of(SCHEDULED, "skip_kind_scheduled"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.booking_id}"


class OptOut(models.Model):
    """Whoever reads at an address wants no more messages of a kind from the organization."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    address = EmailAddressField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OptOutQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", "kind", Lower("address"), name="opt_out_once"),
            _kind_is_one_of(Kind.values, "opt_out_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.address}: no {self.kind}"


class Notification(models.Model):
    """Something one member should know of. What it says is read from what it is about."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=30, choices=NotificationKind.choices)
    # What has happened: told twice, it is one notification.
    key = models.CharField(max_length=200)
    booking = models.ForeignKey(
        Booking,
        models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )
    # Who did it, if it was a person.
    actor = models.ForeignKey(
        User, models.SET_NULL, related_name="+", null=True, blank=True, db_index=False
    )
    # Words and names of facts, never what people wrote: it is kept when a guest is forgotten.
    facts: Any = models.JSONField(default=dict)
    # False: only for the daily mail.
    is_shown = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organization", "user", "-created_at", "-id"], name="notification_newest"
            ),
            models.Index(
                fields=["organization", "user"],
                condition=Q(read_at=None, is_shown=True),
                name="notification_unread",
            ),
            models.Index(fields=["booking"], name="notification_of_booking"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user", "key"], name="notification_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=sorted(NotificationKind.values)),
                name="notification_kind_known",
                violation_error_message="Unknown kind of notification.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class NotificationPreference(models.Model):
    """What one member wants to hear of, and how; without a row, everything in the dashboard."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    # Kinds that are not shown, those mailed at once, and those in the mail of each morning.
    muted = ArrayField(models.CharField(max_length=30), default=list)
    mailed = ArrayField(models.CharField(max_length=30), default=list)
    digested = ArrayField(models.CharField(max_length=30), default=list)
    # Up to when notifications have been in such a mail.
    digested_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="notification_preference_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Preferences of {self.user_id}"
