"""Intents: what is to be done outside the database, and how far it is."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from uuid_utils.compat import uuid7


class State(models.TextChoices):
    """How far an intent is."""

    PENDING = "pending", "waiting"
    # Somebody has it until next_at; afterwards that one is taken for dead.
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    DEAD = "dead", "given up"
    CANCELLED = "cancelled", "cancelled"


OPEN = (State.PENDING, State.SENDING)


class IntentQuerySet(models.QuerySet["Intent"]):
    """Named reads."""

    def waiting(self) -> Self:
        """Neither done nor given up."""
        return self.filter(state__in=OPEN)

    def due(self) -> Self:
        """What a worker could take now: overdue attempts of others included."""
        return self.waiting().filter(next_at__lte=Now())


class Intent(models.Model):
    """One thing to do outside: a mail to hand over, an event to tell.

    `key` says what it is about: the same intent written twice is one row. `next_at` is when it may
    be taken (again): the moment it is due, the end of a pause after a failure, or the end of the
    lease of whoever has it. `queued_at` is when the broker was last told of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=100)
    key = models.CharField(max_length=200, null=True, unique=True)
    payload: Any = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    next_at = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(null=True)
    last_error = models.TextField(db_default="")
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    objects = IntentQuerySet.as_manager()

    class Meta:
        verbose_name = "outbox entry"
        verbose_name_plural = "outbox"
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(state__in=["pending", "sending"]),
                name="villaops_intent_due",
            ),
            models.Index(fields=["state", "created_at"], name="villaops_intent_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["pending", "sending", "sent", "dead", "cancelled"]),
                name="intent_state",
                violation_error_code="state",
                violation_error_message="This is no state of an outbox entry.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
