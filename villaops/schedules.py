"""What is to happen once at its time, whoever reminds us of it, and how often.

    @shared_task(ignore_result=True)
    @due_once("clean old exports", every=daily(hour=3))
    def clean_exports() -> None: ...

Beat calls such a task much oftener than it is due. The first call after the time has come does it;
calls of a second beat, and further ones, find it done. However many times were missed while nothing
ran, it is made up for once. What fails, or is killed, is done by a later call.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from zoneinfo import ZoneInfo

from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

logger = logging.getLogger(__name__)

# Longer than a task may run (villaops.celery): whoever still has it then is dead.
LEASE = timedelta(minutes=6)

# The last time at or before a moment at which something was due.
type Slots = Callable[[datetime], datetime]

_TAKE = """
    INSERT INTO villaops_schedule AS mine (name, taken_slot, taken_until)
    VALUES (%(name)s, %(slot)s, statement_timestamp() + make_interval(secs => %(lease)s::float8))
    ON CONFLICT (name) DO UPDATE
    SET taken_slot = excluded.taken_slot, taken_until = excluded.taken_until
    WHERE (mine.done_slot IS NULL OR mine.done_slot < excluded.taken_slot)
        AND (mine.taken_until IS NULL OR mine.taken_until < statement_timestamp())
"""


class Schedule(models.Model):
    """Something that is due again and again: which time was done last, and who is at it now."""

    name = models.CharField(max_length=200, primary_key=True)
    done_slot = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    taken_slot = models.DateTimeField(null=True)
    taken_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


def run_once(
    name: str, slot: datetime, work: Callable[[], object], *, lease: timedelta = LEASE
) -> bool:
    """Do the work unless it was done for this slot or a later one, or somebody is at it.

    `slot` is the last time it was due; earlier ones that were missed are not made up for. For one
    organization put its id into the name. `lease` must be longer than the work takes. What the
    work raises passes through, and the next call tries again. Returns whether the work was done.
    """
    if not _take(name, slot, lease):
        return False
    mine = Schedule.objects.filter(pk=name, taken_slot=slot)
    try:
        work()
    except BaseException:
        mine.update(taken_until=None)
        raise
    mine.update(done_slot=F("taken_slot"), done_at=Now(), taken_until=None)
    return True


def due_once(
    name: str, *, every: Slots, lease: timedelta = LEASE
) -> Callable[[Callable[[], object]], Callable[[], bool]]:
    """Make a function of a schedule one that does its work once for each slot, as run_once."""

    def decorate(work: Callable[[], object]) -> Callable[[], bool]:
        @wraps(work)
        def run() -> bool:
            return run_once(name, every(timezone.now()), work, lease=lease)

        return run

    return decorate


def _take(name: str, slot: datetime, lease: timedelta) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"name": name, "slot": slot, "lease": lease.total_seconds()})
        return bool(cursor.rowcount)


# --- When ------------------------------------------------------------------------------------


def hourly(minute: int = 0) -> Slots:
    """Each hour, at this minute."""

    def slot(now: datetime) -> datetime:
        at = now.replace(minute=minute, second=0, microsecond=0)
        return at if at <= now else at - timedelta(hours=1)

    return slot


def daily(hour: int, minute: int = 0, *, time_zone: str = "UTC") -> Slots:
    """Each day at this time, as the clocks show it there."""

    def slot(now: datetime) -> datetime:
        local = now.astimezone(ZoneInfo(time_zone))
        at = local.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
        return at if at <= local else at - timedelta(days=1)

    return slot


def monthly(day: int = 1, hour: int = 0, *, time_zone: str = "UTC") -> Slots:
    """On this day of each month (28 at most) at this hour, as the clocks show it there."""

    def slot(now: datetime) -> datetime:
        local = now.astimezone(ZoneInfo(time_zone))
        at = local.replace(day=day, hour=hour, minute=0, second=0, microsecond=0, fold=0)
        if at <= local:
            return at
        before = at.replace(day=1) - timedelta(days=1)
        return before.replace(day=day)

    return slot
