"""Contract section 1 over HTTP: routing, order of errors, bodies."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, UnreadablePostError
from django.test import RequestFactory

from accounts.models import Organization
from accounts.permissions import Role
from villaops.api.endpoint import PUBLIC, Endpoint, operation, read_body
from villaops.api.errors import ApiError, answer_to, harmless
from villaops.api.schema import document
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
def test_every_path_answers_its_methods_alone(address: str, slash: str, settings: Any) -> None:
    # Without a token there are no metrics.
    settings.METRICS_TOKEN = "metrics"
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


def test_root_has_one_method_too() -> None:
    for method in METHODS[1:]:
        response = Api().send(method, "/")
        assert (response.status_code, response["Allow"]) == (405, "GET"), method


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
        ("GET", "availability?check_in=2026-06-01&check_out=2026-06-03", "OMSHAV"),
        ("GET", f"blocks/{NO_ID}", "OMSHAV"),
        ("POST", "properties", "OM"),
        ("GET", "imports", "OM"),
        ("POST", "imports", "OM"),
        ("GET", "imports/export", "OM"),
        ("GET", f"imports/{NO_ID}", "OM"),
        ("GET", f"imports/{NO_ID}/problems", "OM"),
        ("POST", f"imports/{NO_ID}/run", "OM"),
        ("POST", f"imports/{NO_ID}/undo", "OM"),
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
        ("GET", "analytics/summary", "OMAV"),
        ("GET", "analytics/revenue", "OMAV"),
        ("GET", "analytics/trends", "OMAV"),
        ("GET", "analytics/sources", "OMAV"),
        ("GET", "analytics/pickup", "OMAV"),
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
        if response.streaming:
            b"".join(response.streaming_content)
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


def test_body_that_breaks_off_is_a_bad_request(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: object) -> bytes:
        raise UnreadablePostError

    monkeypatch.setattr("django.http.HttpRequest.body", property(broken))

    assert refusal(api.post("guests", {})) == (400, "Bad Request")


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
