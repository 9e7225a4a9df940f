"""Tokens of the API: access tokens that prove who calls, refresh tokens that fetch new ones.

Both are JWTs (RFC 7519) with `sub` (user id), `type`, `jti`, `iat` and `exp`. A refresh token
works once. The one it is exchanged for belongs to its family; using it again means that somebody
copied it, and nobody can tell who of the two is the thief, so that the whole family ends.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4, uuid5

import jwt
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import RefreshToken, RevokedAccessToken, User
from villaops.errors import Unauthenticated

ACCESS = "access"
REFRESH = "refresh"
# Tokens in use whose signatures need not be looked at again.
MOST_READ = 1000


class InvalidCredentials(Unauthenticated):
    code = "invalid_credentials"
    message = "Could not validate credentials"


class WrongTokenType(Unauthenticated):
    code = "wrong_token_type"
    message = "Invalid token type"


class InvalidRefreshToken(Unauthenticated):
    code = "invalid_refresh_token"
    message = "Invalid or expired refresh token"


class InvalidTokenPayload(Unauthenticated):
    code = "invalid_token_payload"
    message = "Invalid token payload"


class UserGone(Unauthenticated):
    code = "user_gone"
    message = "User not found or inactive"


@dataclass(frozen=True)
class Claims:
    """What a genuine token says."""

    user_id: UUID
    jti: UUID
    expires_at: datetime


@dataclass(frozen=True)
class TokenPair:
    """What a client is given: both as they travel."""

    access_token: str
    refresh_token: str


def issue_tokens(*, user: User, family: UUID | None = None) -> TokenPair:
    """Give the user a new pair, in a new family unless it continues one."""
    now = timezone.now().replace(microsecond=0)
    expires_at = now + timedelta(days=settings.JWT_REFRESH_TOKEN_EXPIRE_DAYS)
    refresh = RefreshToken(
        jti=uuid4(), family=family or uuid4(), user=user, created_at=now, expires_at=expires_at
    )
    refresh.save(force_insert=True)
    minutes = settings.JWT_ACCESS_TOKEN_EXPIRE_MINUTES
    return TokenPair(
        access_token=_encoded(
            user, ACCESS, _beside(refresh.jti), now, now + timedelta(minutes=minutes)
        ),
        refresh_token=_encoded(user, REFRESH, refresh.jti, now, expires_at),
    )


def refresh_tokens(*, refresh_token: str) -> TokenPair:
    """Exchange a refresh token for a new pair of its family.

    Using one a second time ends its family; that stays so although an error is raised.
    Raises InvalidRefreshToken, WrongTokenType, InvalidTokenPayload, UserGone.
    """
    payload = _decoded(refresh_token, settings.JWT_SECRET_KEY)
    if payload is None:
        raise InvalidRefreshToken
    if payload.get("type") != REFRESH:
        raise WrongTokenType
    claims = _claims(payload)
    if claims is None:
        raise InvalidTokenPayload
    user = User.objects.filter(pk=claims.user_id, is_active=True).first()
    if user is None:
        raise UserGone
    pair = _rotated(claims, user)
    if pair is None:
        raise InvalidRefreshToken
    return pair


@transaction.atomic
def _rotated(claims: Claims, user: User) -> TokenPair | None:
    """The next pair; None, and the end of the family, when this one has been used or revoked."""
    now = timezone.now()
    token = RefreshToken.objects.select_for_update().filter(jti=claims.jti, user=user).first()
    if token is None:
        return None
    if token.used_at or token.revoked_at:
        _end_family(token.family)
        return None
    token.used_at = now
    token.save(update_fields=["used_at"])
    return issue_tokens(user=user, family=token.family)


def log_out(*, refresh_token: str, access_token: str | None) -> None:
    """End the refresh token's family and the access token, as far as they are genuine."""
    claims = _genuine(refresh_token, REFRESH)
    if claims:
        token = RefreshToken.objects.filter(jti=claims.jti).first()
        if token:
            _end_family(token.family)
    claims = _genuine(access_token or "", ACCESS)
    if claims:
        revoked = RevokedAccessToken(jti=claims.jti, expires_at=claims.expires_at)
        RevokedAccessToken.objects.bulk_create([revoked], ignore_conflicts=True)


def revoke_access_tokens(*, user: User, now: datetime) -> None:
    """End the user's access tokens before their time, those of ended families included."""
    lifetime = timedelta(minutes=settings.JWT_ACCESS_TOKEN_EXPIRE_MINUTES)
    issued = RefreshToken.objects.filter(user=user, created_at__gt=now - lifetime)
    revoked = [
        RevokedAccessToken(jti=_beside(jti), expires_at=created_at + lifetime)
        for jti, created_at in issued.values_list("jti", "created_at")
    ]
    RevokedAccessToken.objects.bulk_create(revoked, ignore_conflicts=True)


def read_access_token(token: str) -> Claims:
    """What a genuine access token says; whether it has been revoked is for the database.

    Raises InvalidCredentials, WrongTokenType.
    """
    claims = _read(token, settings.JWT_SECRET_KEY)
    if claims.expires_at <= timezone.now():
        raise InvalidCredentials
    return claims


@lru_cache(MOST_READ)
def _read(token: str, secret: str) -> Claims:
    """What does not change of it: a client sends the same token a thousand times until it expires.

    What is raised is not kept.
    """
    payload = _decoded(token, secret)
    if payload is None:
        raise InvalidCredentials
    if payload.get("type") == REFRESH:
        raise WrongTokenType
    claims = _claims(payload)
    if claims is None or payload.get("type") != ACCESS:
        raise InvalidCredentials
    return claims


def _end_family(family: UUID) -> None:
    RefreshToken.objects.filter(family=family, revoked_at=None).update(revoked_at=timezone.now())


def _beside(refresh_jti: UUID) -> UUID:
    """The id of the access token that was given out together with this refresh token.

    So access tokens need no table of their own, and can be revoked all the same.
    """
    return uuid5(refresh_jti, ACCESS)


def _encoded(user: User, kind: str, jti: UUID, now: datetime, expires_at: datetime) -> str:
    payload = {
        "sub": str(user.pk),
        "type": kind,
        "jti": str(jti),
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(payload, settings.JWT_SECRET_KEY, algorithm=settings.JWT_ALGORITHM)


def _decoded(token: str, secret: str) -> dict[str, Any] | None:
    """The payload of a token that we signed and that has not expired."""
    try:
        payload: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=[settings.JWT_ALGORITHM],
            # Their shape is looked at by _claims, which tells a broken payload from a forged token.
            options={"require": ["exp"], "verify_sub": False, "verify_jti": False},
        )
    # Text that is no JWT at all fails in ways of its own.
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return payload


def _claims(payload: dict[str, Any]) -> Claims | None:
    try:
        return Claims(
            user_id=UUID(str(payload.get("sub"))),
            jti=UUID(str(payload.get("jti"))),
            expires_at=datetime.fromtimestamp(payload["exp"], UTC),
        )
    except (ValueError, OverflowError):
        return None


def _genuine(token: str, kind: str) -> Claims | None:
    payload = _decoded(token, settings.JWT_SECRET_KEY)
    return _claims(payload) if payload and payload.get("type") == kind else None
