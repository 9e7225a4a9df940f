"""Secrets that work once: mailed links, and the code that a front end exchanges for tokens."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.models import OneTimeToken, User

Purpose = OneTimeToken.Purpose

LIFETIMES = {
    Purpose.RESET_PASSWORD: timedelta(hours=1),
    Purpose.VERIFY_EMAIL: timedelta(days=3),
    Purpose.EXCHANGE: timedelta(seconds=60),
}
# The query set's delete() reads the rows first, and two could read the same one.
_USE = f"""
    DELETE FROM {OneTimeToken._meta.db_table}
    WHERE secret_hash = %s AND purpose = %s AND expires_at > %s
    RETURNING user_id, email
"""  # noqa: S608 - the name of our own table


@dataclass(frozen=True)
class Used:
    """Whose token it was, and the address it was mailed to."""

    user_id: UUID
    email: str


def issue_one_time_token(*, user: User, purpose: Purpose, now: datetime | None = None) -> str:
    """Make a secret for one purpose; only its hash is kept."""
    secret = secrets.token_urlsafe(32)
    OneTimeToken(
        secret_hash=hash_of(secret),
        purpose=purpose,
        user=user,
        email=user.email,
        expires_at=(now or timezone.now()) + LIFETIMES[purpose],
    ).save(force_insert=True)
    return secret


def use_one_time_token(*, secret: str, purpose: Purpose, now: datetime) -> Used | None:
    """Take the token, for good once the transaction is committed; None when there is none.

    Of two at the same time the second waits for the first, and finds nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_USE, [hash_of(secret), purpose.value, now])
        row = cursor.fetchone()
    return Used(*row) if row else None


def issued_lately(*, user: User, purpose: Purpose, now: datetime, within: timedelta) -> int:
    """How many unused tokens for this purpose the user was given of late."""
    since = now + LIFETIMES[purpose] - within
    return OneTimeToken.objects.filter(user=user, purpose=purpose, expires_at__gt=since).count()


def forget_one_time_tokens(*, user: User, purposes: list[Purpose]) -> None:
    """Make the user's tokens for these purposes useless."""
    OneTimeToken.objects.filter(user=user, purpose__in=purposes).delete()


def hash_of(secret: str) -> bytes:
    """What the database knows of a secret. It is random, so that one round is enough."""
    return sha256(secret.encode()).digest()
