"""The pages of an organization: its settings, its beginning and its end."""

from functools import partial
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrganizationRequest, default_access, page
from accounts.audit import SecurityEvent, record_security_event
from accounts.members import MemberNotFound, leave_organization, transfer_ownership
from accounts.models import Membership, Organization, User
from accounts.organization_forms import (
    EndForm,
    NewOrganizationForm,
    OrganizationForm,
    TransferForm,
)
from accounts.organizations import (
    end_organization_later,
    keep_organization,
    set_logo,
    update_organization,
)
from accounts.permissions import Permission, Role
from accounts.pictures import small_picture
from accounts.services import create_organization
from bookings.exports import StoredFile
from villaops.errors import DomainError
from villaops.export import export_organization
from villaops.form_keys import once_per_form
from villaops.links import site_of
from villaops.pages import form_page, get_or_post, refusals_as_messages
from villaops.tenancy import Door, person_context
from villaops.toasts import say


@get_or_post
@login_required
def create(request: HttpRequest) -> HttpResponseBase:
    """Make another organization, or the first, and go there."""
    user = cast(User, request.user)
    with person_context(by=user, door=Door.WEB):
        view = partial(_create, request, user)
        return once_per_form(request, view, user_id=user.pk, organization_id=None)


def _create(request: HttpRequest, user: User) -> HttpResponse:
    now = default_access(user)
    like = now.organization if now else Organization()
    initial = {"currency": like.currency, "time_zone": like.time_zone}
    form = NewOrganizationForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            made = create_organization(by=user, door=Door.WEB, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            say(request, _("%s is there. Add its first property.") % made.name)
            return redirect("today", made.slug)
    return form_page(request, "organization/create.html", form, now=now)


@page(Permission.READ_ORGANIZATION)
@get_or_post
def settings(request: OrganizationRequest) -> HttpResponse:
    """The organization's facts; to change for those who may."""
    organization = request.access.organization
    if not request.access.can(Permission.EDIT_ORGANIZATION):
        return render(request, "organization/settings.html")
    form = OrganizationForm(request.POST or None, request.FILES or None, organization=organization)
    if form.is_valid():
        try:
            changed = _save(request, form)
        except DomainError as error:
            form.refuse(error)
        else:
            say(request, _("Changes saved."))
            return redirect("organization:settings", changed.slug)
    return form_page(request, "organization/settings.html", form)


def _save(request: OrganizationRequest, form: OrganizationForm) -> Organization:
    organization, user = request.access.organization, request.access.user
    given = form.cleaned_data
    # Looked at first: a picture that cannot be read saves nothing else either.
    picture = small_picture(given["logo"]) if given["logo"] else None
    changed = update_organization(organization=organization, by=user, changes=form.facts())
    if picture or given.get("without_logo"):
        set_logo(organization=organization, by=user, picture=picture)
    return changed


@page(Permission.READ_ORGANIZATION)
@require_safe
def logo(request: OrganizationRequest) -> HttpResponseBase:
    """The logo, as drawn by us; each has an address of its own, by its name in the query."""
    stored = request.access.organization.logo.name
    if not stored or not default_storage.exists(stored):
        raise Http404
    response = FileResponse(default_storage.open(stored), content_type="image/webp")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@page(Permission.EDIT_ORGANIZATION)
@require_POST
def export(request: OrganizationRequest) -> HttpResponseBase:
    """Everything there is, as a file to keep."""
    organization = request.access.organization
    file = export_organization(organization)
    name = f"{organization.slug}-{timezone.now():%Y-%m-%d}.zip"
    record_security_event(
        kind=SecurityEvent.EXPORTED,
        door=Door.WEB,
        by=request.access.user,
        organization=organization,
        label=name,
    )
    return StoredFile(file, as_attachment=True, filename=name, content_type="application/zip")


@page(Permission.EDIT_ORGANIZATION)
@get_or_post
def end(request: OrganizationRequest) -> HttpResponse:
    """Ask for the end of the organization, by typing its name."""
    organization = request.access.organization
    form = EndForm(request.POST or None, organization=organization)
    if organization.ends_at is None and form.is_valid():
        end_organization_later(
            organization=organization,
            by=request.access.user,
            now=timezone.now(),
            site=site_of(request),
        )
        return redirect("organization:end", organization.slug)
    return form_page(request, "organization/end.html", form)


@page(Permission.EDIT_ORGANIZATION)
@require_POST
def keep(request: OrganizationRequest) -> HttpResponse:
    """Let it go on after all."""
    organization = request.access.organization
    keep_organization(organization=organization, by=request.access.user)
    say(request, _("%s stays.") % organization.name)
    return redirect("organization:settings", organization.slug)


@page(Permission.MANAGE_OWNERS)
@get_or_post
def transfer(request: OrganizationRequest) -> HttpResponse:
    """Give the organization to another member."""
    organization, user = request.access.organization, request.access.user
    others = Membership.objects.filter(organization=organization, user__isnull=False)
    others = others.exclude(user=user).select_related("user").order_by("user__name", "pk")
    form = TransferForm(request.POST or None, members=others)
    if form.is_valid():
        try:
            heir = others.filter(pk=form.cleaned_data["to"]).first()
            if heir is None:
                raise MemberNotFound
            transfer_ownership(organization=organization, to=heir, by=user)
            record_security_event(
                kind=SecurityEvent.OWNERSHIP_TRANSFERRED,
                door=Door.WEB,
                user=heir.user,
                by=user,
                organization=organization,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            say(request, _("%s is the owner now.") % cast(User, heir.user).name)
            return redirect("organization:members", organization.slug)
    return form_page(request, "organization/transfer.html", form)


@page(Permission.READ_ORGANIZATION)
@get_or_post
def leave(request: OrganizationRequest) -> HttpResponse:
    """Say what it means, ask, then go."""
    organization = request.access.organization
    if request.method == "POST":
        with refusals_as_messages(request):
            leave_organization(organization=organization, by=request.access.user)
            say(request, _("You have left %s.") % organization.name)
            return redirect("home")
    return render(request, "organization/leave.html", _alone(request))


def _alone(request: OrganizationRequest) -> dict[str, Any]:
    owners = Membership.objects.filter(
        organization=request.access.organization, role=Role.OWNER, user__isnull=False
    )
    is_alone = request.access.role == Role.OWNER and owners.count() == 1
    return {"is_alone": is_alone}
