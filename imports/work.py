"""The work on an import, a lot of rows at a time, each in a transaction with its place in the file.

Whoever is killed leaves what is committed, and whoever goes on begins behind it: no row is done
twice, none is left out. What is in memory is one lot, however long the file; a check also keeps
thirty bytes a row (imports.memory).
"""

import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from time import monotonic
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import Error, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import Organization
from imports import blocks, files, people, places, stays
from imports.files import Shape
from imports.lines import Line, Outcome, Work
from imports.memory import Counts, Memory
from imports.models import Import, Kind, Row, State
from imports.undoing import undo_some
from imports.workbooks import BadFile
from villaops.clock import today_in
from villaops.errors import DomainError
from villaops.tenancy import Door, organization_context

logger = logging.getLogger(__name__)

LOT = 500
# A task is cut off after a minute (villaops.outbox.tasks).
SECONDS = 20.0
# Behind these rows of a file the tables are others than they were.
GROWN = (400, 2_000, 8_000, 32_000, 128_000, 512_000)
FILLED = (
    "accounts_auditentry",
    "bookings_booking",
    "bookings_night",
    "guests_guest",
    "imports_row",
)

type Told = Callable[[Import], object]


def work_on(
    organization: Organization,
    import_id: UUID,
    *,
    door: Door = Door.JOB,
    seconds: float = SECONDS,
    told: Told | None = None,
) -> bool:
    """Go on with an import for so many seconds; return whether there is more to do.

    `told` hears of each lot. One that is stopped, done, or somebody else's is left alone.
    """
    until = monotonic() + seconds
    with organization_context(organization, by=None, door=door):
        imported = Import.objects.for_organization(organization).filter(pk=import_id).first()
        by = imported.created_by if imported else None
    if imported is None or not imported.is_at_work():
        return False
    try:
        if imported.state == State.UNDOING:
            return undo_some(imported, by=by, door=door, until=until, told=told)
        _prepare(imported, door)
        return _Lots(imported, door, told).run(until)
    except BadFile as error:
        with organization_context(organization, by=by, door=door):
            Import.objects.filter(pk=imported.pk).update(
                state=State.FAILED, said=error.message[:500], finished_at=Now(), memory=None
            )
        return False


def _prepare(imported: Import, door: Door) -> None:
    """Find out how long the file is, and how to go on in its middle; once."""
    if imported.total is not None:
        return
    stored = imported.stored
    if not stored or not default_storage.exists(stored):
        raise BadFile("The file is no longer kept. Bring it again.")
    shape, total = files.measured(stored, Shape.kept(imported.shape))
    with organization_context(imported.organization, by=imported.created_by, door=door):
        Import.objects.filter(pk=imported.pk).update(shape=shape.to_keep(), total=total)
    imported.shape, imported.total = shape.to_keep(), total


def _plan_anew() -> None:
    """Let PostgreSQL forget how it planned to read tables that were empty a moment ago.

    It keeps plans for a session; those of the triggers would read whole tables for each booking.
    """
    with connection.cursor() as cursor:
        cursor.execute("DISCARD PLANS")


def _count_anew() -> None:
    """Have PostgreSQL look at what has been filled; by itself it does so a minute later."""
    for table in FILLED:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {table}")


