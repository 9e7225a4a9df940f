"""Sentry and OpenTelemetry: told in their own protocols, discreetly, and only if configured."""

import gzip
import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # type: ignore[import-not-found,unused-ignore]
    ExportTraceServiceRequest,
)

# Whose name and address must not leave; handed over so that no line of code quotes them.
PERSON = "emma thompson emma@example.com s3cr3t"
PROGRAM = """
import os
import django
django.setup()
from celery import shared_task
from django.db import connection
from django.test import Client
from villaops import pages
from villaops.tenancy import Door

person = os.environ["PERSON"]

def fail(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text", [person])
    raise ValueError(person)

pages.landing = fail

@shared_task(name="tests.boom")
def boom(who):
    raise LookupError(who)

client = Client(raise_request_exception=False, headers={"Host": "localhost"})
headers = {"Cookie": "name=" + person[-6:], "X-Request-ID": "abc-1", "Accept": "text/html"}
response = client.get("/", {"q": person}, headers=headers)
assert response.status_code == 500
client.get("/" + person)
boom.apply((person,), {})

import sentry_sdk
from opentelemetry import trace
sentry_sdk.flush(5)
trace.get_tracer_provider().force_flush(5000)
"""
NOT_LOADED = """
import sys
import django
django.setup()
import villaops.urls, villaops.wsgi, villaops.celery
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"sentry_sdk", "opentelemetry", "prometheus_client"}))
"""


class Collector(BaseHTTPRequestHandler):
    """Takes whatever is posted."""

    posted: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        encoding = self.headers.get("Content-Encoding")
        if encoding == "gzip":
            body = gzip.decompress(body)
        elif encoding == "br":
            body = importlib.import_module("brotli").decompress(body)
        self.posted.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    posted: list[tuple[str, bytes]] = []
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Collecting", (Collector,), {"posted": posted})
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port, posted
    server.shutdown()
    thread.join()
    server.server_close()


def run(program: str, **variables: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "villaops.settings", **variables},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def test_errors_and_traces_arrive_without_what_people_wrote(
    collector: tuple[int, list[tuple[str, bytes]]],
) -> None:
    port, posted = collector

    run(
        PROGRAM,
        PERSON=PERSON,
        SENTRY_DSN=f"http://key@127.0.0.1:{port}/1",
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}",
    )

    for _path, body in posted:
        for word in PERSON.split():
            assert word.encode() not in body.lower()
    events = [
        json.loads(line)
        for path, body in posted
        if path == "/api/1/envelope/"
        for line in body.splitlines()
        if b'"exception"' in line
    ]
    by_kind = {event["exception"]["values"][-1]["type"]: event for event in events}
    assert sorted(by_kind) == ["LookupError", "ValueError"]
    assert by_kind["ValueError"]["transaction"] == "/"
    assert by_kind["ValueError"]["tags"]["request_id"] == "abc-1"
    assert by_kind["LookupError"]["tags"]["task"] == "tests.boom"
    frames = by_kind["ValueError"]["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "fail"
    spans = {
        span.name: {one.key: one.value.string_value for one in span.attributes}
        for path, body in posted
        if path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    assert spans["run/tests.boom"]["celery.state"] == "FAILURE"
    assert spans["SELECT"]["db.statement"] == "SELECT %s::text"
    assert "abc-1" in {told.get("villaops.request_id") for told in spans.values()}


def test_nothing_is_loaded_that_is_not_configured() -> None:
    assert run(NOT_LOADED).strip() == "[]"
