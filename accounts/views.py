"""Sign-in, sign-up and log-out."""

from math import ceil
from typing import Any, cast

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import CodeForm, SignInForm, SignUpForm
from accounts.login import seconds_left
from accounts.models import User
from accounts.proof import CodeGone, ask_for_proof, take_proof, waiting_proof
from accounts.services import EmailTaken
from accounts.sign_up import make_account
from villaops.errors import DomainError, TooManyAttempts
from villaops.links import site_of
from villaops.pages import form_page, get_or_post
from villaops.toasts import say

SIGN_UP = "sign_up"


class SignInView(LoginView):
    """By e-mail and password; a second step follows where the person has set one up."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return super().get_context_data(phone_codes=bool(settings.SMS_PROVIDER), **more)

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        return signed_in(
            self.request, user, method="password", next_page=self.get_redirect_url() or None
        )


login = SignInView.as_view()
logout = LogoutView.as_view()


def signed_in(
    request: HttpRequest, user: User, *, method: str, next_page: str | None = None
) -> HttpResponse:
    """Sign the person in, after whatever step is still to come, and lead them on."""
    # Who has just typed a password need not type it again on the next page.
    record_authentication(
        request, user, method=method, email=user.email, reauthenticated=method == "password"
    )
    try:
        return perform_login(request, Login(user=user, email=user.email, redirect_url=next_page))
    except ImmediateHttpResponse as refusal:
        return cast(HttpResponse, refusal.response)


@never_cache
@get_or_post
@sensitive_post_parameters("password")
def sign_up(request: HttpRequest) -> HttpResponse:
    """Ask who comes, and mail a code; the account is made when the code comes back.

    An address that has an account gets another mail, and the page says the same.
    """
    if request.user.is_authenticated:
        return redirect("home")
    form = SignUpForm(request.POST or None)
    if not (request.method == "POST" and form.is_valid()):
        return form_page(request, "accounts/sign_up.html", form)
    given = form.cleaned_data
    known = User.objects.with_email(given["email"])
    try:
        ask_for_proof(
            request,
            purpose=SIGN_UP,
            email=given["email"],
            template="sign_up_code",
            # Hashed for known addresses too, because it takes a while.
            kept={
                "name": given["name"],
                "organization_name": given["organization_name"],
                "password_hash": make_password(given["password"]),
            },
            instead=("sign_up_known", _ways_in(request)) if known else None,
        )
    except TooManyAttempts as refusal:
        form.refuse(refusal)
        return form_page(request, "accounts/sign_up.html", form)
    return redirect("sign_up_code")


def _ways_in(request: HttpRequest) -> dict[str, str]:
    """Where somebody goes who has an account already."""
    return {
        "url": site_of(request) + reverse("login"),
        "reset_url": site_of(request) + reverse("account_reset_password"),
    }


@never_cache
@get_or_post
def sign_up_code(request: HttpRequest) -> HttpResponse:
    """Make the account, and the organization, once the code from the mail is right."""
    waiting = waiting_proof(request, SIGN_UP)
    if request.user.is_authenticated or waiting is None:
        return redirect("home" if request.user.is_authenticated else "account_signup")
    form = CodeForm(request.POST or None)
    context = {"email": waiting["email"]}
    if not (request.method == "POST" and form.is_valid()):
        return form_page(request, "accounts/sign_up_code.html", form, **context)
    try:
        given = take_proof(request, purpose=SIGN_UP, typed=form.cleaned_data["code"])
        user = make_account(request, **given, password=None)
    except CodeGone as refusal:
        say(request, refusal.explanation, level="error")
        return redirect("account_signup")
    except EmailTaken:
        # Made in the meantime, by another of their windows; the code has shown that it is theirs.
        say(request, _("You have an account with this e-mail. Please sign in."), level="error")
        return redirect("login")
    except DomainError as refusal:
        form.refuse(refusal)
        return form_page(request, "accounts/sign_up_code.html", form, **context)
    say(request, _("Welcome, %(name)s.") % {"name": user.name})
    return signed_in(request, user, method="code")


def locked_out(
    request: HttpRequest,
    response: HttpResponse | None = None,
    credentials: dict[str, Any] | None = None,
) -> HttpResponse:
    """The log-in page with its fields shut for a while; django-axes calls this."""
    if request.path.startswith("/api/") and response is not None:
        return response  # The API has said so in its own words.
    page = SignInView()
    page.setup(request)
    context = page.get_context_data(
        form=SignInForm(request), locked_minutes=ceil(settings.LOGIN_LOCK_MINUTES)
    )
    answer = render(request, "accounts/login.html", context, status=429)
    answer["Retry-After"] = str(seconds_left(request, credentials or {}))
    return answer
