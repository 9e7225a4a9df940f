"""How somebody new comes in: into a house of their own, or the one they were asked to."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.invitation_views import IN_SESSION
from accounts.members import InvitationNotFound, accept_invitation, open_invitation
from accounts.models import User
from accounts.services import register_user
from villaops.tenancy import Door


def make_account(request: HttpRequest, *, email: str, **given: Any) -> User:
    """Make the account of somebody whose e-mail is proven.

    Who came with an invitation to this address joins that organization instead of making one.
    Raises EmailTaken.
    """
    secret = request.session.get(IN_SESSION)
    if not (secret and _is_for(secret, email)):
        return register_user(email=email, door=Door.WEB, email_verified=True, **given)
    with transaction.atomic():
        user = register_user(
            email=email, door=Door.WEB, email_verified=True, owns_organization=False, **given
        )
        accept_invitation(secret=secret, user=user, now=timezone.now(), door=Door.WEB)
    del request.session[IN_SESSION]
    return user


def _is_for(secret: str, email: str) -> bool:
    try:
        invitation = open_invitation(secret, timezone.now())
    except InvitationNotFound:
        return False
    return (invitation.membership.invited_email or "").lower() == email.lower()
