"""Verbs of API keys: how programs come in."""

import re
import secrets
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import ApiKey, Organization, User
from accounts.one_time import hash_of
from accounts.permissions import Scope
from villaops.errors import NotFound
from villaops.verbs import clean, verb

SHAPE = re.compile(r"vo_([a-z2-7]{8})_([A-Za-z0-9_-]{43})")
# How exact the time of last use is; a busy key costs one write in this time.
USE_NOTED_EVERY = timedelta(minutes=1)


class ApiKeyNotFound(NotFound):
    code = "api_key_not_found"
    message = "API key not found"


@dataclass(frozen=True)
class NewApiKey:
    """A key that was just made, with the secret that nobody will see again."""

    key: ApiKey
    secret: str


@verb()
def create_api_key(
    *,
    organization: Organization,
    name: str,
    scopes: Sequence[str],
    by: User,
    expires_at: datetime | None = None,
) -> NewApiKey:
    """Make a key into the organization. Only its SHA-256 is kept: the secret is shown once.

    What the key makes belongs to `by`. Write includes read.
    """
    secret = _new_secret()
    key = ApiKey(
        organization=organization,
        name=name,
        prefix=secret[: len("vo_") + 8],
        secret_hash=hash_of(secret),
        scopes=[scope for scope in Scope.values if scope in scopes],
        created_by=by,
        expires_at=expires_at,
    )
    clean(key)
    key.save(force_insert=True)
    return NewApiKey(key, secret)


@verb()
def revoke_api_key(*, key: ApiKey, by: User) -> None:
    """Shut the door that the key opened, at once and for good. Raises ApiKeyNotFound."""
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=Now()):
        raise ApiKeyNotFound


def note_use(key: ApiKey, now: datetime) -> None:
    """Keep when the key was last used, to the minute."""
    before = now - USE_NOTED_EVERY
    if key.last_used_at is None or key.last_used_at < before:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=before)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def looks_genuine(text: str) -> bool:
    """Whether we made this key, as far as can be told without asking the database.

    For counting only: keys made before SECRET_KEY changed do not look so, and work.
    """
    shape = SHAPE.fullmatch(text)
    return shape is not None and constant_time_compare(shape[1], _letters_for(shape[2]))


def _new_secret() -> str:
    random = secrets.token_urlsafe(32)
    return f"vo_{_letters_for(random)}_{random}"


def _letters_for(random: str) -> str:
    """Letters that only we can put before this random part; they tell nothing about it."""
    digest = salted_hmac("accounts.api_keys", random, algorithm="sha256").digest()
    return b32encode(digest)[:8].decode().lower()
