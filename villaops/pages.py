"""The pages that belong to no app: landing, the way into an organization, errors. And what
the pages of all apps share.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.middleware import HtmxDetails

from accounts.access import default_access
from accounts.models import User
from villaops.api.errors import MethodNotAllowed, answer_to, json_response
from villaops.api.errors import server_error as api_server_error
from villaops.api.root import service_description
from villaops.errors import DomainError, NotFound

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@csrf_exempt
def landing(request: HttpRequest) -> HttpResponse:
    """What this is, for a person; name, version and where the docs are, for a program.

    The root of the API too, and so GET alone.
    """
    if request.method != "GET":
        return answer_to(MethodNotAllowed(["GET"]), request)
    response: HttpResponse
    if "text/html" in request.headers.get("Accept", ""):
        response = render(request, "pages/landing.html")
    else:
        response = service_description()
    patch_vary_headers(response, ["Accept"])
    return response


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the organization the person works in most: the default one, else the first."""
    access = default_access(cast(User, request.user))
    if access is None:
        return render(request, "accounts/no_organization.html")
    return redirect("today", access.organization.slug)


@contextmanager
def refusals_as_messages(request: HttpRequest) -> Iterator[None]:
    """Tell a verb's refusal as a message: for buttons, which have no form to show it on."""
    try:
        yield
    except NotFound as error:
        raise Http404(error.message) from error
    except DomainError as error:
        messages.error(request, error.explanation)


def form_page(request: HttpRequest, template: str, form: Form, **context: Any) -> HttpResponse:
    """The form, empty or with what was typed; 422 when something about it is wrong."""
    status = 422 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page to swap in."""
    htmx = cast(HtmxDetails, request.htmx)  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def back_to(request: HttpRequest, view: str, *args: Any) -> str:
    """Where a button was pressed, if it or the form's address says so and it is here; else the
    view's page.
    """
    page = request.POST.get("next") or request.GET.get("next", "")
    if page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None):
        return page
    return reverse(view, args=args)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400; JSON for the API's clients."""
    if request.path_info.startswith("/api/"):
        return json_response({"detail": "Bad Request"}, 400)
    return _error_page(
        400,
        _("This request makes no sense here"),
        _("Something in the address or the form could not be read. Go back and try again."),
    )


def too_large(request: HttpRequest) -> HttpResponse:
    """413."""
    return _error_page(
        413,
        _("That is too large"),
        _("A picture may have 5 MB, and a file to import 50 MB. Choose a smaller one."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _error_page(
        403,
        _("Your role does not include this"),
        _("Ask an owner or manager of your organization if you need it for your work."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is missing or old."""
    return _error_page(
        403,
        _("This form has expired"),
        _("Go back, reload the page and send it again. Cookies must be allowed for this site."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _error_page(
        404,
        _("There is nothing here"),
        _("The address may be mistyped, or what was here has been deleted."),
    )


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """429: allauth's limits, which count by the minute."""
    response = _error_page(
        429,
        _("That was a little fast"),
        _("Too many tries came from your address. Wait a minute and try again."),
    )
    response["Retry-After"] = "60"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500, with the request's id to report; JSON for the API's clients."""
    if request.path_info.startswith("/api/"):
        return api_server_error(request)
    return _error_page(
        500,
        _("Something went wrong on our side"),
        _("Nothing you did was wrong, and nothing half-done was saved. Please try again."),
        request_id=getattr(request, "request_id", None),
    )


def _error_page(status: int, title: str, text: str, request_id: str | None = None) -> HttpResponse:
    """Rendered without the request: what broke may be the session or the database."""
    context = {"code": status, "title": title, "text": text, "request_id": request_id}
    return HttpResponse(render_to_string("pages/error.html", context), status=status)
