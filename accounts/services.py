"""Verbs of accounts: register, organizations, profile."""

from typing import Any

from django.conf import settings
from django.utils.text import slugify
from uuid_utils.compat import uuid7

from accounts.audit import SecurityEvent, record_security_event
from accounts.models import Membership, Organization, Subscription, User
from accounts.permissions import Role
from villaops.errors import Conflict, NotFound
from villaops.tenancy import Door, organization_context, person_context
from villaops.verbs import apply_changes, clean, verb


class EmailTaken(Conflict):
    code = "email_taken"
    message = "Email already registered"


class OrganizationSlugTaken(Conflict):
    code = "organization_slug_taken"
    message = "Organization slug already taken"


class OrganizationNotFound(NotFound):
    code = "organization_not_found"
    message = "Organization not found"


CONSTRAINTS = {
    "user_email_taken": EmailTaken,
    "organization_slug_taken": OrganizationSlugTaken,
}


@verb(constraints=CONSTRAINTS)
def register_user(
    *,
    email: str,
    password: str | None,
    name: str,
    door: Door,
    organization_name: str | None = None,
    organization_slug: str | None = None,
    owns_organization: bool = True,
    password_hash: str | None = None,
    **known: Any,
) -> User:
    """Make a user and the organization they own, which becomes their default one.

    Without a password (or the hash of one that was asked for earlier) none works, until they choose
    one. Who comes in by an invitation makes no organization. `known` is what else is known of them:
    email_verified, auth_provider, avatar_url.
    Raises EmailTaken, OrganizationSlugTaken.
    """
    user = User(email=email, name=name, **known)
    if password_hash:
        user.password = password_hash
    else:
        user.set_password(password)
    clean(user)
    with person_context(by=user, door=door):
        user.save(force_insert=True)
        if owns_organization:
            user.default_organization = create_organization(
                name=organization_name or name, slug=organization_slug, by=user, door=door
            )
            user.save(update_fields=["default_organization"])
        record_security_event(kind=SecurityEvent.SIGNED_UP, user=user, door=door)
    return user


@verb(constraints=CONSTRAINTS)
def create_organization(
    *,
    name: str,
    by: User,
    door: Door,
    slug: str | None = None,
    currency: str | None = None,
    time_zone: str | None = None,
) -> Organization:
    """Make an organization with its free subscription; `by` becomes its owner.

    Without a slug one is made from the name, with a few letters more where that is taken.
    Raises OrganizationSlugTaken.
    """
    organization = Organization(
        name=name,
        slug=slug or _free_slug(name),
        currency=currency or settings.DEFAULT_CURRENCY,
        time_zone=time_zone or settings.DEFAULT_TIME_ZONE,
    )
    clean(organization)
    with organization_context(organization, by=by, door=door):
        organization.save(force_insert=True)
        Subscription(organization=organization).save(force_insert=True)
        Membership(organization=organization, user=by, role=Role.OWNER).save(force_insert=True)
    return organization


def _free_slug(name: str) -> str:
    base = slugify(name)[:40].strip("-")
    if len(base) < 3:
        base = f"{base}-house".strip("-")
    taken = Organization.objects.filter(slug=base).exists()
    return f"{base}-{uuid7().hex[-6:]}" if taken else base


@verb()
def update_profile(*, user: User, changes: dict[str, Any], door: Door = Door.API) -> User:
    """Change name, avatar_url or default_organization (an organization's slug or id).

    Raises OrganizationNotFound when the user is not a member of it.
    """
    if "default_organization" in changes:
        membership = _membership_in(user, str(changes["default_organization"]))
        changes = {**changes, "default_organization": membership.organization}
    if apply_changes(user, changes):
        clean(user)
        with person_context(by=user, door=door):
            user.save()
    return user


def _membership_in(user: User, slug_or_id: str) -> Membership:
    for membership in Membership.objects.of(user):
        if slug_or_id in (membership.organization.slug, str(membership.organization_id)):
            return membership
    raise OrganizationNotFound
