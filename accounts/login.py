"""Log-in with a password over the API, with the lock-out that the dashboard's has too."""

from datetime import timedelta
from math import ceil

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone

from accounts.backends import locked_name
from accounts.models import User
from villaops.api.throttles import client_address
from villaops.errors import DomainError, PermissionDenied, TooManyAttempts, Unauthenticated
from villaops.verbs import one_at_a_time


class WrongPassword(Unauthenticated):
    code = "wrong_password"
    message = "Invalid email or password"


class AccountInactive(PermissionDenied):
    code = "account_inactive"
    message = "Account is inactive"


class TooManyFailedLogins(TooManyAttempts):
    code = "too_many_failed_logins"
    message = "Too many failed logins"


def check_login(request: HttpRequest, *, email: str, password: str) -> User:
    """The user whose e-mail and password these are.

    After LOGIN_FAILURE_LIMIT failures for one e-mail, known or not, from one address, the pair is
    locked for LOGIN_LOCK_MINUTES, the right password included; a success forgets the failures.
    Raises TooManyFailedLogins, WrongPassword, AccountInactive.
    """
    # A refusal comes back as a value, so that the failure that was counted stays counted.
    result = _attempt(request, email, password)
    if isinstance(result, Exception):
        raise result
    return result


@transaction.atomic
def _attempt(request: HttpRequest, email: str, password: str) -> User | DomainError:
    credentials = {"username": email}
    # Parallel guesses would all pass the count.
    one_at_a_time(f"login:{locked_name(request, credentials)}")
    if settings.AXES_ENABLED and not AxesProxyHandler.is_allowed(request, credentials):
        return TooManyFailedLogins(retry_after=seconds_left(request, credentials))
    user = _user_with(email, password)
    if user is None:
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
        return WrongPassword()
    if not user.is_active:
        return AccountInactive()
    user_logged_in.send(sender=User, request=request, user=user)
    return user


@transaction.atomic
def confirm_password(request: HttpRequest, *, user: User, password: str) -> bool:
    """Whether it is the password of somebody who is signed in; none is never right.

    Failures count as failed log-ins do: a borrowed device is no place to guess from.
    Raises TooManyFailedLogins.
    """
    credentials = {"username": user.email}
    # Parallel guesses would all pass the count.
    one_at_a_time(f"login:{locked_name(request, credentials)}")
    if settings.AXES_ENABLED and not AxesProxyHandler.is_allowed(request, credentials):
        raise TooManyFailedLogins(retry_after=seconds_left(request, credentials))
    if user.has_usable_password() and user.check_password(password):
        return True
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    return False


def _user_with(email: str, password: str) -> User | None:
    user = User.objects.with_email(email)
    if user is None or not user.has_usable_password():
        # As slow as a real comparison, so that time does not tell who has an account.
        User().set_password(password)
        return None
    return user if user.check_password(password) else None


def seconds_left(request: HttpRequest, credentials: dict[str, str]) -> int:
    """Until the lock of this e-mail and address ends."""
    latest = AccessAttempt.objects.filter(
        username=locked_name(request, credentials),
        ip_address=client_address(request),
    ).aggregate(latest=Max("attempt_time"))["latest"]
    left = (latest or timezone.now()) + (get_cool_off(request) or timedelta()) - timezone.now()
    return max(1, ceil(left.total_seconds()))
