"""One's own account: profile, e-mail, phone, devices, the end of it."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.logout import logout
from allauth.usersessions.models import UserSession
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.account_forms import DeleteAccountForm, EmailForm, ProfileForm
from accounts.audit import SecurityEvent, record_security_event
from accounts.forms import CodeForm
from accounts.mail import send_mail_to
from accounts.models import Membership, User
from accounts.people import (
    SoleOwner,
    change_email,
    change_picture,
    delete_account,
    forget_phone,
    owned_alone,
)
from accounts.pictures import small_picture
from accounts.proof import CodeGone, ask_for_proof, take_proof, waiting_proof
from accounts.services import EmailTaken, update_profile
from villaops.errors import DomainError
from villaops.pages import form_page, get_or_post
from villaops.tenancy import Door
from villaops.toasts import say

CHANGE_EMAIL = "change_email"
PICTURE_SIDE = 256


def person(request: HttpRequest) -> User:
    """Who is signed in."""
    return cast(User, request.user)


@get_or_post
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Name, picture, and the organization one starts in."""
    user = person(request)
    memberships = list(Membership.objects.of(user))
    form = ProfileForm(
        request.POST or None, request.FILES or None, user=user, memberships=memberships
    )
    if request.method == "POST" and form.is_valid():
        try:
            _save_profile(user, form.cleaned_data)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            say(request, _("Saved."))
            return redirect("account_profile")
    return form_page(request, "accounts/profile.html", form)


def _save_profile(user: User, given: dict[str, Any]) -> None:
    changes = {"name": given["name"]}
    if given.get("default_organization"):
        changes["default_organization"] = given["default_organization"]
    # Looked at first: a picture that cannot be read saves nothing else either.
    picture = small_picture(given["picture"], PICTURE_SIDE) if given["picture"] else None
    update_profile(user=user, changes=changes, door=Door.WEB)
    if picture or given.get("without_picture"):
        change_picture(user=user, picture=picture, door=Door.WEB)


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """A person's picture. Its name is as long as a key, and its bytes are our own drawing."""
    path = f"avatars/{name}"
    if not User.objects.filter(avatar=path).exists() or not default_storage.exists(path):
        raise Http404
    with default_storage.open(path) as kept:
        response = HttpResponse(kept.read(), content_type="image/webp")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@get_or_post
@login_required
@reauthentication_required(app="allauth.account")
def email(request: HttpRequest) -> HttpResponse:
    """The e-mail one signs in with; another one, or this one still unproven, gets a code."""
    user = person(request)
    asks_for_present = "verify" in request.POST
    form = EmailForm({"email": user.email} if asks_for_present else request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/email.html", form)
    address = form.cleaned_data["email"]
    owner = User.objects.with_email(address)
    try:
        ask_for_proof(
            request,
            purpose=CHANGE_EMAIL,
            email=address,
            template="email_code",
            kept={},
            instead=("email_taken", {}) if owner and owner != user else None,
        )
    except DomainError as refusal:
        form.refuse(refusal)
        return form_page(request, "accounts/email.html", form)
    return redirect("account_email_code")


@get_or_post
@login_required
def email_code(request: HttpRequest) -> HttpResponse:
    """Make the address the person's own once its code is right, and tell the old one."""
    user, before = person(request), person(request).email
    waiting = waiting_proof(request, CHANGE_EMAIL)
    if waiting is None:
        return redirect("account_email")
    form = CodeForm(request.POST or None)
    context = {"email": waiting["email"]}
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "accounts/email_code.html", form, **context)
    try:
        given = take_proof(request, purpose=CHANGE_EMAIL, typed=form.cleaned_data["code"])
        change_email(user=user, email=given["email"], door=Door.WEB)
    except (CodeGone, EmailTaken) as refusal:
        say(request, refusal.explanation, level="error")
        return redirect("account_email")
    except DomainError as refusal:
        form.refuse(refusal)
        return form_page(request, "accounts/email_code.html", form, **context)
    if before.lower() != user.email.lower():
        send_mail_to(before, "email_changed", {"to_email": user.email})
    say(request, _("%(email)s is confirmed.") % {"email": user.email})
    return redirect("account_email")


@require_POST
@login_required
@reauthentication_required(app="allauth.account")
def remove_phone(request: HttpRequest) -> HttpResponse:
    """Forget the phone number."""
    forget_phone(user=person(request), door=Door.WEB)
    say(request, _("The phone number is removed."))
    return redirect("account_change_phone")


@require_POST
@login_required
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign one device out."""
    session = get_object_or_404(UserSession, pk=pk, user=person(request))
    if session.is_current():
        logout(request, show_message=False)
        session.end()
        return redirect("landing")
    session.end()
    record_security_event(kind=SecurityEvent.SESSION_ENDED, door=Door.WEB, user=person(request))
    say(request, _("That device is signed out."))
    return redirect("usersessions_list")


@get_or_post
@login_required
@reauthentication_required(app="allauth.account")
def delete(request: HttpRequest) -> HttpResponse:
    """Delete one's account; not while an organization would be left without an owner."""
    user = person(request)
    form = DeleteAccountForm(request.POST or None, email=user.email)
    alone = owned_alone(user)
    if request.method == "POST" and not alone and form.is_valid():
        address = user.email
        try:
            delete_account(user=user, door=Door.WEB)
        except SoleOwner:
            alone = owned_alone(user)
        else:
            logout(request, show_message=False)
            request.session.flush()
            send_mail_to(address, "account_deleted", {})
            return redirect("landing")
    return form_page(request, "accounts/delete.html", form, alone=alone)
