"""The pages of saved views. Everybody has their own, and nobody else's."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from bookings.list_forms import BookingFilter, RenameViewForm, SaveViewForm
from bookings.models import SavedView
from bookings.saved_views import (
    SavedViewNotFound,
    delete_view,
    find_view,
    make_default,
    rename_view,
    save_view,
    unmake_default,
    views_of,
)
from properties.models import Property
from villaops.errors import DomainError
from villaops.pages import form_page, get_or_post
from villaops.toasts import say


@page(Permission.READ_BOOKINGS)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """The person's saved views, to rename, delete or make the default."""
    access = request.access
    views = views_of(organization=access.organization, user=access.user)
    return render(request, "bookings/saved_views.html", {"views": views})


@page(Permission.READ_BOOKINGS)
@get_or_post
def create(request: OrganizationRequest) -> HttpResponse:
    """Keep what the list shows under a name."""
    access = request.access
    form = SaveViewForm(request.POST or None, initial={"query": request.GET.urlencode()})
    if form.is_valid():
        query = _understood(request, form.cleaned_data["query"])
        try:
            save_view(
                organization=access.organization,
                by=access.user,
                **form.cleaned_data | {"query": query},
            )
        except DomainError as error:
            form.refuse(error)
        else:
            say(request, _("View “%s” saved.") % form.cleaned_data["name"])
            # An empty query would lead to the default view.
            return redirect(f"{_list(request)}?{query or 'view=all'}")
    return form_page(request, "bookings/saved_view.html", form)


@page(Permission.READ_BOOKINGS)
@get_or_post
def rename(request: OrganizationRequest, view_id: UUID) -> HttpResponse:
    """Give a view another name."""
    view = _find(request, view_id)
    form = RenameViewForm(request.POST or None, initial={"name": view.name})
    if form.is_valid():
        try:
            rename_view(view=view, name=form.cleaned_data["name"], by=request.access.user)
        except DomainError as error:
            form.refuse(error)
        else:
            say(request, _("View renamed to “%s”.") % view.name)
            return redirect("bookings:views", request.access.organization.slug)
    return form_page(request, "bookings/saved_view.html", form, view=view)


@page(Permission.READ_BOOKINGS)
@require_POST
def delete(request: OrganizationRequest, view_id: UUID) -> HttpResponse:
    """Forget a view; the toast brings it back."""
    view = _find(request, view_id)
    delete_view(view=view, by=request.access.user)
    kept: dict[str, str] = {"name": view.name, "query": view.query}
    if view.is_default:
        kept["is_default"] = "on"
    url = reverse("bookings:save_view", args=[request.access.organization.slug])
    say(request, _("View “%s” deleted.") % view.name, undo_url=url, undo=kept)
    return redirect("bookings:views", request.access.organization.slug)


@page(Permission.READ_BOOKINGS)
@require_POST
def default(request: OrganizationRequest, view_id: UUID) -> HttpResponse:
    """Begin with this view from now on, or with every booking again."""
    view = _find(request, view_id)
    if "off" in request.POST:
        unmake_default(view=view, by=request.access.user)
        say(request, _("Bookings begins with all of them again."))
    else:
        make_default(view=view, by=request.access.user)
        say(request, _("Bookings begins with “%s” from now on.") % view.name)
    return redirect("bookings:views", request.access.organization.slug)


def _find(request: OrganizationRequest, view_id: UUID) -> SavedView:
    access = request.access
    try:
        return find_view(organization=access.organization, user=access.user, view_id=view_id)
    except SavedViewNotFound as error:
        raise Http404(error.message) from error


def _understood(request: OrganizationRequest, query: str) -> str:
    """As much of the query as the list makes sense of, written as the list writes it."""
    access = request.access
    asked: Any = QueryDict(query)
    homes = Property.objects.for_organization(access.organization)
    return BookingFilter(
        asked,
        properties=homes.values_list("pk", "name"),
        prices=access.can(Permission.READ_PRICES),
    ).query()


def _list(request: OrganizationRequest) -> str:
    return reverse("bookings:list", args=[request.access.organization.slug])
