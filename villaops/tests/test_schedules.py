"""Schedules: once for each time, made up for once, whoever calls."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery.beat import Scheduler
from django.db import connection
from django.db.models import F

from villaops import schedules
from villaops.celery import app
from villaops.schedules import Schedule, daily, due_once, hourly, monthly, run_once

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.django_db
def test_work_is_done_once_for_a_slot_and_missed_ones_are_made_up_for_once() -> None:
    done: list[str] = []

    assert run_once("report", NINE, lambda: done.append("nine"))
    assert not run_once("report", NINE, lambda: done.append("nine again"))
    # Ten hours without anybody to remind us; then two clocks that do not agree.
    assert run_once("report", NINE + 10 * HOUR, lambda: done.append("seven"))
    assert not run_once("report", NINE + 9 * HOUR, lambda: done.append("six"))
    assert run_once("another", NINE, lambda: done.append("another"))

    assert done == ["nine", "seven", "another"]


@pytest.mark.django_db
def test_work_that_fails_is_done_by_the_next_call() -> None:
    with pytest.raises(ZeroDivisionError):
        run_once("report", NINE, lambda: 1 / 0)

    assert run_once("report", NINE, lambda: None)


@pytest.mark.django_db
def test_work_of_a_worker_that_died_is_taken_over_when_its_lease_is_over() -> None:
    assert schedules._take("report", NINE, HOUR)
    assert not run_once("report", NINE, lambda: None)

    Schedule.objects.update(taken_until=NINE)

    assert run_once("report", NINE, lambda: None)


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_do_it_once() -> None:
    done: list[int] = []

    def call(number: int) -> bool:
        try:
            return run_once("report", NINE, lambda: done.append(number))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(call, range(8)))

    assert sorted(answers) == [False] * 7 + [True]
    assert len(done) == 1


@pytest.mark.django_db
def test_a_decorated_task_is_done_once_whatever_beat_does() -> None:
    done: list[str] = []

    @due_once("tidy", every=lambda _now: NINE)
    def tidy() -> None:
        done.append("tidy")

    assert [tidy(), tidy(), tidy()] == [True, False, False]
    assert done == ["tidy"]


def test_slots_are_the_last_time_it_was_due() -> None:
    now = datetime(2026, 3, 1, 9, 30, 12, tzinfo=UTC)

    assert hourly(minute=7)(now) == datetime(2026, 3, 1, 9, 7, tzinfo=UTC)
    assert hourly(minute=45)(now) == datetime(2026, 3, 1, 8, 45, tzinfo=UTC)
    assert daily(hour=3)(now) == datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert daily(hour=22)(now) == datetime(2026, 2, 28, 22, tzinfo=UTC)
    assert monthly()(now) == datetime(2026, 3, 1, tzinfo=UTC)
    assert monthly(day=2)(now) == datetime(2026, 2, 2, tzinfo=UTC)


def test_slots_are_by_the_clocks_of_the_place() -> None:
    # In Honolulu, ten hours behind, February is not over.
    now = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

    assert monthly(time_zone="Pacific/Honolulu")(now) == datetime(2026, 2, 1, 10, tzinfo=UTC)
    # Rome changes to summer time in the night of the 29th of March.
    spring = datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert daily(hour=8, time_zone="Europe/Rome")(spring) == datetime(2026, 3, 29, 6, tzinfo=UTC)


# --- What beat says ----------------------------------------------------------------------------


class Remembered(Scheduler):
    """Beat, with a broker that only remembers what it was told."""

    def __init__(self, since: datetime) -> None:
        self.sent: list[str] = []
        super().__init__(app, lazy=False)
        for entry in self.schedule.values():
            entry.last_run_at = since

    def apply_async(self, entry: Any, *_args: Any, **_more: Any) -> None:
        self.sent.append(entry.task)


def tasks_of_the_schedule() -> list[str]:
    app.loader.import_default_modules()
    return [entry["task"] for entry in app.conf.beat_schedule.values()]


def test_schedule_names_tasks_that_exist_each_once() -> None:
    named = tasks_of_the_schedule()

    assert set(named) <= set(app.tasks)
    assert sorted(named) == sorted(set(named))


def test_beat_that_was_away_for_three_days_sends_each_task_once() -> None:
    beat = Remembered(since=datetime.now(UTC) - timedelta(days=3))

    for _tick in range(100):
        beat.tick()

    assert sorted(beat.sent) == sorted(tasks_of_the_schedule())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "task",
    [
        "accounts.tasks.forget_expired_sessions",
        "accounts.tasks.forget_expired_tokens",
        "bookings.tasks.check_nights",
        "messaging.notification_tasks.forget_old_notifications",
        "villaops.outbox.tasks.forget",
    ],
)
def test_two_beats_after_three_days_have_daily_work_done_once(task: str) -> None:
    """Each has its own idea of when it last ran; the database has the one that counts."""
    app.loader.import_default_modules()
    work = app.tasks[task]
    assert work() is True
    Schedule.objects.update(done_slot=F("done_slot") - timedelta(days=3))

    assert [work() for _beat in range(2) for _missed in range(3)] == [True] + [False] * 5
