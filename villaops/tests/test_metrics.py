"""What Prometheus reads: who may, what is counted, and over several processes."""

import os
import re
import signal
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import Error
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve
from django.utils import timezone

# Read when the module below is imported; each process of the tests has its own.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp())

from villaops.operating import metric_files, metrics, tables
from villaops.operating.counted import open_stream
from villaops.outbox.models import Intent

TOKEN = "a token for Prometheus"
pytestmark = pytest.mark.django_db


@pytest.fixture
def measured(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.MIDDLEWARE = ["villaops.operating.metrics.MetricsMiddleware", *settings.MIDDLEWARE]


def scrape(client: Client, token: str = TOKEN) -> Any:
    return client.get("/metrics", headers={"Authorization": f"Bearer {token}"})


def figure(text: str, name: str, **labels: str) -> float:
    """One sample; 0 where there is none."""
    for line in text.splitlines():
        if line.startswith(name) and set(re.findall(r'(\w+)="([^"]*)"', line)) == {*labels.items()}:
            return float(line.split()[-1])
    return 0


@pytest.mark.parametrize(("configured", "status"), [("", 404), (TOKEN, 401)])
def test_metrics_are_for_whoever_has_the_token(
    client: Client, settings: Any, configured: str, status: int
) -> None:
    settings.METRICS_TOKEN = configured

    assert client.get("/metrics").status_code == status
    assert scrape(client, "").status_code == status
    assert scrape(client, "another").status_code == status
    assert scrape(client, "ünknown").status_code == status


def test_requests_are_counted_by_route_method_and_class_of_status(
    client: Client, measured: None
) -> None:
    before = scrape(client).content.decode()
    client.get("/o/emma-thompson/guests/")
    client.get("/o/tom-wilson/guests/")
    client.get("/emma@example.com")
    client.generic("EMMA", "/health")

    response = scrape(client)

    after = response.content.decode()
    assert response["Content-Type"].startswith("text/plain; version=")
    assert response["Cache-Control"] == "no-store"
    for number, labels in (
        (2, {"route": "o/<slug:slug>/guests/", "method": "GET", "status": "3xx"}),
        (1, {"route": "none", "method": "GET", "status": "4xx"}),
        (1, {"route": "health", "method": "other", "status": "4xx"}),
    ):
        name = "villaops_request_seconds_count"
        assert figure(after, name, **labels) - figure(before, name, **labels) == number
    assert "emma" not in after.lower()
    assert "wilson" not in after


def test_connections_and_the_database_are_told(client: Client, measured: None) -> None:
    text = scrape(client).content.decode()

    assert figure(text, "villaops_database_up") == 1
    assert figure(text, "villaops_database_connections", state="active") >= 1
    assert figure(text, "villaops_database_connections_limit") == 200
    assert figure(text, "villaops_info", version="0.1.0") == 1


def test_outbox_is_told_by_state_and_by_what_waits_longest(client: Client, measured: None) -> None:
    now = timezone.now()
    Intent.objects.create(kind="mail", next_at=now - timedelta(seconds=90))
    Intent.objects.create(kind="mail", next_at=now + timedelta(days=1))
    Intent.objects.create(kind="mail", state="dead", next_at=now - timedelta(days=9))
    Intent.objects.create(kind="mail", state="sent", next_at=now - timedelta(days=9))

    text = scrape(client).content.decode()

    assert figure(text, "villaops_outbox_rows", state="pending") == 2
    assert figure(text, "villaops_outbox_rows", state="dead") == 1
    assert figure(text, "villaops_outbox_rows", state="sending") == 0
    assert 90 <= figure(text, "villaops_outbox_oldest_due_seconds") < 100


def test_open_streams_are_counted(client: Client, measured: None) -> None:
    with open_stream():
        inside = scrape(client).content.decode()
    after = scrape(client).content.decode()

    name = "villaops_event_streams"
    assert figure(inside, name) - figure(after, name) == 1


def test_metrics_answer_without_a_database(
    client: Client, measured: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise Error("gone")

    monkeypatch.setattr(tables, "_connections", away)

    response = scrape(client)

    assert response.status_code == 200
    assert figure(response.content.decode(), "villaops_database_up") == 0


def test_tasks_are_counted_by_name_and_outcome(client: Client, measured: None) -> None:
    from accounts.tasks import forget_expired_tokens
    from villaops.outbox.tasks import deliver_intent

    before = scrape(client).content.decode()
    forget_expired_tokens.delay()
    deliver_intent.apply(("no id",))

    after = scrape(client).content.decode()
    for task, outcome in (
        ("accounts.tasks.forget_expired_tokens", "success"),
        ("villaops.outbox.tasks.deliver_intent", "failure"),
    ):
        labels = {"task": task, "outcome": outcome}
        name = "villaops_tasks_total"
        assert figure(after, name, **labels) - figure(before, name, **labels) == 1
    assert figure(after, "villaops_task_seconds_count", task="accounts.tasks.forget_expired_tokens")


def count_and_die() -> int:
    """In a process of its own, which is killed; returns how it ended."""
    if (child := os.fork()) == 0:
        metrics.TASKS.labels("drill", "success").inc(3)
        metrics.EVENT_STREAMS.inc(7)
        metrics._requests("drill", "GET", 200).observe(0.02)
        os.kill(os.getpid(), signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_counts_of_killed_processes_stay_and_their_files_go(client: Client, measured: None) -> None:
    assert [count_and_die(), count_and_die()] == [-signal.SIGKILL, -signal.SIGKILL]

    texts = [scrape(client).content.decode() for _ in range(2)]

    for text in texts:
        assert figure(text, "villaops_tasks_total", task="drill", outcome="success") == 6
        labels = {"route": "drill", "method": "GET", "status": "2xx"}
        assert figure(text, "villaops_request_seconds_count", **labels) == 2
        assert figure(text, "villaops_request_seconds_bucket", le="0.025", **labels) == 2
        assert figure(text, "villaops_request_seconds_bucket", le="0.01", **labels) == 0
        assert figure(text, "villaops_event_streams") == 0
    left = {path.stem.rpartition("_")[2] for path in Path(metric_files.folder()).glob("*.db")}
    assert left <= {metric_files.identity(), metric_files.ARCHIVE}


def test_a_fork_is_another_process() -> None:
    mine = metric_files.identity()

    reads, writes = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writes, metric_files.identity().encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert mine == metric_files.identity()
    assert os.read(reads, 100).decode() != mine
    with metric_files.locked():
        assert metric_files.bury_the_dead() == 1


def test_middleware_costs_microseconds(rf: RequestFactory) -> None:
    request, answer = rf.get("/health"), HttpResponse()
    request.resolver_match = resolve("/health")
    measured = metrics.MetricsMiddleware(lambda request: answer)
    measured(request)

    begun = time.process_time()
    for _ in range(1000):
        measured(request)
    microseconds = (time.process_time() - begun) * 1000

    # 10 on the machine it was written on; ten times that would be worth a look.
    assert microseconds < 100
