"""Google and GitHub at the dashboard, played by a server on this machine."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django import Settings

from accounts.models import Membership, Organization, User
from villaops.tests.build import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """What Google or GitHub would say; each test bends what it needs."""

    url = ""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {
            "sub": "g-1",
            "email": "ada@example.com",
            "email_verified": True,
            "name": "Ada Lovelace",
            "picture": "https://pictures.example.com/ada.png",
        }
        self.emails = [
            {"email": "second@example.com", "verified": True, "primary": False},
            {"email": "ada@example.com", "verified": True, "primary": True},
        ]
        self.key = KEY
        self.status = 200
        self.forms: list[dict[str, list[str]]] = []

    def answer(self, path: str, form: dict[str, list[str]]) -> Any:
        """The JSON at an address."""
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }
        if path == "/keys":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
            return {"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]}
        if path == "/user":
            return {"id": 7, "login": "ada", "name": "Ada Lovelace", "avatar_url": None}
        if path == "/user/emails":
            return self.emails
        self.forms.append(form)
        now = int(time.time())
        told = {"iss": self.url, "aud": "id", "iat": now, "exp": now + 60, **self.claims}
        token = jwt.encode(told, self.key, algorithm="RS256", headers={"kid": "one"})
        return {"access_token": "secret", "token_type": "bearer", "id_token": token}


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    told = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            self.send_response(told.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(told.answer(self.path, parse_qs(body))).encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *words: object) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        told.url = f"http://127.0.0.1:{server.server_port}"
        settings.GOOGLE_ISSUER = told.url
        settings.GITHUB_URL = settings.GITHUB_API_URL = told.url
        app = {"client_id": "id", "secret": "hidden", "key": ""}
        settings.SOCIALACCOUNT_PROVIDERS = {
            name: {**known, "APPS": [app]}
            for name, known in settings.SOCIALACCOUNT_PROVIDERS.items()
        }
        yield told
        server.shutdown()
        thread.join()


def come_back(client: Client, provider: Provider, name: str = "google", **bent: str) -> Any:
    """Go to the provider and return with its code."""
    sent = urlsplit(client.get(f"/login/{name}?{bent.pop('query', '')}")["Location"])
    asked = {key: values[0] for key, values in parse_qs(sent.query).items()}
    provider.claims.setdefault("nonce", asked.get("nonce"))
    query = {"code": "c", "state": asked["state"], **bent}
    return client.get(f"/login/{name}/callback", query)


def test_newcomer_comes_in_by_google(client: Client, provider: Provider) -> None:
    answer = come_back(client, provider)

    assert answer["Location"] == "/o/"
    user = User.objects.get(email="ada@example.com")
    assert (user.name, user.auth_provider) == ("Ada Lovelace", "google")
    assert user.avatar_url == "https://pictures.example.com/ada.png"
    assert (user.email_verified, user.has_usable_password()) == (True, False)
    assert Organization.objects.get(memberships__user=user).name == "Ada Lovelace"
    assert len(provider.forms[0]["code_verifier"][0]) >= 43
    assert client.get("/account").status_code == 200


def test_newcomer_comes_in_by_github_with_the_primary_address(
    client: Client, provider: Provider
) -> None:
    come_back(client, provider, "github")

    user = User.objects.get()
    assert (user.email, user.auth_provider) == ("ada@example.com", "github")


def test_known_identity_signs_in_whatever_its_address_is_now(
    client: Client, provider: Provider
) -> None:
    come_back(Client(), provider)
    provider.claims |= {"email": "new@example.com", "nonce": None}
    del provider.claims["nonce"]

    come_back(client, provider)

    assert User.objects.get().email == "ada@example.com"
    assert client.get("/account").status_code == 200


def test_proven_account_is_linked_and_keeps_its_password(
    client: Client, provider: Provider, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    user = make_user("ada@example.com", email_verified=True)

    come_back(client, provider)

    user.refresh_from_db()
    assert SocialAccount.objects.get(user=user).uid == "g-1"
    assert (user.auth_provider, user.check_password(PASSWORD)) == ("google", True)
    assert [mail.subject for mail in mailoutbox] == ["Google was connected"]


def test_account_made_in_wait_is_taken_from_its_maker(client: Client, provider: Provider) -> None:
    attacker = Client()
    user = make_user("ada@example.com", phone="+390551234567", phone_verified=True)
    attacker.post("/login", {"username": user.email, "password": PASSWORD})

    come_back(client, provider)

    user.refresh_from_db()
    assert (user.email_verified, user.has_usable_password(), user.phone) == (True, False, None)
    assert attacker.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("claims", "bent"),
    [
        ({"email_verified": False}, {}),
        ({"nonce": "of another sign-in"}, {}),
        ({"exp": 1}, {}),
        ({"aud": "somebody else"}, {}),
        ({"iss": "https://elsewhere.example.com"}, {}),
        ({}, {"state": "made up"}),
        ({}, {"error": "server_error"}),
    ],
    ids=["unverified", "nonce", "expired", "audience", "issuer", "state", "error"],
)
def test_what_google_says_must_be_right(
    client: Client, provider: Provider, claims: dict[str, Any], bent: dict[str, str]
) -> None:
    provider.claims |= claims

    answer = come_back(client, provider, **bent)

    assert answer.status_code == 401
    assert "That did not work" in answer.text
    assert not User.objects.exists()


def test_id_token_must_be_signed_by_google(client: Client, provider: Provider) -> None:
    provider.key = OTHER_KEY

    assert come_back(client, provider).status_code == 401
    assert not User.objects.exists()


def test_state_works_once(client: Client, provider: Provider) -> None:
    come_back(client, provider)
    user = User.objects.get()
    client.logout()

    again = client.get("/login/google/callback", {"code": "c", "state": "s"})

    assert again.status_code == 401
    assert Membership.objects.filter(user=user).count() == 1


def test_who_stops_half_way_is_told_so(client: Client, provider: Provider) -> None:
    assert come_back(client, provider, error="access_denied")["Location"] == "/login/cancelled"
    assert "You have stopped half way." in client.get("/login/cancelled").text


def test_provider_that_is_down_is_told(client: Client, provider: Provider) -> None:
    provider.status = 500

    assert client.get("/login/google").status_code == 401


def test_another_site_cannot_start_it(client: Client, provider: Provider) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}

    assert client.get("/login/google", headers=headers).status_code == 403


def test_only_what_is_configured_is_offered(client: Client, settings: Settings) -> None:
    page = client.get("/login").text

    assert "With Google" not in page
    assert client.get("/login/google").status_code == 404


def test_account_is_connected_and_disconnected(
    client: Client, provider: Provider, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    user = make_user("eva@example.com")
    client.post("/login", {"username": user.email, "password": PASSWORD})

    connected = come_back(client, provider, query="process=connect")
    account = SocialAccount.objects.get(user=user)
    page = client.get("/account/connections").text
    client.post("/account/connections", {"account": account.pk})

    assert connected["Location"] == "/account/connections"
    assert "ada@example.com" in page
    assert not SocialAccount.objects.exists()
    assert [mail.subject for mail in mailoutbox] == [
        "Google was connected",
        "Google was disconnected",
    ]
