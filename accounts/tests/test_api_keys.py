"""Programs come in with an API key: contract section 7."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.db import connection

from accounts.api_keys import ApiKeyNotFound, NewApiKey, create_api_key, revoke_api_key
from accounts.models import ApiKey, Organization, User
from conftest import Statements
from properties.models import Property
from villaops.errors import BrokenRule
from villaops.tenancy import Door, organization_context
from villaops.tests.client import Api, refusal, with_key

pytestmark = pytest.mark.django_db

UNKNOWN = (401, "Could not validate credentials")
VILLA = {"name": "Casa Mare", "property_type": "villa"}


def make_key(
    organization: Organization, owner: User, *scopes: str, expires_at: datetime | None = None
) -> NewApiKey:
    with organization_context(organization, by=owner, door=Door.WEB):
        return create_api_key(
            organization=organization,
            name="Website",
            scopes=scopes or ["read"],
            by=owner,
            expires_at=expires_at,
        )


@pytest.fixture
def made(organization: Organization, owner: User) -> NewApiKey:
    return make_key(organization, owner)


def test_create_api_key_keeps_a_hash_and_never_the_secret(made: NewApiKey) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text FROM accounts_apikey k")
        [(stored,)] = cursor.fetchall()

    assert made.key.prefix == made.secret[:11]
    assert made.secret.startswith("vo_")
    assert len(made.secret) == 55
    assert made.secret[12:] not in stored


@pytest.mark.usefixtures("inside")
def test_create_api_key_refuses_one_for_nothing(organization: Organization, owner: User) -> None:
    with pytest.raises(BrokenRule):
        create_api_key(organization=organization, name="Website", scopes=[], by=owner)


def test_api_key_opens_its_organization(made: NewApiKey) -> None:
    assert with_key(made.secret).get("properties").status_code == 200


@pytest.mark.parametrize("scheme", ["Api-Key", "api-key", "API-KEY"])
def test_api_key_scheme_in_any_case(made: NewApiKey, scheme: str) -> None:
    answer = Api().send("GET", "properties", headers={"Authorization": f"{scheme}  {made.secret} "})

    assert answer.status_code == 200


@pytest.mark.parametrize("secret", ["x", "vo_", "vo_aaaaaaaa_" + "A" * 43, "\xfc" * 55])
def test_api_key_unknown(made: NewApiKey, secret: str) -> None:
    answer = with_key(secret).get("properties")

    assert refusal(answer) == UNKNOWN
    assert answer["WWW-Authenticate"] == "Bearer"


def test_api_key_left_out(made: NewApiKey) -> None:
    assert refusal(with_key("").get("properties")) == (401, "Not authenticated")


def test_api_key_expired(organization: Organization, owner: User) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(days=2)):
        ended = make_key(organization, owner, expires_at=datetime.now(UTC) + timedelta(days=1))
    lasting = make_key(organization, owner, expires_at=datetime.now(UTC) + timedelta(days=1))

    assert refusal(with_key(ended.secret).get("properties")) == UNKNOWN
    assert with_key(lasting.secret).get("properties").status_code == 200


def test_api_key_revoked(organization: Organization, owner: User, made: NewApiKey) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        revoke_api_key(key=made.key, by=owner)

        assert refusal(with_key(made.secret).get("properties")) == UNKNOWN
        with pytest.raises(ApiKeyNotFound):
            revoke_api_key(key=made.key, by=owner)


def test_api_key_names_its_own_organization_or_none(
    organization: Organization, other_organization: Organization, made: NewApiKey
) -> None:
    api = with_key(made.secret)

    for named in (organization.slug, str(organization.pk), str(organization.pk).upper()):
        api.headers["X-Organization"] = named
        assert api.get("properties").status_code == 200
    for named in (other_organization.slug, str(other_organization.pk), "nobody", "\xfc"):
        api.headers["X-Organization"] = named
        assert refusal(api.get("properties")) == (404, "Organization not found")


def test_api_key_opens_nothing_of_a_person(made: NewApiKey) -> None:
    assert refusal(with_key(made.secret).get("auth/me")) == (403, "Permission denied")


def test_api_key_for_reading_writes_nothing(made: NewApiKey) -> None:
    assert refusal(with_key(made.secret).post("properties", VILLA)) == (403, "Permission denied")


def test_api_key_makes_things_of_its_creator(organization: Organization, owner: User) -> None:
    made = make_key(organization, owner, "write")

    answer = with_key(made.secret).post("properties", VILLA)

    assert answer.status_code == 201
    assert answer.json()["owner_id"] == str(owner.pk)
    with organization_context(organization, by=owner, door=Door.WEB):
        events: Any = Property.objects.get().events  # type: ignore[attr-defined]
        assert events.get().pgh_context == {
            "user": str(owner.pk),
            "door": "api",
            "api_key": str(made.key.pk),
        }


def test_api_key_outlives_its_creator(organization: Organization, owner: User) -> None:
    made = make_key(organization, owner, "write")
    with organization_context(organization, by=None, door=Door.COMMAND):
        ApiKey.objects.update(created_by=None)

    answer = with_key(made.secret).post("properties", VILLA)

    assert answer.status_code == 201
    assert answer.json()["owner_id"] is None


def test_api_key_notes_its_use_once_a_minute(
    organization: Organization, made: NewApiKey, statements: Statements
) -> None:
    api = with_key(made.secret)
    unknown = with_key("vo_aaaaaaaa_" + "A" * 43)
    with statements(1):
        unknown.get("properties")
    start = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        api.get("auth/me")

        with statements(1):
            api.get("auth/me")
        clock.move_to(start + timedelta(seconds=59))
        with statements(1):
            api.get("auth/me")
        assert ApiKey.objects.get().last_used_at == start
        clock.move_to(start + timedelta(seconds=61))
        with statements(2):
            api.get("auth/me")
        assert ApiKey.objects.get().last_used_at == start + timedelta(seconds=61)
    with organization_context(organization, by=None, door=Door.COMMAND):
        assert made.key.events.count() == 1  # type: ignore[attr-defined]


def test_api_keys_are_counted_one_by_one(
    organization: Organization, owner: User, made: NewApiKey, settings: LazySettings
) -> None:
    settings.RATE_LIMIT_API = 2
    other = make_key(organization, owner)
    answers = [with_key(made.secret).get("properties").status_code for _ in range(3)]

    assert answers == [200, 200, 429]
    assert with_key(other.secret).get("properties").status_code == 200
    made_up = [with_key(f"vo_aaaaaaaa_{n:043}").get("properties").status_code for n in range(3)]
    assert made_up == [401, 401, 429]
