"""Log lines: JSON for machines, short ones for people, both with the request's id."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from villaops import log


@pytest.fixture
def in_request() -> Iterator[None]:
    token = log.request_id.set("abc-1")
    yield
    log.request_id.reset(token)


def line(formatter: logging.Formatter, message: str, *values: Any, **extra: Any) -> str:
    logger = logging.getLogger("villaops.test")
    failure = sys.exc_info() if sys.exc_info()[0] else None
    record = logger.makeRecord(
        logger.name, logging.WARNING, __file__, 1, message, values, failure, extra=extra
    )
    log.RequestIdFilter().filter(record)
    return formatter.format(record)


def test_json_line_has_time_request_id_and_extras(in_request: None) -> None:
    entry = json.loads(line(log.JsonFormatter(), "Moved %s", "Zoë", unit="A1", status_code=500))

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", entry.pop("time"))
    assert entry == {
        "level": "WARNING",
        "logger": "villaops.test",
        "message": "Moved Zoë",
        "request_id": "abc-1",
        "unit": "A1",
        "status_code": 500,
    }


def test_json_line_holds_a_traceback_and_no_request() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        text = line(log.JsonFormatter(), "Failed", request=object())

    entry = json.loads(text)
    assert "\n" not in text
    assert entry["exception"].endswith("ValueError: no")
    assert "request" not in entry
    assert "request_id" not in entry


def test_readable_line_ends_with_the_request_id(in_request: None) -> None:
    text = line(log.ReadableFormatter(), "Moved %s", "A1")

    assert re.fullmatch(r"\d\d:\d\d:\d\d WARNING villaops\.test: Moved A1 \[abc-1\]", text)


def test_access_line_has_what_was_asked_and_answered(
    caplog: pytest.LogCaptureFixture, rf: RequestFactory
) -> None:
    middleware = log.AccessLogMiddleware(lambda request: HttpResponse(status=204))

    with caplog.at_level("INFO", "villaops.access"):
        response = middleware(rf.post("/o/sea-houses/guests/?q=emma"))

    assert response.status_code == 204
    entry = json.loads(log.JsonFormatter().format(caplog.records[0]))
    assert entry["message"] == "POST /o/sea-houses/guests/"
    assert entry["status_code"] == 204
    assert 0 <= entry["milliseconds"] < 1000


@pytest.mark.parametrize(
    ("as_json", "formatter"), [(True, log.JsonFormatter), (False, log.ReadableFormatter)]
)
def test_configuration_chooses_the_format(as_json: bool, formatter: type) -> None:
    configuration = log.configuration(json=as_json)

    assert configuration["formatters"]["line"]["()"] is formatter
    assert configuration["root"]["handlers"] == ["stderr"]
