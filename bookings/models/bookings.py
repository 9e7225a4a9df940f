"""The agreement, and where it stands."""

from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from uuid_utils.compat import uuid7

from accounts.models import Organization
from bookings import triggers
from bookings.hold_sql import HOLD_EXPIRED
from bookings.models.indexes import of_the_living
from bookings.querysets import HOLDING, BookingQuerySet
from guests.models import Guest
from properties.models import Property, Unit
from villaops.history import events_by_time, keep_history

MAX_NIGHTS = 730


class Status(models.TextChoices):
    """Where a booking stands."""

    PENDING = "pending", "Pending"
    CONFIRMED = "confirmed", "Confirmed"
    CHECKED_IN = "checked_in", "Checked in"
    CHECKED_OUT = "checked_out", "Checked out"
    CANCELLED = "cancelled", "Cancelled"
    NO_SHOW = "no_show", "No-show"


# From each status, the statuses a booking may move to. The only place that knows.
MOVES: dict[str, tuple[Status, ...]] = {
    Status.PENDING: (Status.CONFIRMED, Status.CHECKED_IN, Status.CANCELLED),
    Status.CONFIRMED: (Status.PENDING, Status.CHECKED_IN, Status.CANCELLED, Status.NO_SHOW),
    Status.CHECKED_IN: (Status.CHECKED_OUT, Status.CONFIRMED),
    Status.CHECKED_OUT: (Status.CHECKED_IN,),
    Status.CANCELLED: (Status.PENDING, Status.CONFIRMED),
    Status.NO_SHOW: (Status.CONFIRMED, Status.CANCELLED),
}


def way_between(old: str, new: str) -> list[str]:
    """The moves that lead from one status to the other, one after the other; none if none do."""
    if new in MOVES[old]:
        return [new]
    # A guest who was pending when they were checked in passes through confirmed on the way back.
    through = Status.CONFIRMED
    return [through, new] if through in MOVES[old] and new in MOVES[through] else []


