"""Contract section 1 over HTTP: request ids, CORS, limits, the root."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from django_redis.exceptions import ConnectionInterrupted

from accounts.models import Organization
from accounts.permissions import Role
from villaops.api.schema import document
from villaops.api.throttles import client_address
from villaops.tests.build import make_member
from villaops.tests.client import Api, refusal

pytestmark = pytest.mark.django_db

NO_ID = "01890000-0000-7000-8000-000000000000"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND")


@pytest.fixture
def api(organization: Organization) -> Api:
    return Api(make_member(organization, Role.OWNER))


# --- Request id ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/guests", "/health", "/nothing", "/", "/login"])
def test_every_response_has_a_request_id(path: str) -> None:
    first, second = Api().get(path), Api().get(path)

    assert len(first["X-Request-ID"]) == 32
    assert first["X-Request-ID"] != second["X-Request-ID"]


@pytest.mark.parametrize("sent", ["a", "A-b_9", "x" * 64])
def test_request_id_is_echoed(sent: str) -> None:
    assert Api().send("GET", "/health", headers={"X-Request-ID": sent})["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "ä", "a.b", "a\n"])
def test_odd_request_id_is_replaced(sent: str) -> None:
    answered = Api().send("GET", "/health", headers={"X-Request-ID": sent})["X-Request-ID"]

    assert answered != sent


def test_failure_is_json_with_the_request_id(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("guests.api.create_guest", fail)
    body = {"name": "Emma", "email": "emma@example.com"}

    response = api.send("POST", "guests", body, headers={"X-Request-ID": "mine"})

    assert response.status_code == 500
    assert response["X-Request-ID"] == "mine"
    assert response.json() == {"detail": "Internal Server Error", "request_id": "mine"}


def test_failure_outside_the_endpoints_is_json_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("villaops.api.middleware.patch_vary_headers", lambda *args: 1 / 0)

    response = Api().send("GET", "guests", headers={"X-Request-ID": "mine"})

    assert response.status_code == 500
    assert response.json() == {"detail": "Internal Server Error", "request_id": "mine"}


def test_unknown_host_is_a_bad_request_in_json() -> None:
    response = Api().send("GET", "guests", headers={"Host": "evil.example"})

    assert refusal(response) == (400, "Bad Request")


def test_failed_write_leaves_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guests.api.guest_output", lambda guest: 1 / 0)
    body = {"name": "Emma", "email": "emma@example.com"}

    assert api.post("guests", body).status_code == 500
    monkeypatch.undo()
    assert api.post("guests", body).status_code == 201


# --- CORS ------------------------------------------------------------------------------------

OURS = "http://localhost:3000"
ASKED = {"Origin": OURS, "Access-Control-Request-Method": "PATCH"}


def test_preflight_of_a_known_origin_is_ok() -> None:
    wanted = {"Access-Control-Request-Headers": "authorization,x-anything"}

    response = Api().send("OPTIONS", "guests", headers=ASKED | wanted)

    assert (response.status_code, response.content) == (200, b"OK")
    assert response["Content-Type"] == "text/plain"
    assert response["Access-Control-Allow-Origin"] == OURS
    assert response["Access-Control-Allow-Credentials"] == "true"
    assert (
        response["Access-Control-Allow-Methods"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    )
    assert response["Access-Control-Allow-Headers"] == "authorization,x-anything"
    assert response["Access-Control-Max-Age"] == "600"
    assert "Origin" in response["Vary"]
    assert "X-Request-ID" in response


def test_preflight_of_a_foreign_origin_is_refused() -> None:
    response = Api().send("OPTIONS", "guests", headers=ASKED | {"Origin": "https://evil.example"})

    assert (response.status_code, response.content) == (400, b"Disallowed CORS origin")
    assert "Access-Control-Allow-Origin" not in response


def test_preflight_for_an_unknown_method_is_refused() -> None:
    response = Api().send(
        "OPTIONS", "guests", headers=ASKED | {"Access-Control-Request-Method": "X"}
    )

    assert (response.status_code, response.content) == (400, b"Disallowed CORS method")


@pytest.mark.parametrize("headers", [{"Origin": OURS}, {"Access-Control-Request-Method": "GET"}])
def test_options_without_preflight_is_not_allowed(headers: dict[str, str]) -> None:
    assert Api().send("OPTIONS", "guests", headers=headers).status_code == 405


@pytest.mark.parametrize("path", ["/api/v1/guests", "/api/v1/nothing", "/health", "/"])
def test_known_origin_may_read_every_answer_errors_included(path: str) -> None:
    response = Api().send("GET", path, headers={"Origin": OURS})

    assert response["Access-Control-Allow-Origin"] == OURS
    assert response["Access-Control-Allow-Credentials"] == "true"
    assert response["Access-Control-Expose-Headers"] == (
        "X-Request-ID, ETag, Retry-After, Idempotency-Replayed"
    )
    assert "Origin" in response["Vary"]


def test_foreign_origin_and_pages_get_no_cors() -> None:
    foreign = Api().send("GET", "/health", headers={"Origin": "https://evil.example"})
    page = Api().send("GET", "/login", headers={"Origin": OURS})

    assert "Access-Control-Allow-Origin" not in foreign
    assert "Access-Control-Allow-Origin" not in page


def test_frontend_is_a_known_origin(settings: Any) -> None:
    settings.FRONTEND_URL = "https://app.example.com/start"

    response = Api().send("GET", "/health", headers={"Origin": "https://app.example.com"})

    assert response["Access-Control-Allow-Origin"] == "https://app.example.com"


# --- Limits ----------------------------------------------------------------------------------


def test_auth_requests_are_counted_per_address(settings: Any) -> None:
    settings.RATE_LIMIT_AUTH = 2
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]

    def ask(address: str) -> int:
        headers = {"X-Forwarded-For": address}
        return Api().send("POST", "auth/refresh", {}, headers=headers).status_code

    assert [ask("203.0.113.1") for _ in range(3)] == [422, 422, 429]
    assert ask("203.0.113.2") == 422


def test_api_requests_are_counted_per_credential(settings: Any, organization: Organization) -> None:
    settings.RATE_LIMIT_API = 2
    one, other = Api(make_member(organization)), Api(make_member(organization))

    answers = [one.get("guests") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert refusal(answers[-1]) == (429, "Too many requests")
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert other.get("guests").status_code == 200


def test_made_up_tokens_share_one_count(settings: Any) -> None:
    settings.RATE_LIMIT_API = 2

    def ask(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return Api().send("GET", "guests", headers=headers).status_code

    assert [ask(f"token{n}") for n in range(3)] == [401, 401, 429]


def test_limits_are_off_at_zero(settings: Any) -> None:
    settings.RATE_LIMIT_AUTH = settings.RATE_LIMIT_API = 0

    assert {Api().get("guests").status_code for _ in range(5)} == {401}
    assert {Api().get("auth/me").status_code for _ in range(5)} == {401}


def test_limit_starts_anew_when_its_minute_ends_between_two_questions(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMIT_API = 1
    monkeypatch.setattr(cache, "add", lambda *args: False)

    assert Api().get("guests").status_code == 401


def test_cache_that_does_not_answer_lets_everybody_in(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise ConnectionInterrupted(connection=None)

    settings.RATE_LIMIT_API = 1
    monkeypatch.setattr(cache, "add", fail)

    assert {Api().get("guests").status_code for _ in range(3)} == {401}


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "client"),
    [
        ("203.0.113.1", "", [], "203.0.113.1"),
        ("203.0.113.1", "198.51.100.7", [], "203.0.113.1"),
        ("10.0.0.1", "198.51.100.7", ["10.0.0.0/8"], "198.51.100.7"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.7", ["10.0.0.0/8"], "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", ["10.0.0.0/8"], "198.51.100.7"),
        ("10.0.0.1", "nonsense", ["10.0.0.1"], "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", ["10.0.0.0/8"], "10.0.0.3"),
        ("::ffff:10.0.0.1", "2001:db8::1", ["10.0.0.1"], "2001:db8::1"),
        ("", "", [], "127.0.0.1"),
    ],
)
def test_client_address_believes_trusted_proxies_alone(
    settings: Any, peer: str, forwarded: str, trusted: list[str], client: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)

    assert client_address(request) == client


# --- Root ------------------------------------------------------------------------------------


def test_health_asks_nothing_of_anybody(settings: Any, statements: Any) -> None:
    settings.APP_NAME = "House"

    with statements(0):
        response = Api().get("/health")

    assert response.json() == {"status": "healthy", "service": "House"}


def test_ready_tells_what_is_there() -> None:
    response = Api().get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "checks": {"database": "ok", "cache": "disabled", "broker": "disabled"},
    }


def test_ready_without_database_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("villaops.api.root._ask_database", lambda: 1 / 0)
    monkeypatch.setattr("villaops.api.root._ask_database.__name__", "ask", raising=False)

    response = Api().get("/health/ready")

    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"
    assert response.json()["checks"]["database"] == "error"


def test_ready_without_cache_or_broker_is_ready_and_says_so(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(cache, "get", lambda *args: None)

    response = Api().get("/health/ready")

    assert response.status_code == 200
    assert response.json()["checks"] == {"database": "ok", "cache": "error", "broker": "error"}


def test_ready_without_a_folder_for_the_queue_says_so(settings: Any, tmp_path: Path) -> None:
    settings.REDIS_URL = settings.BROKER_URL = ""
    settings.VAR_DIR = tmp_path / "gone"

    response = Api().get("/health/ready")

    assert response.status_code == 200
    assert response.json()["checks"] == {"database": "ok", "cache": "disabled", "broker": "error"}


def test_ready_with_cache_says_so(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.BROKER_URL = "memory://"

    assert Api().get("/health/ready").json()["checks"] == {
        "database": "ok",
        "cache": "ok",
        "broker": "ok",
    }


@pytest.mark.parametrize("accept", ["", "*/*", "application/json"])
def test_root_describes_the_service_to_programs(settings: Any, accept: str) -> None:
    settings.APP_NAME, settings.APP_VERSION = "House", "9"

    response = Api().send("GET", "/", headers={"Accept": accept})

    assert response.json() == {"service": "House", "version": "9", "docs": "/docs"}


def test_root_shows_people_a_page() -> None:
    response = Api().send("GET", "/", headers={"Accept": "text/html,*/*"})

    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/redoc", "/redoc/"])
def test_readers_load_nothing_from_elsewhere(path: str) -> None:
    response = Api().get(path)

    page = response.content.decode()
    assert response.status_code == 200
    assert "http://" not in page
    assert "https://" not in page
    assert "script-src" not in response["Content-Security-Policy"]
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_openapi_document_is_public_and_the_committed_one(request: pytest.FixtureRequest) -> None:
    response = Api().get("/openapi.json")

    committed = (request.config.rootpath / "openapi.json").read_text()
    assert response.json() == json.loads(committed), "make openapi writes it anew"


def test_readers_and_catch_all_are_not_documented() -> None:
    assert not {"/docs", "/redoc", "/openapi.json", "/api"} & set(document()["paths"])


def test_ids_are_understood_in_all_spellings(api: Api) -> None:
    made = api.post("guests", {"name": "Emma", "email": "emma@example.com"}).json()["id"]

    for spelled in (made.upper(), made.replace("-", ""), f"urn:uuid:{made}"):
        assert api.get(f"guests/{spelled}").json()["id"] == made
    assert refusal(api.get(f"guests/{uuid4()}")) == (404, "Guest not found")
