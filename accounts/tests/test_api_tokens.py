"""Contract section 2 over HTTP: what tokens are good for, and when they stop."""

from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from accounts.models import RefreshToken, RevokedAccessToken
from accounts.tokens import issue_tokens
from villaops.tests.build import make_user
from villaops.tests.client import Api, Response, as_bearer, errors_of, refusal

pytestmark = pytest.mark.django_db

REUSED = (401, "Invalid or expired refresh token")


def forged(**claims: object) -> str:
    now = timezone.now()
    payload = {
        "sub": str(uuid4()),
        "type": "access",
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + timedelta(minutes=5),
    } | claims
    kept = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(kept, settings.JWT_SECRET_KEY, algorithm="HS256")


# --- Refresh and log out ---------------------------------------------------------------------


def refresh(token: str) -> Response:
    return Api().post("auth/refresh", {"refresh_token": token})


def test_refresh_gives_a_new_pair_that_works() -> None:
    pair = issue_tokens(user=make_user())

    response = refresh(pair.refresh_token)

    answer = response.json()
    assert response.status_code == 200
    assert set(answer) == {"access_token", "refresh_token", "token_type"}
    assert answer["refresh_token"] != pair.refresh_token
    assert as_bearer(answer["access_token"]).get("auth/me").status_code == 200
    assert refresh(answer["refresh_token"]).status_code == 200


def test_refresh_twice_ends_the_family() -> None:
    user = make_user()
    pair = issue_tokens(user=user)
    other_family = issue_tokens(user=user)
    successor = refresh(pair.refresh_token).json()["refresh_token"]

    assert refusal(refresh(pair.refresh_token)) == REUSED
    assert refusal(refresh(successor)) == REUSED
    assert refresh(other_family.refresh_token).status_code == 200


def test_refresh_token_says_what_the_contract_says() -> None:
    user = make_user()
    pair = issue_tokens(user=user)

    claims = jwt.decode(pair.refresh_token, settings.JWT_SECRET_KEY, algorithms=["HS256"])

    assert set(claims) == {"sub", "type", "jti", "iat", "exp"}
    assert claims["sub"] == str(user.pk)
    assert claims["type"] == "refresh"
    assert claims["exp"] - claims["iat"] == 7 * 24 * 3600
    access = jwt.decode(pair.access_token, settings.JWT_SECRET_KEY, algorithms=["HS256"])
    assert access["type"] == "access"
    assert access["exp"] - access["iat"] == 30 * 60


def test_refresh_refuses_an_expired_token() -> None:
    pair = issue_tokens(user=make_user())

    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert refusal(refresh(pair.refresh_token)) == REUSED


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ä.ö.ü", "." * 10_000])
def test_refresh_refuses_what_is_no_token(token: str) -> None:
    assert refusal(refresh(token)) == REUSED


def test_refresh_refuses_a_token_of_another_kind() -> None:
    assert refusal(refresh(issue_tokens(user=make_user()).access_token)) == (
        401,
        "Invalid token type",
    )


@pytest.mark.parametrize("claims", [{"sub": None}, {"sub": "emma"}, {"jti": None}, {"jti": 7}])
def test_refresh_refuses_a_broken_payload(claims: dict[str, object]) -> None:
    token = forged(type="refresh", **claims)

    assert refusal(refresh(token)) == (401, "Invalid token payload")


def test_refresh_refuses_a_user_who_is_gone_or_inactive() -> None:
    inactive = issue_tokens(user=make_user(is_active=False))
    gone = (401, "User not found or inactive")

    assert refusal(refresh(forged(type="refresh"))) == gone
    assert refusal(refresh(inactive.refresh_token)) == gone


def test_refresh_refuses_a_genuine_token_that_was_never_given_out() -> None:
    token = forged(type="refresh", sub=str(make_user().pk))

    assert refusal(refresh(token)) == REUSED


def test_logout_ends_the_family_and_the_access_token() -> None:
    pair = issue_tokens(user=make_user())
    api = as_bearer(pair.access_token)

    response = api.post("auth/logout", {"refresh_token": pair.refresh_token})

    assert (response.status_code, response.json()) == (200, {"message": "Logged out"})
    assert refusal(refresh(pair.refresh_token)) == REUSED
    assert refusal(api.get("auth/me")) == (401, "Could not validate credentials")


def test_logout_without_bearer_leaves_the_access_token_alone() -> None:
    pair = issue_tokens(user=make_user())

    Api().post("auth/logout", {"refresh_token": pair.refresh_token})

    assert as_bearer(pair.access_token).get("auth/me").status_code == 200


@pytest.mark.parametrize("token", ["nonsense", ""])
def test_logout_succeeds_whatever_is_sent(token: str) -> None:
    pair = issue_tokens(user=make_user())
    api = as_bearer(pair.access_token)

    for _ in range(2):
        assert api.post("auth/logout", {"refresh_token": token}).status_code == 200

    assert RevokedAccessToken.objects.count() == 1
    assert RefreshToken.objects.get().revoked_at is None


def test_logout_of_a_token_that_was_never_given_out_succeeds() -> None:
    response = Api().post("auth/logout", {"refresh_token": forged(type="refresh")})

    assert response.status_code == 200


def test_logout_needs_the_refresh_token() -> None:
    assert errors_of(Api().post("auth/logout", {})) == [("missing", ["body", "refresh_token"])]


# --- Credentials -----------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Token abc"])
def test_no_usable_credentials_are_not_authenticated(header: str) -> None:
    api = Api()
    api.headers["Authorization"] = header

    response = api.get("auth/me")

    assert refusal(response) == (401, "Not authenticated")
    assert response["WWW-Authenticate"] == "Bearer"
    assert refusal(Api().get("auth/me")) == (401, "Not authenticated")


def test_scheme_is_case_insensitive() -> None:
    api = Api()
    api.headers["Authorization"] = f"bEARER {issue_tokens(user=make_user()).access_token}"

    assert api.get("auth/me").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [{}, {"sub": "emma"}, {"jti": None}, {"type": None}, {"type": "other"}, {"exp": None}],
)
def test_bad_tokens_are_not_validated(claims: dict[str, object]) -> None:
    invalid = (401, "Could not validate credentials")

    assert refusal(as_bearer(forged(**claims)).get("auth/me")) == invalid
    assert refusal(as_bearer("nonsense").get("auth/me")) == invalid
    assert refusal(as_bearer(f"{forged()}x").get("auth/me")) == invalid


def test_expired_access_token_is_not_validated() -> None:
    api = Api(make_user())

    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert refusal(api.get("auth/me")) == (401, "Could not validate credentials")


def test_refresh_token_is_no_access_token() -> None:
    pair = issue_tokens(user=make_user())

    assert refusal(as_bearer(pair.refresh_token).get("auth/me")) == (401, "Invalid token type")


def test_inactive_user_is_told_so() -> None:
    assert refusal(Api(make_user(is_active=False)).get("auth/me")) == (
        401,
        "User account is inactive",
    )
