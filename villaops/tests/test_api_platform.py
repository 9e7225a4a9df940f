"""Contract section 1 over HTTP: routing, order of errors, bodies, request ids, CORS, limits."""

import json
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404
from django.test import RequestFactory
from django_redis.exceptions import ConnectionInterrupted

from accounts.models import Organization
from accounts.permissions import Role
from villaops.api.endpoint import PUBLIC, Endpoint, operation, read_body
from villaops.api.errors import ApiError, answer_to, harmless
from villaops.api.schema import document
from villaops.api.throttles import client_address
from villaops.api.urls import ENDPOINTS
from villaops.api.wire import Message
from villaops.errors import BrokenRule
from villaops.tests.build import make_member, make_organization, make_user
from villaops.tests.client import Api, errors_of, refusal

pytestmark = pytest.mark.django_db

NO_ID = "01890000-0000-7000-8000-000000000000"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND")


@pytest.fixture
def api(organization: Organization) -> Api:
    return Api(make_member(organization, Role.OWNER))


# --- Routing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("address", sorted(ENDPOINTS))
def test_every_path_answers_its_methods_alone(address: str, slash: str) -> None:
    declared = sorted(ENDPOINTS[address].operations)
    concrete = address.replace("<str:id>", NO_ID).replace("<str:unit_id>", NO_ID)

    for method in METHODS:
        response = Api().send(method, f"/{concrete}{slash}", {} if method == "POST" else None)
        if method in declared:
            assert response.status_code not in (301, 302, 404, 405), method
        else:
            assert response.status_code == 405, method
            assert response["Allow"] == ", ".join(declared)
            if method != "HEAD":
                assert response.json() == {"detail": "Method Not Allowed"}


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [
        operation["operationId"]
        for operations in document()["paths"].values()
        for operation in operations.values()
    ]

    assert len(names) == len(set(names)) > 30


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "address", ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v1/guests//", "/api/v2/guests"]
)
def test_unknown_paths_are_not_found(address: str, method: str) -> None:
    response = Api().send(method, address)

    assert refusal(response) == (404, "Not Found")


def test_endpoint_with_an_undeclared_method_is_refused() -> None:
    with pytest.raises(TypeError, match="declare no operation"):

        class Open(Endpoint):
            def get(self) -> Message:
                return Message(message="hello")


def test_endpoint_knows_no_caller_where_it_asked_for_none() -> None:
    class Careless(Endpoint):
        @operation("careless", PUBLIC)
        def get(self) -> Message:
            return Message(message=self.user.name)

    class CarelessToo(Endpoint):
        @operation("careless_too", PUBLIC)
        def get(self) -> Message:
            return Message(message=self.access.role)

    for endpoint in (Careless, CarelessToo):
        response = endpoint.as_view()(RequestFactory().get("/"))
        assert response.status_code == 500


# --- Order of errors -------------------------------------------------------------------------


def test_errors_come_in_the_order_of_the_contract(settings: Any) -> None:
    settings.RATE_LIMIT_API = 3
    organization = make_organization(slug="sea")
    make_organization(slug="hill")
    viewer = Api(make_member(organization, Role.VIEWER))
    bad = {"name": 7}
    target = "guests/no-id"

    # Each request is wrong in every later way too.
    nobody = Api()
    nobody.headers["X-Organization"] = "hill"
    assert refusal(nobody.send("POST", target, bad))[0] == 405
    assert refusal(nobody.patch(target, bad)) == (401, "Not authenticated")
    stranger = viewer.send("PATCH", target, bad, headers={"X-Organization": "hill"})
    assert refusal(stranger) == (404, "Organization not found")
    assert refusal(viewer.patch(target, bad)) == (403, "Permission denied")
    owner = Api(make_member(organization, Role.OWNER))
    assert errors_of(owner.patch(target, bad)) == [
        ("uuid_parsing", ["path", "id"]),
        ("string_type", ["body", "name"]),
    ]
    assert refusal(owner.patch(f"guests/{NO_ID}", {"name": "Emma"})) == (404, "Guest not found")
    owner.get("guests")
    assert refusal(owner.get("guests/no-id")) == (429, "Too many requests")
    assert refusal(owner.send("POST", target))[0] == 405


def test_path_query_and_body_errors_are_one_list(api: Api) -> None:
    response = api.send("DELETE", "guests/x", query={"bookings": "all"})

    assert errors_of(response) == [
        ("uuid_parsing", ["path", "id"]),
        ("enum", ["query", "bookings"]),
    ]


