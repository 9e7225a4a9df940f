"""Sign-in, log-out, and the way into one's own organization."""

from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.forms import SignInForm
from accounts.models import Membership

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


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the organization the person works in most: the default one, else the first."""
    memberships = list(Membership.objects.of(request.user))
    if not memberships:
        return render(request, "accounts/no_organization.html")
    default = request.user.default_organization_id
    chosen = next((m for m in memberships if m.organization_id == default), memberships[0])
    return redirect("today", slug=chosen.organization.slug)
