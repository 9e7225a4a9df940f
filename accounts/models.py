"""Users, organizations, and what a user may do in an organization."""

from typing import ClassVar
from zoneinfo import available_timezones

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from uuid_utils.compat import uuid7

from accounts.permissions import Role, Scope
from accounts.querysets import ApiKeyQuerySet, MembershipQuerySet, UserManager
from accounts.triggers import address_kept_in_step
from villaops.fields import EmailAddressField
from villaops.history import keep_history
from villaops.written import LOCALE_PATTERN

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
    # E.164, for sign-in by a code sent to it; only a verified one is anybody's.
    phone = models.CharField(max_length=16, null=True, blank=True)
    phone_verified = models.BooleanField(default=False)
    avatar = models.ImageField(upload_to="avatars/", null=True, blank=True, max_length=200)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("administrator", default=False)
    default_organization = models.ForeignKey(
        "accounts.Organization", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    # Filled in for whoever is signed in (accounts.joined), so that no page need ask.
    known_memberships: "list[Membership] | None" = None

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        indexes = [
            GinIndex(OpClass(Upper("email"), "gin_trgm_ops"), name="user_email_search"),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="user_name_search"),
        ]
        triggers = [address_kept_in_step()]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_taken"),
            models.UniqueConstraint(
                fields=["phone"], condition=Q(phone_verified=True), name="user_phone_taken"
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="user_phone_shape",
                violation_error_message="A phone number is + and 7 to 15 digits (E.164).",
            ),
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
    # How dates, numbers and money are written: a Unicode locale (CLDR) such as en_GB.
    locale = models.CharField(max_length=20, default="en")
    # Where guests' answers to mails go; to its longest-standing owner where nobody has said.
    reply_to = EmailAddressField("answers go to", null=True, blank=True)
    logo = models.ImageField(upload_to="logos/", null=True, blank=True, max_length=200)
    # When an owner has asked for the organization's end: until then they may change their mind.
    ends_at = models.DateTimeField(null=True, blank=True)
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
            models.CheckConstraint(
                condition=Q(locale__regex=LOCALE_PATTERN),
                name="organization_locale_shape",
                violation_error_message="A locale is a language, and where: de, de_AT (CLDR).",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@keep_history()
class Membership(models.Model):
    """One user's role in one organization; without a user yet, an invitation to it.

    A row without a user opens no door: every door asks by user.
    """

    class Status(models.TextChoices):
        INVITED = "invited", "Invited"
        ACTIVE = "active", "Active"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    invited_email = EmailAddressField(null=True, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices)
    # Ids of the only properties the member sees and touches; null for all of them. An array and
    # not a table, because every request reads it together with the role. An id that is no property
    # of the organization shows nothing: the policies compare, they do not trust.
    property_ids = ArrayField(models.UUIDField(), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="membership_one_per_user"
            ),
            models.UniqueConstraint(
                "organization", Lower("invited_email"), name="membership_one_per_invited"
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values),
                name="membership_role_known",
                violation_error_message="Unknown role.",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True) ^ Q(invited_email__isnull=True),
                name="membership_user_or_invited",
                violation_error_message="A member is a user, or an address that was invited.",
            ),
            models.CheckConstraint(
                condition=Q(property_ids__isnull=True) | ~Q(role=Role.OWNER),
                name="membership_owner_unlimited",
                violation_error_message="An owner cannot be limited to some properties.",
            ),
        ]
        triggers = [
            # Two owners may leave at the same moment, each seeing the other. So they queue for the
            # organization's row; whoever comes second sees that the first is gone. Deferred, so
            # that ownership may pass through any order of statements.
            pgtrigger.Trigger(
                name="organization_needs_owner",
                when=pgtrigger.After,
                operation=pgtrigger.Update | pgtrigger.Delete,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(old__role=Role.OWNER),
                func="""
                    PERFORM FROM accounts_organization
                        WHERE id = OLD.organization_id FOR NO KEY UPDATE;
                    IF FOUND AND NOT EXISTS (
                        SELECT FROM accounts_membership
                        WHERE organization_id = OLD.organization_id
                            AND role = 'owner' AND user_id IS NOT NULL
                    ) THEN
                        RAISE EXCEPTION 'Organization % would have no owner', OLD.organization_id
                            USING ERRCODE = 'check_violation',
                                CONSTRAINT = 'organization_needs_owner';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id or self.invited_email} as {self.role} in {self.organization_id}"

    def status(self) -> Status:
        """Whether the member has come in yet."""
        return self.Status.ACTIVE if self.user_id else self.Status.INVITED


class Invitation(models.Model):
    """The link that was mailed to somebody invited: works once, ends, can be sent anew.

    Only the SHA-256 of its secret is kept. The row goes when the invitation is accepted.
    """

    membership = models.OneToOneField(
        Membership, models.CASCADE, primary_key=True, related_name="invitation"
    )
    secret_hash = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Invitation of {self.membership_id}"


@keep_history(exclude=["secret_hash", "last_used_at"])
class ApiKey(models.Model):
    """A program's way into one organization: named, scoped, shown once, kept hashed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    # The key's first letters, so that people can tell which one a log or a program names.
    prefix = models.CharField(max_length=16)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    # Whom what the key makes belongs to (a property's owner_id).
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organization", "created_at"], name="api_key_by_age")]
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["read", "write"]) & Q(scopes__len__gt=0),
                name="api_key_scopes_known",
                violation_error_message="A key may read, or read and write.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}...)"


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


class OneTimeToken(models.Model):
    """A secret mailed or handed to a person, good for one purpose, once, for a while.

    Only its SHA-256 is kept. Using it deletes the row: of two parallel clicks one finds it.
    """

    class Purpose(models.TextChoices):
        RESET_PASSWORD = "reset_password"  # noqa: S105 - a name
        VERIFY_EMAIL = "verify_email"
        EXCHANGE = "exchange"

    secret_hash = models.BinaryField(max_length=32, primary_key=True)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    user = models.ForeignKey(User, models.CASCADE, related_name="one_time_tokens")
    # The address it was mailed to: proof of that one, and of no later one.
    email = models.CharField(max_length=254)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.purpose} for {self.user_id}"