def test_user_without_membership_has_no_organization() -> None:
    assert refusal(Api(make_user()).get("guests")) == (403, "No organization")


@pytest.mark.parametrize("name", ["hill", NO_ID, "No Slug", "nul\0", "ü" * 60, "x" * 300])
def test_organization_of_others_is_not_found(api: Api, name: str) -> None:
    make_organization(slug="hill")

    response = api.send("GET", "guests", headers={"X-Organization": name})

    assert refusal(response) == (404, "Organization not found")


def test_organization_is_named_by_slug_or_id(api: Api, organization: Organization) -> None:
    for name in (organization.slug, str(organization.pk), str(organization.pk).upper(), " "):
        response = api.send("GET", "guests", headers={"X-Organization": name})
        assert response.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "roles"),
    [
        ("GET", "properties", "OMSHAV"),
        ("GET", f"properties/{NO_ID}", "OMSHAV"),
        ("GET", f"properties/{NO_ID}/units", "OMSHAV"),
        ("GET", f"properties/{NO_ID}/units/{NO_ID}", "OMSHAV"),
        ("GET", "bookings", "OMSHAV"),
        ("GET", f"bookings/{NO_ID}", "OMSHAV"),
        ("GET", "blocks", "OMSHAV"),
        ("GET", f"blocks/{NO_ID}", "OMSHAV"),
        ("POST", "properties", "OM"),
        ("POST", f"properties/{NO_ID}/units", "OM"),
        ("PUT", f"properties/{NO_ID}", "OM"),
        ("PATCH", f"properties/{NO_ID}", "OM"),
        ("DELETE", f"properties/{NO_ID}", "OM"),
        ("PUT", f"properties/{NO_ID}/units/{NO_ID}", "OM"),
        ("PATCH", f"properties/{NO_ID}/units/{NO_ID}", "OM"),
        ("DELETE", f"properties/{NO_ID}/units/{NO_ID}", "OM"),
        ("GET", "guests", "OMSAV"),
        ("GET", f"guests/{NO_ID}", "OMSAV"),
        ("GET", "analytics/occupancy", "OMSAV"),
        ("POST", "guests", "OMS"),
        ("POST", "bookings", "OMS"),
        ("POST", "blocks", "OMS"),
        ("PUT", f"guests/{NO_ID}", "OMS"),
        ("PATCH", f"guests/{NO_ID}", "OMS"),
        ("PUT", f"bookings/{NO_ID}", "OMS"),
        ("PATCH", f"bookings/{NO_ID}", "OMS"),
        ("PUT", f"blocks/{NO_ID}", "OMS"),
        ("PATCH", f"blocks/{NO_ID}", "OMS"),
        ("DELETE", f"guests/{NO_ID}", "OM"),
        ("DELETE", f"bookings/{NO_ID}", "OM"),
        ("DELETE", f"blocks/{NO_ID}", "OMS"),
    ],
)
def test_roles_may_do_what_the_contract_lets_them(
    organization: Organization, method: str, path: str, roles: str
) -> None:
    for role in Role:
        response = Api(make_member(organization, role)).send(method, path)
        if role.value[0].upper() in roles:
            assert response.status_code in (200, 404, 422), role
        else:
            assert refusal(response) == (403, "Permission denied"), role


# --- Bodies ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "kind", "loc"),
    [
        (b"", "missing", ["body"]),
        (b"{", "json_invalid", ["body", 1]),
        (b'{"name": }', "json_invalid", ["body", 9]),
        (b" ", "json_invalid", ["body", 1]),
        (b"[]", "model_attributes_type", ["body"]),
        (b'"text"', "model_attributes_type", ["body"]),
        (b"1", "model_attributes_type", ["body"]),
        (b"true", "model_attributes_type", ["body"]),
        (b"null", "model_attributes_type", ["body"]),
        (b'{"name": "\xff"}', "json_invalid", ["body", 10]),
        (b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "json_invalid", ["body", 0]),
        (b'{"name": ' + b"9" * 10_000 + b"}", "json_invalid", ["body", 0]),
    ],
)
def test_bodies_that_are_no_object_are_told_where(
    api: Api, raw: bytes, kind: str, loc: list[str | int]
) -> None:
    assert errors_of(api.send("POST", "guests", raw)) == [(kind, loc)]


