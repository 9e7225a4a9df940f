"""The one door of the dashboard: who may enter which organization, and do what there."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Q, When
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.members import Reach
from accounts.models import ApiKey, Membership, Organization, User
from accounts.permissions import (
    ORGANIZATION_WIDE,
    ROLE_OF_SCOPE,
    Permission,
    Role,
    Scope,
    allows,
    key_allows,
)
from villaops.form_keys import once_per_form
from villaops.kept import planned_with_values
from villaops.tenancy import Door, organization_context
from villaops.written import browser_locale, written_as_in


@dataclass(frozen=True)
class Access:
    """A user in an organization, with a role."""

    user: User
    organization: Organization
    role: str
    # The only properties the member sees and touches; None for all of them.
    property_ids: Sequence[UUID] | None = None

    def can(self, permission: Permission | str) -> bool:
        """Whether the role has the permission, as far as the member's limit leaves it."""
        wanted = Permission(permission)
        if self.property_ids is not None and wanted in ORGANIZATION_WIDE:
            return False
        return allows(self.role, wanted)

    def context(self, door: Door) -> AbstractContextManager[None]:
        """The organization's rows, as far as this user may see any of them."""
        return organization_context(
            self.organization, by=self.user, door=door, property_ids=self.property_ids
        )

    def reach(self) -> Reach:
        """How far the user may go with other members."""
        return Reach(self.can(Permission.MANAGE_OWNERS), self.property_ids)

    def sight(self) -> str:
        """What tells apart callers who are shown different things."""
        return f"{self.role} {self.property_ids}"

    def role_label(self) -> str:
        """The role in a word."""
        return Role(self.role).label


@dataclass(frozen=True)
class KeyAccess:
    """A program in the organization of its API key. Whose key it is may have gone since."""

    key: ApiKey
    organization: Organization

    def can(self, permission: Permission | str) -> bool:
        """Whether the key is for this."""
        return key_allows(self.key.scopes, Permission(permission))

    def context(self, door: Door) -> AbstractContextManager[None]:
        """The organization's rows; history tells of the key and of who made it."""
        return organization_context(
            self.organization, by=self.key.created_by, door=door, api_key=self.key
        )

    def sight(self) -> str:
        """What tells apart callers who are shown different things."""
        return f"key {sorted(self.key.scopes)}"

    @property
    def role(self) -> Role:
        """The role that comes nearest."""
        return ROLE_OF_SCOPE[Scope.WRITE if Scope.WRITE in self.key.scopes else Scope.READ]


class OrganizationRequest(HttpRequest):
    """A request that has passed the door."""

    access: Access
    memberships: list[Membership]
    opened_at: float


type View = Callable[..., HttpResponseBase]


def page(permission: Permission) -> Callable[[View], View]:
    """Open a dashboard page under `/o/<slug>/` to members whose role has the permission.

    Nobody signed in: the log-in page. Not a member: 404. A role without the permission: 403.
    The view runs in the organization's context, one transaction; the response is rendered there,
    with dates and numbers as the organization writes them.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @login_required
        def enter(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            inside = cast(OrganizationRequest, request)
            user = cast(User, request.user)
            # All of them: the page's frame offers the others.
            inside.memberships = _memberships_of(user)
            inside.access = _access(user, inside.memberships, slug)
            if not inside.access.can(permission):
                raise PermissionDenied
            locale = inside.access.organization.locale
            # Before the first row is read: what changes from now on is told to the page.
            inside.opened_at = time.time()
            # A page asks much and seldom: plans that know its dates are worth being made.
            with (
                written_as_in(locale),
                inside.access.context(Door.WEB),
                planned_with_values(),
            ):
                return once_per_form(
                    request,
                    partial(view, inside, *args, **kwargs),
                    user_id=user.pk,
                    organization_id=inside.access.organization.pk,
                )

        # The route test walks the resolver and reads who may enter from here.
        enter.permission = permission  # type: ignore[attr-defined]
        return enter

    return decorate


def _memberships_of(user: User) -> list[Membership]:
    known = user.known_memberships
    return list(Membership.objects.of(user)) if known is None else known


def _access(user: User, memberships: list[Membership], slug: str) -> Access:
    for membership in memberships:
        if membership.organization.slug == slug:
            return _as_member(user, membership)
    raise Http404("No such organization")


def dashboard_context(request: HttpRequest) -> dict[str, Any]:
    """For templates: the organization one is in, and the others one could switch to."""
    access = getattr(request, "access", None)
    if access is None:
        return {}
    return {
        "access": access,
        "organization": access.organization,
        "browser_locale": browser_locale(access.organization.locale),
        "memberships": cast(OrganizationRequest, request).memberships,
        "opened_at": int(cast(OrganizationRequest, request).opened_at * 1000),
    }


def default_access(user: User) -> Access | None:
    """The user's access to their default organization, else by their oldest membership."""
    is_default = Q(organization=user.default_organization_id)
    membership = (
        Membership.objects.filter(user=user)
        .select_related("organization")
        .order_by(Case(When(is_default, then=0), default=1), "created_at", "id")
        .first()
    )
    return _as_member(user, membership) if membership else None


def _as_member(user: User, membership: Membership) -> Access:
    return Access(user, membership.organization, membership.role, membership.property_ids)
