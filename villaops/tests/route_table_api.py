"""The API's routes, and what each answers to whom: contract sections 7 and 12."""

from collections.abc import Mapping
from typing import Any

from accounts.permissions import Permission
from villaops.tests.route_table import FOR_ALL, ROOM, VILLA, Row

P = Permission

API = "api/v1/"


def call(
    method: str,
    address: str,
    permission: P,
    elsewhere: int,
    member: int,
    read_key: int,
    write_key: int,
    body: Mapping[str, Any] | None = None,
    fill: Mapping[str, str] | None = None,
    query: str = "",
) -> Row:
    """An operation in an organization: 401 without credentials, 404 for strangers, 403 without
    the permission.
    """
    return Row(
        f"{API}{address}",
        method,
        permission,
        nobody=401,
        stranger=404,
        lacking=None if permission in FOR_ALL else 403,
        elsewhere=elsewhere,
        member=member,
        read_key=read_key,
        write_key=write_key,
        body=body,
        json=True,
        fill=fill,
        query=query,
    )


def anyone(
    method: str, address: str, status: int, body: Mapping[str, Any] | None = None, **more: Any
) -> Row:
    """Public: the same for everybody."""
    return Row(
        address,
        method,
        permission=None,
        nobody=status,
        stranger=status,
        lacking=None,
        elsewhere=status,
        member=status,
        read_key=status,
        write_key=status,
        body=body,
        json=address.startswith(API),
        is_open=True,
        **more,
    )


def person(method: str, address: str, status: int, body: Mapping[str, Any] | None = None) -> Row:
    """For people, whatever organization they are in; not for programs."""
    return Row(
        f"{API}{address}",
        method,
        permission=None,
        nobody=401,
        stranger=status,
        lacking=None,
        elsewhere=status,
        member=status,
        read_key=403,
        write_key=403,
        body=body,
        json=True,
    )


HOME = "properties/<str:id>"
UNITS = f"{HOME}/units"
UNIT = f"{UNITS}/<str:unit_id>"
OF_HOME = {"id": "{property_id}"}
OF_STAY = {"id": "{booking_id}"}
OF_GUEST = {"id": "{guest_id}"}
OF_IMPORT = {"id": "{import_id}"}
OF_BLOCK = {"id": "{block_id}"}
OF_MEMBER = {"id": "{member_id}"}
OF_KEY = {"id": "{key_id}"}
STAY = {
    "property_id": "{property_id}",
    "guest_id": "{guest_id}",
    "check_in": "{check_in}",
    "check_out": "{check_out}",
    "num_guests": 2,
}
BLOCK = {"unit_id": "{unit_id}", "start": "{check_in}", "end": "{check_out}"}
GUEST = {"name": "Yuki Tanaka", "email": "yuki@example.com"}
NAME = {"name": "Renamed"}
PERIOD = "?period_start={day}&period_end={check_out}"
STAY_ASKED = "?check_in={check_in}&check_out={check_out}"
CHANGED = ("PUT", "PATCH")
PASSWORD = "correct horse battery"

