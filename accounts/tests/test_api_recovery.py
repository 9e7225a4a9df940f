"""Contract section 2 over HTTP: passwords and addresses, by what is mailed and what works once."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, OneTimeToken, User
from accounts.one_time import Purpose, issue_one_time_token
from accounts.tokens import issue_tokens
from villaops.tenancy import Door, all_organizations
from villaops.tests.build import PASSWORD, make_user
from villaops.tests.client import Api, Response, as_bearer, errors_of, refusal

pytestmark = pytest.mark.django_db

NEW = "a much better password"
SENT = {"message": "E-mail sent if the address is known"}

type Mailbox = list[EmailMultiAlternatives]


def token_in(mail: EmailMultiAlternatives, page: str) -> str:
    found = re.search(rf"^http://localhost:3000/{page}\?token=([\w-]{{43}})$", str(mail.body), re.M)
    assert found, mail.body
    assert found[0] in str(mail.alternatives[0][0])
    return found[1]


def login(email: str, password: str) -> Response:
    return Api().post("auth/login", {"email": email, "password": password})


def refresh(token: str) -> Response:
    return Api().post("auth/refresh", {"refresh_token": token})


def events() -> list[str]:
    """What the audit log says; written at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        return list(AuditEntry.objects.order_by("number").values_list("action", flat=True))


# --- Change ----------------------------------------------------------------------------------


def test_change_password_ends_older_refresh_tokens_and_sessions(
    at_once: None, mailoutbox: Mailbox, client: Client
) -> None:
    user = make_user("emma@example.com")
    client.force_login(user)
    before = issue_tokens(user=user)

    response = as_bearer(before.access_token).post(
        "auth/change-password", {"current_password": PASSWORD, "new_password": NEW}
    )

    answer = response.json()
    assert response.status_code == 200
    assert set(answer) == {"message", "access_token", "refresh_token", "token_type"}
    assert answer["message"] == "Password changed"
    assert refresh(before.refresh_token).status_code == 401
    assert refresh(answer["refresh_token"]).status_code == 200
    assert login("emma@example.com", NEW).status_code == 200
    assert login("emma@example.com", PASSWORD).status_code == 401
    assert client.get("/account")["Location"].startswith("/login")
    assert [mail.subject for mail in mailoutbox] == ["Your password was changed"]
    assert "from the address 127.0.0.1" in mailoutbox[0].body
    assert "password_changed" in events()


def test_change_password_needs_the_current_one() -> None:
    user = make_user()
    social = make_user()
    social.set_unusable_password()
    social.save()

    for person in (user, social):
        response = Api(person).post(
            "auth/change-password", {"current_password": "wrong", "new_password": NEW}
        )
        assert refusal(response) == (400, "Current password is incorrect")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_change_password_is_no_place_to_guess() -> None:
    user = make_user()
    wrong = {"current_password": "wrong", "new_password": NEW}

    answers = [Api(user).post("auth/change-password", wrong).status_code for _ in range(5)]
    sixth = Api(user).post("auth/change-password", wrong | {"current_password": PASSWORD})

    assert answers == [400] * 5
    assert refusal(sixth) == (429, "Too many failed logins")
    assert refusal(login(user.email, PASSWORD))[0] == 429


def test_new_passwords_are_checked_and_not_sent_back() -> None:
    token = issue_one_time_token(user=make_user(), purpose=Purpose.RESET_PASSWORD)

    response = Api().post("auth/reset-password", {"token": token, "new_password": "short7!"})

    assert errors_of(response) == [("string_too_short", ["body", "new_password"])]
    assert token.encode() not in response.content
    assert b"short7!" not in response.content
    assert OneTimeToken.objects.count() == 1


# --- Reset -----------------------------------------------------------------------------------


def test_reset_password_proves_the_address_and_ends_what_was_signed_in(
    at_once: None, mailoutbox: Mailbox, client: Client
) -> None:
    user = make_user("Emma@example.com")
    client.force_login(user)
    before = issue_tokens(user=user)

    asked = Api().post("auth/forgot-password", {"email": "emma@EXAMPLE.com"})
    token = token_in(mailoutbox[0], "reset-password")
    body = {"token": token, "new_password": NEW}
    response = Api().post("auth/reset-password", body)

    assert (asked.status_code, asked.json()) == (202, SENT)
    assert mailoutbox[0].to == ["Emma@example.com"]
    assert (response.status_code, response.json()) == (200, {"message": "Password reset"})
    assert refresh(before.refresh_token).status_code == 401
    assert as_bearer(before.access_token).get("auth/me").status_code == 401
    assert client.get("/account")["Location"].startswith("/login")
    assert login("emma@example.com", NEW).json()["user"]["email_verified"] is True
    assert EmailAddress.objects.get(user=user).verified
    assert refusal(Api().post("auth/reset-password", body)) == (400, "Invalid or expired token")
    assert {"password_reset", "email_verified"} <= set(events())
    assert mailoutbox[-1].subject == "Your password was changed"


def test_reset_password_lasts_an_hour_and_ends_with_the_next_one(
    at_once: None, mailoutbox: Mailbox
) -> None:
    user = make_user("emma@example.com")
    issued = [issue_one_time_token(user=user, purpose=Purpose.RESET_PASSWORD) for _ in range(2)]

    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        late = Api().post("auth/reset-password", {"token": issued[0], "new_password": NEW})
    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        right = Api().post("auth/reset-password", {"token": issued[0], "new_password": NEW})
        other = Api().post("auth/reset-password", {"token": issued[1], "new_password": NEW})

    assert (late.status_code, right.status_code, other.status_code) == (400, 200, 400)