class AuditEntry(models.Model):
    """Who did what, when and through which door: a link of its organization's chain.

    Written by triggers (accounts/audit_sql.py) and by `accounts.audit.record_security_event`, and
    changed by nobody. It says what things were called then, and outlives what it tells of.
    """

    # Of nobody's organization: somebody tried to come in who belongs to none.
    organization = models.ForeignKey(
        Organization,
        models.DO_NOTHING,
        related_name="+",
        null=True,
        db_constraint=False,
        db_index=False,
    )
    number = models.BigIntegerField()
    at = models.DateTimeField()
    user = models.ForeignKey(
        User, models.DO_NOTHING, related_name="+", null=True, db_constraint=False, db_index=False
    )
    user_name = models.CharField(max_length=255)
    door = models.CharField(max_length=10)
    api_key = models.ForeignKey(
        ApiKey, models.DO_NOTHING, related_name="+", null=True, db_constraint=False, db_index=False
    )
    api_key_name = models.CharField(max_length=100)
    action = models.CharField(max_length=30)
    record_kind = models.CharField(max_length=20)
    record_id = models.UUIDField(null=True)
    record_label = models.TextField(null=True)
    # {field: [from, to]}; null when there is nothing to tell, or it has been forgotten.
    changes = models.JSONField(null=True)
    # SHA-256 of label and changes; of everything else, it and the hash before.
    changes_digest = models.BinaryField(max_length=32)
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["organization", "record_id", "number"], name="audit_of_record"),
            models.Index(fields=["organization", "user", "number"], name="audit_of_user"),
            models.Index(fields=["organization", "action", "number"], name="audit_of_action"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number"], name="audit_number", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.action} {self.record_kind} {self.record_label or ''}"
