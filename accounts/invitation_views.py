"""The page an invitation leads to."""

from typing import Any, cast

from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.forms import CharField, PasswordInput, TextInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.members import (
    InvitationNotFound,
    accept_as_newcomer,
    accept_invitation,
    open_invitation,
)
from accounts.models import Invitation, Membership, User
from accounts.permissions import ROLES, Role
from villaops.errors import DomainError
from villaops.forms import HouseForm
from villaops.pages import form_page, get_or_post
from villaops.tenancy import Door
from villaops.toasts import say

# Where sign-up finds the secret of an invitation that somebody came with.
IN_SESSION = "invitation"
BACKEND = "accounts.backends.EmailBackend"


class NewcomerForm(HouseForm):
    """Whoever has no account yet; the address is the one that was invited."""

    name = CharField(
        label=gettext_lazy("Your name"),
        max_length=255,
        widget=TextInput(attrs={"autocomplete": "name"}),
    )
    password = CharField(
        label=gettext_lazy("Password"),
        max_length=128,
        strip=False,
        help_text=gettext_lazy("At least 8 characters."),
        widget=PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


@never_cache
@get_or_post
@sensitive_post_parameters("password")
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Show who invites to what; accept as who is signed in, or as somebody new."""
    now = timezone.now()
    try:
        found = open_invitation(secret, now)
    except InvitationNotFound as gone:
        context = {"text": gone.explanation}
        return render(request, "organization/invitation_gone.html", context, status=404)
    if request.user.is_authenticated:
        return _as_known(request, found, secret)
    request.session[IN_SESSION] = secret
    email = found.membership.invited_email or ""
    if User.objects.with_email(email):
        return render(request, "organization/invitation.html", _shown(found, step="log_in"))
    return _as_newcomer(request, found, secret)


def _as_known(request: HttpRequest, found: Invitation, secret: str) -> HttpResponse:
    user = cast(User, request.user)
    is_theirs = user.email.lower() == (found.membership.invited_email or "").lower()
    if not (is_theirs and request.method == "POST"):
        context = _shown(found, step="accept" if is_theirs else "another")
        return render(request, "organization/invitation.html", context)
    try:
        membership = accept_invitation(secret=secret, user=user, now=timezone.now(), door=Door.WEB)
    except DomainError as error:
        say(request, error.explanation, level="error")
        return redirect("home")
    return _welcome(request, membership)


def _as_newcomer(request: HttpRequest, found: Invitation, secret: str) -> HttpResponse:
    form = NewcomerForm(request.POST or None)
    if form.is_valid():
        try:
            membership = accept_as_newcomer(
                secret=secret, now=timezone.now(), door=Door.WEB, **form.cleaned_data
            )
        except DomainError as error:
            form.refuse(error)
        else:
            login(request, cast(User, membership.user), backend=BACKEND)
            return _welcome(request, membership)
    return form_page(request, "organization/invitation.html", form, **_shown(found, step="new"))


def _welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    request.session.pop(IN_SESSION, None)
    say(request, _("Welcome to %s.") % membership.organization.name)
    return redirect("today", membership.organization.slug)


def _shown(found: Invitation, *, step: str) -> dict[str, Any]:
    role = Role(found.membership.role)
    return {
        "invitation": found,
        "organization": found.membership.organization,
        "role": role.label,
        "description": ROLES[role].description,
        "step": step,
    }
