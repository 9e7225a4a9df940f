"""Writing intents, and doing them: claimed with a lease, tried again with longer and longer pauses.

Of two workers one gets the row (FOR UPDATE SKIP LOCKED), and it is the other's only when the lease
has run out. What the first then still writes is refused: the number of the attempt is part of the
condition.
"""

import json
import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from villaops.celery import app
from villaops.outbox import registry
from villaops.outbox.models import Intent, State

logger = logging.getLogger(__name__)

# A task is cut off before its lease ends (villaops.outbox.tasks), so that two never overlap.
LEASE = timedelta(seconds=90)
FIRST_PAUSE = 10.0
LONGEST_PAUSE = 3 * 60 * 60.0
# A connection kept from before the broker was started anew is dead; a new one may not be.
ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
# How long the broker may take before the sweep says it again.
LOST_AFTER = timedelta(seconds=120)
# What already waits at the broker is not said again: it would only wait longer.
MOST_AT_BROKER = 1000
# How long rows stay when they are over. No mailed link works longer than its three days.
DONE_KEPT = timedelta(days=30)
DEAD_KEPT = timedelta(days=90)
SECRETS_KEPT = timedelta(days=3)
# What was done has to be noted, even while the database starts anew: seconds between the tries.
NOTE_AGAIN = (0.2, 0.5, 1, 2, 4, 8, 12)

_INSERT = """
    INSERT INTO villaops_intent (id, kind, key, payload, state, next_at, queued_at)
    SELECT id, %s, key, payload, 'pending', coalesce(due_at, now()),
        CASE WHEN coalesce(due_at, now()) <= now() THEN now() END
    FROM jsonb_to_recordset(%s::jsonb) AS (id uuid, key text, payload jsonb, due_at timestamptz)
    ON CONFLICT (key) DO UPDATE SET kind = villaops_intent.kind
    RETURNING id, key, xmax = 0 AND queued_at IS NOT NULL
"""
_CLAIM = """
    UPDATE villaops_intent
    SET state = 'sending', attempts = attempts + 1, queued_at = NULL,
        next_at = statement_timestamp() + make_interval(secs => %s::float8)
    WHERE id = (
        SELECT id FROM villaops_intent
        WHERE id = %s::uuid AND state IN ('pending', 'sending')
            AND next_at <= statement_timestamp()
        FOR UPDATE SKIP LOCKED
    )
    RETURNING *
"""
_SWEEP = """
    UPDATE villaops_intent SET queued_at = statement_timestamp()
    WHERE id IN (
        SELECT id FROM villaops_intent
        WHERE state IN ('pending', 'sending') AND next_at <= statement_timestamp()
            AND (queued_at IS NULL OR queued_at < statement_timestamp() - make_interval(secs => %s))
        ORDER BY next_at LIMIT %s
        FOR UPDATE SKIP LOCKED
    )
    RETURNING id
"""


class LeaseOver(Exception):
    """It took so long that the intent is somebody else's: nothing of it may stay."""


@dataclass(frozen=True)
class NewIntent:
    """One to write: what to do, what it is about, and when (None: now)."""

    payload: dict[str, Any]
    key: str | None = None
    due_at: datetime | None = None
    id: UUID = field(default_factory=uuid7)


# --- Writing ---------------------------------------------------------------------------------


def write_intent(
    kind: str, payload: dict[str, Any], *, key: str | None = None, due_at: datetime | None = None
) -> UUID:
    """Write down what a worker is to do once the present transaction is committed.

    The payload holds what JSON takes; ids, dates and amounts become text. With a `key` that was
    written before, whatever became of that one, nothing is written. Returns the intent's id.
    """
    (intent_id,) = write_intents(kind, [NewIntent(payload, key, due_at)])
    return intent_id


def write_intents(kind: str, intents: Sequence[NewIntent]) -> list[UUID]:
    """Write many in one statement; their ids, in the order given."""
    ids, due = _write(kind, intents)
    if due:
        transaction.on_commit(partial(enqueue, due))
    return ids


def _write(kind: str, intents: Sequence[NewIntent]) -> tuple[list[UUID], list[UUID]]:
    """The ids of the intents, and which of them are new and due."""
    if not intents:
        return [], []
    # One statement cannot meet the same key twice.
    distinct = {one.key or one.id: one for one in intents}
    rows = [vars(one) for one in distinct.values()]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [kind, json.dumps(rows, cls=DjangoJSONEncoder)])
        written = cursor.fetchall()
    found = {key or intent_id: intent_id for intent_id, key, _is_due in written}
    due = [intent_id for intent_id, _key, is_due in written if is_due]
    return [found[one.key or one.id] for one in intents], due


def enqueue(intent_ids: Iterable[UUID]) -> None:
    """Tell the workers. A broker that does not answer breaks nothing: the sweep says it again."""
    from villaops.outbox.tasks import deliver_intent

    ids = list(intent_ids)
    for number, intent_id in enumerate(ids):
        try:
            deliver_intent.apply_async((str(intent_id),), retry_policy=ONCE_MORE)
        except Exception as error:  # whatever a broker's client raises
            logger.warning("outbox: the broker does not answer", extra={"error": repr(error)})
            Intent.objects.filter(pk__in=ids[number:]).update(queued_at=None)
            return


def cancel(intent_id: UUID) -> bool:
    """Take back what nobody has begun; return whether there was time for it."""
    waiting = Intent.objects.filter(pk=intent_id, state=State.PENDING)
    return bool(waiting.update(state=State.CANCELLED, done_at=Now()))


