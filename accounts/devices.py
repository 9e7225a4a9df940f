"""When a signed-in device was last there."""

import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

# Often enough for "is that still in use?", and ordinary requests cost no statement.
SECONDS_BETWEEN = 5 * 60
MOST_REMEMBERED = 10_000

# When this process last wrote it down, by session. Kept here and not in the session: a request
# that saves it would undo what another one has saved in the meantime.
_written: dict[str, float] = {}


class LastSeenMiddleware:
    """Write down that a device is in use, every few minutes and after the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Whoever has not looked into the session does not make us load it.
        if request.session.accessed and SESSION_KEY in request.session:
            _note_seen(request.session.session_key or "")
        return response


def _note_seen(session_key: str) -> None:
    before = _written.get(session_key)
    if before is None or time.monotonic() - before >= SECONDS_BETWEEN:
        remember_seen(session_key)
        UserSession.objects.filter(session_key=session_key).update(last_seen_at=timezone.now())


def remember_seen(session_key: str) -> None:
    """It is written down already, for the next minutes; a log-in does so."""
    if len(_written) >= MOST_REMEMBERED:
        _written.clear()
    _written[session_key] = time.monotonic()