def test_json_error_says_what_pydantic_clients_know(api: Api) -> None:
    response = api.send("POST", "guests", b'{"name": }')

    assert response.json() == {
        "detail": [
            {
                "type": "json_invalid",
                "loc": ["body", 9],
                "msg": "JSON decode error",
                "input": {},
                "ctx": {"error": "Expecting value"},
            }
        ]
    }


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "application/xml",
    ],
)
def test_bodies_other_than_json_are_refused(api: Api, content_type: str) -> None:
    body = {"name": "Emma", "email": "emma@example.com"}

    response = api.send("POST", "guests", body, content_type=content_type)

    assert errors_of(response) == [("model_attributes_type", ["body"])]


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;x"]
)
def test_json_may_have_parameters(api: Api, content_type: str) -> None:
    body = {"name": "Emma", "email": "emma@example.com"}

    response = api.send("POST", "guests", body, content_type=content_type)

    assert response.status_code == 201


def test_byte_order_mark_is_no_error(api: Api) -> None:
    body = json.dumps({"name": "Emma", "email": "emma@example.com"}).encode("utf-8-sig")

    assert api.send("POST", "guests", body).status_code == 201


def test_body_over_five_mebibytes_is_too_large(api: Api) -> None:
    limit = 5 * 1024 * 1024

    assert api.send("POST", "guests", b" " * limit).status_code == 422
    assert refusal(api.send("POST", "guests", b" " * (limit + 1)))[0] == 413


def test_body_without_announced_length_is_measured(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.http.HttpRequest.body", property(lambda self: b" " * 6_000_000))

    assert refusal(api.post("guests", {}))[0] == 413


def test_body_in_chunks_is_read_under_wsgi_too() -> None:
    def body_of(size: int) -> bytes:
        environ = {
            "REQUEST_METHOD": "POST",
            "HTTP_TRANSFER_ENCODING": "chunked",
            "wsgi.input": BytesIO(b" " * size),
        }
        return read_body(WSGIRequest(environ))

    assert body_of(10) == b" " * 10
    with pytest.raises(ApiError):
        body_of(5 * 1024 * 1024 + 1)


def test_missing_field_shows_the_whole_body(api: Api) -> None:
    response = api.post("guests", {"name": "Emma", "token": "secret", "note": [1.5, None]})

    assert response.json()["detail"] == [
        {
            "type": "missing",
            "loc": ["body", "email"],
            "msg": "Field required",
            "input": {"name": "Emma", "note": [1.5, None]},
        }
    ]


@pytest.mark.parametrize("value", ["\ud800", "a\udfff"])
def test_lone_surrogates_are_refused_and_do_no_harm(api: Api, value: str) -> None:
    body = {"name": value, "email": "emma@example.com"}

    response = api.post("guests", body)

    assert errors_of(response) == [("string_type", ["body", "name"])]
    assert json.loads(response.content)["detail"][0]["input"] == value


def test_what_json_cannot_say_is_shown_as_text(api: Api) -> None:
    response = api.send("POST", "guests", b'{"name": NaN, "email": Infinity}')

    assert [error["input"] for error in response.json()["detail"]] == ["nan", "inf"]


def test_verbs_own_checks_are_told_at_their_fields_where_they_were_sent() -> None:
    found = ValidationError({"name": ["Too long.", "Too loud."], "slug": ["Odd."]})
    request = RequestFactory().get("/")

    answers = [
        json.loads(answer_to(BrokenRule("No.", errors=found), request, sent=sent).content)["detail"]
        for sent in ({"name": "X", "other": 1}, {"other": 1}, None)
    ]

    assert [[(error["loc"], error["input"]) for error in answer] for answer in answers] == [
        [(["body", "name"], "X"), (["body", "name"], "X")],
        [(["body"], {"other": 1})],
        [(["body"], None)],
    ]


def test_django_404_is_json() -> None:
    response = answer_to(Http404(), RequestFactory().get("/"))

    assert json.loads(response.content) == {"detail": "Not Found"}


def test_deep_input_is_shown_to_some_depth() -> None:
    deep: Any = "bottom"
    for _ in range(50):
        deep = [deep]

    assert json.dumps(harmless(deep)).count("[") == 21


def test_output_is_compact_raw_utf8(api: Api) -> None:
    response = api.post("guests", {"name": "Zoë Ōta 😀", "email": "zoe@example.com"})

    assert response["Content-Type"] == "application/json"
    assert 'name":"Zoë Ōta 😀","email"' in response.content.decode()


def test_too_many_query_parameters_are_ignored(api: Api) -> None:
    many = "&".join(f"x{n}=1" for n in range(3000))

    assert api.send("GET", f"/api/v1/guests?{many}").status_code == 200


def test_last_of_two_equal_parameters_counts(api: Api) -> None:
    assert api.send("GET", "/api/v1/guests?limit=0&limit=2").status_code == 200


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
