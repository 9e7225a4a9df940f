"""Pages that take care of what is known: merge two guests, hand over what is held, forget."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrganizationRequest, page
from accounts.audit import SecurityEvent, record_security_event
from accounts.permissions import Permission
from guests.access import duplicates_of, of_guest
from guests.export import as_json, as_zip, everything_about
from guests.forms import AnonymizeForm, MergeForm
from guests.merging import merge_guests, preview_merge, undo_merge
from guests.models import Guest, GuestMerge
from guests.privacy import anonymize_guest
from guests.stays import figures_of, stays_of, with_stays
from villaops.clock import today_in
from villaops.errors import DomainError
from villaops.pages import form_page, get_or_post, refusals_as_messages
from villaops.tenancy import Door, every_property
from villaops.toasts import say

CANDIDATES_SHOWN = 20
BOOKINGS_SHOWN = 20


@page(Permission.DELETE_GUESTS)
@get_or_post
@of_guest
def merge(request: OrganizationRequest, guest: Guest) -> HttpResponse:
    """Choose the double, then see field by field what stays and which bookings move; merge."""
    chosen = request.GET.get("with", "")
    if not chosen:
        return _choose(request, guest)
    other = _other(guest, chosen)
    form = MergeForm(
        request.POST if request.method == "POST" else None,
        preview=preview_merge(keep=guest, merge=other),
    )
    if form.is_valid():
        try:
            done = merge_guests(
                keep=guest, merge=other, by=request.access.user, fields=form.cleaned_data
            )
        except DomainError as error:
            form.refuse(error)
        else:
            slug = request.access.organization.slug
            count = len(done.bookings)
            said = ngettext(
                "%(name)s merged; %(n)s booking came along.",
                "%(name)s merged; %(n)s bookings came along.",
                count,
            ) % {"name": other.name, "n": count}
            say(
                request, said, undo_url=reverse("guests:undo_merge", args=[slug, guest.pk, done.pk])
            )
            return redirect("guests:detail", slug, guest.pk)
    moving = stays_of(other).with_guest_and_property().order_by("-check_in", "id")
    return form_page(
        request,
        "guests/merge.html",
        form,
        guest=guest,
        other=other,
        moving=moving[:BOOKINGS_SHOWN],
        moving_count=figures_of(other).bookings,
    )


def _choose(request: OrganizationRequest, guest: Guest) -> HttpResponse:
    search = request.GET.get("q", "").replace("\0", "").strip()
    organization = request.access.organization
    if search:
        others = Guest.objects.for_organization(organization).matching(search)
        others = others.exclude(pk=guest.pk).filter(anonymized_at=None).order_by("name", "id")
    else:
        others = duplicates_of(guest)
    others = with_stays(others, today_in(organization.time_zone))[:CANDIDATES_SHOWN]
    context = {"guest": guest, "others": others, "search": search}
    return render(request, "guests/merge_choose.html", context)


def _other(guest: Guest, chosen: str) -> Guest:
    try:
        other_id = UUID(chosen)
    except ValueError as error:
        raise Http404("No such guest") from error
    others = Guest.objects.for_organization(guest.organization_id).exclude(pk=guest.pk)
    return get_object_or_404(others, pk=other_id)


@page(Permission.DELETE_GUESTS)
@require_POST
@of_guest
def undo(request: OrganizationRequest, guest: Guest, merge_id: UUID) -> HttpResponse:
    """Tell two merged guests apart again."""
    own = GuestMerge.objects.for_organization(guest.organization_id).filter(keep=guest)
    get_object_or_404(own, pk=merge_id)
    # Whoever may see the merge may undo it; the other guest, without bookings, they may not see.
    with every_property():
        done = own.select_related("keep", "merged").get(pk=merge_id)
    with refusals_as_messages(request):
        other = undo_merge(merge=done, by=request.access.user)
        say(request, _("%s is a guest of their own again.") % other.name)
    return redirect("guests:detail", request.access.organization.slug, guest.pk)


@page(Permission.READ_GUESTS)
@require_safe
@of_guest
def export(request: OrganizationRequest, guest: Guest) -> HttpResponse:
    """Everything held about the guest, to save: `?format=json` or `?format=csv` (zipped)."""
    formats = {
        "json": (as_json, "application/json", "json"),
        "csv": (as_zip, "application/zip", "zip"),
    }
    if request.GET.get("format") not in formats:
        raise Http404("No such format")
    write, content_type, ending = formats[request.GET["format"]]
    held = everything_about(guest, prices=request.access.can(Permission.READ_PRICES))
    name = slugify(guest.name) or "guest"
    record_security_event(
        kind=SecurityEvent.EXPORTED,
        by=request.access.user,
        organization=request.access.organization,
        door=Door.WEB,
        # By the id: a name would stay here when the guest is forgotten.
        label=_("guest %s") % guest.pk,
    )
    return HttpResponse(
        write(held),
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{ending}"',
            "Cache-Control": "private, no-store",
        },
    )


@page(Permission.DELETE_GUESTS)
@get_or_post
@of_guest
def anonymize(request: OrganizationRequest, guest: Guest) -> HttpResponse:
    """Ask for the name, then forget the person."""
    organization = request.access.organization
    form = AnonymizeForm(request.POST if request.method == "POST" else None, guest=guest)
    if form.is_valid():
        try:
            anonymize_guest(
                guest=guest, by=request.access.user, on=today_in(organization.time_zone)
            )
        except DomainError as error:
            form.refuse(error)
        else:
            say(request, _("Everything personal was removed. Stays and revenue are kept."))
            return redirect("guests:detail", organization.slug, guest.pk)
    return form_page(request, "guests/anonymize.html", form, guest=guest)
