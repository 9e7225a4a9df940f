"""The outbox: written with the verb, done once, tried again, given up."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from uuid_utils.compat import uuid7

from villaops import outbox
from villaops.outbox import Intent, NewIntent, Permanent, State, registry, services
from villaops.outbox.services import deliver, pause, sweep, write_intent, write_intents

pytestmark = pytest.mark.django_db

type Done = list[dict[str, Any]]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    """What was done of the kind "knock"; other kinds may be registered for the test."""
    registry.load()
    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))
    monkeypatch.setattr(registry, "_listeners", dict(registry._listeners))
    knocked: Done = []
    outbox.handler("knock")(lambda intent: knocked.append(intent.payload))
    return knocked


def stored(intent_id: UUID) -> Intent:
    return Intent.objects.get(pk=intent_id)


def pass_time(intent_id: UUID) -> None:
    """Whatever the intent waits for is over."""
    Intent.objects.filter(pk=intent_id).update(next_at=Now() - timedelta(seconds=1))


# --- Writing ---


def test_an_intent_is_done_after_the_commit(
    done: Done, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        intent_id = write_intent("knock", {"door": 7})

        assert done == []

    assert done == [{"door": 7}]
    assert stored(intent_id).state == State.SENT
    assert stored(intent_id).attempts == 1


def test_a_rollback_leaves_nothing(
    done: Done, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        write_intent("knock", {})
        transaction.set_rollback(True)

    assert done == []
    assert not Intent.objects.exists()


def test_the_same_key_is_one_intent_whatever_became_of_it(
    done: Done, statements: Callable[[int], Any]
) -> None:
    with statements(1):
        first = write_intent("knock", {"door": 1}, key="door 1")
    deliver(first)

    second = write_intent("knock", {"door": 1}, key="door 1")
    deliver(second)

    assert first == second
    assert done == [{"door": 1}]


def test_many_are_written_in_one_statement(done: Done, statements: Callable[[int], Any]) -> None:
    old = write_intent("knock", {"door": 1}, key="door 1")
    keys = ["door 2", "door 1", "door 2", None]

    with statements(1):
        ids = write_intents("knock", [NewIntent({"door": key}, key) for key in keys])

    assert ids[1] == old
    assert ids[0] == ids[2]
    assert len(set(ids)) == 3
    assert stored(ids[3]).payload == {"door": None}
    assert write_intents("knock", []) == []


def test_ids_dates_and_amounts_become_text(done: Done) -> None:
    intent_id = write_intent("knock", {"id": UUID(int=1), "on": timezone.localdate()})

    assert stored(intent_id).payload == {
        "id": str(UUID(int=1)),
        "on": timezone.localdate().isoformat(),
    }


def test_what_is_due_later_waits(
    done: Done, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        intent_id = write_intent("knock", {}, due_at=timezone.now() + timedelta(days=1))
    deliver(intent_id)

    assert callbacks == []
    assert done == []

    pass_time(intent_id)
    sweep()
    deliver(intent_id)

    assert len(done) == 1


# --- Doing ---


def test_a_task_that_runs_five_times_does_it_once(done: Done) -> None:
    intent_id = write_intent("knock", {})

    for _ in range(5):
        deliver(intent_id)

    assert len(done) == 1


@pytest.mark.django_db(transaction=True)
def test_five_workers_at_once_do_it_once(done: Done) -> None:
    intent_id = uuid7()
    Intent.objects.create(id=intent_id, kind="knock", payload={"door": 1})
    together = Barrier(5)

    def work(_number: int) -> None:
        together.wait()
        try:
            deliver(intent_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(work, range(5)))

    assert done == [{"door": 1}]
    assert (stored(intent_id).state, stored(intent_id).attempts) == (State.SENT, 1)


def test_a_failure_is_tried_again_after_a_pause(done: Done) -> None:
    errors: list[Exception] = [ValueError("closed")]

    def open_door(intent: Intent) -> None:
        if errors:
            raise errors.pop()
        done.append(intent.payload)

    outbox.handler("open")(open_door)
    intent_id = write_intent("open", {})

    deliver(intent_id)
    deliver(intent_id)

    waiting = stored(intent_id)
    assert (waiting.state, waiting.attempts) == (State.PENDING, 1)
    assert waiting.last_error == "ValueError: closed"
    assert timedelta(seconds=7) < waiting.next_at - timezone.now() <= timedelta(seconds=12.5)

    pass_time(intent_id)
    assert sweep() == 1
    deliver(intent_id)

    sent = stored(intent_id)
    assert (sent.state, sent.attempts, sent.last_error) == (State.SENT, 2, "")


def test_pauses_double_up_to_three_hours_and_differ() -> None:
    for attempts, seconds in ((1, 10), (2, 20), (5, 160), (12, 10_800), (18, 10_800)):
        pauses = [pause(attempts) for _ in range(50)]
        assert all(seconds * 0.75 <= one <= seconds * 1.25 for one in pauses)
        assert len(set(pauses)) > 40


def test_the_last_failure_is_the_end_and_resend_begins_anew(done: Done) -> None:
    outbox.handler("open", attempts=2)(lambda intent: 1 / 0)  # type: ignore[arg-type,return-value]
    intent_id = write_intent("open", {"door": 1})

    for _ in range(2):
        pass_time(intent_id)
        deliver(intent_id)

    assert stored(intent_id).state == State.DEAD
    assert stored(intent_id).last_error == "ZeroDivisionError: division by zero"
    pass_time(intent_id)
    assert sweep() == 0

    assert outbox.resend(intent_id)
    assert not outbox.resend(intent_id)
    again = stored(intent_id)
    assert (again.state, again.attempts, again.done_at) == (State.PENDING, 0, None)


def test_a_permanent_refusal_is_the_end_at_once(done: Done) -> None:
    def refuse(intent: Intent) -> None:
        raise Permanent("There is no such door.")

    outbox.handler("open")(refuse)
    intent_id = write_intent("open", {})

    deliver(intent_id)

    dead = stored(intent_id)
    assert (dead.state, dead.last_error) == (State.DEAD, "There is no such door.")


def test_a_kind_nobody_does_waits_for_a_newer_release(done: Done) -> None:
    intent_id = write_intent("unheard of", {})

    deliver(intent_id)

    assert stored(intent_id).state == State.PENDING
    assert stored(intent_id).last_error == "NoHandler: Nobody does 'unheard of' here."


def test_what_is_cancelled_is_not_done(done: Done) -> None:
    intent_id = write_intent("knock", {})

    assert outbox.cancel(intent_id)
    assert not outbox.cancel(intent_id)
    deliver(intent_id)

    assert done == []
    assert stored(intent_id).state == State.CANCELLED


def test_an_atomic_handler_leaves_nothing_behind_when_it_fails(done: Done) -> None:
    def open_door(intent: Intent) -> None:
        write_intent("knock", {})
        raise ValueError

    outbox.handler("open", atomic=True)(open_door)

    deliver(write_intent("open", {}))

    assert Intent.objects.get().kind == "open"


def test_secrets_do_not_stay(done: Done) -> None:
    outbox.handler("whisper", secret=True)(lambda intent: done.append(intent.payload))
    intent_id = write_intent("whisper", {"code": "1234"})

    deliver(intent_id)

    assert done == [{"code": "1234"}]
    assert stored(intent_id).payload == {}


# --- Events ---


def test_an_event_is_told_to_each_listener_with_attempts_of_its_own(
    done: Done, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    outbox.event("opened")

    def deaf(intent: Intent) -> None:
        raise ValueError

    def hears(intent: Intent) -> None:
        done.append(intent.payload)

    outbox.handler("opened")(deaf)
    outbox.handler("opened")(hears)
    intent_id = write_intent("opened", {"door": 1})

    with django_capture_on_commit_callbacks() as callbacks:
        deliver(intent_id)
        deliver(intent_id)

    assert callbacks == []

    assert done == [{"door": 1}]
    assert dict(Intent.objects.values_list("kind", "state")) == {
        "opened": State.SENT,
        "opened/villaops.deaf": State.PENDING,
        "opened/villaops.hears": State.SENT,
    }


def test_an_event_without_listeners_is_done(done: Done) -> None:
    outbox.event("opened")
    intent_id = write_intent("opened", {})

    deliver(intent_id)

    assert stored(intent_id).state == State.SENT


# --- What gets lost ---


def test_sweep_finds_what_the_broker_lost_but_does_not_repeat_itself(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[UUID] = []
    monkeypatch.setattr(services, "enqueue", said.extend)
    intent_id = write_intent("knock", {})

    assert sweep() == 0

    Intent.objects.update(queued_at=Now() - services.LOST_AFTER - timedelta(seconds=1))

    assert sweep() == 1
    assert sweep() == 0
    assert said == [intent_id]


def test_sweep_adds_nothing_to_a_broker_that_has_enough(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_intents("knock", [NewIntent({"door": n}) for n in range(3)])
    Intent.objects.update(queued_at=None)

    monkeypatch.setattr(services, "at_broker", lambda: services.MOST_AT_BROKER)
    assert sweep() == 0

    monkeypatch.setattr(services, "at_broker", lambda: services.MOST_AT_BROKER - 2)
    assert sweep() == 2


def test_a_worker_that_died_has_its_intent_taken_over(done: Done) -> None:
    intent_id = write_intent("knock", {})
    services._claimed(intent_id)

    deliver(intent_id)
    assert done == []

    pass_time(intent_id)
    deliver(intent_id)
    assert len(done) == 1
    assert stored(intent_id).attempts == 2


def test_a_worker_that_was_too_slow_changes_nothing(done: Done) -> None:
    intent_id = write_intent("knock", {})
    slow = services._claimed(intent_id)
    assert slow is not None
    pass_time(intent_id)
    deliver(intent_id)

    assert not services._note(slow, state=State.PENDING)

    assert stored(intent_id).state == State.SENT


def test_an_intent_that_ends_every_worker_is_given_up(done: Done) -> None:
    outbox.handler("open", attempts=2)(lambda intent: done.append(intent.payload))
    intent_id = write_intent("open", {})
    for _ in range(2):
        services._claimed(intent_id)
        pass_time(intent_id)

    deliver(intent_id)

    assert done == []
    assert stored(intent_id).state == State.DEAD


@contextmanager
def broker_down(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from villaops.outbox.tasks import deliver_intent

    def refuse(*_arguments: object, **_options: object) -> None:
        raise OperationalError("no broker")

    with monkeypatch.context() as patch:
        patch.setattr(deliver_intent, "apply_async", refuse)
        yield


def test_a_broker_that_is_away_breaks_nothing(
    done: Done,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with broker_down(monkeypatch), django_capture_on_commit_callbacks(execute=True):
        intent_id = write_intent("knock", {})

    assert stored(intent_id).state == State.PENDING


# --- What is over ---


def test_what_is_over_is_forgotten_unless_others_refer_to_it(done: Done) -> None:
    outbox.handler("whisper", secret=True)(lambda intent: None)
    outbox.handler("letter", kept=True)(lambda intent: None)
    states = {"sent": 31, "cancelled": 31, "dead": 89, "pending": 400}
    for kind in ("knock", "letter", "whisper"):
        for state, days in states.items():
            Intent.objects.create(
                kind=kind,
                key=f"{kind} {state}",
                payload={"code": 1},
                state=state,
                done_at=timezone.now() - timedelta(days=days),
            )
    Intent.objects.create(kind="knock", state="sent", done_at=timezone.now() - timedelta(days=29))

    assert services.forget() == 4

    left = Intent.objects.exclude(key=None).order_by("key").values_list("key", "payload")
    assert [(key, bool(payload)) for key, payload in left] == [
        ("knock dead", True),
        ("knock pending", True),
        ("letter cancelled", True),
        ("letter dead", True),
        ("letter pending", True),
        ("letter sent", True),
        ("whisper dead", False),
        ("whisper pending", True),
    ]


# --- Administrators ---


def test_administrators_see_why_and_send_again_but_no_secret(
    done: Done, admin_client: Client
) -> None:
    outbox.handler("whisper", secret=True)(lambda intent: None)
    dead, secret = (
        Intent.objects.create(kind=kind, payload={"door": 4711}, state="dead", last_error="Closed.")
        for kind in ("knock", "whisper")
    )
    address = reverse("admin:villaops_intent_changelist")

    listed = admin_client.get(address, {"state__exact": "dead"}).text
    shown = admin_client.get(reverse("admin:villaops_intent_change", args=[dead.pk])).text
    hidden = admin_client.get(reverse("admin:villaops_intent_change", args=[secret.pk])).text
    posted = {"action": "send_again", "_selected_action": [str(dead.pk)]}
    answer = admin_client.post(address, posted, follow=True).text

    assert "Closed." in listed
    assert "4711" in shown
    assert "4711" not in hidden
    assert "1 on the way again." in answer
    assert stored(dead.pk).state == State.PENDING
