"""Organizations, members and API keys over HTTP: contract section 7."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail

from accounts.models import ApiKey, Membership, Organization, User
from accounts.permissions import Role
from conftest import Statements
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_member, make_organization, make_user
from villaops.tests.client import Api, errors_of, refusal, with_key

pytestmark = pytest.mark.django_db

DENIED = (403, "Permission denied")
NO_MEMBER = (404, "Member not found")
NEEDS_OWNER = (409, "Organization needs an owner")
MEMBERS = "organizations/current/members"
KEYS = "organizations/current/api-keys"


def membership_of(user: User) -> Membership:
    return Membership.objects.get(user=user)


def member_path(user: User) -> str:
    return f"{MEMBERS}/{membership_of(user).pk}"


# --- Organizations ---------------------------------------------------------------------------


def test_organizations_lists_mine(
    organization: Organization, owner: User, other_organization: Organization
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        Membership(organization=other_organization, user=owner, role=Role.VIEWER).save()
    make_organization("Lake Houses")

    answer = Api(owner).get("organizations", ordering="name").json()

    assert [(one["name"], one["role"], one["is_default"]) for one in answer["items"]] == [
        ("Hill Houses", "viewer", False),
        ("Sea Houses", "owner", True),
    ]
    assert answer["total"] == 2
    assert list(answer["items"][0]) == [
        "id",
        "name",
        "slug",
        "currency",
        "time_zone",
        "role",
        "is_default",
        "created_at",
        "updated_at",
    ]


def test_organizations_of_nobody_is_empty() -> None:
    assert Api(make_user()).get("organizations").json()["items"] == []


def test_organizations_creates_one_owned_by_the_caller(owner: User) -> None:
    wishes = {"name": "Lake Houses", "slug": "lake", "currency": "EUR", "time_zone": "Europe/Rome"}

    answer = Api(owner).post("organizations", wishes)

    assert answer.status_code == 201
    assert answer.json() | wishes == answer.json()
    assert answer.json()["role"] == "owner"
    assert answer.json()["is_default"] is False
    assert Api(owner, Organization.objects.get(slug="lake")).get("properties").status_code == 200


def test_organizations_refuses_a_taken_slug(owner: User, organization: Organization) -> None:
    taken = {"name": "Lake Houses", "slug": organization.slug}

    assert refusal(Api(owner).post("organizations", taken)) == (
        409,
        "Organization slug already taken",
    )


def test_current_organization_is_the_one_that_is_named(
    organization: Organization, owner: User, other_organization: Organization
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        Membership(organization=other_organization, user=owner, role=Role.VIEWER).save()

    default = Api(owner).get("organizations/current").json()
    other = Api(owner, other_organization).get("organizations/current").json()

    assert (default["name"], default["role"], default["is_default"]) == (
        "Sea Houses",
        "owner",
        True,
    )
    assert (other["name"], other["role"], other["is_default"]) == ("Hill Houses", "viewer", False)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_current_organization_changes_what_is_sent(owner: User, method: str) -> None:
    api = Api(owner)
    before = api.get("organizations/current").json()

    unchanged = api.send(method, "organizations/current", {})
    changed = api.send(method, "organizations/current", {"slug": "sea", "currency": "EUR"})

    assert unchanged.json() == before
    assert changed.status_code == 200
    assert changed.json() | {"updated_at": ""} == before | {
        "slug": "sea",
        "currency": "EUR",
        "updated_at": "",
    }


def test_current_organization_refuses_a_taken_slug(
    owner: User, other_organization: Organization
) -> None:
    answer = Api(owner).patch("organizations/current", {"slug": other_organization.slug})

    assert refusal(answer) == (409, "Organization slug already taken")


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("name", "", "string_too_short"),
        ("name", None, "string_type"),
        ("slug", "ab", "string_too_short"),
        ("slug", "Sea", "value_error"),
        ("currency", "ZZZ", "value_error"),
        ("time_zone", "Mars/Olympus", "value_error"),
    ],
)
def test_current_organization_refuses_malformed_fields(
    owner: User, field: str, value: object, kind: str
) -> None:
    answer = Api(owner).patch("organizations/current", {field: value})

    assert errors_of(answer) == [(kind, ["body", field])]


# --- Members ---------------------------------------------------------------------------------


def test_members_invites_by_mail_and_again(
    organization: Organization,
    owner: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    api = Api(owner)
    with django_capture_on_commit_callbacks(execute=True):
        first = api.post(MEMBERS, {"email": "Emma@Example.com", "role": "staff"})
        again = api.post(MEMBERS, {"email": "emma@example.com", "role": "viewer"})

    assert first.status_code == again.status_code == 201
    assert first.json() == {
        "id": first.json()["id"],
        "user_id": None,
        "email": "Emma@example.com",
        "name": None,
        "role": "staff",
        "status": "invited",
        "created_at": first.json()["created_at"],
    }
    assert again.json() == first.json() | {"role": "viewer"}
    links = [re.search(r"http://testserver(/invitations/\S{43})", one.body) for one in mail.outbox]
    assert [one.to for one in mail.outbox] == [["Emma@example.com"]] * 2
    assert all(links)
    assert links[0] != links[1]


def test_members_lists_members_and_invited(owner: User, statements: Statements) -> None:
    api = Api(owner)
    with statements(4):
        assert len(api.get(MEMBERS).json()["items"]) == 1
    for name in ("b", "c"):
        api.post(MEMBERS, {"email": f"{name}@example.com", "role": "staff"})

    with statements(4):
        answer = api.get(MEMBERS, ordering="email").json()

    found = [(one["email"], one["status"], one["name"]) for one in answer["items"]]
    assert found == [
        ("b@example.com", "invited", None),
        ("c@example.com", "invited", None),
        (owner.email, "active", "A Person"),
    ]
    ordered = api.get(MEMBERS, ordering="-status,name").json()["items"]
    assert [one["status"] for one in ordered] == ["invited", "invited", "active"]


def test_members_refuses_who_is_in_already(organization: Organization, owner: User) -> None:
    make_member(organization, email="emma@example.com")

    answer = Api(owner).post(MEMBERS, {"email": "EMMA@example.com", "role": "staff"})

    assert refusal(answer) == (409, "Already a member")


def test_member_gets_another_role(organization: Organization, owner: User) -> None:
    viewer = make_member(organization, Role.VIEWER)

    answer = Api(owner).patch(member_path(viewer), {"role": "manager"})

    assert answer.status_code == 200
    assert answer.json()["role"] == membership_of(viewer).role == "manager"
    assert Api(owner).put(member_path(viewer), {}).json() == answer.json()
    assert errors_of(Api(owner).put(member_path(viewer), {"role": "king"})) == [
        ("enum", ["body", "role"])
    ]


def test_member_is_removed(organization: Organization, owner: User) -> None:
    path = member_path(viewer := make_member(organization, Role.VIEWER))

    answer = Api(owner).delete(path)

    assert (answer.status_code, answer.json()) == (200, {"message": "Member removed"})
    assert refusal(Api(owner).delete(path)) == NO_MEMBER
    assert refusal(Api(viewer).get("properties")) == (403, "No organization")


def test_last_owner_stays_owner(organization: Organization, owner: User) -> None:
    assert refusal(Api(owner).delete(member_path(owner))) == NEEDS_OWNER
    assert refusal(Api(owner).patch(member_path(owner), {"role": "staff"})) == NEEDS_OWNER

    other = make_member(organization, Role.OWNER)

    assert Api(other).delete(member_path(owner)).status_code == 200
    assert refusal(Api(other).delete(member_path(other))) == NEEDS_OWNER


def test_manager_touches_no_owner_and_makes_none(organization: Organization, owner: User) -> None:
    manager = Api(make_member(organization, Role.MANAGER))
    viewer = make_member(organization, Role.VIEWER)

    assert refusal(manager.patch(member_path(owner), {"role": "viewer"})) == DENIED
    assert refusal(manager.delete(member_path(owner))) == DENIED
    assert refusal(manager.patch(member_path(viewer), {"role": "owner"})) == DENIED
    assert refusal(manager.post(MEMBERS, {"email": "a@b.com", "role": "owner"})) == DENIED
    assert manager.patch(member_path(viewer), {"role": "manager"}).status_code == 200
    assert membership_of(owner).role == "owner"


def test_limited_manager_lets_nobody_see_more(organization: Organization, owner: User) -> None:
    limits = [uuid4()]
    limited = make_member(organization, Role.MANAGER)
    with organization_context(organization, by=None, door=Door.COMMAND):
        Membership.objects.filter(user=limited).update(property_ids=limits)
    viewer = make_member(organization, Role.VIEWER)

    invited = Api(limited).post(MEMBERS, {"email": "a@b.com", "role": "staff"}).json()

    assert Membership.objects.get(pk=invited["id"]).property_ids == limits
    assert refusal(Api(limited).patch(member_path(viewer), {"role": "staff"})) == DENIED
    assert refusal(Api(limited).delete(member_path(viewer))) == DENIED


def test_members_of_others_are_not_found(owner: User, other_organization: Organization) -> None:
    theirs = member_path(make_member(other_organization, Role.VIEWER))

    assert refusal(Api(owner).patch(theirs, {"role": "staff"})) == NO_MEMBER
    assert refusal(Api(owner).delete(theirs)) == NO_MEMBER
    assert Membership.objects.get(pk=theirs.rpartition("/")[2]).role == "viewer"


# --- API keys --------------------------------------------------------------------------------


def test_api_keys_are_made_shown_once_and_revoked(organization: Organization, owner: User) -> None:
    api = Api(owner)
    wishes = {
        "name": "Website",
        "scopes": ["write"],
        "expires_at": f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%S}+00:00",
    }

    made = api.post(KEYS, wishes)

    answer = made.json()
    assert made.status_code == 201
    assert list(answer) == [
        "id",
        "name",
        "prefix",
        "scopes",
        "expires_at",
        "last_used_at",
        "created_at",
        "secret",
    ]
    assert answer["secret"].startswith(answer["prefix"])
    assert answer["expires_at"] == wishes["expires_at"].replace("+00:00", "Z")
    secret = answer.pop("secret")
    assert api.get(KEYS).json()["items"] == [answer]
    assert with_key(secret, organization).get("guests").status_code == 200
    revoked = api.delete(f"{KEYS}/{answer['id']}")
    assert (revoked.status_code, revoked.json()) == (200, {"message": "API key revoked"})
    assert refusal(api.delete(f"{KEYS}/{answer['id']}")) == (404, "API key not found")
    assert api.get(KEYS).json()["items"] == []
    assert with_key(secret).get("guests").status_code == 401


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", ("string_too_short", ["body", "name"])),
        ("name", "x" * 101, ("string_too_long", ["body", "name"])),
        ("scopes", [], ("value_error", ["body", "scopes"])),
        ("scopes", "read", ("list_type", ["body", "scopes"])),
        ("scopes", ["all"], ("enum", ["body", "scopes", 0])),
        ("expires_at", "2030-01-01T00:00:00", ("datetime_parsing", ["body", "expires_at"])),
        ("expires_at", "2030-01-01", ("datetime_parsing", ["body", "expires_at"])),
        ("expires_at", 1893456000, ("datetime_parsing", ["body", "expires_at"])),
        ("expires_at", "9999-12-31T23:59:59-12:00", ("datetime_parsing", ["body", "expires_at"])),
        ("expires_at", "2030-13-01T00:00:00Z", ("datetime_parsing", ["body", "expires_at"])),
    ],
)
def test_api_keys_refuses_malformed_fields(
    owner: User, field: str, value: object, error: tuple[str, list[str | int]]
) -> None:
    wishes = {"name": "Website", "scopes": ["read"]} | {field: value}

    assert errors_of(Api(owner).post(KEYS, wishes)) == [error]


def test_api_keys_of_others_are_not_found(owner: User, other_organization: Organization) -> None:
    theirs = make_member(other_organization)
    made = Api(theirs).post(KEYS, {"name": "Website", "scopes": ["read"]}).json()

    assert refusal(Api(owner).delete(f"{KEYS}/{made['id']}")) == (404, "API key not found")
    assert ApiKey.objects.get().revoked_at is None


def test_current_organization_of_a_key(organization: Organization, owner: User) -> None:
    made = Api(owner).post(KEYS, {"name": "Website", "scopes": ["read"]}).json()

    answer = with_key(made["secret"]).get("organizations/current").json()

    assert answer["id"] == str(organization.pk)
    assert (answer["role"], answer["is_default"]) == ("viewer", True)
