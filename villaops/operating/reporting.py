"""Errors to Sentry, traces to OpenTelemetry: each only where it is configured, and discreetly.

What leaves here names places, kinds and ids. Addresses, bodies, headers, arguments and the words of
exceptions stay: they are what guests and staff have written.
"""

from typing import Any

from django.conf import settings

from villaops import log
from villaops.operating.discretion import ABOUT_CODE

_CONTEXTS = ("runtime", "os", "trace")
_TAGS = ("request_id", "organization_id", "task_id", "task")
_KINDS_ABOUT_CODE = frozenset(kind.__name__ for kind in ABOUT_CODE)


def start() -> None:
    """Begin to report, where somebody is configured to be told. Once in a process."""
    if settings.SENTRY_DSN:
        _start_sentry()
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        from villaops.operating import traces

        traces.start()


def _start_sentry() -> None:
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.ENVIRONMENT,
        release=settings.APP_VERSION,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        before_send=discreet_event,
        # Its own prints that it waits, at the end of every command.
        integrations=[AtexitIntegration(callback=lambda *_args: None)],
    )


def discreet_event(event: Any, hint: dict[str, Any]) -> Any:
    """An event without what people wrote, and with the ids our own logs have."""
    known = log.going_on()
    request = event.get("request")
    event["request"] = {"method": request.get("method")} if request else {}
    # The route; where the address fits none it would be the address.
    if event.get("transaction_info", {}).get("source") not in ("route", "task", "component"):
        event.pop("transaction", None)
    for error in event.get("exception", {}).get("values", []):
        if error.get("type") not in _KINDS_ABOUT_CODE:
            error["value"] = ""
    if "logentry" in event:
        event["logentry"] = {"message": event["logentry"].get("message", "")}
    contexts = event.get("contexts", {})
    event["contexts"] = {name: contexts[name] for name in _CONTEXTS if name in contexts}
    event["tags"] = {name: known[name] for name in _TAGS if name in known}
    event["user"] = {"id": known["user_id"]} if "user_id" in known else {}
    for name in ("extra", "breadcrumbs", "modules", "message"):
        event.pop(name, None)
    return event
