"""Connections that are kept between requests."""

import psycopg
import pytest
from django.core.signals import request_started
from django.db import connection
from django.test import Client
from psycopg.conninfo import make_conninfo

from villaops.postgresql.base import DatabaseWrapper


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What the kept connection was asked for, and whether it worked."""
    answers: list[bool] = []
    is_usable = DatabaseWrapper.is_usable

    def noted(self: DatabaseWrapper) -> bool:
        answers.append(is_usable(self))
        return answers[-1]

    monkeypatch.setattr(DatabaseWrapper, "is_usable", noted)
    return answers


def in_a_request() -> int:
    """The process that serves the connection; Django has begun a request before."""
    request_started.send(sender=Client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    return int(pid)


@pytest.fixture
def kept(transactional_db: None) -> int:
    """A connection as one is after its first request: the process that serves it."""
    connection.close()
    return in_a_request()


def test_an_idle_connection_is_not_asked(kept: int, asked: list[bool]) -> None:
    assert in_a_request() == in_a_request() == kept
    assert asked == []


def test_a_connection_that_the_server_has_ended_is_replaced(kept: int, asked: list[bool]) -> None:
    known = connection.settings_dict
    line = make_conninfo(
        host=known["HOST"],
        port=known["PORT"] or None,
        user=known["USER"],
        password=known["PASSWORD"] or None,
        dbname=known["NAME"],
    )
    with psycopg.connect(line) as other:
        # Until it has gone, at most so many milliseconds.
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [kept])

    assert in_a_request() != kept
    assert asked == [False]
