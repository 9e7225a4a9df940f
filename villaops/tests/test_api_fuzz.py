"""No input of any kind is our fault: generated from the schema, and from a list of our own.

Whatever is sent, the answer is one that the OpenAPI document announces, and never a 5xx.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pydantic import ValidationError
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import Organization
from accounts.permissions import Role
from bookings.blocks import block_nights
from villaops.api.errors import LISTED_TYPES, json_response, wire_errors
from villaops.api.urls import V1
from villaops.api.wire import Input
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_member, make_property, units_of
from villaops.tests.client import Api
from villaops.wsgi import application

pytestmark = pytest.mark.django_db

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 8
NOT_CONFIGURED = ("/api/v1/auth/google", "/api/v1/auth/github")

schema = schemathesis.openapi.from_wsgi("/openapi.json", application)


@pytest.fixture(autouse=True)
def connection_stays_open() -> Iterator[None]:
    """The end of a request would close the connection that the test's transaction is on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def no_limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of requests, nor of time: each registration hashes a password."""
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)
    settings.RATE_LIMIT_AUTH = settings.RATE_LIMIT_API = 0
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture
def api(organization: Organization) -> Api:
    return Api(make_member(organization, Role.OWNER))


@pytest.fixture
def known(organization: Organization) -> dict[str, str]:
    """Ids of things that are there, by the name a body calls them; `/…` for the paths."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, units=2)
        guest = make_guest(organization)
        booking = make_booking(home, guest=guest)
        unit = units_of(home)[1]
        block = block_nights(unit=unit, start=DAY, end=DAY.replace(day=3), by=None)
    return {
        "property_id": str(home.pk),
        "guest_id": str(guest.pk),
        "unit_id": str(unit.pk),
        "/properties": str(home.pk),
        "/guests": str(guest.pk),
        "/bookings": str(booking.pk),
        "/blocks": str(block.pk),
    }


# It closes no file that is an answer.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@schema.parametrize()
@hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_schema_announces(
    case: schemathesis.Case, api: Api, known: dict[str, str]
) -> None:
    # A made-up organization would answer everything with 404.
    case.headers.pop("X-Organization", None)
    check(case, api)
    before = deepcopy((case.path_parameters, case.body, case.query))
    point_to_things_that_are_there(case, known)
    if (case.path_parameters, case.body, case.query) != before:
        check(case, api)


def check(case: schemathesis.Case, api: Api) -> None:
    response = case.call(headers=api.headers)
    # Sign-in elsewhere is not configured here, and says so; that is no fault.
    is_off = response.status_code == 503 and case.path in NOT_CONFIGURED
    case.validate_response(response, checks=CHECKS[1:] if is_off else CHECKS)


def point_to_things_that_are_there(case: schemathesis.Case, known: dict[str, str]) -> None:
    for prefix, pk in known.items():
        if case.path.startswith(f"/api/v1{prefix}") and "id" in case.path_parameters:
            case.path_parameters["id"] = pk
    if "unit_id" in case.path_parameters:
        case.path_parameters["unit_id"] = known["unit_id"]
    for sent in (case.body, case.query):
        if isinstance(sent, dict):
            sent |= {name: pk for name, pk in known.items() if name in sent}


# --- Our own list ----------------------------------------------------------------------------

NASTY: list[Any] = [
    None,
    True,
    0,
    -1,
    2.5,
    2**31,
    2**63,
    10**400,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\u202e\u200b\ufeff",
    "😀" * 300,
    "x" * 100_000,
    "1e999999999",
    "-1e-999999999",
    "0x10",
    "１２",
    "9" * 5000,
    "NaN",
    "-0",
    "2026-02-30",
    "0000-01-01",
    "9999-12-31",
    "9999-12-31T23:59:60Z",
    "-0001-01-01",
    "infinity",
    "24:00",
    "' OR 1=1 --",
    "%",
    "\\",
    "../../etc/passwd",
    "=1+1",
    "a@b",
    '"a b"@example.com',
    "a@[127.0.0.1]",
    "a@" + "b." * 200 + "com",
    "a@xn--a.com",
    "a@\u00ad.com",
    "urn:uuid:",
    "{01890000-0000-7000-8000-000000000000}",
    [],
    [None],
    [[]],
    ["\0"],
    ["x" * 10_000] * 3,
    {},
    {"": ""},
    {"\ud800": "\ud800"},
]
PERIOD = {"period_start": "2026-01-01", "period_end": "2026-02-01"}
BODIES = {
    "auth/register": {"email": "a@example.com", "password": "long enough", "name": "A"},
    "properties": {"name": "A", "property_type": "villa"},
    "guests": {"name": "A", "email": "a@example.com"},
    "bookings": {"check_in": "2026-06-01", "check_out": "2026-06-03"},
    "blocks": {"start": "2026-06-01", "end": "2026-06-03"},
}


def model_of(address: str, method: str, part: str) -> type[Input] | None:
    operation = V1[address].operations.get(method)
    return getattr(operation, part, None)


def targets(method: str, part: str) -> list[str]:
    return [address for address in V1 if model_of(address, method, part)]


def address_of(pattern: str, known: dict[str, str]) -> str:
    start = f"/{pattern.split('/')[0]}"
    return pattern.replace("<str:id>", known.get(start, "")).replace(
        "<str:unit_id>", known["unit_id"]
    )


def text_of(value: Any) -> str:
    """The value as it can stand in an address."""
    return str(value)[:2000].encode("utf-8", "replace").decode()


def accepted(model: Any, whole: dict[str, Any], value: Any) -> list[str]:
    """The fields with which the value gets past the model; what is refused has an answer."""
    fields = []
    for field in model.model_fields:
        try:
            taken = model.model_validate(whole | {field: value})
        except ValidationError as error:
            refused = wire_errors(error, "body")
            assert json.loads(json_response({"detail": refused}).content)["detail"]
            assert {found["type"] for found in refused} <= set(LISTED_TYPES.values())
        else:
            if not any(taken.problems()):
                fields.append(field)
    return fields


def assert_no_harm(
    model: Any, whole: dict[str, Any], values: list[Any], send: Callable[[dict[str, Any]], Any]
) -> None:
    """Each value in all fields that let it past at once; where that is refused, in each alone."""
    for value in values:
        fields = accepted(model, whole, value)
        if not fields:
            continue
        together = send(whole | dict.fromkeys(fields, value)).status_code
        assert together < 500, (fields, value)
        if together >= 400:
            for field in fields:
                assert send(whole | {field: value}).status_code < 500, (field, value)


@pytest.mark.parametrize("address", targets("POST", "body"))
def test_nasty_values_in_creations_do_no_harm(
    api: Api, known: dict[str, str], address: str
) -> None:
    whole = BODIES.get(address, {"name": "A"}) | known
    path = address_of(address, known)
    assert_no_harm(
        model_of(address, "POST", "body"), whole, NASTY, lambda body: api.post(path, body)
    )


@pytest.mark.parametrize("address", targets("PATCH", "body"))
def test_nasty_values_in_changes_do_no_harm(api: Api, known: dict[str, str], address: str) -> None:
    path = address_of(address, known)
    assert_no_harm(
        model_of(address, "PATCH", "body"), {}, NASTY, lambda body: api.patch(path, body)
    )


@pytest.mark.parametrize("address", targets("GET", "query"))
def test_nasty_values_in_queries_do_no_harm(api: Api, known: dict[str, str], address: str) -> None:
    whole = PERIOD if "analytics" in address else {}
    texts = [text_of(value) for value in NASTY]
    path = address_of(address, known)
    assert_no_harm(
        model_of(address, "GET", "query"), whole, texts, lambda query: api.get(path, **query)
    )


def test_nasty_bodies_do_no_harm(api: Api, known: dict[str, str]) -> None:
    for value in NASTY:
        for method in ("PATCH", "GET"):
            response = api.send(method, f"guests/{known['/guests']}", json.dumps(value).encode())
            assert response.status_code < 500, (method, value)


@pytest.mark.parametrize("address", [address for address in V1 if "<" in address])
def test_nasty_values_in_paths_do_no_harm(api: Api, address: str) -> None:
    for value in NASTY:
        # Quoted, or it would begin the query.
        text = quote(text_of(value)) or "-"
        path = address.replace("<str:id>", text).replace("<str:unit_id>", text)
        response = api.get(path)
        assert response.status_code in (404, 405, 422), value


@pytest.mark.parametrize(
    "query",
    ["%", "%zz", "%ff%fe", "limit=%31%30", "a=%ud800", "&&&", "=", "limit", "search=%f0%9f%98%80"],
)
def test_odd_query_strings_do_no_harm(api: Api, query: str) -> None:
    assert api.send("GET", f"/api/v1/guests?{query}").status_code in (200, 422)


@pytest.mark.parametrize("name", ["Authorization", "X-Organization", "X-Request-ID", "Origin"])
def test_nasty_headers_do_no_harm(api: Api, name: str) -> None:
    for value in ("", " ", "\0", "ÿ", "Bearer ÿ", "Bearer " + "x." * 5000, "a" * 10_000, "'"):
        assert api.send("GET", "guests", headers={name: value}).status_code < 500
