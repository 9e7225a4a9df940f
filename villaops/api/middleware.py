"""What every response carries: a request id, and for the API the CORS headers."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from villaops import log

type GetResponse = Callable[[HttpRequest], HttpResponse]

_ECHOED = re.compile(r"[A-Za-z0-9_-]{1,64}")


class RequestIdMiddleware:
    """Give each request an id, or keep the one the client or proxy gave it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-ID", "")
        request_id = sent if _ECHOED.fullmatch(sent) else uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        with log.of_request(request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
EXPOSED = "X-Request-ID, ETag, Retry-After, Idempotency-Replayed"
PREFLIGHT_MAX_AGE = "600"


def is_api_path(path: str) -> bool:
    """Whether the path belongs to the API and not to the dashboard."""
    return path.startswith("/api/") or path.rstrip("/") in {
        "",
        "/docs",
        "/health",
        "/health/ready",
        "/metrics",
        "/openapi.json",
        "/redoc",
    }


class CorsMiddleware:
    """Let the listed origins call the API with credentials; refuse other origins' preflights."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_api_path(request.path_info):
            return self.get_response(request)
        origin = request.headers.get("Origin", "")
        asked = request.headers.get("Access-Control-Request-Method")
        preflight = request.method == "OPTIONS" and origin and asked is not None
        response = _preflight(request) if preflight else self.get_response(request)
        if origin in allowed_origins():
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Allow-Credentials"] = "true"
            response["Access-Control-Expose-Headers"] = EXPOSED
        # Caches must tell origins apart even where the first one seen was none.
        patch_vary_headers(response, ["Origin"])
        return response


def allowed_origins() -> frozenset[str]:
    """CORS_ORIGINS and the origin of FRONTEND_URL."""
    frontend = urlsplit(settings.FRONTEND_URL)
    return frozenset(
        [
            *(origin.rstrip("/") for origin in settings.CORS_ORIGINS),
            f"{frontend.scheme}://{frontend.netloc}",
        ]
    )


def _preflight(request: HttpRequest) -> HttpResponse:
    refused = [
        name
        for name, refused in (
            ("origin", request.headers["Origin"] not in allowed_origins()),
            (
                "method",
                request.headers["Access-Control-Request-Method"] not in METHODS.split(", "),
            ),
        )
        if refused
    ]
    response = (
        HttpResponse(f"Disallowed CORS {', '.join(refused)}", status=400, content_type="text/plain")
        if refused
        else HttpResponse("OK", content_type="text/plain")
    )
    response["Access-Control-Allow-Methods"] = METHODS
    response["Access-Control-Max-Age"] = PREFLIGHT_MAX_AGE
    mirrored = request.headers.get("Access-Control-Request-Headers")
    if mirrored is not None:
        response["Access-Control-Allow-Headers"] = mirrored
    return response
