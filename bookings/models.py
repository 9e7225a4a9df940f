"""Bookings, nights and blocks: who holds which night of which unit."""

from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Upper
from django.db.models.lookups import LessThanOrEqual
from uuid_utils.compat import uuid7

from accounts.models import Organization, User
from bookings import triggers
from bookings.hold_sql import HOLD_EXPIRED, RELEASE_BEFORE_TAKING
from bookings.querysets import (
    HOLDING,
    BlockQuerySet,
    BookingNoteQuerySet,
    BookingQuerySet,
    NightQuerySet,
    SavedViewQuerySet,
)
from guests.models import Guest
from properties.models import Property, Unit
from villaops.history import events_by_time, keep_history

MAX_NIGHTS = 730
MAX_BLOCKED_DAYS = 3660


def _of_the_living(fields: list[str], name: str) -> models.Index:
    """An index without deleted rows, so that lists are counted without visiting the table."""
    return models.Index(fields=fields, name=name, condition=Q(deleted_at=None))


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
            _of_the_living(["organization", "-created_at", "id"], "booking_newest"),
            _of_the_living(["organization", "property", "check_in"], "booking_stays"),
            # All that the list of guests says of their stays, so that 20,000 guests are sorted by
            # these without visiting the table.
            models.Index(
                fields=["organization", "guest"],
                include=["status", "check_in", "property"],
                condition=Q(deleted_at=None),
                name="booking_of_guest",
            ),
            _of_the_living(["organization", "check_in"], "booking_arrivals"),
            _of_the_living(["organization", "check_out"], "booking_departures"),
            _of_the_living(["organization", "status", "-created_at"], "booking_by_status"),
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
                func="PERFORM bookings_check_booking(NEW.id, NEW.organization_id); RETURN NULL;",
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


@keep_history(meta=events_by_time("block_event_by_time"))
class Block(models.Model):
    """Nights of a unit taken out of sale: [start, end)."""

    class Reason(models.TextChoices):
        OWNER_STAY = "owner_stay", "Owner stay"
        OUT_OF_ORDER = "out_of_order", "Out of order"
        HOUSE_USE = "house_use", "House use"
        OTHER = "other", "Other"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    unit = models.ForeignKey(
        Unit, models.CASCADE, related_name="blocks", db_constraint=False, db_index=False
    )
    start = models.DateField()
    end = models.DateField()
    reason = models.CharField(max_length=20, choices=Reason.choices, default=Reason.OTHER)
    note = models.CharField(max_length=500, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = BlockQuerySet.as_manager()

    class Meta:
        indexes = [
            _of_the_living(["organization", "-created_at", "id"], "block_newest"),
            _of_the_living(["organization", "unit", "start"], "block_of_unit"),
            models.Index(
                fields=["-id"], condition=Q(deleted_at__isnull=False), name="block_deleted"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "id"], name="block_in_organization"),
            models.CheckConstraint(
                condition=Q(end__gt=F("start")),
                name="block_ends_after_it_begins",
                violation_error_message="end must be after start",
            ),
            models.CheckConstraint(
                condition=Q(end__lte=F("start") + MAX_BLOCKED_DAYS),
                name="block_not_endless",
                violation_error_message=f"A block has at most {MAX_BLOCKED_DAYS} days",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=["owner_stay", "out_of_order", "house_use", "other"]),
                name="block_reason_known",
                violation_error_message="Unknown reason.",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="block_holds_its_nights",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func="PERFORM bookings_check_block(NEW.id, NEW.organization_id); RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} ({self.start} to {self.end})"

    def days(self) -> int:
        """Nights taken out of sale."""
        return (self.end - self.start).days


class Night(models.Model):
    """One night of one unit that is taken, by a booking or by a block.

    The primary key is the lock against double booking: of two writers, the second waits for the
    first and is refused. A booking's nights carry the agreed price, in the booking's currency.
    """

    pk = models.CompositePrimaryKey("unit_id", "night")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    unit = models.ForeignKey(
        Unit, models.CASCADE, related_name="nights", db_constraint=False, db_index=False
    )
    night = models.DateField()
    booking = models.ForeignKey(
        Booking,
        models.CASCADE,
        related_name="nights",
        null=True,
        db_constraint=False,
        db_index=False,
    )
    block = models.ForeignKey(
        Block,
        models.CASCADE,
        related_name="nights",
        null=True,
        db_constraint=False,
        db_index=False,
    )
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    objects = NightQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "booking", "night"], name="night_of_booking"),
            models.Index(fields=["organization", "block"], name="night_of_block"),
            models.Index(fields=["organization", "night", "unit"], name="night_calendar"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(booking__isnull=False, block=None)
                | Q(booking=None, block__isnull=False, price=None),
                name="night_of_booking_or_block",
                violation_error_message="A night is a booking's or a block's.",
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0) | Q(price=None),
                name="night_price_not_negative",
                violation_error_message="A price is not negative.",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="expired_holds_go_first",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=RELEASE_BEFORE_TAKING,
            ),
            pgtrigger.Trigger(
                name="night_belongs",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                timing=pgtrigger.Deferred,
                func=triggers.NIGHT_BELONGS,
            ),
            pgtrigger.Trigger(
                name="nights_changed",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=triggers.NIGHTS_CHANGED,
            ),
            *triggers.night_history(),
        ]

    def __str__(self) -> str:
        return f"{self.night} of {self.unit_id}"


class NightEvent(models.Model):
    """What happened to a night: taken, changed, given back. Written by triggers, changed by nobody.

    Has the columns of django-pghistory's event models, which do not exist for composite keys.
    """

    pgh_id = models.BigAutoField(primary_key=True)
    pgh_created_at = models.DateTimeField(auto_now_add=True)
    pgh_label = models.CharField(max_length=10)
    pgh_context = models.JSONField(null=True)
    pgh_context_id = models.UUIDField(null=True)
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    unit = models.ForeignKey(
        Unit, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    night = models.DateField()
    booking = models.ForeignKey(
        Booking,
        models.DO_NOTHING,
        related_name="night_events",
        null=True,
        db_constraint=False,
        db_index=False,
    )
    block = models.ForeignKey(
        Block,
        models.DO_NOTHING,
        related_name="night_events",
        null=True,
        db_constraint=False,
        db_index=False,
    )
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["organization", "booking", "pgh_id"], name="night_event_of_booking"
            ),
            # What was on the books at a moment is read from this alone, of each unit's night the
            # newest row first (analytics.statements).
            models.Index(
                fields=["organization", "night", "unit", "-pgh_id"],
                include=["pgh_created_at", "pgh_label", "booking", "price"],
                name="night_event_on_books",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.pgh_label} {self.night} of {self.unit_id}"


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
        indexes = [_of_the_living(["organization", "booking", "created_at"], "note_of_booking")]
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
