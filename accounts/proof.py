"""A person proves that an e-mail is theirs with the code that was sent to it.

What is to be done then waits in their session and nothing is written before. So the answer, and
the time it takes, are the same whether the address has an account or not: only the mail differs.
"""

import time
from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from allauth.core.internal.cryptokit import compare_user_code
from django.http import HttpRequest

from accounts.mail import send_mail_to
from villaops.errors import Refused, TooManyAttempts

SESSION_KEY = "address_proof"
MINUTES = 15
ATTEMPTS = 5


class WrongCode(Refused):
    code = "wrong_code"
    message = "This code is not right. Look at the newest mail, and type all of it."


class CodeGone(Refused):
    code = "code_gone"
    message = "This code no longer works. Please start again."


def ask_for_proof(
    request: HttpRequest,
    *,
    purpose: str,
    email: str,
    template: str,
    kept: Mapping[str, Any],
    instead: tuple[str, Mapping[str, Any]] | None = None,
) -> None:
    """Mail a code to the address and keep what is to be done once it comes back.

    `instead` is the mail, and what it says, for an address that may not be used for this: then no
    code is right. Raises TooManyAttempts when the address has had several mails this minute.
    """
    if not ratelimit.consume(request, action="request_login_code", key=f"proof:{email.lower()}"):
        raise TooManyAttempts("Too many codes asked for. Wait a minute.", retry_after=60)
    code = get_adapter().generate_email_verification_code()
    request.session[SESSION_KEY] = {
        "purpose": purpose,
        "email": email,
        "code": "" if instead else code,
        "ends_at": time.time() + MINUTES * 60,
        "failures": 0,
        "kept": dict(kept),
    }
    if instead:
        send_mail_to(email, instead[0], dict(instead[1]))
    else:
        send_mail_to(email, template, {"code": code, "minutes": MINUTES})


def waiting_proof(request: HttpRequest, purpose: str) -> dict[str, Any] | None:
    """What waits for its code; None when nothing does, or no longer."""
    waiting: dict[str, Any] | None = request.session.get(SESSION_KEY)
    if waiting and waiting["purpose"] == purpose and waiting["ends_at"] > time.time():
        return waiting
    return None


def take_proof(request: HttpRequest, *, purpose: str, typed: str) -> dict[str, Any]:
    """What was kept, now that the code is right; it works once.

    Raises WrongCode, or CodeGone after a few of those or when the time is up.
    """
    waiting = waiting_proof(request, purpose)
    if waiting is None:
        raise CodeGone
    if not compare_user_code(actual=typed, expected=waiting["code"]):
        waiting["failures"] += 1
        request.session[SESSION_KEY] = waiting
        if waiting["failures"] >= ATTEMPTS:
            del request.session[SESSION_KEY]
            raise CodeGone
        raise WrongCode
    del request.session[SESSION_KEY]
    return {"email": waiting["email"], **waiting["kept"]}
