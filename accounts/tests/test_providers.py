"""Google and GitHub at the dashboard, against a provider that really answers."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django import Settings

from accounts.models import Organization, User
from villaops.tests.build import PASSWORD, make_user
from villaops.tests.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    IdentityProvider,
    Trouble,
    identity_provider,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]


@pytest.fixture
def provider(settings: Settings) -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        settings.GOOGLE_ISSUER = settings.GITHUB_URL = settings.GITHUB_API_URL = provider.url
        settings.GOOGLE_CLIENT_ID = settings.GITHUB_CLIENT_ID = CLIENT_ID
        settings.GOOGLE_CLIENT_SECRET = settings.GITHUB_CLIENT_SECRET = CLIENT_SECRET
        yield provider


def come_back(client: Client, name: str = "google", *, query: str = "", **bent: str) -> Any:
    """Go to the provider as a browser would, and return with what it sends along."""
    start = client.get(f"/login/{name}?{query}")
    there = requests.get(start["Location"], allow_redirects=False, timeout=5)
    found = urlsplit(there.headers["Location"])
    told = dict(parse_qsl(found.query)) | bent
    return client.get(found.path, told)


def test_newcomer_comes_in_by_google(client: Client, provider: IdentityProvider) -> None:
    answer = come_back(client)

    assert answer["Location"] == "/o/"
    user = User.objects.get(email="ada@example.com")
    assert (user.name, user.auth_provider) == ("Ada Lovelace", "google")
    assert user.avatar_url == "https://pictures.example.com/ada.png"
    assert (user.email_verified, user.has_usable_password()) == (True, False)
    assert Organization.objects.get(memberships__user=user).name == "Ada Lovelace"
    assert client.get("/account").status_code == 200


def test_newcomer_comes_in_by_github_with_the_primary_address(
    client: Client, provider: IdentityProvider
) -> None:
    come_back(client, "github")

    user = User.objects.get()
    assert (user.email, user.auth_provider) == ("ada@example.com", "github")


def test_known_identity_signs_in_whatever_its_address_is_now(
    client: Client, provider: IdentityProvider
) -> None:
    come_back(Client())
    provider.email = "new@example.com"

    come_back(client)

    assert User.objects.get().email == "ada@example.com"
    assert client.get("/account").status_code == 200


def test_proven_account_is_linked_and_keeps_its_password(
    client: Client, provider: IdentityProvider, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    user = make_user("ada@example.com", email_verified=True)

    come_back(client)

    user.refresh_from_db()
    assert SocialAccount.objects.get(user=user).uid == "1089"
    assert (user.auth_provider, user.check_password(PASSWORD)) == ("google", True)
    assert [mail.subject for mail in mailoutbox] == ["Google was connected"]


def test_account_made_in_wait_is_taken_from_its_maker(
    client: Client, provider: IdentityProvider
) -> None:
    attacker = Client()
    user = make_user("ada@example.com", phone="+390551234567", phone_verified=True)
    attacker.post("/login", {"username": user.email, "password": PASSWORD})

    come_back(client)

    user.refresh_from_db()
    assert (user.email_verified, user.has_usable_password(), user.phone) == (True, False, None)
    assert attacker.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


TROUBLES: list[Trouble] = ["wrong nonce", "expired", "wrong signature", "no signature"]
TROUBLES += ["shared secret", "other audience", "other issuer"]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_google_says_must_be_right(
    client: Client, provider: IdentityProvider, trouble: Trouble
) -> None:
    provider.trouble = trouble

    answer = come_back(client)

    assert answer.status_code == 401
    assert "That did not work" in answer.text
    assert not User.objects.exists()


def test_address_must_be_stated_as_verified(client: Client, provider: IdentityProvider) -> None:
    provider.email_verified = False

    answer = come_back(client)

    assert answer.status_code == 401
    assert "no confirmed e-mail" in answer.text
    assert not User.objects.exists()


def test_code_works_once(client: Client, provider: IdentityProvider) -> None:
    """And so does the state that comes with it."""
    start = client.get("/login/google")
    there = requests.get(start["Location"], allow_redirects=False, timeout=5)
    found = urlsplit(there.headers["Location"])
    first = client.get(f"{found.path}?{found.query}")
    client.logout()

    again = client.get(f"{found.path}?{found.query}")

    assert (first.status_code, again.status_code) == (302, 401)
    assert User.objects.count() == 1


@pytest.mark.parametrize("bent", [{"state": "made up"}, {"code": "made up"}])
def test_what_comes_back_must_be_what_was_sent(
    client: Client, provider: IdentityProvider, bent: dict[str, str]
) -> None:
    assert come_back(client, **bent).status_code == 401
    assert not User.objects.exists()


def test_who_stops_half_way_is_told_so(client: Client, provider: IdentityProvider) -> None:
    provider.trouble = "denied"

    assert come_back(client)["Location"] == "/login/cancelled"
    assert "You have stopped half way." in client.get("/login/cancelled").text


@pytest.mark.parametrize("trouble", ["down", "slow", "no JSON", "other discovery"])
def test_provider_that_is_down_or_slow_is_told(
    client: Client, provider: IdentityProvider, settings: Settings, trouble: Trouble
) -> None:
    provider.trouble = trouble
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.2

    assert client.get("/login/google").status_code == 401


def test_another_site_cannot_start_it(client: Client, provider: IdentityProvider) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}

    assert client.get("/login/google", headers=headers).status_code == 403


def test_only_what_is_configured_is_offered(client: Client, settings: Settings) -> None:
    page = client.get("/login").text

    assert "With Google" not in page
    assert client.get("/login/google").status_code == 404


def test_account_is_connected_and_disconnected(
    client: Client, provider: IdentityProvider, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    user = make_user("eva@example.com")
    client.post("/login", {"username": user.email, "password": PASSWORD})

    connected = come_back(client, query="process=connect")
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
