"""Imports: a file somebody brought, how its columns are read, and what became of its rows."""

from typing import Any

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from accounts.models import Organization, User
from imports.querysets import ImportQuerySet, RowQuerySet


class Kind(models.TextChoices):
    """What the rows of a file are."""

    BOOKINGS = "bookings", "Bookings"
    GUESTS = "guests", "Guests"
    PROPERTIES = "properties", "Properties and units"
    BLOCKS = "blocks", "Blocked nights"


class State(models.TextChoices):
    """How far an import is."""

    MAPPING = "mapping", "Waiting for its columns"
    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "Checked"
    RUNNING = "running", "Being imported"
    DONE = "done", "Imported"
    UNDOING = "undoing", "Being undone"
    UNDONE = "undone", "Undone"
    FAILED = "failed", "Stopped"


AT_WORK = (State.CHECKING, State.RUNNING, State.UNDOING)


class Import(models.Model):
    """A file that is, or will be, or was imported.

    `position` is the number of the last row that is dealt with; it is written together with what
    the row has become, so that whoever goes on with the work begins behind it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    created_by = models.ForeignKey(
        User, models.SET_NULL, related_name="+", null=True, db_index=False
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=20, choices=State.choices, default=State.MAPPING)
    # As whoever brought it calls it.
    name = models.CharField(max_length=255)
    # In the storage; empty once it is forgotten.
    stored = models.CharField(max_length=200, blank=True)
    # How the file is written (imports.files.Shape) and how its values are (imports.values.Manners).
    shape: Any = models.JSONField(default=dict)
    manners: Any = models.JSONField(default=dict)
    header: Any = models.JSONField(default=list)
    # The same for files with the same header, whose columns are then named alike.
    header_hash = models.CharField(max_length=32)
    sample: Any = models.JSONField(default=list)
    # Name of a column of ours -> place in the file.
    mapping: Any = models.JSONField(default=dict)
    total = models.PositiveIntegerField(null=True)
    position = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(default=0)
    guests_made = models.PositiveIntegerField(default=0)
    there_already = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    # Why it stopped.
    said = models.CharField(max_length=500, blank=True)
    # What a check has to remember of the rows it has seen (imports.memory).
    memory = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-created_at", "id"], name="import_newest"),
            models.Index(
                fields=["organization", "kind", "header_hash", "-created_at"],
                name="import_by_header",
            ),
            models.Index(fields=["created_at"], condition=~Q(stored=""), name="import_with_file"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "id"], name="import_in_organization"),
            models.CheckConstraint(
                condition=Q(kind__in=["bookings", "guests", "properties", "blocks"]),
                name="import_kind_known",
                violation_error_message="Unknown kind of import.",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "mapping",
                        "checking",
                        "checked",
                        "running",
                        "done",
                        "undoing",
                        "undone",
                        "failed",
                    ]
                ),
                name="import_state_known",
                violation_error_message="Unknown state.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind}, {self.state})"

    def is_at_work(self) -> bool:
        """Whether a worker has it, or will."""
        return self.state in AT_WORK

    def percent(self) -> int:
        """How much is done, of 100."""
        if self.state == State.UNDOING:
            # Where it began is how much there was.
            return 100 - self.made * 100 // max(1, self.position)
        return min(100, self.position * 100 // self.total) if self.total else 0


class Row(models.Model):
    """What became of one row of a file: what it made, or what is wrong with it.

    It is a log: what it made is named by id alone, may be gone, and does not depend on it. Rows
    that were there already leave nothing.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    imported = models.ForeignKey(
        Import, models.CASCADE, related_name="rows", db_constraint=False, db_index=False
    )
    number = models.PositiveIntegerField()
    # The same for rows that say the same, in any file (imports.kinds).
    key = models.UUIDField(null=True)
    booking_id = models.UUIDField(null=True)
    guest_id = models.UUIDField(null=True)
    property_id = models.UUIDField(null=True)
    unit_id = models.UUIDField(null=True)
    block_id = models.UUIDField(null=True)
    # What is wrong: a list of column, value, and a sentence that says it.
    problems: Any = models.JSONField(null=True)
    # Right after what it made: whatever of that is younger was changed since.
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RowQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organization", "key"],
                condition=Q(problems__isnull=True, key__isnull=False),
                name="import_row_same",
            ),
            models.Index(
                fields=["imported", "number"],
                condition=Q(problems__isnull=False),
                name="import_row_refused",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["imported", "number"], name="import_row_once"),
        ]

    def __str__(self) -> str:
        return f"Row {self.number} of {self.imported_id}"
