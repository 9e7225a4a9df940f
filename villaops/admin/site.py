"""The door of the administrators' site."""

from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from villaops.admin.search import is_owned
from villaops.errors import DomainError
from villaops.tenancy import Door, all_organizations


class AdministratorsSite(admin.AdminSite):
    """Every page sees all organizations, in one transaction; who may enter is asked before."""

    site_header = "VillaOps administration"
    site_title = "VillaOps administration"
    index_title = "All organizations"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """The view behind the log-in, in the context of all organizations."""

        @wraps(view)
        def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                with all_organizations(
                    by=cast(Any, request.user),
                    door=Door.ADMIN,
                    reason=_page(request),
                    settled=False,
                ):
                    return _rendered(view(request, *args, **kwargs))
            except DomainError as refusal:
                # A verb said no and everything was taken back. Only what is posted calls verbs, so
                # that showing the same page again cannot come back here.
                if request.method != "POST":
                    raise
                messages.error(request, refusal.explanation)
                return HttpResponseRedirect(request.get_full_path())

        return super().admin_view(inside, cacheable)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Through the dashboard's door: its lock-out, second step and passkeys are here for all.

        Who is signed in there and no administrator is told so, and not asked again.
        """
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise PermissionDenied
            return redirect("admin:index")
        page = request.GET.get("next") or reverse("admin:index")
        return redirect(f"{reverse('login')}?{urlencode({'next': page})}")

    def autocomplete_view(self, request: HttpRequest) -> Any:
        """Rows to choose from, told apart by their organization."""
        return Suggestions.as_view(admin_site=self)(request)


class Suggestions(AutocompleteJsonView):
    """Rows of all organizations by what was typed."""

    def get_queryset(self) -> QuerySet[Model]:
        found = super().get_queryset()
        return found.select_related("organization") if is_owned(found.model) else found

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        result = super().serialize_result(obj, to_field_name)
        if is_owned(type(obj)):
            result["text"] += f" ({obj.organization})"
        return result


def _page(request: HttpRequest) -> str:
    """Which page this is, for the log."""
    match = request.resolver_match
    return f"page {match.view_name}" if match else "page"


def _rendered(response: HttpResponse) -> HttpResponse:
    """Templates read the database while they are rendered: that must happen inside the context."""
    render = getattr(response, "render", None)
    return render() if callable(render) else response
