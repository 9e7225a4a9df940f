"""Verbs of membership: who comes into an organization, with which rights, and who goes."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pgtrigger
from django.urls import reverse

from accounts.audit import SecurityEvent, record_security_event
from accounts.mail import send_organization_mail
from accounts.models import Invitation, Membership, Organization, User
from accounts.one_time import hash_of
from accounts.permissions import ROLES, Role
from accounts.services import EmailTaken
from villaops import outbox
from villaops.errors import Conflict, NotFound, PermissionDenied
from villaops.tenancy import Door, door_in_use, organization_context, person_context
from villaops.verbs import clean, verb
from villaops.versions import Expected, require_version

# Told when somebody has come in, with the ids of organization and user.
MEMBER_JOINED = outbox.event("member_joined")
INVITATION_LASTS = timedelta(days=7)


class AlreadyMember(Conflict):
    code = "already_member"
    message = "Already a member"
    explanation = "This person is a member already."


class MemberNotFound(NotFound):
    code = "member_not_found"
    message = "Member not found"


class OrganizationNeedsOwner(Conflict):
    code = "organization_needs_owner"
    message = "Organization needs an owner"
    explanation = "An organization needs an owner. Make somebody else owner first."


class NotYetIn(Conflict):
    code = "not_yet_in"
    message = "Invitation not accepted yet"
    explanation = "Whoever is to own the organization has to accept the invitation first."


class InvitationNotFound(NotFound):
    code = "invitation_not_found"
    message = "Invitation not found"
    explanation = "This invitation has been used, revoked or replaced, or it has expired."


class InvitationForSomebodyElse(Conflict):
    code = "invitation_for_somebody_else"
    message = "Invitation is for another address"
    explanation = "This invitation was sent to another e-mail address than yours."


CONSTRAINTS = {
    "organization_needs_owner": OrganizationNeedsOwner,
    "membership_one_per_user": AlreadyMember,
}


@dataclass(frozen=True)
class Reach:
    """How far somebody who manages members may go."""

    owners: bool
    # Whoever is limited to some properties lets nobody see others.
    property_ids: Sequence[UUID] | None = None

    def require(self, role: str, property_ids: Sequence[UUID] | None) -> None:
        """Refuse to touch, or to make, a member of this role and these limits."""
        if role == Role.OWNER and not self.owners:
            raise PermissionDenied
        if self.property_ids is None:
            return
        if property_ids is None or not set(property_ids) <= set(self.property_ids):
            raise PermissionDenied


@verb(constraints=CONSTRAINTS, races=frozenset({"membership_one_per_invited"}))
def invite_member(
    *,
    organization: Organization,
    email: str,
    role: str,
    by: User | None,
    reach: Reach,
    now: datetime,
    site: str,
    property_ids: Sequence[UUID] | None = None,
) -> Membership:
    """Invite an address; a mail with a link goes out. One invited before gets a new link and role.

    Limited to `property_ids`, else as `by` is. `site` is where the dashboard is, as in
    https://villas.example. Raises AlreadyMember, PermissionDenied.
    """
    limits = reach.property_ids if property_ids is None else property_ids
    reach.require(role, limits)
    theirs = Membership.objects.filter(organization=organization)
    if theirs.filter(user__email__lower=email.lower()).exists():
        raise AlreadyMember
    invited = theirs.select_for_update().filter(invited_email__lower=email.lower()).first()
    if invited:
        reach.require(invited.role, invited.property_ids)
    membership = invited or Membership(organization=organization, invited_email=email)
    membership.role = role
    membership.property_ids = None if role == Role.OWNER else _listed(limits)
    clean(membership)
    membership.save()
    _send_invitation(membership, by, now, site)
    return membership


@verb()
def send_invitation_again(
    *, membership: Membership, by: User | None, reach: Reach, now: datetime, site: str
) -> Membership:
    """Mail a new link; the old one ends. Raises MemberNotFound, AlreadyMember, PermissionDenied."""
    invited = _locked(membership, reach)
    if invited.user_id:
        raise AlreadyMember
    _send_invitation(invited, by, now, site)
    return invited


def _send_invitation(membership: Membership, by: User | None, now: datetime, site: str) -> None:
    secret = secrets.token_urlsafe(32)
    expires_at = now + INVITATION_LASTS
    Invitation.objects.update_or_create(
        membership=membership,
        defaults={
            "secret_hash": hash_of(secret),
            "invited_by": by,
            "sent_at": now,
            "expires_at": expires_at,
        },
    )
    record_security_event(
        kind=SecurityEvent.INVITATION_SENT,
        door=door_in_use(),
        by=by,
        organization=membership.organization,
        label=membership.invited_email,
    )
    role = Role(membership.role)
    send_organization_mail(
        membership.organization,
        membership.invited_email or "",
        "invitation",
        {
            "inviter": by.name if by else "",
            "role": role.label,
            "description": ROLES[role].description,
            "days": str(INVITATION_LASTS.days),
            "url": f"{site}{reverse('invitation', args=[secret])}",
        },
        secrets=["url"],
    )


def open_invitation(secret: str, now: datetime) -> Invitation:
    """The invitation that the link leads to, with its organization and who invited.

    Raises InvitationNotFound.
    """
    found = (
        Invitation.objects.filter(secret_hash=hash_of(secret), expires_at__gt=now)
        .select_related("membership__organization", "invited_by")
        .first()
    )
    if found is None:
        raise InvitationNotFound
    return found


@verb(constraints=CONSTRAINTS)
def accept_invitation(*, secret: str, user: User, now: datetime, door: Door) -> Membership:
    """Let the person in whose address was invited; that address is proven by the link.

    Of two that click at once, one comes in and the other finds the invitation gone.
    Raises InvitationNotFound, InvitationForSomebodyElse, AlreadyMember.
    """
    valid = Invitation.objects.filter(secret_hash=hash_of(secret), expires_at__gt=now)
    invitation = valid.select_for_update().first()
    if invitation is None:
        raise InvitationNotFound
    membership = Membership.objects.select_related("organization").get(pk=invitation.membership_id)
    if (membership.invited_email or "").lower() != user.email.lower():
        raise InvitationForSomebodyElse
    with organization_context(membership.organization, by=user, door=door):
        membership.user = user
        membership.invited_email = None
        membership.save(update_fields=["user", "invited_email"])
        invitation.delete()
        user.email_verified = True
        if user.default_organization_id is None:
            user.default_organization = membership.organization
        user.save(update_fields=["email_verified", "default_organization"])
        record_security_event(
            kind=SecurityEvent.INVITATION_ACCEPTED,
            door=door,
            user=user,
            by=user,
            organization=membership.organization,
        )
    send_organization_mail(
        membership.organization,
        user.email,
        "welcome",
        {"recipient_name": user.name, "role": Role(membership.role).label},
        user=user,
    )
    outbox.write_intent(
        MEMBER_JOINED, {"organization": membership.organization_id, "user": user.pk}
    )
    return membership


@verb(constraints=CONSTRAINTS | {"user_email_taken": EmailTaken})
def accept_as_newcomer(
    *, secret: str, name: str, password: str, now: datetime, door: Door
) -> Membership:
    """Make an account for the address that was invited, and let its owner in.

    Raises InvitationNotFound, EmailTaken.
    """
    invitation = open_invitation(secret, now)
    email = invitation.membership.invited_email or ""
    user = User(email=email, name=name, email_verified=True)
    user.set_password(password)
    clean(user)
    with person_context(by=user, door=door):
        user.save(force_insert=True)
    return accept_invitation(secret=secret, user=user, now=now, door=door)


@verb(constraints=CONSTRAINTS)
def change_role(
    *,
    membership: Membership,
    role: str,
    by: User | None,
    reach: Reach,
    expected: Expected = None,
) -> Membership:
    """Give a member, or somebody invited, another role. An owner has no limits any more.

    Raises MemberNotFound, ResourceChanged unless it is still what was `expected`,
    OrganizationNeedsOwner, PermissionDenied.
    """
    found = _locked(membership, reach)
    require_version(found, expected)
    if role == Role.OWNER:
        reach.require(role, None)
        found.property_ids = None
    return _saved(found, role=role)


@verb(constraints=CONSTRAINTS)
def limit_to_properties(
    *,
    membership: Membership,
    property_ids: Sequence[UUID] | None,
    by: User | None,
    reach: Reach,
) -> Membership:
    """Let a member see and touch only these properties; None for all of them.

    Raises MemberNotFound, PermissionDenied.
    """
    found = _locked(membership, reach)
    reach.require(found.role, property_ids)
    return _saved(found, property_ids=_listed(property_ids))


@verb(constraints=CONSTRAINTS)
def remove_member(
    *, membership: Membership, by: User | None, reach: Reach, expected: Expected = None
) -> None:
    """End a membership, or an invitation.

    Raises MemberNotFound, ResourceChanged unless it is still what was `expected`,
    OrganizationNeedsOwner, PermissionDenied.
    """
    found = _locked(membership, reach)
    require_version(found, expected)
    found.delete()
    _check_owner_is_left()


@verb(constraints=CONSTRAINTS)
def leave_organization(*, organization: Organization, by: User) -> None:
    """End one's own membership. Raises MemberNotFound, OrganizationNeedsOwner."""
    mine = Membership.objects.filter(organization=organization, user=by)
    found = mine.select_for_update().first()
    if found is None:
        raise MemberNotFound
    found.delete()
    _check_owner_is_left()


