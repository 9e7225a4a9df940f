"""Log lines: JSON for machines, short ones for people, both with the request's id."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import pytest
from celery import shared_task
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings

from accounts.models import Organization
from villaops import log
from villaops.errors import DomainError
from villaops.operating.discretion import words_of
from villaops.tests.build import make_member, make_user

HERE = UUID("01890000-0000-7000-8000-000000000000")
ADDRESS = "emma@example.com"
PERSON = f"Emma Thompson, {ADDRESS}, s3cr3t-token"


@pytest.fixture
def in_request() -> Iterator[None]:
    with log.of_request("abc-1"):
        yield


def line(formatter: logging.Formatter, message: str, *values: Any, **extra: Any) -> str:
    logger = logging.getLogger("villaops.test")
    failure = sys.exc_info() if sys.exc_info()[0] else None
    record = logger.makeRecord(
        logger.name, logging.WARNING, __file__, 1, message, values, failure, extra=extra
    )
    log.GoingOnFilter().filter(record)
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


def test_json_line_tells_whose_it_is(in_request: None) -> None:
    with log.about(organization_id=HERE, user_id=None, task_id="t1"):
        inside = json.loads(line(log.JsonFormatter(), "Moved"))
    after = json.loads(line(log.JsonFormatter(), "Answered"))

    assert inside["organization_id"] == str(HERE)
    assert inside["task_id"] == "t1"
    assert "user_id" not in inside
    # A request's last lines are written when its context is closed.
    assert after["organization_id"] == str(HERE)


def test_nothing_is_told_of_what_is_over() -> None:
    with log.about(organization_id=HERE):
        pass

    assert "organization_id" not in json.loads(line(log.JsonFormatter(), "Next"))


def test_json_line_holds_a_traceback_without_words_and_no_request() -> None:
    try:
        try:
            raise ValueError(PERSON)
        except ValueError as error:
            raise LookupError(PERSON) from error
    except LookupError:
        text = line(log.JsonFormatter(), "Failed", request=object(), data={"email": PERSON})

    entry = json.loads(text)
    assert "\n" not in text
    assert entry["exception"].startswith("Traceback (most recent call last):\n  File")
    assert "\nValueError\n\nTraceback" in entry["exception"]
    assert entry["exception"].endswith("\nLookupError")
    assert PERSON not in text
    assert "request" not in entry
    assert "request_id" not in entry


@pytest.mark.django_db
def test_database_errors_are_told_by_table_and_constraint() -> None:
    make_user(ADDRESS)
    try:
        with transaction.atomic():
            make_user(ADDRESS)
    except IntegrityError:
        entry = json.loads(line(log.JsonFormatter(), "Failed"))

    assert "psycopg.errors.UniqueViolation: 23505 accounts_user " in entry["exception"]
    assert "emma" not in json.dumps(entry)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AttributeError("'int' object has no attribute 'x'"), "'int' object has no attribute 'x'"),
        (FileNotFoundError(2, "No such file or directory", PERSON), "No such file or directory"),
        (DomainError(PERSON), "refused"),
        (KeyError(PERSON), ""),
        (Exception(PERSON), ""),
    ],
)
def test_words_of_an_exception_are_told_where_they_quote_nobody(
    error: Exception, words: str
) -> None:
    assert words_of(error) == words


@pytest.mark.django_db
def test_request_leaves_nothing_of_a_person_in_the_logs(
    client: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(log.JsonFormatter())
    handler.addFilter(log.GoingOnFilter())
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    monkeypatch.setattr(logging.getLogger("django.request"), "level", logging.WARNING)
    client.force_login(make_member(organization, name="Emma Thompson"))
    client.raise_request_exception = False

    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise ValueError(PERSON)

    monkeypatch.setattr("villaops.find.render", fail)
    before, after = settings.MIDDLEWARE[:2], settings.MIDDLEWARE[2:]
    with override_settings(MIDDLEWARE=[*before, "villaops.log.AccessLogMiddleware", *after]):
        client.get("/o/sea-houses/find?q=emma@example.com")
        client.get("/invitations/s3cr3t-token?name=Emma+Thompson")
        client.post("/emma@example.com/s3cr3t-token", {"email": "emma@example.com"})
        client.post("/login", {"login": "emma@example.com", "password": "s3cr3t-token"})
        client.post(
            "/api/v1/auth/login?who=emma@example.com",
            {"email": "emma@example.com", "password": "s3cr3t-token"},
            content_type="application/json",
        )

    lines = [json.loads(text) for text in written.getvalue().splitlines()]
    assert len([entry for entry in lines if entry["logger"] == "villaops.access"]) == 5
    inside = next(entry for entry in lines if entry["message"].startswith("GET o/<slug:slug>/find"))
    assert inside["status_code"] == 500
    failure = next(entry for entry in lines if "exception" in entry)
    assert failure["exception"].endswith("\nValueError")
    assert failure["organization_id"] == inside["organization_id"]
    assert inside["organization_id"] == str(organization.pk)
    assert inside["request_id"]
    assert not re.search("emma|thompson|s3cr3t|example.com", written.getvalue(), re.IGNORECASE)


def test_task_is_named_in_its_lines_and_its_arguments_are_not() -> None:
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(log.JsonFormatter())
    handler.addFilter(log.GoingOnFilter())

    @shared_task(name="tests.fail")
    def fail(address: str) -> None:
        logging.getLogger("villaops.test").warning("Trying")
        raise ValueError(address)

    trace = logging.getLogger("celery.app.trace")
    with pytest.MonkeyPatch.context() as patch, log.of_request("abc-1"):
        patch.setattr(logging.getLogger(), "handlers", [handler])
        patch.setattr(trace, "handlers", [])
        patch.setattr(trace, "propagate", True)
        ended = fail.apply(("emma@example.com",))

    first, last = (json.loads(text) for text in written.getvalue().splitlines())
    assert first["task"] == last["task"] == "tests.fail"
    assert first["task_id"] == ended.id
    assert first["request_id"] == "abc-1"
    assert last["message"] == f"Task tests.fail[{ended.id}] raised unexpected: ..."
    assert last["exception"].endswith("\nValueError")
    assert "emma" not in written.getvalue()


def test_readable_line_ends_with_the_request_id(in_request: None) -> None:
    text = line(log.ReadableFormatter(), "Moved %s", "A1")

    assert re.fullmatch(r"\d\d:\d\d:\d\d WARNING villaops\.test: Moved A1 \[abc-1\]", text)


def test_access_line_has_what_was_asked_and_answered(
    caplog: pytest.LogCaptureFixture, rf: RequestFactory
) -> None:
    middleware = log.AccessLogMiddleware(lambda request: HttpResponse(status=204))
    request = rf.post("/o/sea-houses/guests/?q=emma")
    request.resolver_match = Mock(
        route="o/<slug:slug>/guests/<uuid:pk>/", kwargs={"slug": "sea-houses", "pk": HERE}
    )

    with caplog.at_level("INFO", "villaops.access"):
        response = middleware(request)

    assert response.status_code == 204
    entry = json.loads(log.JsonFormatter().format(caplog.records[0]))
    assert entry["message"] == "POST o/<slug:slug>/guests/<uuid:pk>/"
    assert entry["ids"] == {"pk": str(HERE)}
    assert entry["status_code"] == 204
    assert 0 <= entry["milliseconds"] < 1000


@pytest.mark.parametrize(
    ("as_json", "formatter"), [(True, log.JsonFormatter), (False, log.ReadableFormatter)]
)
def test_configuration_chooses_the_format(as_json: bool, formatter: type) -> None:
    configuration = log.configuration(json=as_json)

    assert configuration["formatters"]["line"]["()"] is formatter
    assert configuration["root"]["handlers"] == ["stderr"]
