"""Lock-outs of people who guessed, or were guessed at, too often."""

from allauth.core import ratelimit
from asgiref.sync import sync_to_async
from axes.helpers import get_lockout_response
from axes.middleware import AxesMiddleware
from axes.utils import reset
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.audit import SecurityEvent, record_security_event
from accounts.models import User
from villaops.tenancy import Door


class LockoutMiddleware(AxesMiddleware):
    """Answers the attempt that shuts the door.

    The asynchronous half of django-axes hands the credentials over in place of the answer.
    """

    async def __acall__(self, request: HttpRequest) -> HttpResponse:
        response = await self.get_response(request)
        if settings.AXES_ENABLED and getattr(request, "axes_locked_out", None):
            credentials = getattr(request, "axes_credentials", None)
            answer = sync_to_async(get_lockout_response, thread_sensitive=True)
            response = await answer(request, response, credentials)
        return response


def lift_lock(*, email: str, address: str | None, by: User, door: Door) -> None:
    """Forget the wrong passwords for an e-mail, known or not, from one address."""
    reset(username=email, ip=address)
    known = User.objects.with_email(email)
    record_security_event(
        kind=SecurityEvent.LOCK_LIFTED,
        door=door,
        user=known,
        by=by,
        label=None if known else email,
        address=address,
    )


def lift_locks_of(request: HttpRequest, *, user: User, by: User, door: Door) -> None:
    """Forget wrong passwords from everywhere, and wrong codes of the second step."""
    reset(username=user.email.lower())
    # allauth counts these by person, whatever the address.
    ratelimit.clear(request, action="login_failed", key=f"mfa-auth-user-{user.pk}")
    record_security_event(kind=SecurityEvent.LOCK_LIFTED, door=door, user=user, by=by)