@keep_history(meta=events_by_time("booking_event_by_time"))
class Booking(models.Model):
    """The agreement: a guest stays at a property from check_in until check_out, for a price.

    `unit` is the unit of its first night and stays known after the nights are given back;
    which unit is slept in on which night is in its nights.
    """

    class Source(models.TextChoices):
        DIRECT = "direct", "Direct"
        AIRBNB = "airbnb", "Airbnb"
        BOOKING_COM = "booking_com", "Booking.com"
        VRBO = "vrbo", "Vrbo"
        WEBSITE = "website", "Website"
        WALK_IN = "walk_in", "Walk-in"
        OTHER = "other", "Other"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    property = models.ForeignKey(
        Property, models.CASCADE, related_name="bookings", db_constraint=False, db_index=False
    )
    unit = models.ForeignKey(
        Unit, models.CASCADE, related_name="bookings", db_constraint=False, db_index=False
    )
    guest = models.ForeignKey(
        Guest,
        models.CASCADE,
        related_name="bookings",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )
    reference = models.CharField(max_length=20)
    check_in = models.DateField()
    check_out = models.DateField()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    adults = models.PositiveIntegerField(default=1)
    children = models.PositiveIntegerField(default=0)
    total_price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=20, choices=Source.choices, default=Source.DIRECT)
    special_requests = models.TextField(null=True, blank=True)
    # False: in the unassigned lane. It is agreed, but holds no nights until it has a unit again.
    is_placed = models.BooleanField(default=True)
    # When a pending booking stops holding its nights, unless it is confirmed before.
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    # When somebody said that a guest who had not arrived will come after all.
    still_expected_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancellation_reason = models.CharField(max_length=500, null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = BookingQuerySet.as_manager()
    # Its history, made by keep_history.
    events: Any

    class Meta:
        indexes = [
            of_the_living(["organization", "-created_at", "id"], "booking_newest"),
            # All that figures say of the stays of a property, so that a year of 100,000 is read
            # without visiting the table.
            models.Index(
                fields=["organization", "property", "check_in"],
                include=["check_out", "status", "created_at", "cancelled_at"],
                condition=Q(deleted_at=None),
                name="booking_stays",
            ),
            # All that the list of guests says of their stays, so that 20,000 guests are sorted by
            # these without visiting the table.
            models.Index(
                fields=["organization", "guest"],
                include=["status", "check_in", "property"],
                condition=Q(deleted_at=None),
                name="booking_of_guest",
            ),
            of_the_living(["organization", "check_in"], "booking_arrivals"),
            of_the_living(["organization", "check_out"], "booking_departures"),
            of_the_living(["organization", "status", "-created_at"], "booking_by_status"),
            # Who is still to come, soonest first; few of them lie in the past.
            models.Index(
                fields=["organization", "check_in"],
                condition=Q(status__in=["pending", "confirmed"], deleted_at=None),
                name="booking_expected",
            ),
            GinIndex(OpClass(Upper("reference"), "gin_trgm_ops"), name="booking_reference_search"),
            models.Index(
                fields=["-id"], condition=Q(deleted_at__isnull=False), name="booking_deleted"
            ),
            models.Index(
                fields=["organization", "check_in"],
                condition=Q(is_placed=False, deleted_at=None),
                name="booking_unplaced",
            ),
            # Asked whenever an organization's rows are opened (bookings.holds).
            models.Index(
                fields=["organization", "hold_expires_at"],
                condition=Q(status="pending", hold_expires_at__isnull=False, deleted_at=None),
                name="booking_holds",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "id"], name="booking_in_organization"),
            models.UniqueConstraint(
                fields=["organization", "reference"], name="booking_reference_taken"
            ),
            models.CheckConstraint(
                condition=Q(check_out__gt=F("check_in")),
                name="booking_ends_after_it_begins",
                violation_error_message="check_out must be after check_in",
            ),
            models.CheckConstraint(
                condition=Q(check_out__lte=F("check_in") + MAX_NIGHTS),
                name="booking_not_endless",
                violation_error_message=f"A stay has at most {MAX_NIGHTS} nights",
            ),
            models.CheckConstraint(
                condition=Q(adults__gte=1) & Q(children__gte=0),
                name="booking_has_an_adult",
                violation_error_message="A booking has at least one adult.",
            ),
            models.CheckConstraint(
                condition=Q(total_price__gte=0) | Q(total_price=None),
                name="booking_price_not_negative",
                violation_error_message="A price is not negative.",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
                name="booking_currency_shape",
                violation_error_message="A currency is three capital letters (ISO 4217).",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[*HOLDING, "cancelled", "no_show"]),
                name="booking_status_known",
                violation_error_message="Unknown status.",
            ),
            models.CheckConstraint(
                condition=Q(
                    source__in=[
                        "direct",
                        "airbnb",
                        "booking_com",
                        "vrbo",
                        "website",
                        "walk_in",
                        "other",
                    ]
                ),
                name="booking_source_known",
                violation_error_message="Unknown source.",
            ),
            models.CheckConstraint(
                condition=Q(is_placed=True) | ~Q(status__in=["checked_in", "checked_out"]),
                name="booking_in_house_has_unit",
                violation_error_message="A guest in the house has a unit.",
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled", cancelled_at__isnull=False)
                | ~Q(status="cancelled") & Q(cancelled_at=None, cancellation_reason=None),
                name="booking_cancellation_while_cancelled",
                violation_error_message="Only a cancelled booking has a cancellation.",
            ),
            models.CheckConstraint(
                condition=Q(hold_expires_at=None) | Q(status="pending"),
                name="booking_hold_while_pending",
                violation_error_message="Only a pending booking is held until a time.",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="booking_holds_its_nights",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func=triggers.BOOKING_HOLDS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} ({self.check_in} to {self.check_out}, {self.status})"

    def num_guests(self) -> int:
        """Adults and children."""
        return self.adults + self.children

    def nights_count(self) -> int:
        """Nights from check_in until check_out."""
        return (self.check_out - self.check_in).days

    def holds_nights(self) -> bool:
        """Whether its nights are taken."""
        return self.is_live() and self.is_placed

    def is_live(self) -> bool:
        """Whether the agreement stands: neither cancelled nor no-show nor deleted."""
        return self.status in HOLDING and self.deleted_at is None

    def is_expired_hold(self) -> bool:
        """Whether it was cancelled because nobody confirmed it in time."""
        return self.status == Status.CANCELLED and self.cancellation_reason == HOLD_EXPIRED

    def possible_moves(self) -> tuple[Status, ...]:
        """The statuses it may move to from here."""
        return MOVES[self.status]
