"""Traces of requests, statements and tasks for OpenTelemetry. Loaded only where it is configured.

Where to, how many and under which name are OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_*,
OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME.
"""

from collections.abc import Sequence
from typing import Any

from celery import signals
from django.conf import settings
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

# Statements have placeholders where values go; routes have names. Everything else is left out.
TOLD = frozenset(
    {
        *("http.method", "http.request.method", "http.route", "http.scheme", "url.scheme"),
        *("http.status_code", "http.response.status_code"),
        *("db.system", "db.system.name", "db.name", "db.namespace"),
        *("db.statement", "db.query.text"),
        *("celery.action", "celery.state", "celery.task_name"),
        *("messaging.message.id", "messaging.destination", "messaging.destination.name"),
        *("error.type", "exception.type", "villaops.request_id"),
    }
)


def start() -> None:
    """Trace what Django, psycopg and Celery do."""
    provider = TracerProvider(
        resource=Resource.create(
            {"service.name": "villaops", "service.version": settings.APP_VERSION}
        )
    )
    provider.add_span_processor(BatchSpanProcessor(DiscreetExporter(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(response_hook=_name_the_request)
    PsycopgInstrumentor().instrument(skip_dep_check=True)
    CeleryInstrumentor().instrument()

    @signals.worker_process_shutdown.connect(weak=False)
    def flush(**_kwargs: Any) -> None:
        provider.force_flush()


def _name_the_request(span: trace.Span, _request: Any, response: Any) -> None:
    if span and span.is_recording() and "X-Request-ID" in response:
        span.set_attribute("villaops.request_id", response["X-Request-ID"])


class DiscreetExporter(SpanExporter):
    """Passes spans on with what may be told of them."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_discreet(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _discreet(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_told(span.attributes),
        events=[
            Event(event.name, _told(event.attributes), event.timestamp) for event in span.events
        ],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _told(attributes: Any) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name in TOLD}
