"""Answers that are given again as long as nothing they tell of has changed.

An organization's rows have an edition, a number that PostgreSQL raises with every change of them
(villaops/migrations/0008_editions.py). Opening the organization's context reads it, and an answer
is remembered with it: once anybody has changed anything, by whatever door, no older answer is
given. Who asks and whether they may has been looked at before, in the same request; nothing that
says who may do what is remembered (docs/decisions/0012-cache.md, 0019-remembered-answers.md).

In Redis where there is one, else each process for itself.
"""

import logging
from collections.abc import Callable
from dataclasses import astuple, dataclass
from hashlib import blake2b

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from accounts.access import Access, KeyAccess
from villaops.api.throttles import no_answer
from villaops.tenancy import edition

logger = logging.getLogger(__name__)

# Seconds. Addresses of pictures go stale, and what nobody asks for any more has to go.
LASTS = 60
# Bytes. What is longer would push out much else.
MOST = 1024 * 1024
# Seconds.
QUARTER = 15 * 60


@dataclass(frozen=True)
class Told:
    """What a response says."""

    content: bytes
    content_type: str
    etag: str | None = None

    def response(self) -> HttpResponse:
        """It once more."""
        return HttpResponse(self.content, content_type=self.content_type)


def recall[Other](
    request: HttpRequest,
    access: Access | KeyAccess,
    answer: Callable[[], Told | Other],
    *,
    part: str = "",
) -> Told | Other:
    """What this request was answered, or what it is answered now; only what is Told is remembered.

    For requests that only read, in the organization's context. An answer may depend on its rows,
    the address, the caller's rights and limits, the language and the day somewhere; nothing else.
    part: which one, where an address has several.
    """
    key = _key(request, access, part)
    # No time zone's day begins between two of these.
    of = (edition(), timezone.now().timestamp() // QUARTER)
    answers = caches["answers"]
    try:
        known = answers.get(key)
    except no_answer():
        logger.exception("remembered: no answer")
        return answer()
    if known is not None and known[0] == of:
        return Told(*known[1])
    told = answer()
    if isinstance(told, Told) and len(told.content) <= MOST:
        try:
            # In the place of the edition before, which nobody will ask for again.
            answers.set(key, (of, astuple(told)), LASTS)
        except no_answer():
            logger.exception("remembered: no answer")
    return told


def _key(request: HttpRequest, access: Access | KeyAccess, part: str) -> str:
    # Its row was read before the edition was: an answer made of an older one is never found again.
    organization = access.organization
    fields = organization._meta.concrete_fields
    question = (
        [getattr(organization, field.attname) for field in fields],
        access.sight(),
        request.build_absolute_uri(),
        get_language(),
        part,
    )
    return blake2b(repr(question).encode(), digest_size=20).hexdigest()
