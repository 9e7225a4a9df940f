"""What browsers are told to keep to, and what requests may bring."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from accounts.models import User
from villaops.headers import TrustedProxyMiddleware
from villaops.links import outward, site_of

PAGES = ["/login", "/signup", "/admin/login/", "/docs", "/nowhere", "/o/sea-houses/"]
API = ["/health", "/openapi.json", "/api/v1/auth/me", "/api/v1/nothing"]
ROUTES = [*PAGES, *API, "/redoc"]

# Asked of a process of its own: many settings are decided when it starts.
ASK = """
import django, json, sys
from django.conf import settings
settings.STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
told = {}
for path in json.loads(sys.argv[1]):
    answer = client.get(path, secure=True, headers={"Host": "villas.example"})
    told[path] = [
        dict(answer.headers),
        {name: dict(morsel) for name, morsel in answer.cookies.items()},
    ]
told["plain"] = client.get("/login", headers={"Host": "villas.example"}).status_code
told["claimed"] = client.get(
    "/login", headers={"Host": "villas.example", "X-Forwarded-Proto": "https"}
).status_code
told["cookies"] = [
    settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY,
    settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SECURE, settings.CSRF_COOKIE_SAMESITE,
]
print(json.dumps(told))
"""
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "a" * 50,
    "JWT_SECRET_KEY": "b" * 50,
    "ALLOWED_HOSTS": "villas.example",
    "BEHIND_PROXY": "true",
    "TRUSTED_PROXIES": "10.0.0.1",
}


def started(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(ROUTES)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "villaops.settings", **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def production() -> Any:
    """What production says, by path."""
    run = started(**PRODUCTION)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def assert_locked_down(headers: Any) -> None:
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    for feature in ("camera=()", "geolocation=()", "microphone=()", "payment=()"):
        assert feature in headers["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ROUTES)
def test_production_locks_every_response_down(production: Any, path: str) -> None:
    headers, cookies = production[path]

    assert_locked_down(headers)
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    for cookie in cookies.values():
        assert (cookie["secure"], cookie["samesite"]) == (True, "Lax")


def test_production_cookies_travel_by_https_alone(production: Any) -> None:
    assert production["cookies"] == [True, True, "Lax", True, "Lax"]


def test_production_believes_no_stranger_that_it_is_https(production: Any) -> None:
    assert (production["plain"], production["claimed"]) == (301, 301)


def test_production_refuses_any_host_without_an_address_for_mails() -> None:
    run = started(**PRODUCTION | {"ALLOWED_HOSTS": "*"})

    assert run.returncode == 1
    assert "PUBLIC_URL" in run.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("path", ROUTES)
def test_development_differs_by_https_alone(client: Client, path: str) -> None:
    headers = client.get(path).headers

    assert_locked_down(headers)
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("path", ["/", "/login", "/health", "/api/v1/auth/me", "/admin/login/"])
def test_made_up_host_is_refused(client: Client, path: str) -> None:
    assert client.get(path, headers={"Host": "evil.example"}).status_code == 400
    # Who is asked for is what counts, whatever a proxy is said to have been asked for.
    forwarded = client.get("/health", headers={"X-Forwarded-Host": "evil.example"})
    assert forwarded.status_code == 200


def test_mails_lead_to_the_public_address(settings: Any) -> None:
    request = RequestFactory().get("/")

    assert site_of(request) == "http://testserver"
    settings.PUBLIC_URL = "https://villas.example"
    assert site_of(request) == "https://villas.example"
    assert outward("http://testserver/a?b=c") == "https://villas.example/a?b=c"


@pytest.mark.django_db
def test_reset_mail_leads_to_the_public_address(
    client: Client, owner: User, settings: Any, at_once: None, mailoutbox: list[Any]
) -> None:
    settings.PUBLIC_URL = "https://villas.example"

    client.post("/password/reset", {"email": owner.email})

    assert "https://villas.example/password/reset/" in mailoutbox[0].body
    assert "testserver" not in mailoutbox[0].body


@pytest.mark.parametrize(
    ("peer", "trusted", "kept"),
    [
        ("10.0.0.1", ["10.0.0.1"], True),
        ("10.0.0.2", ["10.0.0.1"], False),
        ("10.0.0.1", [], False),
    ],
)
def test_only_trusted_proxies_speak_for_a_client(
    settings: Any, peer: str, trusted: list[str], kept: bool
) -> None:
    settings.TRUSTED_PROXIES = trusted
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    TrustedProxyMiddleware(answer)(
        RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR="1.2.3.4")
    )

    assert ("HTTP_X_FORWARDED_FOR" in seen[0].META) is kept


def test_body_that_is_too_large_is_not_read(client: Client) -> None:
    answer = client.post(
        "/login", b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="99999999"
    )

    assert answer.status_code == 413
    assert "That is too large" in answer.text


@pytest.mark.django_db
def test_forms_have_so_many_fields_and_no_more(client: Client) -> None:
    fields = {f"field{number}": "x" for number in range(1001)}

    assert client.post("/login", fields).status_code == 400
