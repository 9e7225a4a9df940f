"""Passwords and addresses over the API: change, forget, reset, prove.

Asking for a mail tells nothing: the answer is given before anybody looks the address up.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from accounts.audit import SecurityEvent, record_security_event
from accounts.mail import moment_in_mail, send_mail_to
from accounts.models import User
from accounts.one_time import (
    Purpose,
    forget_one_time_tokens,
    issue_one_time_token,
    issued_lately,
    use_one_time_token,
)
from accounts.people import end_ways_in, set_password, verify_email
from accounts.tokens import TokenPair, issue_tokens, revoke_access_tokens
from villaops.errors import Refused, Unauthenticated
from villaops.outbox import write_intent
from villaops.tenancy import Door
from villaops.verbs import verb

# Nobody's letter box can be filled by others: a few mails of a kind, then none for a while.
MAILS = 3
MAILS_WITHIN = timedelta(minutes=15)


class InvalidToken(Refused):
    code = "invalid_token"
    message = "Invalid or expired token"


class InvalidCode(Unauthenticated):
    code = "invalid_code"
    message = "Invalid or expired code"


class WrongCurrentPassword(Refused):
    code = "wrong_current_password"
    message = "Current password is incorrect"


# --- Asking for a mail ---------------------------------------------------------------------------


def ask_for_reset_link(address: str) -> None:
    """Mail a link to choose a new password, if somebody has this address."""
    write_intent("reset_link", {"address": address})


def ask_for_verification(address: str) -> None:
    """Mail a link that proves the address, if somebody has it and has not proven it yet."""
    write_intent("verification_link", {"address": address})


@verb()
def send_reset_link(*, address: str, now: datetime) -> None:
    """Look the address up, and mail its user a link that works for an hour, once."""
    user = User.objects.with_email(address)
    if user and user.is_active:
        _send_link(user, Purpose.RESET_PASSWORD, "password_reset_key", "/reset-password", now)


@verb()
def send_verification_link(*, address: str, now: datetime) -> None:
    """Look the address up, and mail its user a link that works for three days, once."""
    user = User.objects.with_email(address)
    if user and user.is_active and not user.email_verified:
        _send_link(user, Purpose.VERIFY_EMAIL, "verify_email", "/verify-email", now)


def _send_link(user: User, purpose: Purpose, template: str, page: str, now: datetime) -> None:
    # One at a time, so that parallel requests do not all count the same.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if issued_lately(user=user, purpose=purpose, now=now, within=MAILS_WITHIN) >= MAILS:
        return
    token = issue_one_time_token(user=user, purpose=purpose, now=now)
    query = urlencode({"token": token})
    url = f"{settings.FRONTEND_URL.rstrip('/')}{page}?{query}"
    send_mail_to(user.email, template, {"url": url, "name": user.name})


# --- Using what was mailed -----------------------------------------------------------------------


@verb()
def reset_password(*, token: str, password: str, now: datetime, address: str) -> User:
    """Give whoever the link was mailed to another password; the address is proven by that.

    Everything that was signed in ends: sessions of the dashboard, because they are bound to the
    password, refresh tokens and access tokens. Other links like this one no longer work. Where the
    address had not been proven before, every other way in ends as well.
    `address` is the caller's. Raises InvalidToken.
    """
    user = _user_of(token, Purpose.RESET_PASSWORD, now)
    if not user.email_verified:
        end_ways_in(user=user, door=Door.API, now=now)
        verify_email(user=user, door=Door.API)
    revoke_access_tokens(user=user, now=now)
    set_password(user=user, password=password, door=Door.API)
    forget_one_time_tokens(user=user, purposes=[Purpose.RESET_PASSWORD, Purpose.EXCHANGE])
    record_security_event(
        kind=SecurityEvent.PASSWORD_RESET, user=user, door=Door.API, address=address
    )
    send_mail_to(user.email, "password_reset", _when_and_where(now, address))
    return user


@verb()
def verify_address(*, token: str, now: datetime) -> User:
    """Keep that the address the link was mailed to is its user's. Raises InvalidToken."""
    user = _user_of(token, Purpose.VERIFY_EMAIL, now)
    if not user.email_verified:
        verify_email(user=user, door=Door.API)
    forget_one_time_tokens(user=user, purposes=[Purpose.VERIFY_EMAIL])
    return user


@verb()
def exchange_code(*, code: str, now: datetime) -> User:
    """The user whom the provider's callback gave this code for. Raises InvalidCode."""
    used = use_one_time_token(secret=code, purpose=Purpose.EXCHANGE, now=now)
    user = used and User.objects.filter(pk=used.user_id, is_active=True).first()
    if not user:
        raise InvalidCode
    return user


def _user_of(token: str, purpose: Purpose, now: datetime) -> User:
    """Whose token it is. One mailed to an address they no longer have proves nothing."""
    used = use_one_time_token(secret=token, purpose=purpose, now=now)
    user = used and User.objects.select_for_update(no_key=True).filter(pk=used.user_id).first()
    if not used or not user or not user.is_active or used.email.lower() != user.email.lower():
        raise InvalidToken
    return user


@verb()
def change_password(*, user: User, password: str, now: datetime, address: str) -> TokenPair:
    """Give the user another password, and tokens in place of those that end with the old one.

    Mailed links to choose a password end as well. `address` is the caller's.
    """
    set_password(user=user, password=password, door=Door.API)
    forget_one_time_tokens(user=user, purposes=[Purpose.RESET_PASSWORD, Purpose.EXCHANGE])
    send_mail_to(user.email, "password_changed", _when_and_where(now, address))
    return issue_tokens(user=user)


def _when_and_where(now: datetime, address: str) -> dict[str, Any]:
    return {"when": moment_in_mail(now), "ip": address}
