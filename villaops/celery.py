"""Background work: `celery -A villaops.celery worker`, and `... beat` for what is due by the clock.

With Redis the broker is Redis; without, files under VAR_DIR. Nothing important may live only in
a broker: a verb writes what is to be done into a table of its own transaction, and a task that is
lost is found there again. So tasks may run twice, and must not mind.
"""

import os
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from celery import Celery, signals
from celery.exceptions import SecurityWarning
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "villaops.settings")

from django.conf import settings

from villaops import broker_files, log

# A task that takes longer is cut off; the broker may only then hand it to somebody else.
SOFT_LIMIT_SECONDS = 240
HARD_LIMIT_SECONDS = 300
OUTBOX_SWEEP_SECONDS = 30.0
HOLDS_SECONDS = 60.0


def broker(broker_url: str, redis_url: str, var_dir: Path) -> dict[str, Any]:
    """Return Celery's settings for BROKER_URL, else Redis, else files under VAR_DIR."""
    if url := broker_url or redis_url:
        return {
            "broker_url": url,
            "broker_transport_options": {
                "visibility_timeout": HARD_LIMIT_SECONDS * 2,
                # A request that tells the broker must not wait for one that is away.
                "socket_connect_timeout": 2,
                "socket_timeout": 10,
            },
        }
    folders = {name: var_dir / "broker" / name for name in ("messages", "control")}
    return {
        "broker_url": f"{broker_files.SCHEME}://localhost",
        "broker_transport_options": {
            "data_folder_in": str(folders["messages"]),
            "data_folder_out": str(folders["messages"]),
            "control_folder": str(folders["control"]),
            "polling_interval": 0.1,
        },
        "worker_pool": "villaops.worker_pool:SurvivingTaskPool",
        # Commands to all workers would pile up as files nobody reads.
        "worker_enable_remote_control": False,
    }


# In a development container everybody is root; the production image is not (Dockerfile).
warnings.simplefilter("ignore", SecurityWarning)

app = Celery("villaops")
app.conf.update(
    **broker(settings.BROKER_URL, settings.REDIS_URL, settings.VAR_DIR),
    # A worker that dies in the middle leaves the task to the next one.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # What runs while the broker goes away ends as if it were there: a mail that was handed over is
    # noted as sent, and the second delivery of its task finds that.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    task_soft_time_limit=SOFT_LIMIT_SECONDS,
    task_time_limit=HARD_LIMIT_SECONDS,
    # Pickle would run whatever somebody managed to put into the broker.
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    # However long it is away: nobody is there to start the worker again.
    broker_connection_max_retries=None,
    broker_channel_error_retry=True,
    timezone="UTC",
    # Static, in code: a schedule that can be changed at run time is one more thing to lose.
    beat_schedule={
        # What is due once a day, or a month, is asked for oftener: then a night without a scheduler
        # is made up for, once, and a second scheduler finds it done (villaops.schedules).
        "forget expired tokens": {
            "task": "accounts.tasks.forget_expired_tokens",
            "schedule": crontab(minute="17"),
        },
        "forget expired sessions": {
            "task": "accounts.tasks.forget_expired_sessions",
            "schedule": crontab(minute="27"),
        },
        "forget old counts of requests": {
            "task": "accounts.tasks.forget_old_counts",
            "schedule": crontab(minute="7"),
        },
        "forget old idempotency keys": {
            "task": "accounts.tasks.forget_old_keys",
            "schedule": crontab(minute="47"),
        },
        "release expired holds": {
            "task": "bookings.tasks.release_expired_holds",
            "schedule": HOLDS_SECONDS,
            "options": {"expires": HOLDS_SECONDS},
        },
        "guests who have not arrived": {
            "task": "bookings.tasks.tell_of_no_shows",
            "schedule": crontab(minute="2,32"),
        },
        "check that nights match": {
            "task": "bookings.tasks.check_nights",
            "schedule": crontab(minute="9"),
        },
        "messages that are due": {
            "task": "messaging.tasks.send_due_messages",
            "schedule": crontab(minute="*/15"),
        },
        # Due on the first, in each organization's own time.
        "monthly reports": {
            "task": "messaging.tasks.send_monthly_reports",
            "schedule": crontab(minute="23"),
        },
        "outbox: find what was lost": {
            "task": "villaops.outbox.tasks.sweep",
            "schedule": OUTBOX_SWEEP_SECONDS,
            # Where no worker came in time the next one is as good.
            "options": {"expires": OUTBOX_SWEEP_SECONDS},
        },
        "outbox: forget what is over": {
            "task": "villaops.outbox.tasks.forget",
            "schedule": crontab(minute="*/20"),
        },
        "tell of mails that were given up": {
            "task": "messaging.notification_tasks.notify_of_failures",
            "schedule": 60,
            "options": {"expires": 60},
        },
        "mail what has happened, at seven in the morning": {
            "task": "messaging.notification_tasks.send_daily_mails",
            "schedule": crontab(minute="*/5"),
            "options": {"expires": 300},
        },
        "forget old notifications": {
            "task": "messaging.notification_tasks.forget_old_notifications",
            "schedule": crontab(minute="41"),
        },
        "forget imported files": {
            "task": "imports.tasks.forget_imported_files",
            "schedule": crontab(minute="52"),
        },
        "end organizations whose time has come": {
            "task": "accounts.tasks.end_due_organizations",
            "schedule": crontab(minute="37"),
        },
    },
    beat_schedule_filename=str(settings.VAR_DIR / "beat-schedule"),
    # Logging is villaops.log's.
    worker_redirect_stdouts=False,
)
app.autodiscover_tasks()
app.autodiscover_tasks(["villaops.outbox"])

# --- Logs: which request a task comes from, and which task a line ---


@signals.setup_logging.connect
def _leave_logging_as_it_is(**_kwargs: Any) -> None:
    """Whoever listens here keeps Celery from adding handlers of its own."""


_going_on: dict[str, ExitStack] = {}


@signals.before_task_publish.connect
def _name_the_request(headers: dict[str, Any] | None = None, **_kwargs: Any) -> None:
    if headers is not None and (known := log.request_id.get()):
        headers["request_id"] = known


@signals.task_prerun.connect
def _begin(task_id: str, task: Any, **_kwargs: Any) -> None:
    stack = _going_on[task_id] = ExitStack()
    if known := getattr(task.request, "request_id", None):
        stack.enter_context(log.of_request(known))
    stack.enter_context(log.about(task_id=task_id, task=task.name))


@signals.task_postrun.connect
def _end(task_id: str, **_kwargs: Any) -> None:
    if stack := _going_on.pop(task_id, None):
        stack.close()
