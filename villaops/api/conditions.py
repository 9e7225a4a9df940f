"""`ETag`, and what clients say with one: `If-Match`, `If-None-Match` (RFC 9110, section 13)."""

import re
from hashlib import blake2b

from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from villaops.versions import Expected, version_of

_TAG = r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"'
_TAGS = re.compile(rf"[ \t]*{_TAG}([ \t]*,[ \t]*{_TAG})*[ \t]*")
ANY = "*"


def etag_of(row: Model) -> str:
    """The strong tag of one object: its own version, nested objects excluded."""
    return f'"{version_of(row)}"'


def expected_by(request: HttpRequest) -> Expected:
    """The versions that `If-Match` names. What is malformed names none, and so no row has it."""
    sent = request.headers.get("If-Match")
    if sent is None or sent.strip() == ANY:
        return None
    # A weak tag is never the same as a strong one.
    return frozenset(tag for is_weak, tag in _tags(sent) if not is_weak)


def unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The list with a weak tag, or 304 where `If-None-Match` says that the client has it.

    The tag is made of the answer itself. Anything cheaper would have to know of all that may change
    in it: rows, rows that were deleted, the number of units, what the reader may see.
    """
    tag = blake2b(response.content, digest_size=16).hexdigest()
    sent = request.headers.get("If-None-Match", "")
    is_known = sent.strip() == ANY or tag in (tag for _, tag in _tags(sent))
    answer = HttpResponse(status=304) if is_known else response
    if is_known:
        del answer["Content-Type"]
    answer["ETag"] = f'W/"{tag}"'
    return answer


def _tags(sent: str) -> list[tuple[str, str]]:
    """Each tag of the header, and whether it is weak; none if any of it is malformed."""
    return re.findall(_TAG, sent) if _TAGS.fullmatch(sent) else []
