"""Properties and their units: what can be slept in, and where."""

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from uuid_utils.compat import uuid7

from accounts.models import SLUG_PATTERN, Organization, User, check_time_zone
from properties.querysets import PropertyQuerySet, UnitQuerySet
from villaops.history import events_by_time, keep_history

if TYPE_CHECKING:
    from decimal import Decimal

HOUR_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


@keep_history(meta=events_by_time("property_event_by_time"))
class Property(models.Model):
    """A villa, guesthouse, small hotel or holiday apartment; has at least one unit."""

    class Type(models.TextChoices):
        VILLA = "villa", "Villa"
        HOTEL = "hotel", "Hotel"
        GUESTHOUSE = "guesthouse", "Guesthouse"
        APARTMENT = "apartment", "Apartment"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        MAINTENANCE = "maintenance", "In maintenance"
        INACTIVE = "inactive", "Inactive"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=80)
    property_type = models.CharField(max_length=20, choices=Type.choices)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    description = models.TextField(null=True, blank=True)
    location = models.CharField(max_length=255, null=True, blank=True)
    max_guests = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    base_price_per_night = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    currency = models.CharField(max_length=3)
    amenities = ArrayField(models.TextField(blank=True), null=True, blank=True)
    time_zone = models.CharField(max_length=64, validators=[check_time_zone])
    check_in_time = models.CharField(max_length=5, null=True, blank=True)
    check_out_time = models.CharField(max_length=5, null=True, blank=True)
    # What guests are told before they arrive: the way, the key, the Wi-Fi.
    check_in_instructions = models.TextField(max_length=4000, null=True, blank=True)
    address_line1 = models.CharField("address", max_length=255, null=True, blank=True)
    address_line2 = models.CharField("address, second line", max_length=255, null=True, blank=True)
    city = models.CharField(max_length=255, null=True, blank=True)
    country = models.CharField(max_length=2, null=True, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    bedrooms = models.PositiveSmallIntegerField(null=True, blank=True)
    bathrooms = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PropertyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "properties"
        indexes = [
            models.Index(fields=["organization", "-created_at", "id"], name="property_newest"),
            models.Index(fields=["organization", "name"], name="property_by_name"),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="property_name_search"),
            models.Index(
                fields=["-id"], condition=Q(deleted_at__isnull=False), name="property_deleted"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "id"], name="property_in_organization"),
            models.UniqueConstraint(
                fields=["organization", "slug"],
                condition=Q(deleted_at=None),
                name="property_slug_taken",
            ),
            models.CheckConstraint(
                condition=Q(slug__regex=SLUG_PATTERN),
                name="property_slug_shape",
                violation_error_message="A slug is lower-case letters and digits in words"
                " joined by hyphens.",
            ),
            models.CheckConstraint(
                condition=Q(property_type__in=["villa", "hotel", "guesthouse", "apartment"]),
                name="property_type_known",
                violation_error_message="Unknown property type.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["active", "maintenance", "inactive"]),
                name="property_status_known",
                violation_error_message="Unknown status.",
            ),
            models.CheckConstraint(
                condition=Q(max_guests__gte=1) | Q(max_guests=None),
                name="property_max_guests_positive",
                violation_error_message="A property takes at least one guest.",
            ),
            models.CheckConstraint(
                condition=Q(base_price_per_night__gte=0) | Q(base_price_per_night=None),
                name="property_price_not_negative",
                violation_error_message="A price is not negative.",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
                name="property_currency_shape",
                violation_error_message="A currency is three capital letters (ISO 4217).",
            ),
            models.CheckConstraint(
                condition=(Q(latitude__gte=-90) & Q(latitude__lte=90) | Q(latitude=None))
                & (Q(longitude__gte=-180) & Q(longitude__lte=180) | Q(longitude=None)),
                name="property_on_earth",
                violation_error_message="Latitude is -90 to 90, longitude -180 to 180.",
            ),
            models.CheckConstraint(
                condition=(Q(bedrooms__lte=999) | Q(bedrooms=None))
                & (Q(bathrooms__gte=0) & Q(bathrooms__lte=999) | Q(bathrooms=None)),
                name="property_room_counts",
                violation_error_message="Bedrooms and bathrooms are 0 to 999.",
            ),
            models.CheckConstraint(
                condition=(Q(check_in_time__regex=HOUR_PATTERN) | Q(check_in_time=None))
                & (Q(check_out_time__regex=HOUR_PATTERN) | Q(check_out_time=None)),
                name="property_hours_shape",
                violation_error_message="Check-in and check-out times are HH:MM.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Bathrooms come in halves: a toilet without a shower is half a bathroom."""
        if self.bathrooms is not None and self.bathrooms * 2 % 1:
            raise ValidationError({"bathrooms": "Bathrooms come in steps of 0.5."})

    def is_open(self) -> bool:
        """Whether it takes new bookings."""
        return self.status == self.Status.ACTIVE and self.deleted_at is None

    def price_of(self, unit_nights: int) -> "Decimal | None":
        """The total for so many unit nights at the base price, in the property's currency."""
        if self.base_price_per_night is None:
            return None
        return self.base_price_per_night * unit_nights


@keep_history(meta=events_by_time("unit_event_by_time"))
class Unit(models.Model):
    """What is slept in and sold by the night: the whole villa, a room, an apartment."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    property = models.ForeignKey(
        Property, models.CASCADE, related_name="units", db_constraint=False, db_index=False
    )
    name = models.CharField(max_length=100)
    position = models.IntegerField()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    available_from = models.DateField("on offer from", null=True, blank=True)
    available_to = models.DateField("on offer until", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = UnitQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organization", "property", "position", "id"], name="unit_in_order"
            ),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="unit_name_search"),
            models.Index(
                fields=["-id"], condition=Q(deleted_at__isnull=False), name="unit_deleted"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "id"], name="unit_in_organization"),
            models.UniqueConstraint(
                fields=["organization", "property", "name"],
                condition=Q(deleted_at=None),
                name="unit_name_taken",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["active", "inactive"]),
                name="unit_status_known",
                violation_error_message="Unknown status.",
            ),
            models.CheckConstraint(
                condition=Q(available_to__gt=F("available_from"))
                | Q(available_from=None)
                | Q(available_to=None),
                name="unit_offer_not_empty",
                violation_error_message="available_to must be after available_from",
            ),
        ]

    def __str__(self) -> str:
        return self.name
