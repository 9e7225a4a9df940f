"""A running server for tests: the production layout on the test's own database."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running_server(**environment: str) -> Iterator[int]:
    """Two processes of granian with these variables; gives the port they listen on.

    The test needs `transaction=True`: the server sees what is committed.
    """
    served = ("villaops.wsgi:application", "--interface", "wsgi")
    workers = ("--workers", "2", "--blocking-threads", "4")
    with _granian(*served, *workers, environment=environment) as port:
        yield port


@contextmanager
def streaming_server(**environment: str) -> Iterator[int]:
    """One process of granian that holds event streams; gives the port it listens on."""
    served = ("villaops.asgi:application", "--interface", "asginl")
    with _granian(*served, "--workers", "1", environment=environment) as port:
        yield port


@contextmanager
def _granian(*arguments: str, environment: dict[str, str]) -> Iterator[int]:
    port = free_port()
    database = os.environ["DATABASE_URL"].rpartition("/")[0]
    process = subprocess.Popen(
        [
            *(str(Path(sys.executable).parent / "granian"), *arguments),
            *("--host", "127.0.0.1", "--port", str(port), "--workers-kill-timeout", "15"),
        ],
        env={
            **os.environ,
            "DATABASE_URL": f"{database}/{connection.settings_dict['NAME']}",
            **environment,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)
        _close_left_connections()


def _wait_for(port: int) -> None:
    for _ in range(300):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            client.request("GET", "/health")
            if client.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            client.close()
    pytest.fail("The server did not start")


def _close_left_connections() -> None:
    """A worker that ended may leave its connection to notice: the tables are emptied next."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
