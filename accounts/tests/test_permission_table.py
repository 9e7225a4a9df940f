"""The permission table of contract section 7, cell by cell, as data and over HTTP."""

import pytest

from accounts.api_keys import create_api_key
from accounts.models import Organization, User
from accounts.permissions import Permission, Role, Scope, allows, key_allows
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_member
from villaops.tests.client import Api, refusal, with_key

P = Permission
LETTERS = dict(zip("OMSHAV", Role, strict=True))
SOME_ID = "01890000-0000-7000-8000-000000000000"

# Permission -> roles by their letters, and the scope a key needs; as the contract has it.
TABLE: dict[Permission, tuple[str, str]] = {
    P.READ_PROPERTIES: ("OMSHAV", "read"),
    P.READ_BOOKINGS: ("OMSHAV", "read"),
    P.READ_ORGANIZATION: ("OMSHAV", "read"),
    P.READ_GUESTS: ("OMSAV", "read"),
    P.READ_PRICES: ("OMSAV", "read"),
    P.READ_OCCUPANCY: ("OMSAV", "read"),
    P.READ_ANALYTICS: ("OMAV", "read"),
    P.WRITE_GUESTS: ("OMS", "write"),
    P.WRITE_BOOKINGS: ("OMS", "write"),
    P.DELETE_GUESTS: ("OM", "write"),
    P.DELETE_BOOKINGS: ("OM", "write"),
    P.WRITE_PROPERTIES: ("OM", "write"),
    P.DELETE_PROPERTIES: ("OM", "write"),
    P.ADD_PROPERTIES: ("OM", "write"),
    P.READ_AUDIT: ("OM", ""),
    P.READ_MEMBERS: ("OMSHAV", ""),
    P.MANAGE_MEMBERS: ("OM", ""),
    P.MANAGE_OWNERS: ("O", ""),
    P.EDIT_ORGANIZATION: ("O", ""),
    P.MANAGE_API_KEYS: ("O", ""),
    P.PAY: ("O", ""),
    P.CHAT: ("OMS", ""),
}

# The rows of section 12 that are about an organization: method, path, roles, scope of a key.
ROWS: list[tuple[str, str, str, str]] = [
    ("GET", "properties", "OMSHAV", "read"),
    ("GET", "properties/{id}", "OMSHAV", "read"),
    ("GET", "properties/{id}/units", "OMSHAV", "read"),
    ("GET", "properties/{id}/units/{id}", "OMSHAV", "read"),
    ("GET", "bookings", "OMSHAV", "read"),
    ("GET", "bookings/{id}", "OMSHAV", "read"),
    ("GET", "blocks", "OMSHAV", "read"),
    ("GET", "blocks/{id}", "OMSHAV", "read"),
    ("GET", "organizations/current", "OMSHAV", "read"),
    ("POST", "properties", "OM", "write"),
    ("POST", "properties/{id}/units", "OM", "write"),
    *[
        (method, path, "OM", "write")
        for path in ("properties/{id}", "properties/{id}/units/{id}")
        for method in ("PUT", "PATCH", "DELETE")
    ],
    ("GET", "guests", "OMSAV", "read"),
    ("GET", "guests/{id}", "OMSAV", "read"),
    ("GET", "analytics/occupancy", "OMSAV", "read"),
    *[
        (method, path, "OMS", "write")
        for kind in ("guests", "bookings", "blocks")
        for method, path in (("POST", kind), ("PUT", f"{kind}/{{id}}"), ("PATCH", f"{kind}/{{id}}"))
    ],
    ("DELETE", "guests/{id}", "OM", "write"),
    ("DELETE", "bookings/{id}", "OM", "write"),
    ("DELETE", "blocks/{id}", "OMS", "write"),
    ("GET", "organizations/current/members", "OMSHAV", ""),
    ("POST", "organizations/current/members", "OM", ""),
    ("PUT", "organizations/current/members/{id}", "OM", ""),
    ("PATCH", "organizations/current/members/{id}", "OM", ""),
    ("DELETE", "organizations/current/members/{id}", "OM", ""),
    ("PUT", "organizations/current", "O", ""),
    ("PATCH", "organizations/current", "O", ""),
    ("GET", "organizations/current/api-keys", "O", ""),
    ("POST", "organizations/current/api-keys", "O", ""),
    ("DELETE", "organizations/current/api-keys/{id}", "O", ""),
]


def test_the_table_names_every_permission() -> None:
    assert set(TABLE) == set(Permission)


@pytest.mark.parametrize("permission", Permission)
def test_permission_belongs_to_these_roles_and_scopes(permission: Permission) -> None:
    letters, scope = TABLE[permission]

    assert {role for role in Role if allows(role, permission)} == {LETTERS[x] for x in letters}
    assert key_allows([Scope.READ], permission) == (scope == "read")
    assert key_allows([Scope.WRITE], permission) == (scope in ("read", "write"))


@pytest.mark.django_db
def test_every_row_of_the_api_is_open_to_these_and_no_others(
    organization: Organization, owner: User
) -> None:
    callers = {letter: Api(make_member(organization, role)) for letter, role in LETTERS.items()}
    with organization_context(organization, by=owner, door=Door.WEB):
        for scope in Scope:
            made = create_api_key(organization=organization, name=scope, scopes=[scope], by=owner)
            callers[scope] = with_key(made.secret)
    wrong = []
    for method, path, letters, scope in ROWS:
        welcome = {*letters, *({scope, "write"} if scope else ())}
        for who, api in callers.items():
            answer = api.send(method, path.format(id=SOME_ID))
            # Whoever is let in has sent nothing, or names what is not there.
            is_welcome = answer.status_code in (200, 404, 422)
            is_refused = answer.status_code == 403 and refusal(answer)[1] == "Permission denied"
            if is_welcome == is_refused or is_welcome != (who in welcome):
                wrong.append((method, path, who, answer.status_code))

    assert wrong == []
