"""The pages of guests."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.models import Organization
from accounts.permissions import Permission
from guests.access import duplicates_of, of_guest
from guests.forms import DeleteGuestForm, GuestForm
from guests.history import history_of
from guests.models import Guest
from guests.querysets import GuestQuerySet
from guests.services import create_guest, delete_guest, update_guest
from guests.stays import BY_NAME, ORDERS, SortedByStays, figures_of, stays_of, with_stays
from villaops.clock import today_in
from villaops.errors import DomainError
from villaops.pages import form_page, get_or_post, wants_fragment
from villaops.paging import DeepPaginator
from villaops.parts import Sight, part_of

PAGE_SIZE = 25
# Likely doubles shown on a profile; the page to merge has the same ones and a search.
DUPLICATES_SHOWN = 5


@page(Permission.READ_GUESTS)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """The guests with their stays, searched by name or e-mail, sorted as asked."""
    search = request.GET.get("q", "").replace("\0", "").strip()
    order = request.GET.get("sort", "")
    order = order if order in ORDERS else "name"
    query, number = request.GET, request.GET.get("page")

    # Depends on the guests and the bookings of the properties one may see, on the role (the button
    # of an empty list), the address and today's date. Nothing of it is one person's.
    def results(sight: Sight) -> dict[str, Any]:
        organization = sight.organization
        found = Guest.objects.for_organization(organization).matching(search)
        return {
            "guests": _sorted(found, order, organization).get_page(number),
            "search": search,
            "query": query,
            "columns": [_column(query, order, name, label) for name, label in COLUMNS.items()],
        }

    part = part_of(request, "guests/list.html#results", results)
    if wants_fragment(request):
        return HttpResponse(part)
    context = {"results": part, "search": search, "order": order, "sorts": SORTS}
    return render(request, "guests/list.html", context)


def _sorted(found: GuestQuerySet, order: str, organization: Organization) -> "Paginator[Guest]":
    today, count = today_in(organization.time_zone), found.count()
    if order in BY_NAME:
        shown = with_stays(found, today).order_by(*BY_NAME[order])
        return DeepPaginator(shown, PAGE_SIZE, total=count)
    rows = SortedByStays(found, organization=organization.pk, on=today, order=order, count=count)
    return Paginator(rows, PAGE_SIZE)


COLUMNS = {
    "name": gettext_lazy("Name"),
    "stays": gettext_lazy("Stays"),
    "last": gettext_lazy("Last stay"),
    "next": gettext_lazy("Next stay"),
}
# The same on a phone, where there are no headings to press.
SORTS = {
    "name": gettext_lazy("Name"),
    "-name": gettext_lazy("Name, backwards"),
    "-stays": gettext_lazy("Most stays first"),
    "stays": gettext_lazy("Fewest stays first"),
    "-last": gettext_lazy("Latest stay first"),
    "last": gettext_lazy("Earliest stay first"),
    "next": gettext_lazy("Next to come first"),
    "-next": gettext_lazy("Last to come first"),
}
# Numbers and past days are asked for from the top; names and days to come from the beginning.
FROM_THE_TOP = ("stays", "last")


def _column(asked: QueryDict, order: str, name: str, label: Any) -> dict[str, Any]:
    """A heading that sorts: by it, and the other way round when it does already."""
    first = f"-{name}" if name in FROM_THE_TOP else name
    other = name if name in FROM_THE_TOP else f"-{name}"
    query = asked.copy()
    query.pop("page", None)
    query["sort"] = other if order == first else first
    sorted_by = {name: "ascending", f"-{name}": "descending"}.get(order)
    return {"name": name, "label": label, "url": f"?{query.urlencode()}", "sorted": sorted_by}


@page(Permission.READ_GUESTS)
@require_safe
@of_guest
def detail(request: OrganizationRequest, guest: Guest) -> HttpResponse:
    """A guest: stays newest first, what they add up to, likely doubles and the history."""
    figures = figures_of(guest)
    stays = stays_of(guest).with_guest_and_property().order_by("-check_in", "id")
    paginator = DeepPaginator(stays, PAGE_SIZE, total=figures.bookings)
    return render(
        request,
        "guests/detail.html",
        {
            "guest": guest,
            "stays": paginator.get_page(request.GET.get("page")),
            "figures": figures,
            "duplicates": duplicates_of(guest)[:DUPLICATES_SHOWN],
            "history": history_of(guest),
            "shows_prices": request.access.can(Permission.READ_PRICES),
        },
    )


@page(Permission.WRITE_GUESTS)
@get_or_post
def create(request: OrganizationRequest) -> HttpResponse:
    """Add a guest."""
    form = GuestForm(request.POST or None)
    if form.is_valid():
        try:
            guest = create_guest(
                organization=request.access.organization,
                by=request.access.user,
                **form.cleaned_data,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%s added.") % guest.name)
            return redirect("guests:detail", request.access.organization.slug, guest.pk)
    return form_page(request, "guests/form.html", form)


@page(Permission.WRITE_GUESTS)
@get_or_post
@of_guest
def edit(request: OrganizationRequest, guest: Guest) -> HttpResponse:
    """Change what is known of a guest."""
    form = GuestForm(request.POST or None, guest=guest)
    if form.is_valid():
        try:
            update_guest(guest=guest, by=request.access.user, changes=form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Changes saved."))
            return redirect("guests:detail", request.access.organization.slug, guest.pk)
    return form_page(request, "guests/form.html", form, guest=guest)


@page(Permission.DELETE_GUESTS)
@get_or_post
@of_guest
def delete(request: OrganizationRequest, guest: Guest) -> HttpResponse:
    """Ask, then delete; with bookings, offer to delete these too."""
    form = DeleteGuestForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            delete_guest(guest=guest, by=request.access.user, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%s deleted.") % guest.name)
            return redirect("guests:list", request.access.organization.slug)
    return form_page(
        request, "guests/delete.html", form, guest=guest, booking_count=stays_of(guest).count()
    )
