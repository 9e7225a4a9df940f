"""Lock-outs of people who guessed, or were guessed at, too often."""

from allauth.core import ratelimit
from axes.utils import reset
from django.http import HttpRequest

from accounts.audit import SecurityEvent, record_security_event
from accounts.models import User
from villaops.tenancy import Door


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