def resend(intent_id: UUID) -> bool:
    """Try once more what was given up or cancelled; return whether it was.

    Its payload must still be there: of secrets it is not kept long.
    """
    given_up = Intent.objects.filter(pk=intent_id, state__in=(State.DEAD, State.CANCELLED))
    found = given_up.exclude(payload={}).update(
        state=State.PENDING, attempts=0, next_at=Now(), queued_at=Now(), done_at=None
    )
    if found:
        transaction.on_commit(partial(enqueue, [intent_id]))
    return bool(found)


# --- Doing -----------------------------------------------------------------------------------


def deliver(intent_id: UUID) -> None:
    """Do one intent, unless it is done, not yet due, or somebody else's at this moment."""
    intent = _claimed(intent_id)
    if intent is None:
        return
    names = registry.listeners(intent.kind)
    if names is not None:
        for told in _tell(intent, names):
            deliver(told)
        return
    try:
        _run(intent, registry.handler_of(intent.kind))
    except registry.Permanent as refusal:
        _bury(intent, str(refusal))
    except Exception as error:
        _postpone(intent, error)


def _claimed(intent_id: UUID) -> Intent | None:
    found = list(Intent.objects.raw(_CLAIM, [LEASE.total_seconds(), str(intent_id)]))
    return found[0] if found else None


def _tell(intent: Intent, names: list[str]) -> list[UUID]:
    """Write one intent for each listener; the event itself is done by that.

    The broker is not told of them: they are done next, by the same task.
    """
    with transaction.atomic():
        told = [
            _write(name, [NewIntent(intent.payload, key=f"{intent.pk}/{name}")])[0][0]
            for name in names
        ]
        _note(intent, state=State.SENT, done_at=Now(), last_error="")
    return told


def _run(intent: Intent, handler: registry.Handler) -> None:
    if intent.attempts > handler.attempts:
        # Each attempt ended its worker, or none came to its end.
        raise registry.Permanent(intent.last_error or "Every attempt was cut off.")
    done: dict[str, Any] = {"state": State.SENT, "done_at": Now(), "last_error": ""}
    if handler.secret:
        done["payload"] = {}
    if handler.atomic:
        with transaction.atomic():
            handler.run(intent)
            if not _note(intent, **done):
                raise LeaseOver
        return
    handler.run(intent)
    _surely(partial(_note, intent, **done))


def _bury(intent: Intent, reason: str) -> None:
    logger.warning("outbox: given up", extra=_told(intent))
    dead = partial(_note, intent, state=State.DEAD, done_at=Now(), last_error=reason[:1000])
    _surely(dead)


def _postpone(intent: Intent, error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}"
    try:
        most = registry.handler_of(intent.kind).attempts
    except registry.NoHandler:
        most = registry.ATTEMPTS
    if intent.attempts >= most:
        _bury(intent, reason)
        return
    logger.warning("outbox: will be tried again", extra=_told(intent), exc_info=error)
    again = Now() + timedelta(seconds=pause(intent.attempts))
    _surely(
        partial(
            _note,
            intent,
            state=State.PENDING,
            next_at=again,
            queued_at=None,
            last_error=reason[:1000],
        )
    )


def pause(attempts: int) -> float:
    """Seconds until the next attempt: twice as long each time, and a quarter more or less.

    So that a thousand mails refused together do not come back together.
    """
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1))
    return longest * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


def _note(intent: Intent, **facts: Any) -> bool:
    """Write what became of the attempt, unless the lease has run out and it is another's."""
    mine = Intent.objects.filter(pk=intent.pk, state=State.SENDING, attempts=intent.attempts)
    noted = bool(mine.update(**facts))
    if not noted:
        logger.warning("outbox: the lease has run out", extra=_told(intent))
    return noted


def _surely(step: Callable[[], bool]) -> bool:
    """Note it, however long the database is away: else what was sent would be sent again."""
    for seconds in NOTE_AGAIN:
        try:
            return step()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(seconds)
    return step()


def _told(intent: Intent) -> dict[str, Any]:
    """What a log may know of it: no address, no text."""
    return {"intent": str(intent.pk), "kind": intent.kind, "attempt": intent.attempts}


# --- What a clock does -----------------------------------------------------------------------


def sweep() -> int:
    """Tell the workers again of what is due and was lost on the way; return how many."""
    room = MOST_AT_BROKER - at_broker()
    if room <= 0:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP, [LOST_AFTER.total_seconds(), room])
        found = [intent_id for (intent_id,) in cursor.fetchall()]
    enqueue(found)
    return len(found)


def at_broker() -> int:
    """How many tasks wait at the broker; none when it cannot tell."""
    try:
        with app.connection_for_read() as broker:
            declared = broker.default_channel.queue_declare(
                app.conf.task_default_queue, passive=True
            )
    except Exception:  # whatever a broker's client raises; Redis has no empty queue
        return 0
    return int(declared.message_count)


def forget() -> int:
    """Delete what was done or given up long ago, and secrets that no longer open anything.

    What others refer to stays. Returns how many rows were deleted.
    """
    dead = Intent.objects.filter(state=State.DEAD)
    secrets_of = dead.filter(kind__in=registry.secret_kinds(), done_at__lt=Now() - SECRETS_KEPT)
    secrets_of.exclude(payload={}).update(payload={})
    over = Intent.objects.exclude(kind__in=registry.kept_kinds()).filter(
        Q(state__in=[State.SENT, State.CANCELLED], done_at__lt=Now() - DONE_KEPT)
        | Q(state=State.DEAD, done_at__lt=Now() - DEAD_KEPT)
    )
    deleted, _ = over.delete()
    return deleted
