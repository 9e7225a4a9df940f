"""Users, organizations, and what a user may do in an organization."""

from typing import ClassVar
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from uuid_utils.compat import uuid7

from accounts.permissions import Role
from accounts.querysets import MembershipQuerySet, UserManager
from villaops.fields import EmailAddressField
from villaops.history import keep_history

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
UUID_PATTERN = r"^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$"


def check_time_zone(name: str) -> None:
    """Refuse what is no IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(f"{name!r} is not an IANA time zone.", code="time_zone")


@keep_history(exclude=["password", "last_login"])
class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in, with an e-mail; may belong to several organizations."""

    class Provider(models.TextChoices):
        LOCAL = "local"
        GOOGLE = "google"
        GITHUB = "github"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = EmailAddressField()
    name = models.CharField(max_length=255)
    avatar_url = models.URLField(max_length=512, null=True, blank=True)
    auth_provider = models.CharField(
        max_length=10, choices=Provider.choices, default=Provider.LOCAL
    )
    email_verified = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("administrator", default=False)
    default_organization = models.ForeignKey(
        "accounts.Organization", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        indexes = [
            GinIndex(OpClass(Upper("email"), "gin_trgm_ops"), name="user_email_search"),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="user_name_search"),
        ]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_taken"),
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.name


@keep_history()
class Organization(models.Model):
    """A business that runs properties; everything else belongs to exactly one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=50)
    currency = models.CharField(max_length=3, default=settings.DEFAULT_CURRENCY)
    time_zone = models.CharField(
        max_length=64, default=settings.DEFAULT_TIME_ZONE, validators=[check_time_zone]
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        indexes = [
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="organization_name_search"),
            GinIndex(OpClass(Upper("slug"), "gin_trgm_ops"), name="organization_slug_search"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="organization_slug_taken"),
            models.CheckConstraint(
                condition=Q(slug__regex=SLUG_PATTERN)
                & Q(slug__regex=r"^.{3,50}$")
                & ~Q(slug__regex=UUID_PATTERN),
                name="organization_slug_shape",
                violation_error_message="A slug is 3 to 50 lower-case letters and digits in words"
                " joined by hyphens, and not a UUID.",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
                name="organization_currency_shape",
                violation_error_message="A currency is three capital letters (ISO 4217).",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@keep_history()
class Membership(models.Model):
    """One user's role in one organization."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="membership_one_per_user"
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values),
                name="membership_role_known",
                violation_error_message="Unknown role.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} as {self.role} in {self.organization_id}"


@keep_history()
class Subscription(models.Model):
    """The plan an organization is on; made together with the organization."""

    class Plan(models.TextChoices):
        FREE = "free"
        PRO = "pro"
        BUSINESS = "business"

    class Status(models.TextChoices):
        ACTIVE = "active"
        PAST_DUE = "past_due"
        CANCELED = "canceled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.OneToOneField(Organization, models.CASCADE, related_name="subscription")
    plan = models.CharField(max_length=20, choices=Plan.choices, default=Plan.FREE)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    ai_queries_used = models.PositiveIntegerField(default=0)
    current_period_start = models.DateTimeField(null=True, blank=True)
    current_period_end = models.DateTimeField(null=True, blank=True)
    cancel_at_period_end = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(plan__in=["free", "pro", "business"]),
                name="subscription_plan_known",
                violation_error_message="Unknown plan.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["active", "past_due", "canceled"]),
                name="subscription_status_known",
                violation_error_message="Unknown status.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} ({self.status})"


class RefreshToken(models.Model):
    """A refresh token that was given out: works once; its descendants share its family.

    Using it a second time means somebody copied it, and revokes the family.
    """

    jti = models.UUIDField(primary_key=True)
    family = models.UUIDField(db_index=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="refresh_tokens")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.jti} of {self.user_id}"


class RevokedAccessToken(models.Model):
    """An access token that was logged out before its time; forgotten once it has expired."""

    jti = models.UUIDField(primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.jti)
