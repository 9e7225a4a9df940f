"""How the house logs: one JSON object a line in production, one readable line in development.

Every record made while a request is answered carries that request's id, whoever made it.
"""

import json
import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

# Set by villaops.api.middleware.RequestIdMiddleware for the time of one request.
request_id: ContextVar[str] = ContextVar("request_id", default="")

# What every record has; whatever else is on it was given as `extra` and belongs into the log.
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# Django puts the whole request there, which says nothing as text and may hold personal data.
_UNPRINTABLE = frozenset({"request", "request_id"})


class RequestIdFilter(logging.Filter):
    """Put the request's id on a record. On the handler, so that it is read where it was logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class JsonFormatter(logging.Formatter):
    """For machines: time (UTC), level, logger, message, request_id, extras, exception."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if known := getattr(record, "request_id", ""):
            entry["request_id"] = known
        entry |= {
            name: value
            for name, value in record.__dict__.items()
            if name not in _STANDARD | _UNPRINTABLE
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str, ensure_ascii=False)


class ReadableFormatter(logging.Formatter):
    """For people at a terminal."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", "%H:%M:%S", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's own name)
        known = getattr(record, "request_id", "")
        return super().formatMessage(record) + (f" [{known}]" if known else "")


class AccessLogMiddleware:
    """One line a request, in production. Without the query, which may hold a guest's name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        logging.getLogger("villaops.access").info(
            "%s %s",
            request.method,
            request.path,
            extra={
                "status_code": response.status_code,
                "milliseconds": round((time.perf_counter() - begun) * 1000, 1),
            },
        )
        return response


def configuration(*, json: bool) -> dict[str, Any]:
    """Return the LOGGING setting: everything to standard error, in one of the two formats."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": RequestIdFilter}},
        "formatters": {"line": {"()": JsonFormatter if json else ReadableFormatter}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["request_id"],
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
