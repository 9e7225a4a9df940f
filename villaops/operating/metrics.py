"""What is counted, for Prometheus. Loaded only where METRICS_TOKEN is set.

Labels have few values, whatever strangers send: routes, not paths; known methods; classes of
statuses; names of tasks.
"""

import os
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from celery import signals
from celery.exceptions import TimeLimitExceeded, WorkerLostError
from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Read when prometheus_client is imported.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(settings.METRICS_DIR))

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from villaops.operating import metric_files
from villaops.operating.tables import TablesCollector

values.ValueClass = values.MultiProcessValue(metric_files.identity)

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
TASK_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
NO_ROUTE = "none"

REQUESTS = Histogram(
    "villaops_request_seconds",
    "Requests answered, and how long that took.",
    ["route", "method", "status"],
    buckets=SECONDS,
)
TASKS = Counter("villaops_tasks", "Tasks that ended, and how.", ["task", "outcome"])
TASK_DURATIONS = Histogram(
    "villaops_task_seconds", "How long tasks ran.", ["task"], buckets=TASK_SECONDS
)
EVENT_STREAMS = Gauge(
    "villaops_event_streams", "Event streams that are open.", multiprocess_mode="livesum"
)


class MetricsMiddleware:
    """Count each request and how long it took, by its route."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - begun
        _requests(_route(request), request.method, response.status_code).observe(seconds)
        return response


def _route(request: HttpRequest) -> str:
    """The pattern that the address fits: a path could hold anything, and there are endless ones."""
    match = request.resolver_match
    if match is not None:
        return match.route
    # Answered before addresses are looked at.
    return "static" if request.path_info.startswith(settings.STATIC_URL) else NO_ROUTE


@lru_cache(maxsize=4096)
def _requests(route: str, method: str | None, status: int) -> Any:
    known = method if method in METHODS else "other"
    return REQUESTS.labels(route, known, f"{status // 100}xx")


# --- Tasks ---------------------------------------------------------------------------------------

_begun: dict[str, float] = {}


@signals.task_prerun.connect
def _task_begins(task_id: str, **_kwargs: Any) -> None:
    _begun[task_id] = time.perf_counter()


@signals.task_postrun.connect
def _task_ended(task_id: str, task: Any, state: str | None = None, **_kwargs: Any) -> None:
    TASKS.labels(task.name, (state or "unknown").lower()).inc()
    begun = _begun.pop(task_id, None)
    if begun is not None:
        TASK_DURATIONS.labels(task.name).observe(time.perf_counter() - begun)


@signals.task_failure.connect
def _task_was_lost(sender: Any = None, exception: Any = None, **_kwargs: Any) -> None:
    """Told by the worker's first process: the one that ran the task is no more."""
    if isinstance(exception, WorkerLostError | TimeLimitExceeded):
        TASKS.labels(sender.name, "lost").inc()


# --- The answer ----------------------------------------------------------------------------------


def exposition(accept: str) -> tuple[bytes, str]:
    """Everything, of all processes, as Prometheus reads it; and its content type."""
    registry = CollectorRegistry()
    registry.register(TablesCollector())
    encode, content_type = choose_encoder(accept)
    with metric_files.locked():
        metric_files.bury_the_dead()
        MultiProcessCollector(registry, str(metric_files.folder()))
        return encode(registry), content_type
