"""What the house does when Django, axes or allauth tells that something has happened.

Log-ins of every door end here: the dashboard's and the administrators' pages send Django's
signals, and so does the API's log-in.
"""

from typing import Any

from allauth.account.signals import email_confirmed, password_reset
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from allauth.socialaccount.signals import social_account_added, social_account_removed
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.audit import SecurityEvent, record_security_event
from accounts.devices import remember_seen
from accounts.models import User
from accounts.one_time import Purpose, forget_one_time_tokens
from accounts.people import end_ways_in, link_provider, verify_email
from accounts.tokens import revoke_access_tokens
from villaops.api.throttles import client_address
from villaops.tenancy import Door

ADDED = {
    Authenticator.Type.TOTP: SecurityEvent.MFA_ON,
    Authenticator.Type.WEBAUTHN: SecurityEvent.PASSKEY_ADDED,
    Authenticator.Type.RECOVERY_CODES: SecurityEvent.RECOVERY_CODES_MADE,
}
REMOVED = {
    Authenticator.Type.TOTP: SecurityEvent.MFA_OFF,
    Authenticator.Type.WEBAUTHN: SecurityEvent.PASSKEY_REMOVED,
}


def _door(request: HttpRequest | None) -> Door:
    path = request.path_info if request else ""
    doors = {"/api/": Door.API, "/admin/": Door.ADMIN}
    return next((door for start, door in doors.items() if path.startswith(start)), Door.WEB)


def _note(request: HttpRequest | None, kind: SecurityEvent, user: User | None, **more: Any) -> None:
    address = client_address(request) if request else None
    record_security_event(kind=kind, door=_door(request), user=user, address=address, **more)


@receiver(user_logged_in, dispatch_uid="accounts.note_log_in")
def note_log_in(request: HttpRequest, user: User, **more: Any) -> None:
    """Who came in."""
    _note(request, SecurityEvent.LOGGED_IN, user)
    # The API's log-in makes no session.
    session = getattr(request, "session", None)
    if session is not None and session.session_key:
        remember_seen(session.session_key)


@receiver(user_logged_out, dispatch_uid="accounts.note_log_out")
def note_log_out(request: HttpRequest, user: User | None, **more: Any) -> None:
    """Who left."""
    if user:
        _note(request, SecurityEvent.LOGGED_OUT, user)


@receiver(user_login_failed, dispatch_uid="accounts.note_failure")
def note_failure(
    credentials: dict[str, Any], request: HttpRequest | None = None, **more: Any
) -> None:
    """Who was asked for; of unknown ones the address that was typed."""
    typed = credentials.get("username") or credentials.get("email") or ""
    user = User.objects.with_email(str(typed).strip())
    _note(request, SecurityEvent.LOGIN_FAILED, user, label=None if user else str(typed)[:254])


@receiver(user_locked_out, dispatch_uid="accounts.note_lock")
def note_lock(request: HttpRequest, username: str, **more: Any) -> None:
    """Whose door is shut for a while."""
    user = User.objects.with_email(username or "")
    _note(request, SecurityEvent.LOCKED_OUT, user, label=None if user else (username or "")[:254])


@receiver(email_confirmed, dispatch_uid="accounts.address_is_proven")
def address_is_proven(email_address: Any, **more: Any) -> None:
    """A code that was mailed has come back: the user knows it too, not only allauth's row."""
    verify_email(user=email_address.user, door=Door.WEB)


@receiver(password_reset, dispatch_uid="accounts.link_is_proof")
def link_is_proof(request: HttpRequest, user: User, **more: Any) -> None:
    """Who has used the link of a mail reads what comes to that address. All else ends."""
    if not user.email_verified:
        end_ways_in(user=user, door=Door.WEB, now=timezone.now())
        verify_email(user=user, door=Door.WEB)
    revoke_access_tokens(user=user, now=timezone.now())
    forget_one_time_tokens(user=user, purposes=[Purpose.RESET_PASSWORD, Purpose.EXCHANGE])
    _note(request, SecurityEvent.PASSWORD_RESET, user)


@receiver(authenticator_added, dispatch_uid="accounts.note_second_step")
@receiver(authenticator_reset, dispatch_uid="accounts.note_second_step_again")
def note_second_step(
    request: HttpRequest, user: User, authenticator: Authenticator, **more: Any
) -> None:
    """A way in, or a step of it, was added."""
    _note(request, ADDED[Authenticator.Type(authenticator.type)], user)


@receiver(authenticator_removed, dispatch_uid="accounts.note_removed_step")
def note_removed_step(
    request: HttpRequest, user: User, authenticator: Authenticator, **more: Any
) -> None:
    """A way in, or a step of it, was removed."""
    if kind := REMOVED.get(Authenticator.Type(authenticator.type)):
        _note(request, kind, user)


@receiver(authenticator_used, dispatch_uid="accounts.note_recovery")
def note_recovery(
    request: HttpRequest, user: User, authenticator: Authenticator, **more: Any
) -> None:
    """A recovery code was used up."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _note(request, SecurityEvent.RECOVERY_CODE_USED, user)


@receiver(social_account_added, dispatch_uid="accounts.note_provider")
def note_provider(request: HttpRequest, sociallogin: Any, **more: Any) -> None:
    """An account elsewhere opens this one from now on."""
    provider = sociallogin.account.provider
    link_provider(
        user=sociallogin.user,
        provider=provider,
        said=sociallogin.account.extra_data,
        door=Door.WEB,
    )
    _note(request, SecurityEvent.PROVIDER_LINKED, sociallogin.user, label=provider)


@receiver(social_account_removed, dispatch_uid="accounts.note_provider_gone")
def note_provider_gone(request: HttpRequest, socialaccount: Any, **more: Any) -> None:
    """An account elsewhere no longer opens this one."""
    _note(
        request, SecurityEvent.PROVIDER_UNLINKED, socialaccount.user, label=socialaccount.provider
    )
