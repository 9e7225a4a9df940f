"""Contract section 2 over HTTP: register, log in, profile."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Membership, Organization, User
from conftest import Statements
from villaops.tenancy import Door, organization_context
from villaops.tests.build import PASSWORD, make_member, make_organization, make_user
from villaops.tests.client import Api, Response, as_bearer, errors_of, refusal

pytestmark = pytest.mark.django_db

NEW = {"email": "emma@example.com", "password": "a good password", "name": "Emma"}


def login(email: str, password: str = PASSWORD) -> Response:
    return Api().post("auth/login", {"email": email, "password": password})


def join(user: User, organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        Membership(organization=organization, user=user, role="viewer").save()


# --- Register --------------------------------------------------------------------------------


def test_register_makes_user_organization_and_tokens() -> None:
    response = Api().post("auth/register", NEW)

    answer = response.json()
    user = User.objects.get(email="emma@example.com")
    organization = Organization.objects.get()
    assert response.status_code == 201
    assert answer["user"] == {
        "id": str(user.pk),
        "email": "emma@example.com",
        "name": "Emma",
        "avatar_url": None,
        "auth_provider": "local",
        "is_active": True,
        "role": "manager",
        "email_verified": False,
        "organization": {
            "id": str(organization.pk),
            "slug": "emma",
            "name": "Emma",
            "role": "owner",
        },
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert answer["tokens"] == {
        "access_token": answer["access_token"],
        "refresh_token": answer["refresh_token"],
        "token_type": "bearer",
    }
    assert answer["token_type"] == "bearer"
    assert as_bearer(answer["access_token"]).get("auth/me").json() == answer["user"]


def test_register_names_the_organization_as_asked() -> None:
    named = {"organization_name": "Sea Houses", "organization_slug": "sea"}

    answer = Api().post("auth/register", NEW | named).json()

    assert answer["user"]["organization"]["name"] == "Sea Houses"
    assert answer["user"]["organization"]["slug"] == "sea"


def test_register_refuses_a_known_email_in_any_case() -> None:
    make_user("Emma@example.com")

    assert refusal(Api().post("auth/register", NEW)) == (409, "Email already registered")


def test_register_refuses_a_taken_slug_and_keeps_nothing() -> None:
    make_organization(slug="sea")

    response = Api().post("auth/register", NEW | {"organization_slug": "sea"})

    assert refusal(response) == (409, "Organization slug already taken")
    assert not User.objects.filter(email="emma@example.com").exists()


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("email", "nobody", "value_error"),
        ("email", "a@b.test", "value_error"),
        ("email", "a@localhost", "value_error"),
        ("email", None, "string_type"),
        ("password", "1234567", "string_too_short"),
        ("password", "x" * 129, "string_too_long"),
        ("password", "with a nul \0", "value_error"),
        ("password", 12345678, "string_type"),
        ("name", "", "string_too_short"),
        ("name", "x" * 256, "string_too_long"),
        ("organization_name", "", "string_too_short"),
        ("organization_name", None, "string_type"),
        ("organization_slug", "ab", "string_too_short"),
        ("organization_slug", "a" * 51, "string_too_long"),
        ("organization_slug", "Sea Houses", "value_error"),
        ("organization_slug", "sea-houses\n", "value_error"),
        ("organization_slug", "01890000-0000-7000-8000-000000000000", "value_error"),
    ],
)
def test_register_refuses_malformed_fields(field: str, value: object, kind: str) -> None:
    response = Api().post("auth/register", NEW | {field: value})

    assert errors_of(response) == [(kind, ["body", field])]


def test_register_never_sends_the_password_back() -> None:
    response = Api().post("auth/register", {"password": "short", "name": "Emma"})

    by_place = {error["loc"][1]: error for error in response.json()["detail"]}
    assert by_place["email"]["input"] == {"name": "Emma"}
    assert "input" not in by_place["password"]
    assert b"short" not in response.content.replace(b"string_too_short", b"")


@pytest.mark.parametrize("body", [b'"hunter22"', b'["hunter22"]', b"password=hunter22"])
def test_register_sends_no_body_back_that_could_be_a_password(body: bytes) -> None:
    response = Api().send("POST", "auth/register", body)

    assert response.status_code == 422
    assert b"hunter22" not in response.content


def test_register_refuses_common_passwords_where_told_to(settings: Any) -> None:
    settings.AUTH_PASSWORD_VALIDATORS = [
        {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"}
    ]

    response = Api().post("auth/register", NEW | {"password": "password123"})

    assert errors_of(response) == [("value_error", ["body", "password"])]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("  emma@example.com ", "emma@example.com"),
        ("Emma T <emma@Example.COM>", "emma@example.com"),
        ("Emma.T@EXAMPLE.com", "Emma.T@example.com"),
        ("emma@xn--bcher-kva.example.com", "emma@bücher.example.com"),
        ("jürgen@example.com", "jürgen@example.com"),
    ],
)
def test_register_normalizes_the_email(sent: str, stored: str) -> None:
    response = Api().post("auth/register", NEW | {"email": sent})

    assert response.json()["user"]["email"] == stored


# --- Log in ----------------------------------------------------------------------------------


def test_login_gives_tokens_whatever_the_case_of_the_email() -> None:
    make_user("Emma@example.com")

    response = login("EMMA@example.com")

    assert response.status_code == 200
    assert response.json()["user"]["email"] == "Emma@example.com"
    assert response.json()["user"]["organization"] is None


def test_login_refuses_unknown_wrong_and_missing_passwords_alike() -> None:
    make_user("emma@example.com")
    social = make_user("social@example.com")
    social.set_unusable_password()
    social.save()

    for email in ("emma@example.com", "nobody@example.com", "social@example.com"):
        response = login(email, "wrong")
        assert refusal(response) == (401, "Invalid email or password")
        assert response["WWW-Authenticate"] == "Bearer"


def test_login_tells_an_inactive_user_only_with_the_right_password() -> None:
    make_user("emma@example.com", is_active=False)

    assert refusal(login("emma@example.com")) == (403, "Account is inactive")
    assert refusal(login("emma@example.com", "wrong"))[0] == 401


@pytest.mark.parametrize("email", ["emma@example.com", "nobody@example.com"])
def test_login_locks_email_and_address_after_five_failures(email: str) -> None:
    make_user("emma@example.com")

    answers = [login(email.upper() if n % 2 else email, "wrong").status_code for n in range(5)]
    sixth = login(email)

    assert answers == [401] * 5
    assert refusal(sixth) == (429, "Too many failed logins")
    assert 0 < int(sixth["Retry-After"]) <= 900


def test_login_lock_is_for_that_pair_alone_and_ends() -> None:
    make_user("emma@example.com")
    make_user("james@example.com")
    for _ in range(5):
        login("emma@example.com", "wrong")
    elsewhere = Api().send(
        "POST",
        "auth/login",
        {"email": "emma@example.com", "password": PASSWORD},
    )

    assert elsewhere.status_code == 429
    assert login("james@example.com").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert login("emma@example.com").status_code == 200


def test_login_lock_does_not_follow_to_another_address(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    make_user("emma@example.com")
    for _ in range(5):
        login("emma@example.com", "wrong")

    elsewhere = Api().send(
        "POST",
        "auth/login",
        {"email": "emma@example.com", "password": PASSWORD},
        headers={"X-Forwarded-For": "203.0.113.9"},
    )

    assert elsewhere.status_code == 200


def test_login_success_forgets_failures() -> None:
    make_user("emma@example.com")

    for _ in range(3):
        for _ in range(4):
            login("emma@example.com", "wrong")
        assert login("emma@example.com").status_code == 200


def test_login_never_locks_where_the_limit_is_off(settings: Any) -> None:
    settings.AXES_ENABLED = False
    make_user("emma@example.com")

    for _ in range(6):
        login("emma@example.com", "wrong")

    assert login("emma@example.com").status_code == 200


# --- Profile ---------------------------------------------------------------------------------


def test_me_takes_one_statement(statements: Statements) -> None:
    api = Api(make_member(make_organization()))

    with statements(1):
        api.get("auth/me")


def test_me_without_membership_has_no_organization() -> None:
    assert Api(make_user()).get("auth/me").json()["organization"] is None


def test_me_names_the_oldest_membership_where_there_is_no_default() -> None:
    organization = make_organization(slug="first")
    user = make_member(organization)
    join(user, make_organization(slug="second"))
    user.default_organization = None
    user.save()

    assert Api(user).get("auth/me").json()["organization"]["slug"] == "first"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_me_changes_only_what_is_sent(method: str) -> None:
    user = make_user(name="Emma", avatar_url="https://example.com/a.png")
    api = Api(user)

    unchanged = api.send(method, "auth/me", {})
    changed = api.send(method, "auth/me", {"name": "Emma T", "id": str(uuid4())})
    pictured = api.send(method, "auth/me", {"avatar_url": "http://localhost:3000/b.png?x=ü"})
    without = api.send(method, "auth/me", {"avatar_url": None})

    assert unchanged.json()["name"] == "Emma"
    assert changed.json() == {**unchanged.json(), "name": "Emma T"}
    assert pictured.json()["avatar_url"] == "http://localhost:3000/b.png?x=ü"
    assert without.json()["avatar_url"] is None


def test_me_changes_the_default_organization_by_slug_or_id() -> None:
    user = make_member(make_organization(slug="sea"))
    hill = make_organization(slug="hill")
    join(user, hill)
    api = Api(user)

    by_slug = api.patch("auth/me", {"default_organization": "hill"}).json()["organization"]
    api.patch("auth/me", {"default_organization": "sea"})
    by_id = api.patch("auth/me", {"default_organization": str(hill.pk).upper()}).json()

    assert (by_slug["slug"], by_slug["role"]) == ("hill", "viewer")
    assert by_id["organization"]["slug"] == "hill"


def test_me_refuses_an_organization_of_others() -> None:
    make_organization(slug="hill")
    api = Api(make_member(make_organization(slug="sea")))

    for name in ("hill", str(uuid4()), "", "x" * 300):
        response = api.patch("auth/me", {"default_organization": name})
        assert refusal(response) == (404, "Organization not found")


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("name", None, "string_type"),
        ("name", "", "string_too_short"),
        ("avatar_url", "ftp://example.com/a.png", "value_error"),
        ("avatar_url", "a.png", "value_error"),
        ("avatar_url", "https://example.com/" + "a" * 500, "string_too_long"),
        ("default_organization", None, "string_type"),
        ("default_organization", 7, "string_type"),
    ],
)
def test_me_refuses_malformed_fields(field: str, value: object, kind: str) -> None:
    response = Api(make_user()).patch("auth/me", {field: value})

    assert errors_of(response) == [(kind, ["body", field])]


def test_ids_are_lower_case_with_hyphens() -> None:
    answer = Api(make_user()).get("auth/me").json()

    assert answer["id"] == str(UUID(answer["id"]))
