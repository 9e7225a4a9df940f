"""Sessions in the database, as Django keeps them: found by a statement that is made once.

Every page begins with it, and building it anew took longer than all that PostgreSQL does for it.
"""

from django.contrib.sessions.backends.db import SessionStore as InDatabase
from django.contrib.sessions.models import Session
from django.utils import timezone

from villaops.kept import Kept

_LIVE = Kept(
    lambda session_key, now: Session.objects.filter(session_key=session_key, expire_date__gt=now)
)


class SessionStore(InDatabase):
    """What SESSION_ENGINE asks for."""

    def _get_session_from_db(self) -> Session | None:
        found = _LIVE.first(session_key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = None
        return found
