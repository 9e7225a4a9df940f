"""Contract section 2 over HTTP: Google and GitHub, against a provider that really answers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from redis.exceptions import RedisError

from accounts.api_keys import create_api_key
from accounts.models import Membership, User
from accounts.permissions import Scope
from accounts.tokens import issue_tokens
from villaops.tenancy import Door, organization_context
from villaops.tests.build import PASSWORD, make_user
from villaops.tests.client import Api, Response, as_bearer, refusal, with_key
from villaops.tests.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    IdentityProvider,
    Trouble,
    identity_provider,
)

pytestmark = pytest.mark.django_db

BACK = "http://localhost:3000/auth/callback"
PROVIDERS = ["google", "github"]
NAMES = {"google": "Google", "github": "GitHub"}


@pytest.fixture
def provider(settings: Any) -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        settings.GOOGLE_ISSUER = settings.GITHUB_URL = settings.GITHUB_API_URL = provider.url
        for name in ("GOOGLE", "GITHUB"):
            setattr(settings, f"{name}_CLIENT_ID", CLIENT_ID)
            setattr(settings, f"{name}_CLIENT_SECRET", CLIENT_SECRET)
        yield provider


def asked(client: Client, name: str) -> str:
    """Start at our end, go to the provider as a browser would; where it sends the browser."""
    start = client.get(f"/api/v1/auth/{name}")
    assert start.status_code == 302, start.content
    there = requests.get(start["Location"], allow_redirects=False, timeout=5)
    assert there.status_code == 302
    return there.headers["Location"]


def back(client: Client, address: str) -> Response:
    found = urlsplit(address)
    return client.get(f"{found.path}?{found.query}")


def sign_in(name: str = "google", client: Client | None = None) -> Response:
    client = client or Client()
    return back(client, asked(client, name))


def tokens_in(response: Response) -> dict[str, str]:
    assert response.status_code == 307, response.content
    assert response["Location"].startswith(f"{BACK}?"), response["Location"]
    return dict(parse_qsl(urlsplit(response["Location"]).query))


def me(tokens: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = as_bearer(tokens["access_token"]).get("auth/me").json()
    return found


def failed(name: str) -> tuple[int, str]:
    return 401, f"{NAMES[name]} authentication failed. Please try again."


# --- There and back --------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROVIDERS)
def test_start_leads_to_the_provider_with_a_cookie(
    name: str, provider: IdentityProvider, settings: Any
) -> None:
    settings.SESSION_COOKIE_SECURE = True

    response = Client().get(f"/api/v1/auth/{name}")

    there = urlsplit(response["Location"])
    query = dict(parse_qsl(there.query))
    cookie = response.cookies[f"oauth_{name}"]
    scope, nonce = (
        ("openid email profile", {"nonce"}) if name == "google" else ("user:email", set())
    )
    assert response.status_code == 302
    assert f"{there.scheme}://{there.netloc}" == provider.url
    assert query["scope"] == scope
    assert query["redirect_uri"] == f"http://localhost:8000/api/v1/auth/{name}/callback"
    assert query["code_challenge_method"] == "S256"
    assert len(query["code_challenge"]) == 43
    assert {"state"} | nonce <= set(query)
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", PROVIDERS)
def test_somebody_new_gets_an_account_without_password(
    name: str, provider: IdentityProvider, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    client = Client()

    response = sign_in(name, client)

    tokens = tokens_in(response)
    user = User.objects.get()
    found = me(tokens)
    assert set(tokens) == {"access_token", "refresh_token"}
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert (found["email"], found["name"]) == ("ada@example.com", "Ada Lovelace")
    assert (found["auth_provider"], found["email_verified"]) == (name, True)
    assert found["avatar_url"] == "https://pictures.example.com/ada.png"
    assert found["organization"]["role"] == "owner"
    assert not user.has_usable_password()
    assert SocialAccount.objects.get(provider=name, uid="1089").user == user
    assert EmailAddress.objects.get(user=user).verified
    assert client.cookies[f"oauth_{name}"].value == ""
    # And the second time it is the same person, whatever the e-mail is by then.
    provider.email, provider.github_emails = "ada@elsewhere.example.com", []
    assert me(tokens_in(sign_in(name)))["id"] == found["id"]


@pytest.mark.parametrize("name", PROVIDERS)
def test_fragment_and_code_hand_over_as_configured(
    name: str, provider: IdentityProvider, settings: Any
) -> None:
    settings.OAUTH_CALLBACK_STYLE = "fragment"
    fragment = urlsplit(sign_in(name)["Location"])
    settings.OAUTH_CALLBACK_STYLE = "code"
    code = tokens_in(sign_in(name))
    exchanged = Api().post("auth/exchange", code)

    assert fragment.query == ""
    assert me(dict(parse_qsl(fragment.fragment)))["email"] == "ada@example.com"
    assert set(code) == {"code"}
    assert exchanged.json()["user"]["email"] == "ada@example.com"
    assert Api().post("auth/exchange", code).status_code == 401


# --- Linking ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_verified_account_is_linked_and_keeps_its_password(
    name: str, provider: IdentityProvider, mailoutbox: list[EmailMultiAlternatives], at_once: None
) -> None:
    user = make_user("Ada@example.com", email_verified=True, name="Ada")
    before = issue_tokens(user=user)

    found = me(tokens_in(sign_in(name)))

    user.refresh_from_db()
    assert found["id"] == str(user.pk)
    assert (found["auth_provider"], found["name"]) == (name, "Ada")
    assert found["avatar_url"] == "https://pictures.example.com/ada.png"
    assert user.check_password(PASSWORD)
    assert me({"access_token": before.access_token})["id"] == str(user.pk)
    assert [mail.subject for mail in mailoutbox] == [f"{NAMES[name]} was connected"]


def test_who_waits_on_an_unverified_address_is_thrown_out(
    provider: IdentityProvider, client: Client
) -> None:
    attacker = Api().post(
        "auth/register", {"email": "ada@example.com", "password": PASSWORD, "name": "Mallory"}
    )
    tokens = attacker.json()["tokens"]
    later = Api().post("auth/refresh", {"refresh_token": tokens["refresh_token"]}).json()
    user = User.objects.get()
    user.phone, user.phone_verified = "+390551234567", True
    user.save()
    client.force_login(user)
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})
    SocialAccount.objects.create(user=user, provider="github", uid="666")
    organization = user.default_organization
    assert organization
    with organization_context(organization, by=user, door=Door.WEB):
        key = create_api_key(
            organization=organization, name="Spy", scopes=[Scope.READ], expires_at=None, by=user
        )

    victim = me(tokens_in(sign_in("google")))

    user.refresh_from_db()
    assert victim["id"] == str(user.pk)
    assert victim["email_verified"] is True
    for pair in (tokens, later):
        refreshed = Api().post("auth/refresh", {"refresh_token": pair["refresh_token"]})
        assert refreshed.status_code == 401
        assert as_bearer(pair["access_token"]).get("auth/me").status_code == 401
    login = Api().post("auth/login", {"email": "ada@example.com", "password": PASSWORD})
    assert refusal(login) == (401, "Invalid email or password")
    assert client.get("/account")["Location"].startswith("/login")
    assert with_key(key.secret).get("organizations/current").status_code == 401
    assert not Authenticator.objects.exists()
    assert SocialAccount.objects.get().provider == "google"
    assert user.phone is None


@pytest.mark.parametrize("style", ["query", "fragment", "code"])
def test_inactive_users_are_turned_away(
    style: str, provider: IdentityProvider, settings: Any
) -> None:
    settings.OAUTH_CALLBACK_STYLE = style
    make_user("ada@example.com", is_active=False)

    by_email = sign_in()
    User.objects.update(is_active=True)
    sign_in()
    User.objects.update(is_active=False)
    by_identity = sign_in()

    assert by_email.status_code == by_identity.status_code == 307
    assert by_email["Location"] == by_identity["Location"] == f"{BACK}?error=account_inactive"


def test_github_takes_the_primary_address_else_the_first_that_is_verified(
    provider: IdentityProvider,
) -> None:
    first = me(tokens_in(sign_in("github")))
    provider.sub = "2"
    provider.github_emails = [
        {"email": "not@example.com", "primary": True, "verified": False},
        {"email": "one@example.com", "primary": False, "verified": True},
        {"email": "two@example.com", "primary": False, "verified": True},
    ]
    second = me(tokens_in(sign_in("github")))

    assert (first["email"], second["email"]) == ("ada@example.com", "one@example.com")


@pytest.mark.parametrize("stated", [False, None, "yes"])
def test_what_is_not_stated_as_verified_links_nothing(
    stated: object, provider: IdentityProvider
) -> None:
    make_user("ada@example.com", email_verified=True)
    provider.email_verified = stated
    if stated is None:
        provider.email = None
    provider.github_emails = [{"email": "ada@example.com", "primary": True, "verified": stated}]

    for name in PROVIDERS:
        assert refusal(sign_in(name)) == failed(name)
    assert not SocialAccount.objects.exists()


# --- What goes wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        "denied",
        "wrong nonce",
        "expired",
        "issued later",
        "wrong signature",
        "unknown key",
        "no signature",
        "shared secret",
        "other audience",
        "other party",
        "other issuer",
    ],
)
def test_nobody_comes_in_by_an_answer_that_is_not_good(
    trouble: Trouble, provider: IdentityProvider
) -> None:
    provider.trouble = trouble

    response = sign_in("google")

    assert refusal(response) == failed("google")
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.cookies["oauth_google"]["max-age"] == 0
    assert not User.objects.exists()


@pytest.mark.parametrize("name", PROVIDERS)
def test_state_cookie_and_code_belong_together_and_serve_once(
    name: str, provider: IdentityProvider
) -> None:
    client, other = Client(), Client()
    address = asked(client, name)
    elsewhere = asked(other, name)
    cookies = dict(client.cookies.items())
    state = parse_qs(urlsplit(address).query)["state"][0]
    wrong_state = address.replace(state, state[::-1])

    answers = [
        back(Client(), address),
        back(other, address),
        client.get(f"/api/v1/auth/{name}/callback"),
    ]
    client.cookies.update(cookies)
    answers.append(back(client, wrong_state))
    client.cookies.update(cookies)
    right = back(client, address)
    client.cookies.update(cookies)
    answers.append(back(client, address))
    # The code of one browser at the end of another one's attempt: PKCE.
    code = parse_qs(urlsplit(elsewhere).query)["code"][0]
    mine = asked(client, name)
    answers.append(back(client, mine.replace(parse_qs(urlsplit(mine).query)["code"][0], code)))

    assert right.status_code == 307
    assert [refusal(answer) for answer in answers] == [failed(name)] * len(answers)


def test_a_cookie_is_of_its_provider_and_of_ours(provider: IdentityProvider) -> None:
    client = Client()
    address = asked(client, "google").replace("/google/", "/github/")
    client.cookies["oauth_github"] = client.cookies["oauth_google"].value
    swapped = back(client, address)
    client.cookies["oauth_google"] = "e30:forged:cookie"
    forged = back(client, asked(Client(), "google"))

    assert refusal(swapped) == failed("github")
    assert refusal(forged) == failed("google")


@pytest.mark.parametrize("trouble", ["down", "slow", "dripping", "no JSON", "other discovery"])
def test_start_says_so_when_google_cannot_be_reached(
    trouble: Trouble, provider: IdentityProvider, settings: Any
) -> None:
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.1
    provider.trouble = trouble

    assert refusal(Client().get("/api/v1/auth/google")) == (502, "Google is unreachable")


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("trouble", ["down", "slow token"])
def test_a_provider_that_goes_away_half_way_is_a_failed_attempt(
    name: str, trouble: Trouble, provider: IdentityProvider, settings: Any
) -> None:
    client = Client()
    address = asked(client, name)
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.1
    provider.trouble = trouble

    assert refusal(back(client, address)) == failed(name)


@pytest.mark.parametrize("name", PROVIDERS)
def test_not_configured_is_said(name: str, settings: Any) -> None:
    settings.GOOGLE_CLIENT_ID, settings.GITHUB_CLIENT_SECRET = "", ""

    start = Client().get(f"/api/v1/auth/{name}")

    assert refusal(start) == (503, f"{NAMES[name]} login is not configured")
    assert refusal(Client().get(f"/api/v1/auth/{name}/callback")) == failed(name)


def test_what_google_publishes_is_asked_for_once(provider: IdentityProvider) -> None:
    for _ in range(2):
        tokens_in(sign_in("google"))

    assert provider.asked.count("/.well-known/openid-configuration") == 1
    assert provider.asked.count("/keys") == 1


def test_sign_in_works_while_the_cache_is_away(
    provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def get(self, *_args: object) -> None:
            raise RedisError

        add = set = get

    monkeypatch.setattr("accounts.oauth.cache", Away())

    assert me(tokens_in(sign_in("google")))["email"] == "ada@example.com"


def test_a_new_key_of_google_is_found(
    provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens_in(sign_in())
    monkeypatch.setattr(provider, "kid", "next week")

    tokens_in(sign_in())

    assert provider.asked.count("/keys") == 2


# --- At the same time ------------------------------------------------------------------------


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_parallel_callbacks_make_one_account(provider: IdentityProvider) -> None:
    clients = [Client() for _ in range(3)]
    addresses = [asked(client, "google") for client in clients]
    # The first browser comes back twice.
    visits = [(clients[0], addresses[0]), *zip(clients, addresses, strict=True)]

    def visit(one: tuple[Client, str]) -> int:
        client = Client()
        client.cookies.update(one[0].cookies)
        try:
            return int(back(client, one[1]).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(visit, visits))

    assert answers == [307, 307, 307, 401]
    user = User.objects.get()
    assert SocialAccount.objects.get().user == user
    assert Membership.objects.filter(user=user).count() == 1
