"""With REDIS_URL, processes share what they count; when Redis dies, nothing else does."""

import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from villaops.tests.serve import free_port, running_server

pytestmark = [
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed"),
]

NOBODY = {"email": "nobody@example.com", "password": "wrong password"}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis server of the test's own: its address and its process."""
    port = free_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(["redis-server", *arguments], stdout=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0", server
    server.kill()
    server.wait()


def ask(port: int, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json"}
    client.request(method, path, json.dumps(body) if body else None, headers)
    answer = client.getresponse()
    content = json.loads(answer.read())
    client.close()
    return answer.status, content


def test_processes_share_limits_and_outlive_redis(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, server = redis

    with running_server(REDIS_URL=url, RATE_LIMIT_AUTH="20", LOGIN_FAILURE_LIMIT="0") as port:
        ready = ask(port, "GET", "/health/ready")
        statuses = [ask(port, "POST", "/api/v1/auth/login", NOBODY)[0] for _ in range(22)]
        server.kill()
        server.wait()
        without = ask(port, "GET", "/health/ready")
        after = ask(port, "POST", "/api/v1/auth/login", NOBODY)

    assert ready == (
        200,
        {"status": "ready", "checks": {"database": "ok", "cache": "ok", "broker": "ok"}},
    )
    # Counted by each process alone, two processes would let forty through.
    assert statuses == [401] * 20 + [429] * 2
    assert without[1]["checks"] == {"database": "ok", "cache": "error", "broker": "error"}
    assert without[0] == 200
    assert after[0] == 401
