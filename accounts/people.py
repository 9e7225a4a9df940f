"""Verbs of a person's own account: password, e-mail, phone, picture, the end of it."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from accounts.audit import SecurityEvent, record_security_event
from accounts.models import ApiKey, Membership, OneTimeToken, RefreshToken, User
from accounts.permissions import Role
from accounts.services import EmailTaken
from accounts.tokens import revoke_access_tokens
from villaops.errors import Conflict
from villaops.tenancy import Door, all_organizations, person_context
from villaops.verbs import clean, verb


class PhoneTaken(Conflict):
    code = "phone_taken"
    message = "This number belongs to another account"


class SoleOwner(Conflict):
    code = "sole_owner"
    message = "An organization would be left without an owner"


CONSTRAINTS = {"user_email_taken": EmailTaken, "user_phone_taken": PhoneTaken}


@verb()
def set_password(*, user: User, password: str, door: Door) -> User:
    """Give the user another password, and end what the old one had let in.

    Sessions of the dashboard end by themselves, because they are bound to the password; refresh
    tokens are revoked.
    """
    user.set_password(password)
    with person_context(by=user, door=door):
        user.save(update_fields=["password"])
        now = timezone.now()
        RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
        record_security_event(kind=SecurityEvent.PASSWORD_CHANGED, door=door, user=user)
    return user


@verb(constraints=CONSTRAINTS)
def change_email(*, user: User, email: str, door: Door) -> User:
    """Make a proven address the user's identity. Raises EmailTaken."""
    before, user.email, user.email_verified = user.email, email, True
    clean(user)
    is_new = before.lower() != email.lower()
    kind = SecurityEvent.EMAIL_CHANGED if is_new else SecurityEvent.EMAIL_VERIFIED
    with person_context(by=user, door=door):
        user.save(update_fields=["email", "email_verified"])
        changes = {"email": [before, email]} if is_new else None
        record_security_event(kind=kind, door=door, user=user, changes=changes)
    return user


@verb()
def verify_email(*, user: User, door: Door) -> User:
    """Keep that the user's present address is proven."""
    user.email_verified = True
    with person_context(by=user, door=door):
        user.save(update_fields=["email_verified"])
        record_security_event(kind=SecurityEvent.EMAIL_VERIFIED, door=door, user=user)
    return user


@verb(constraints=CONSTRAINTS)
def verify_phone(*, user: User, phone: str, door: Door) -> User:
    """Keep a proven phone number, for codes. Raises PhoneTaken."""
    user.phone, user.phone_verified = phone, True
    with person_context(by=user, door=door):
        user.save(update_fields=["phone", "phone_verified"])
        record_security_event(kind=SecurityEvent.PHONE_CHANGED, door=door, user=user)
    return user


@verb()
def forget_phone(*, user: User, door: Door) -> User:
    """Keep no phone number of the user."""
    user.phone, user.phone_verified = None, False
    with person_context(by=user, door=door):
        user.save(update_fields=["phone", "phone_verified"])
        record_security_event(kind=SecurityEvent.PHONE_CHANGED, door=door, user=user)
    return user


@verb()
def change_picture(*, user: User, picture: "ContentFile[bytes] | None", door: Door) -> User:
    """Give the user another picture, or none. The file of the old one goes after the commit."""
    old, storage = user.avatar.name, user.avatar.storage
    if picture is None:
        user.avatar = None
    else:
        user.avatar.save(picture.name or "", picture, save=False)
    with person_context(by=user, door=door):
        user.save(update_fields=["avatar"])
    if old:
        transaction.on_commit(partial(storage.delete, old), robust=True)
    return user


@verb()
def end_ways_in(*, user: User, door: Door, now: datetime) -> None:
    """End what whoever made an account may have kept to come back by, the password aside.

    For one whose e-mail nobody had proven before: it may have been registered by somebody else, in
    wait for the owner of the address. Phone, second steps and passkeys, linked accounts, tokens and
    API keys go. Sessions end with the password, to which they are bound.
    """
    user.phone, user.phone_verified = None, False
    with person_context(by=user, door=door):
        user.save(update_fields=["phone", "phone_verified"])
    Authenticator.objects.filter(user=user).delete()
    SocialAccount.objects.filter(user=user).delete()
    revoke_access_tokens(user=user, now=now)
    RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    OneTimeToken.objects.filter(user=user).delete()
    keys = ApiKey.objects.filter(created_by=user, revoked_at=None)
    if keys.exists():
        # Their history is in the tables of organizations.
        with all_organizations(by=user, door=door, reason="account reclaimed by its address"):
            keys.update(revoked_at=now)


@verb()
def link_provider(*, user: User, provider: str, said: Mapping[str, Any], door: Door) -> User:
    """Keep which provider vouches for the user, and the picture it has given."""
    user.auth_provider = User.Provider(provider)
    picture = str(said.get("picture") or said.get("avatar_url") or "")
    if picture.startswith(("https://", "http://")) and len(picture) <= 512:
        user.avatar_url = picture
    with person_context(by=user, door=door):
        user.save(update_fields=["auth_provider", "avatar_url"])
    return user


def owned_alone(user: User) -> list[Membership]:
    """The user's memberships in organizations that have no other owner."""
    mine = list(Membership.objects.of(user).filter(role=Role.OWNER))
    shared = set(
        Membership.objects.filter(
            organization__in=[one.organization_id for one in mine],
            role=Role.OWNER,
            user__isnull=False,
        )
        .exclude(user=user)
        .values_list("organization_id", flat=True)
    )
    return [one for one in mine if one.organization_id not in shared]


@verb()
def delete_account(*, user: User, door: Door) -> None:
    """Delete the user with their memberships, tokens, keys and ways to sign in.

    What they did for an organization stays, and so does its history. Raises SoleOwner.
    """
    # Two owners who leave at the same time would each count on the other.
    list(
        Membership.objects.select_for_update()
        .filter(organization__memberships__user=user, role=Role.OWNER)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if left := owned_alone(user):
        raise SoleOwner(organizations=[one.organization.name for one in left])
    record_security_event(kind=SecurityEvent.ACCOUNT_DELETED, door=door, user=user)
    # What they wrote is in the tables of organizations, and loses its author there.
    with all_organizations(by=user, door=door, reason="account deleted by its owner"):
        user.delete()
    if user.avatar and user.avatar.name:
        transaction.on_commit(partial(user.avatar.storage.delete, user.avatar.name), robust=True)