@pytest.mark.parametrize("change", ["inactive", "another address", "another purpose", "unknown"])
def test_reset_password_refuses_what_proves_nothing(change: str) -> None:
    user = make_user("emma@example.com")
    purpose = Purpose.VERIFY_EMAIL if change == "another purpose" else Purpose.RESET_PASSWORD
    token = issue_one_time_token(user=user, purpose=purpose)
    if change == "inactive":
        User.objects.update(is_active=False)
    if change == "another address":
        User.objects.update(email="other@example.com")

    sent = "x" if change == "unknown" else token
    response = Api().post("auth/reset-password", {"token": sent, "new_password": NEW})

    assert refusal(response) == (400, "Invalid or expired token")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_reset_password_throws_out_who_waits_on_an_unverified_address() -> None:
    user = make_user("emma@example.com", phone="+390551234567", phone_verified=True)
    SocialAccount.objects.create(user=user, provider="github", uid="666")
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})
    token = issue_one_time_token(user=user, purpose=Purpose.RESET_PASSWORD)

    response = Api().post("auth/reset-password", {"token": token, "new_password": NEW})

    user.refresh_from_db()
    assert response.status_code == 200
    assert user.phone is None
    assert not SocialAccount.objects.exists()
    assert not Authenticator.objects.exists()
    assert login("emma@example.com", NEW).status_code == 200


@pytest.mark.parametrize("path", ["auth/forgot-password", "auth/resend-verification"])
def test_asking_for_mail_looks_nobody_up(
    path: str, statements: Callable[[int], Any], mailoutbox: Mailbox
) -> None:
    make_user("emma@example.com")
    make_user("gone@example.com", is_active=False)

    for email in ("emma@example.com", "gone@example.com", "nobody@example.com"):
        # What was asked is written down; a worker looks whose address it is.
        with statements(1):
            response = Api().post(path, {"email": email})
        assert (response.status_code, response.json()) == (202, SENT)


def test_mail_goes_to_active_users_only_and_a_few_times(at_once: None, mailoutbox: Mailbox) -> None:
    make_user("emma@example.com")
    make_user("gone@example.com", is_active=False)

    for email in ("gone@example.com", "nobody@example.com", *["emma@example.com"] * 5):
        Api().post("auth/forgot-password", {"email": email})

    assert [mail.to for mail in mailoutbox] == [["emma@example.com"]] * 3


# --- Verify ----------------------------------------------------------------------------------


def test_registering_mails_a_link_that_verifies(at_once: None, mailoutbox: Mailbox) -> None:
    registered = Api().post(
        "auth/register", {"email": "emma@example.com", "password": NEW, "name": "Emma"}
    )
    token = token_in(mailoutbox[0], "verify-email")
    response = Api().post("auth/verify-email", {"token": token})
    again = Api().post("auth/verify-email", {"token": token})
    asked = Api().post("auth/resend-verification", {"email": "emma@example.com"})

    assert {"signed_up", "email_verified"} <= set(events())
    me = as_bearer(registered.json()["access_token"]).get("auth/me")
    assert (response.status_code, response.json()) == (200, {"message": "Email verified"})
    assert me.json()["email_verified"] is True
    assert EmailAddress.objects.get().verified
    assert refusal(again) == (400, "Invalid or expired token")
    assert (asked.status_code, len(mailoutbox)) == (202, 1)


def test_verification_is_mailed_anew_and_lasts_three_days(
    at_once: None, mailoutbox: Mailbox
) -> None:
    make_user("emma@example.com")
    Api().post("auth/resend-verification", {"email": "emma@example.com"})
    token = token_in(mailoutbox[0], "verify-email")

    with time_machine.travel(timezone.now() + timedelta(hours=73)):
        late = Api().post("auth/verify-email", {"token": token})
    with time_machine.travel(timezone.now() + timedelta(hours=71)):
        right = Api().post("auth/verify-email", {"token": token})

    assert (late.status_code, right.status_code) == (400, 200)


# --- Exchange --------------------------------------------------------------------------------


def test_exchange_gives_tokens_once_within_a_minute() -> None:
    user = make_user("emma@example.com")
    code, late = (issue_one_time_token(user=user, purpose=Purpose.EXCHANGE) for _ in range(2))

    response = Api().post("auth/exchange", {"code": code})
    again = Api().post("auth/exchange", {"code": code})
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        expired = Api().post("auth/exchange", {"code": late})

    answer = response.json()
    assert response.status_code == 200
    assert answer["user"]["email"] == "emma@example.com"
    assert answer["tokens"]["access_token"] == answer["access_token"]
    assert refusal(again) == refusal(expired) == (401, "Invalid or expired code")
    assert again["WWW-Authenticate"] == "Bearer"


def test_exchange_refuses_who_has_become_inactive() -> None:
    user = make_user()
    code = issue_one_time_token(user=user, purpose=Purpose.EXCHANGE)
    User.objects.update(is_active=False)

    assert refusal(Api().post("auth/exchange", {"code": code})) == (401, "Invalid or expired code")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_parallel_uses_one_wins() -> None:
    code = issue_one_time_token(user=make_user(), purpose=Purpose.EXCHANGE)

    def use(_number: int) -> int:
        try:
            return int(Api().post("auth/exchange", {"code": code}).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(use, range(4)))

    assert answers == [200, 401, 401, 401]