class _Lots:
    """One worker's share of an import or a check."""

    def __init__(self, imported: Import, door: Door, told: Told | None) -> None:
        self.imported, self.door, self.told = imported, door, told
        self.is_check = imported.state == State.CHECKING
        self.memory = Memory.load(imported.memory) if self.is_check else Memory()
        self.work = Work(
            imported,
            imported.organization,
            imported.created_by,
            today_in(imported.organization.time_zone),
            self.is_check,
            self.memory.claims,
            self.memory.seen,
        )
        self.houses: stays.Houses | None = None

    def run(self, until: float) -> bool:
        """Until there is no time left, or no row."""
        if self.is_check:
            self._go_back()
        width = len(self.imported.header)
        start = self.imported.position
        left = files.rows_of(
            self.imported.stored, Shape.kept(self.imported.shape), width, after=start
        )
        while True:
            begun = self.imported.position
            lot = list(itertools.islice(left, LOT))
            if not lot:
                return self._end()
            if not self._do(lot):
                return False
            if self.told:
                self.told(self.imported)
            if not self.is_check and any(begun < row <= lot[-1][0] for row in GROWN):
                _count_anew()
            if monotonic() > until:
                self._remember()
                return True

    def _go_back(self) -> None:
        """A check goes on where it was when somebody last wrote down what they had seen."""
        counts = self.memory.counts
        if counts.position == self.imported.position:
            return
        with self._inside():
            Row.objects.filter(imported=self.imported, number__gt=counts.position).delete()
            Import.objects.filter(pk=self.imported.pk).update(**vars(counts))
        for name, value in vars(counts).items():
            setattr(self.imported, name, value)

    def _do(self, rows: Sequence[tuple[int, Sequence[str]]]) -> bool:
        """One lot, together; where that is refused, row by row. Whether it was still ours."""
        try:
            return self._commit(rows, self._take)
        except (DomainError, Error):
            logger.info("import: a lot is done row by row", extra={"import": str(self.imported.pk)})
        return self._commit(rows, self._take_each)

    def _commit(
        self,
        rows: Sequence[tuple[int, Sequence[str]]],
        take: Callable[[Sequence[tuple[int, Sequence[str]]]], Iterator[Outcome]],
    ) -> bool:
        with self._inside():
            _plan_anew()
            mine = Import.objects.select_for_update().defer("memory", "sample")
            now = mine.get(organization=self.imported.organization_id, pk=self.imported.pk)
            if (now.state, now.position) != (self.imported.state, self.imported.position):
                return False
            counts = Counts(rows[-1][0], now.made, now.guests_made, now.there_already, now.refused)
            for outcome in take(rows):
                kept = [row for row in outcome.rows if row.problems or not self.is_check]
                Row.objects.bulk_create(kept)
                good = [row for row in outcome.rows if not row.problems]
                counts.made += len(good)
                counts.guests_made += sum(row.guest_id is not None for row in good)
                counts.refused += len(outcome.rows) - len(good)
                counts.there_already += outcome.there_already
            Import.objects.filter(pk=self.imported.pk).update(**vars(counts), updated_at=Now())
        for name, value in vars(counts).items():
            setattr(self.imported, name, value)
        self.memory.counts = counts
        return True

    def _take(self, rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[Outcome]:
        if not self.is_check:
            # What was imported is found in the database.
            self.work.seen.clear()
        yield self._outcome(self.work.lines(rows))

    def _take_each(self, rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[Outcome]:
        for row in rows:
            (line,) = self.work.lines([row])
            try:
                with transaction.atomic():
                    outcome = self._outcome([line])
            except DomainError as error:
                line.refuse("", error.explanation)
                outcome = Outcome([self.work.row(line)])
            yield outcome

    def _outcome(self, lines: Sequence[Line]) -> Outcome:
        if self.imported.kind == Kind.GUESTS:
            return people.take(self.work, lines)
        if self.imported.kind == Kind.PROPERTIES:
            return places.take(self.work, lines)
        if self.houses is None:
            self.houses = stays.Houses(self.work.organization)
        if self.imported.kind == Kind.BLOCKS:
            return blocks.take(self.work, lines, self.houses)
        return stays.take(self.work, lines, self.houses)

    def _remember(self) -> None:
        if self.is_check:
            with self._inside():
                kept = self.memory.dump()
                Import.objects.filter(pk=self.imported.pk, state=State.CHECKING).update(memory=kept)

    def _end(self) -> bool:
        ended = State.CHECKED if self.is_check else State.DONE
        with self._inside():
            Import.objects.filter(pk=self.imported.pk, state=self.imported.state).update(
                state=ended, memory=None, finished_at=Now(), position=F("total")
            )
        return False

    def _inside(self) -> AbstractContextManager[None]:
        return organization_context(
            self.imported.organization, by=self.imported.created_by, door=self.door
        )