# method, address, permission, then: elsewhere, member, read key, write key
ORGANIZATION_ROWS = [
    call("GET", "properties", P.READ_PROPERTIES, 200, 200, 200, 200),
    call("POST", "properties", P.ADD_PROPERTIES, 403, 201, 403, 201, VILLA),
    call("GET", HOME, P.READ_PROPERTIES, 404, 200, 200, 200, fill=OF_HOME),
    *(call(m, HOME, P.WRITE_PROPERTIES, 404, 200, 403, 200, NAME, OF_HOME) for m in CHANGED),
    call("DELETE", HOME, P.DELETE_PROPERTIES, 404, 200, 403, 200, fill=OF_HOME),
    call("GET", UNITS, P.READ_PROPERTIES, 404, 200, 200, 200, fill=OF_HOME),
    call("POST", UNITS, P.WRITE_PROPERTIES, 404, 201, 403, 201, {"name": ROOM["name"]}, OF_HOME),
    call("GET", UNIT, P.READ_PROPERTIES, 404, 200, 200, 200, fill=OF_HOME),
    *(call(m, UNIT, P.WRITE_PROPERTIES, 404, 200, 403, 200, NAME, OF_HOME) for m in CHANGED),
    call("DELETE", UNIT, P.DELETE_PROPERTIES, 404, 200, 403, 200, fill=OF_HOME),
    call("GET", "guests", P.READ_GUESTS, 200, 200, 200, 200),
    call("POST", "guests", P.WRITE_GUESTS, 201, 201, 403, 201, GUEST),
    call("GET", "guests/<str:id>", P.READ_GUESTS, 404, 200, 200, 200, fill=OF_GUEST),
    *(
        call(m, "guests/<str:id>", P.WRITE_GUESTS, 404, 200, 403, 200, NAME, OF_GUEST)
        for m in CHANGED
    ),
    # The guest has bookings: who may delete guests is told so.
    call("DELETE", "guests/<str:id>", P.DELETE_GUESTS, 404, 409, 403, 409, fill=OF_GUEST),
    call("GET", "bookings", P.READ_BOOKINGS, 200, 200, 200, 200),
    call("POST", "bookings", P.WRITE_BOOKINGS, 404, 201, 403, 201, STAY),
    call("GET", "bookings/<str:id>", P.READ_BOOKINGS, 404, 200, 200, 200, fill=OF_STAY),
    *(
        call(
            m,
            "bookings/<str:id>",
            P.WRITE_BOOKINGS,
            404,
            200,
            403,
            200,
            {"status": "confirmed"},
            OF_STAY,
        )
        for m in CHANGED
    ),
    call("DELETE", "bookings/<str:id>", P.DELETE_BOOKINGS, 404, 200, 403, 200, fill=OF_STAY),
    call("GET", "blocks", P.READ_BOOKINGS, 200, 200, 200, 200),
    call("POST", "blocks", P.WRITE_BOOKINGS, 404, 201, 403, 201, BLOCK),
    call("GET", "blocks/<str:id>", P.READ_BOOKINGS, 404, 200, 200, 200, fill=OF_BLOCK),
    *(
        call(
            m, "blocks/<str:id>", P.WRITE_BOOKINGS, 404, 200, 403, 200, {"note": "Paint"}, OF_BLOCK
        )
        for m in CHANGED
    ),
    call("DELETE", "blocks/<str:id>", P.WRITE_BOOKINGS, 404, 200, 403, 200, fill=OF_BLOCK),
    call("GET", "imports", P.ADD_PROPERTIES, 403, 200, 403, 200),
    call("POST", "imports", P.ADD_PROPERTIES, 403, 422, 403, 422),
    call("GET", "imports/export", P.ADD_PROPERTIES, 403, 200, 403, 200),
    call("GET", "imports/<str:id>", P.ADD_PROPERTIES, 403, 200, 403, 200, fill=OF_IMPORT),
    call("GET", "imports/<str:id>/problems", P.ADD_PROPERTIES, 403, 200, 403, 200, fill=OF_IMPORT),
    call("POST", "imports/<str:id>/run", P.ADD_PROPERTIES, 403, 409, 403, 409, fill=OF_IMPORT),
    call("POST", "imports/<str:id>/undo", P.ADD_PROPERTIES, 403, 409, 403, 409, fill=OF_IMPORT),
    call("GET", "availability", P.READ_BOOKINGS, 200, 200, 200, 200, query=STAY_ASKED),
    call("GET", "analytics/occupancy", P.READ_OCCUPANCY, 200, 200, 200, 200, query=PERIOD),
    *(
        call("GET", f"analytics/{name}", P.READ_ANALYTICS, 200, 200, 200, 200, query=query)
        for name, query in (
            ("summary", PERIOD),
            ("revenue", PERIOD),
            ("trends", PERIOD),
            ("sources", PERIOD),
            ("pickup", f"{PERIOD}&as_of_from=2026-01-01"),
        )
    ),
    call("GET", "organizations/current", P.READ_ORGANIZATION, 200, 200, 200, 200),
    *(
        call(m, "organizations/current", P.EDIT_ORGANIZATION, 403, 200, 403, 403, NAME)
        for m in CHANGED
    ),
    call("GET", "organizations/current/members", P.READ_MEMBERS, 200, 200, 403, 403),
    call(
        "POST",
        "organizations/current/members",
        P.MANAGE_MEMBERS,
        201,
        201,
        403,
        403,
        {"email": "other@example.com", "role": "viewer"},
    ),
    *(
        call(
            m,
            "organizations/current/members/<str:id>",
            P.MANAGE_MEMBERS,
            403,
            200,
            403,
            403,
            {"role": "staff"},
            OF_MEMBER,
        )
        for m in CHANGED
    ),
    call(
        "DELETE",
        "organizations/current/members/<str:id>",
        P.MANAGE_MEMBERS,
        403,
        200,
        403,
        403,
        fill=OF_MEMBER,
    ),
    call("GET", "organizations/current/api-keys", P.MANAGE_API_KEYS, 403, 200, 403, 403),
    call(
        "POST",
        "organizations/current/api-keys",
        P.MANAGE_API_KEYS,
        403,
        201,
        403,
        403,
        {"name": "New", "scopes": ["read"]},
    ),
    call(
        "DELETE",
        "organizations/current/api-keys/<str:id>",
        P.MANAGE_API_KEYS,
        403,
        200,
        403,
        403,
        fill=OF_KEY,
    ),
]

PEOPLE_ROWS = [
    person("GET", "auth/me", 200),
    *(person(method, "auth/me", 200, NAME) for method in CHANGED),
    person(
        "POST",
        "auth/change-password",
        200,
        {"current_password": PASSWORD, "new_password": "battery staple horse"},
    ),
    person("GET", "organizations", 200),
    person("POST", "organizations", 201, NAME),
]

PUBLIC_ROWS = [
    anyone("GET", "health", 200),
    anyone("GET", "health/ready", 200),
    # Nothing is measured without a token for it.
    anyone("GET", "metrics", 404),
    anyone("GET", "openapi.json", 200),
    anyone("GET", "docs", 200),
    anyone("GET", "redoc", 200),
    anyone(
        "POST",
        f"{API}auth/register",
        201,
        {"email": "fresh@example.com", "password": PASSWORD, "name": "Fresh"},
    ),
    anyone("POST", f"{API}auth/login", 200, {"email": "{email}", "password": PASSWORD}),
    anyone("POST", f"{API}auth/refresh", 401, {"refresh_token": "none"}),
    anyone("POST", f"{API}auth/logout", 200, {"refresh_token": "none"}),
    anyone("POST", f"{API}auth/forgot-password", 202, {"email": "{email}"}),
    anyone("POST", f"{API}auth/resend-verification", 202, {"email": "{email}"}),
    anyone("POST", f"{API}auth/reset-password", 400, {"token": "none", "new_password": PASSWORD}),
    anyone("POST", f"{API}auth/verify-email", 400, {"token": "none"}),
    anyone("POST", f"{API}auth/exchange", 401, {"code": "none"}),
    # No provider is configured here.
    anyone("GET", f"{API}auth/google", 503),
    anyone("GET", f"{API}auth/github", 503),
    anyone("GET", f"{API}auth/google/callback", 401),
    anyone("GET", f"{API}auth/github/callback", 401),
]

API_ROWS = [*ORGANIZATION_ROWS, *PEOPLE_ROWS, *PUBLIC_ROWS]
