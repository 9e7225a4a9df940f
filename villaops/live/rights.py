"""Whether those who listen still may: asked of the database again and again, for all at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connections
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import Membership, User
from accounts.permissions import Permission, allows
from villaops.live.hub import Viewer, texts

# What every page that listens asks for.
NEEDED = Permission.READ_BOOKINGS


@dataclass(frozen=True)
class Rights:
    """Who is still signed in, and what of each organization they may hear."""

    signed_in: frozenset[str]
    properties: dict[tuple[str, str], frozenset[str] | None]

    def still(self, viewer: Viewer) -> bool:
        """Whether the viewer may go on listening."""
        return (
            viewer.session_key in self.signed_in
            and (viewer.organization, viewer.user) in self.properties
        )


def rights_of(viewers: Iterable[Viewer]) -> Rights:
    """What they may hear now; three statements, whatever their number."""
    viewers = list(viewers)
    try:
        users = User.objects.filter(is_active=True).in_bulk({viewer.user for viewer in viewers})
        sessions = Session.objects.filter(
            session_key__in={viewer.session_key for viewer in viewers},
            expire_date__gt=timezone.now(),
        )
        members = Membership.objects.filter(
            organization__in={viewer.organization for viewer in viewers}, user__in=users
        ).values_list("organization_id", "user_id", "role", "property_ids")
        return Rights(
            frozenset(one.session_key for one in sessions if _is_signed_in(one, users)),
            {
                (str(organization), str(user)): texts(properties)
                for organization, user, role, properties in members
                if allows(role, NEEDED)
            },
        )
    finally:
        connections.close_all()


def _is_signed_in(session: Session, users: dict[UUID, User]) -> bool:
    """As Django asks at every request: a password that was changed ends the other sessions."""
    kept = session.get_decoded()
    try:
        user = users.get(UUID(kept.get(SESSION_KEY, "")))
    except ValueError:
        return False
    if user is None:
        return False
    seal = kept.get(HASH_SESSION_KEY, "")
    return any(
        constant_time_compare(seal, known)
        for known in (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    )
