"""Answers that are asked for much oftener than they change, kept in Redis where there is one.

Each organization's answers on a topic are kept under a version, a random name that the verbs
replace when they have changed something: older answers are then never found again. The version is
read before the database is asked, so that what is kept under it is no older than it. What is kept
goes by itself after a minute: so long may an answer be out of date if Redis could not be told.

Nothing that says who may do what is kept here (docs/decisions/0012-cache.md).
"""

import logging
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from uuid import UUID, uuid4

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from villaops.api.throttles import no_answer

logger = logging.getLogger(__name__)

LASTS = 60
VERSION_LASTS = 24 * 60 * 60


def recall(topic: str, organization_id: UUID, question: str, answer: Callable[[], bytes]) -> bytes:
    """The answer to the question, kept or made. `question` tells all that it depends on.

    Without Redis, and when it does not answer, each one is made.
    """
    if not settings.REDIS_URL:
        return answer()
    try:
        version = cache.get_or_set(_version(topic, organization_id), _new, VERSION_LASTS)
        asked = blake2b(question.encode(), digest_size=16).hexdigest()
        key = f"{topic}:{organization_id}:{version}:{asked}"
        kept: bytes | None = cache.get(key)
    except no_answer():
        logger.exception("cache: no answer")
        return answer()
    if kept is not None:
        return kept
    made = answer()
    try:
        cache.set(key, made, LASTS)
    except no_answer():
        logger.exception("cache: no answer")
    return made


def forget_on_commit(topic: str, organization_id: UUID) -> None:
    """Let answers on the topic be made anew, once what the verb has changed can be seen."""
    if settings.REDIS_URL:
        transaction.on_commit(partial(_forget, topic, organization_id))


def _forget(topic: str, organization_id: UUID) -> None:
    try:
        cache.set(_version(topic, organization_id), _new(), VERSION_LASTS)
    except no_answer():
        # It is done and stays done; what is kept ends by itself.
        logger.exception("cache: no answer")


def _version(topic: str, organization_id: UUID) -> str:
    return f"{topic}:{organization_id}:version"


def _new() -> str:
    return uuid4().hex
