"""The root: is it alive, is it ready, what is it, how is it used."""

import logging
from collections.abc import Callable
from functools import cache as once
from tempfile import TemporaryFile
from typing import Any, Literal

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from kombu.connection import Connection

from villaops.api.endpoint import PUBLIC, Endpoint, operation
from villaops.api.errors import json_response
from villaops.api.schema import document
from villaops.api.wire import Output
from villaops.errors import Unauthenticated

logger = logging.getLogger(__name__)

type State = Literal["ok", "error", "disabled"]

# A probe that waits longer than the prober does says nothing.
PATIENCE = 2


class Health(Output):
    status: Literal["healthy"]
    service: str


class Checks(Output):
    database: State
    cache: State
    broker: State


class Readiness(Output):
    status: Literal["ready", "unavailable"]
    checks: Checks


class Service(Output):
    service: str
    version: str
    docs: str


def service_description() -> HttpResponse:
    """What `/` says to a program."""
    service = Service(service=settings.APP_NAME, version=settings.APP_VERSION, docs="/docs")
    return json_response(service.model_dump())


class RootEndpoint(Endpoint):
    tag = "Service"
    # Probes and readers of the documentation are not counted.
    counted_as = None


class HealthEndpoint(RootEndpoint):
    @operation("get_health", PUBLIC)
    def get(self) -> Health:
        """Say that the process answers; asks nothing of anybody else."""
        return Health(status="healthy", service=settings.APP_NAME)


class ReadinessEndpoint(RootEndpoint):
    @operation("get_readiness", PUBLIC)
    def get(self) -> Readiness | HttpResponse:
        """Say whether everything is there to work with."""
        checks = Checks(
            database=_state(_ask_database),
            cache=_state(_ask_cache) if settings.REDIS_URL else "disabled",
            broker=_state(_ask_broker) if _broker_url() else _state_of_files(),
        )
        if checks.database == "ok":
            return Readiness(status="ready", checks=checks)
        return json_response(Readiness(status="unavailable", checks=checks).model_dump(), 503)


def _state(ask: Callable[[], None]) -> State:
    try:
        ask()
    # Whatever went wrong is the answer.
    except Exception:
        logger.exception("readiness: %s failed", ask.__name__)
        return "error"
    return "ok"


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_cache() -> None:
    cache.set("readiness", "ok", PATIENCE)
    if cache.get("readiness") != "ok":
        raise RuntimeError("The cache forgets.")


def _broker_url() -> str:
    """Where tasks go; empty: into files, which need no server."""
    return settings.BROKER_URL or settings.REDIS_URL


def _ask_broker() -> None:
    with Connection(_broker_url(), connect_timeout=PATIENCE) as broker:
        broker.ensure_connection(max_retries=1, timeout=PATIENCE)


def _state_of_files() -> State:
    """There is no server to ask; that files can be written is all that is needed."""
    return "disabled" if _state(_ask_folder) == "ok" else "error"


def _ask_folder() -> None:
    with TemporaryFile(dir=settings.VAR_DIR):
        pass


@once
def _document() -> bytes:
    """Made once: it only changes with the code."""
    return json_response(document()).content


class ReaderEndpoint(RootEndpoint):
    """Leads to the OpenAPI document, which would otherwise list itself."""

    documented = False


class MetricsEndpoint(ReaderEndpoint):
    """For Prometheus, which shows METRICS_TOKEN; without that setting there is nothing here."""

    @operation("get_metrics", PUBLIC)
    def get(self) -> HttpResponse:
        """Requests, tasks, mail and connections, in figures."""
        if not settings.METRICS_TOKEN:
            raise Http404
        shown = self.request.headers.get("Authorization", "").encode(errors="replace")
        if not constant_time_compare(shown, f"Bearer {settings.METRICS_TOKEN}".encode()):
            raise Unauthenticated
        # Not loaded where nothing is measured.
        from villaops.operating.metrics import exposition

        content, content_type = exposition(self.request.headers.get("Accept", ""))
        return HttpResponse(
            content, content_type=content_type, headers={"Cache-Control": "no-store"}
        )


class SchemaEndpoint(ReaderEndpoint):
    @operation("get_schema", PUBLIC)
    def get(self) -> HttpResponse:
        """The OpenAPI document."""
        return HttpResponse(_document(), content_type="application/json")


# ReDoc makes two <style> elements from script: an empty one, whose rules it adds by the object
# model, and one for its scroll bars. These two are let in, by what is in them, and no other.
_REDOC_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
)
_REDOC_CSP: dict[str, Any] = {**settings.SECURE_CSP, "style-src": [CSP.SELF, *_REDOC_STYLES]}


class DocsEndpoint(ReaderEndpoint):
    @operation("get_docs", PUBLIC)
    def get(self) -> HttpResponse:
        """The API in Swagger UI, to read and to try."""
        return render(self.request, "api/docs.html")


class RedocEndpoint(ReaderEndpoint):
    @operation("get_redoc", PUBLIC)
    def get(self) -> HttpResponse:
        """The API in ReDoc, to read."""
        return csp_override(_REDOC_CSP)(render)(self.request, "api/redoc.html")
