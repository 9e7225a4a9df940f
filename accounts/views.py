"""Sign-in and log-out."""

from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.forms import SignInForm

login = LoginView.as_view(
    template_name="accounts/login.html",
    authentication_form=SignInForm,
    redirect_authenticated_user=True,
)
logout = LogoutView.as_view()


def locked_out(
    request: HttpRequest,
    response: HttpResponse | None = None,
    credentials: dict[str, Any] | None = None,
) -> HttpResponse:
    """The log-in page with its fields shut for a while; django-axes calls this."""
    if request.path.startswith("/api/") and response is not None:
        return response  # The API has said so in its own words.
    context = {
        "form": SignInForm(request),
        "locked_minutes": ceil(settings.LOGIN_LOCK_MINUTES),
    }
    return render(request, "accounts/login.html", context, status=429)
