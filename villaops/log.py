"""How the house logs: one JSON object a line in production, one readable line in development.

Every record made while a request is answered carries that request's id, whoever made it, and in
production whose request it is: the ids of user and organization, and of the task in a worker. Ids
and nothing else: production's lines hold no path (a link's token may be in it), no query, and no
words of an exception, which quote what people typed.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from villaops.operating.discretion import discreet_traceback

# Set by villaops.api.middleware.RequestIdMiddleware for the time of one request.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# What is going on: who acts, where, in which task.
_about: ContextVar[Mapping[str, str] | None] = ContextVar("about", default=None)
# The same of a request as a whole, for lines that are written when nothing is going on any more.
_of_request: ContextVar[dict[str, str] | None] = ContextVar("of_request", default=None)

# What every record has; whatever else is on it was given as `extra` and belongs into the log.
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# Django puts the whole request there, Celery the arguments of a task.
_UNPRINTABLE = frozenset({"request", "about", "data"})


@contextmanager
def of_request(known_id: str) -> Iterator[None]:
    """Records made in the block are this request's."""
    tokens = request_id.set(known_id), _of_request.set({})
    try:
        yield
    finally:
        request_id.reset(tokens[0])
        _of_request.reset(tokens[1])


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """Records made in the block tell these ids."""
    known = {name: str(fact) for name, fact in facts.items() if fact}
    token = _about.set({**(_about.get() or {}), **known})
    noted = _of_request.get()
    if noted is not None:
        noted.update(known)
    try:
        yield
    finally:
        _about.reset(token)


def going_on() -> dict[str, str]:
    """The ids of what is going on: request, user, organization, task."""
    known = {**(_of_request.get() or {}), **(_about.get() or {})}
    return known | ({"request_id": request_id.get()} if request_id.get() else {})


class GoingOnFilter(logging.Filter):
    """Put on a record what is going on. On the handler, so that it is read where it was logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.about = going_on()
        return True


class JsonFormatter(logging.Formatter):
    """For machines: time (UTC), level, logger, message, ids, extras, exception."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        entry |= getattr(record, "about", {})
        entry |= {
            name: value
            for name, value in record.__dict__.items()
            if name not in _STANDARD | _UNPRINTABLE
        }
        if record.exc_info and record.exc_info[1]:
            entry["exception"] = discreet_traceback(record.exc_info[1], record.exc_info[2])
        return json.dumps(entry, default=str, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    """The message. Django's own name the path, and Celery's quote exceptions and results."""
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest):
        return _asked(request)
    if record.name.startswith("celery.") and isinstance(record.args, Mapping):
        unsaid = dict.fromkeys(("exc", "return_value", "traceback", "args", "kwargs"), "...")
        return str(record.msg) % {**record.args, **unsaid}
    return record.getMessage()


def _asked(request: HttpRequest) -> str:
    match = request.resolver_match
    return f"{request.method} {match.route if match else '(no such address)'}"


class ReadableFormatter(logging.Formatter):
    """For people at a terminal."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", "%H:%M:%S", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's own name)
        known = getattr(record, "about", {}).get("request_id")
        return super().formatMessage(record) + (f" [{known}]" if known else "")


class AccessLogMiddleware:
    """One line a request, in production: its route, and the ids in its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        logging.getLogger("villaops.access").info(
            _asked(request),
            extra={
                "status_code": response.status_code,
                "milliseconds": round((time.perf_counter() - begun) * 1000, 1),
                **_ids_in_address(request),
            },
        )
        return response


def _ids_in_address(request: HttpRequest) -> dict[str, dict[str, str]]:
    values = request.resolver_match.kwargs if request.resolver_match else {}
    ids = {name: str(value) for name, value in values.items() if _is_id(value)}
    return {"ids": ids} if ids else {}


def _is_id(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


def configuration(*, json: bool) -> dict[str, Any]:
    """Return the LOGGING setting: everything to standard error, in one of the two formats."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"going_on": {"()": GoingOnFilter}},
        "formatters": {"line": {"()": JsonFormatter if json else ReadableFormatter}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["going_on"],
            }
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Django's own set-up gives these handlers of theirs; here they pass upwards.
            "django": {"level": "INFO"},
            # A 404 is somebody's typing mistake, not news.
            "django.request": {"level": "ERROR"},
            "axes": {"level": "WARNING"},
            # Which tasks came and how they ended is worth a line; that the broker is there is not.
            "celery.apps": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "celery.worker.consumer": {"level": "WARNING"},
        },
    }