@verb(constraints=CONSTRAINTS)
def transfer_ownership(*, organization: Organization, to: Membership, by: User) -> Membership:
    """Make another member owner in one's own place, and oneself a manager.

    Returns the new owner's membership. Raises MemberNotFound, NotYetIn, PermissionDenied.
    """
    both = Membership.objects.filter(organization=organization).select_for_update().order_by("pk")
    mine = both.filter(user=by, role=Role.OWNER).first()
    if mine is None:
        raise PermissionDenied
    theirs = both.filter(pk=to.pk).exclude(pk=mine.pk).first()
    if theirs is None:
        raise MemberNotFound
    if theirs.user_id is None:
        raise NotYetIn
    theirs.property_ids = None
    _saved(theirs, role=Role.OWNER)
    _saved(mine, role=Role.MANAGER)
    return theirs


def _locked(membership: Membership, reach: Reach) -> Membership:
    """The row as it is now, and nobody else's until we are done; if it may be touched."""
    found = Membership.objects.select_for_update(of=["self"]).select_related("organization")
    row = found.filter(pk=membership.pk, organization=membership.organization_id).first()
    if row is None:
        raise MemberNotFound
    reach.require(row.role, row.property_ids)
    return row


def _saved(membership: Membership, **changes: Any) -> Membership:
    for name, value in changes.items():
        setattr(membership, name, value)
    clean(membership)
    membership.save(update_fields=["role", "property_ids"])
    _check_owner_is_left()
    return membership


def _check_owner_is_left() -> None:
    """Ask now what the database would ask at the end of the transaction, to be able to answer."""
    pgtrigger.constraints(pgtrigger.Immediate, "accounts.Membership:organization_needs_owner")


def _listed(property_ids: Sequence[UUID] | None) -> list[UUID] | None:
    return None if property_ids is None else sorted(set(property_ids))
