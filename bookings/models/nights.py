"""Nights, by whom they are taken, and what happened to them."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from accounts.models import Organization
from bookings import triggers
from bookings.hold_sql import RELEASE_BEFORE_TAKING
from bookings.models.bookings import Booking
from bookings.models.indexes import of_the_living
from bookings.querysets import BlockQuerySet, NightQuerySet
from properties.models import Unit
from villaops.history import events_by_time, keep_history

MAX_BLOCKED_DAYS = 3660


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
            of_the_living(["organization", "-created_at", "id"], "block_newest"),
            of_the_living(["organization", "unit", "start"], "block_of_unit"),
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
            # Nights that were priced anew or given to another stay: few, and looked for each time.
            models.Index(
                fields=["organization", "night"],
                include=["unit", "pgh_id", "pgh_created_at"],
                condition=Q(pgh_label="update"),
                name="night_event_replacing",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.pgh_label} {self.night} of {self.unit_id}"
