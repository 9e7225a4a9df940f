"""The pages of members and API keys."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrganizationRequest, page
from accounts.api_keys import create_api_key, revoke_api_key
from accounts.members import (
    change_role,
    invite_member,
    limit_to_properties,
    remove_member,
    send_invitation_again,
)
from accounts.models import ApiKey, Membership
from accounts.organization_forms import ApiKeyForm, InvitationForm, MemberForm
from accounts.permissions import ROLES, Permission, Role, Scope
from properties.models import Property
from villaops.errors import DomainError
from villaops.errors import PermissionDenied as RoleForbids
from villaops.links import site_of
from villaops.pages import form_page, get_or_post, refusals_as_messages
from villaops.toasts import say


@page(Permission.READ_MEMBERS)
@require_safe
def members(request: OrganizationRequest) -> HttpResponse:
    """Who is in, who is invited, and what the roles are for."""
    rows = _members(request).select_related("invitation").order_by("user__name", "created_at")
    reach = request.access.reach()
    manages = request.access.can(Permission.MANAGE_MEMBERS)
    homes = dict(_homes(request)) if manages else {}
    context = {
        "rows": [
            {
                "member": one,
                "may_change": manages and _may_touch(reach, one),
                "homes": [homes[pk] for pk in one.property_ids or () if pk in homes],
                "is_expired": one.user_id is None and _is_expired(one),
            }
            for one in rows
        ],
        "roles": [(role.label, rights.description) for role, rights in ROLES.items()],
    }
    return render(request, "organization/members.html", context)


@page(Permission.MANAGE_MEMBERS)
@get_or_post
def invite(request: OrganizationRequest) -> HttpResponse:
    """Invite somebody by mail."""
    access = request.access
    form = InvitationForm(request.POST or None, **_offers(request))
    if form.is_valid():
        try:
            invite_member(
                organization=access.organization,
                email=form.cleaned_data["email"],
                role=form.cleaned_data["role"],
                property_ids=form.limits(),
                by=access.user,
                reach=access.reach(),
                now=timezone.now(),
                site=site_of(request),
            )
        except RoleForbids as error:
            raise PermissionDenied from error
        except DomainError as error:
            form.refuse(error)
        else:
            say(request, _("Invitation sent to %s.") % form.cleaned_data["email"])
            return redirect("organization:members", access.organization.slug)
    return form_page(request, "organization/member.html", form)


@page(Permission.MANAGE_MEMBERS)
@get_or_post
def member(request: OrganizationRequest, member_id: UUID) -> HttpResponse:
    """Change a member's role and limits."""
    found = _find(request, member_id)
    access = request.access
    form = MemberForm(request.POST or None, membership=found, **_offers(request))
    if form.is_valid():
        try:
            _save(request, found, form)
        except RoleForbids as error:
            raise PermissionDenied from error
        except DomainError as error:
            form.refuse(error)
        else:
            say(request, _("Changes saved."))
            return redirect("organization:members", access.organization.slug)
    context = {"member": found, "is_me": found.user_id == access.user.pk}
    return form_page(request, "organization/member.html", form, **context)


def _save(request: OrganizationRequest, found: Membership, form: MemberForm) -> None:
    doing: dict[str, Any] = {
        "membership": found,
        "by": request.access.user,
        "reach": request.access.reach(),
    }
    role = form.cleaned_data["role"]
    # Nothing ticked by somebody who is limited: all that they see.
    limits = form.limits() or request.access.property_ids
    changed = change_role(role=role, **doing) if role != found.role else found
    if role != Role.OWNER and limits != changed.property_ids:
        limit_to_properties(property_ids=limits, **doing)


@page(Permission.MANAGE_MEMBERS)
@require_POST
def resend(request: OrganizationRequest, member_id: UUID) -> HttpResponse:
    """Mail a new link."""
    found = _find(request, member_id)
    with refusals_as_messages(request):
        send_invitation_again(
            membership=found,
            by=request.access.user,
            reach=request.access.reach(),
            now=timezone.now(),
            site=site_of(request),
        )
        say(request, _("Invitation sent to %s.") % found.invited_email)
    return redirect("organization:members", request.access.organization.slug)


@page(Permission.MANAGE_MEMBERS)
@require_POST
def remove(request: OrganizationRequest, member_id: UUID) -> HttpResponse:
    """Take a member out, or an invitation back."""
    found = _find(request, member_id)
    with refusals_as_messages(request):
        remove_member(membership=found, by=request.access.user, reach=request.access.reach())
        say(
            request,
            _("%s removed.") % found.user.name
            if found.user
            else _("Invitation of %s revoked.") % found.invited_email,
        )
    return redirect("organization:members", request.access.organization.slug)


@never_cache
@page(Permission.MANAGE_API_KEYS)
@get_or_post
def api_keys(request: OrganizationRequest) -> HttpResponse:
    """The keys there are, and a new one, whose secret is on this one answer only."""
    access = request.access
    form = ApiKeyForm(request.POST or None, today=timezone.now().date())
    made = None
    if form.is_valid():
        try:
            made = create_api_key(
                organization=access.organization,
                name=form.cleaned_data["name"],
                scopes=[form.cleaned_data["scope"]],
                expires_at=form.expires_at(),
                by=access.user,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            form = ApiKeyForm(today=timezone.now().date())
    keys = ApiKey.objects.standing().filter(organization=access.organization)
    now = timezone.now()
    context = {
        "made": made,
        "keys": [
            {
                "key": key,
                "scope": Scope(key.scopes[-1]).label,
                "is_expired": key.expires_at is not None and key.expires_at <= now,
            }
            for key in keys.select_related("created_by")
        ],
    }
    return form_page(request, "organization/api_keys.html", form, **context)


@page(Permission.MANAGE_API_KEYS)
@require_POST
def revoke(request: OrganizationRequest, key_id: UUID) -> HttpResponse:
    """Shut a key's door."""
    organization = request.access.organization
    key = get_object_or_404(ApiKey, organization=organization, pk=key_id)
    with refusals_as_messages(request):
        revoke_api_key(key=key, by=request.access.user)
        say(request, _("%s revoked.") % key.name)
    return redirect("organization:api_keys", organization.slug)


def _members(request: OrganizationRequest) -> QuerySet[Membership]:
    return Membership.objects.of_organization(request.access.organization)


def _find(request: OrganizationRequest, member_id: UUID) -> Membership:
    return get_object_or_404(_members(request), pk=member_id)


def _homes(request: OrganizationRequest) -> list[tuple[UUID, str]]:
    own = Property.objects.for_organization(request.access.organization)
    return list(own.order_by("name", "id").values_list("id", "name"))


def _offers(request: OrganizationRequest) -> dict[str, Any]:
    return {"homes": _homes(request), "owners": request.access.can(Permission.MANAGE_OWNERS)}


def _may_touch(reach: Any, membership: Membership) -> bool:
    try:
        reach.require(membership.role, membership.property_ids)
    except RoleForbids:
        return False
    return True


def _is_expired(membership: Membership) -> bool:
    return membership.invitation.expires_at <= timezone.now()
