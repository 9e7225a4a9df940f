"""Sign-in by e-mail and password."""

from typing import Any
from uuid import UUID

from axes.backends import AxesBackend
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.joined import user_with_memberships
from accounts.models import User


class WithMemberships(ModelBackend):
    """Whoever a session is of, with where they may go: one statement for both."""

    def get_user(self, user_id: UUID) -> User | None:
        user = user_with_memberships(user_id)
        return user if user and self.user_can_authenticate(user) else None


class LockoutBackend(WithMemberships, AxesBackend):
    """Asked first, and refuses whoever is locked out."""


class EmailBackend(WithMemberships):
    """Compare the e-mail whatever its case, in the same time for known and unknown ones."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        email: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        email = username or email
        if email is None or password is None:
            return None
        user = User.objects.with_email(email)
        if user is None:
            User().set_password(password)
            return None
        matches = user.check_password(password)
        return user if matches and self.user_can_authenticate(user) else None


def locked_name(request: HttpRequest | None, credentials: dict[str, str] | None) -> str:
    """The name a lock-out is counted under: the e-mail as it is compared, known or not."""
    given = credentials or {}
    typed = (
        given.get("username")
        or given.get("email")
        or (request.POST.get("username", "") if request else "")
    )
    return typed.strip().lower()
