"""No door tells who has an account: not by its status, its words, or the time it takes.

Time is counted in password hashes, which take longer than everything else together.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core import mail
from django.test import Client
from django.utils.html import strip_tags

from accounts.models import Membership, Organization, User
from villaops.tenancy import Door, organization_context
from villaops.tests.build import PASSWORD, make_user
from villaops.tests.client import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]

WRONG = "not the password"
SECRET = "JBSWY3DPEHPK3PXP"
PEOPLE = ["known@example.com", "closed@example.com", "nobody@example.com"]
VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z")


@pytest.fixture(autouse=True)
def people() -> list[User]:
    """One with an account, one whose account is closed; nobody has none."""
    return [make_user(PEOPLE[0]), make_user(PEOPLE[1], is_active=False)]


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time a password is hashed."""
    done: list[str] = []
    for name in ("encode", "verify"):
        slow = getattr(Argon2PasswordHasher, name)

        def counted(self: Any, *args: Any, _slow: Any = slow, **more: Any) -> Any:
            done.append("hashed")
            return _slow(self, *args, **more)

        monkeypatch.setattr(Argon2PasswordHasher, name, counted)
    return done


def told_apart(
    ask: Callable[[str], Any], words: Iterable[str], hashes: list[str]
) -> set[tuple[int, str, int]]:
    """The answers that are not the same: one if nothing tells what was asked with which word."""
    told = set()
    for word in words:
        hashes.clear()
        answer = ask(word)
        text = " ".join(strip_tags(VARYING.sub("", answer.text).replace(word, "YOU")).split())
        told.add((answer.status_code, text, len(hashes)))
    return told


def log_in(client: Client, email: str, password: str) -> Any:
    return client.post("/login", {"username": email, "password": password})


DOORS = {
    "api": lambda email: Api().post("auth/login", {"email": email, "password": WRONG}),
    "login": lambda email: log_in(Client(), email, WRONG),
    "login code": lambda email: Client().post("/login/code", {"login": email}, follow=True),
    "reset": lambda email: Client().post("/password/reset", {"email": email}, follow=True),
    "sign up": lambda email: Client().post(
        "/signup",
        {
            "name": "Fresh",
            "email": email,
            "password": "battery staple horse",
            "organization_name": "Fresh Houses",
        },
        follow=True,
    ),
    "forgot": lambda email: Api().post("auth/forgot-password", {"email": email}),
    "resend": lambda email: Api().post("auth/resend-verification", {"email": email}),
}


@pytest.mark.parametrize("door", DOORS)
def test_no_door_tells_who_has_an_account(door: str, hashes: list[str]) -> None:
    assert len(told_apart(DOORS[door], PEOPLE, hashes)) == 1


def test_right_password_of_a_closed_account_is_as_wrong_as_any(
    people: list[User], hashes: list[str]
) -> None:
    _known, closed = people
    TOTP.activate(closed, SECRET)
    passwords = {PEOPLE[1]: PASSWORD}

    told = told_apart(
        lambda email: log_in(Client(), email, passwords.get(email, WRONG)), PEOPLE, hashes
    )

    assert [(status, hashed) for status, _text, hashed in told] == [(200, 1)]


# --- The second step ------------------------------------------------------------------------------


def test_wrong_code_tells_nothing_about_which(people: list[User], hashes: list[str]) -> None:
    (both, _closed), app_alone = people, make_user("app@example.com")
    for user in (both, app_alone):
        TOTP.activate(user, SECRET)
    RecoveryCodes.activate(both)
    used = Authenticator.objects.get(user=both, type="recovery_codes").wrap().get_unused_codes()[0]
    at_door(both).post("/login/second-step", {"code": used})
    asked = {"000000": both, used: both, "00000000": app_alone, "no code at all": app_alone}

    told = told_apart(
        lambda code: at_door(asked[code]).post("/login/second-step", {"code": code}),
        asked,
        hashes,
    )

    assert [status for status, _text, _hashed in told] == [200]


def at_door(user: User) -> Client:
    """A browser in which the password has been typed."""
    client = Client()
    log_in(client, user.email, PASSWORD)
    return client


# --- Invitations ----------------------------------------------------------------------------------


def test_inviting_tells_nothing_about_who_is_invited(
    organization: Organization, owner: User, hashes: list[str]
) -> None:
    client, invited = Client(), {"role": "staff"}
    client.force_login(owner)

    def by_page(email: str) -> Any:
        address = f"/o/{organization.slug}/settings/members/invite"
        return client.post(address, invited | {"email": email}, follow=True)

    def by_api(email: str) -> Any:
        return Api(owner).post("organizations/current/members", invited | {"email": email})

    def alone(ask: Callable[[str], Any]) -> Callable[[str], Any]:
        def asked(email: str) -> Any:
            answer = ask(email)
            with organization_context(organization, by=owner, door=Door.COMMAND):
                Membership.objects.filter(invited_email=email).delete()
            return answer

        return asked

    assert len(told_apart(alone(by_page), PEOPLE, hashes)) == 1
    assert len(told_apart(alone(by_api), PEOPLE, hashes)) == 1


def test_link_of_an_invitation_tells_nothing_to_others(
    organization: Organization,
    owner: User,
    hashes: list[str],
    django_capture_on_commit_callbacks: Any,
) -> None:
    links = {}
    for email in PEOPLE:
        with django_capture_on_commit_callbacks(execute=True):
            Api(owner).post("organizations/current/members", {"email": email, "role": "staff"})
        found = re.search(r"/invitations/\S{43}", str(mail.outbox[-1].body))
        assert found
        links[email] = found[0]
    stranger = Client()
    stranger.force_login(make_user("stranger@example.com"))
    newcomer = {"name": "X", "password": "battery staple horse"}

    by_stranger = told_apart(lambda email: stranger.post(links[email]), PEOPLE, hashes)
    by_guess = told_apart(lambda email: Client().post(links[email][:-2], newcomer), PEOPLE, hashes)
    # The secret has come by mail: who has it may know that the address has an account, not more.
    by_owner = told_apart(lambda email: Client().post(links[email], newcomer), PEOPLE[:2], hashes)

    assert len(by_stranger) == len(by_guess) == len(by_owner) == 1
    assert [hashed for _status, _text, hashed in by_owner] == [0]
    assert all(user.check_password(PASSWORD) for user in User.objects.filter(email__in=PEOPLE))
