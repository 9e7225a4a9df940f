"""What is done with the bookings ticked on the list. Plain forms: they work without JavaScript."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from bookings.bulk import Outcome, cancel_many, confirm_many, revive_many, unconfirm_many
from bookings.forms import CancelForm
from bookings.list_views import file_of, filter_of, found_by
from bookings.models import MOVES, Booking, Status
from villaops.pages import back_to, form_page
from villaops.toasts import say

# More than a page of the list has; a form that names more was not made there.
MOST_AT_ONCE = 200
NAMED_AT_MOST = 5


@page(Permission.WRITE_BOOKINGS)
@require_POST
def confirm(request: OrganizationRequest) -> HttpResponse:
    """Confirm the ticked bookings that are pending."""
    ids = _ticked(request)
    if not ids:
        return _nothing_ticked(request)
    organization = request.access.organization
    outcome = confirm_many(organization=organization, ids=ids, by=request.access.user)
    done = len(outcome.done)
    sentence = ngettext("%d booking confirmed.", "%d bookings confirmed.", done) % done
    _tell(request, outcome, sentence, undo_with="unconfirm_many", undo={"bookings": outcome.done})
    return redirect(back_to(request, "bookings:list", organization.slug))


@page(Permission.WRITE_BOOKINGS)
@require_POST
def unconfirm(request: OrganizationRequest) -> HttpResponse:
    """Take a confirmation of many back: what its toast offers."""
    organization = request.access.organization
    outcome = unconfirm_many(
        organization=organization, ids=_ticked(request), by=request.access.user
    )
    done = len(outcome.done)
    sentence = ngettext("%d booking is pending again.", "%d bookings are pending again.", done)
    _tell(request, outcome, sentence % done)
    return redirect(back_to(request, "bookings:list", organization.slug))


@page(Permission.WRITE_BOOKINGS)
@require_POST
def cancel(request: OrganizationRequest) -> HttpResponse:
    """Ask for a reason, then cancel the ticked bookings."""
    ids, organization = _ticked(request), request.access.organization
    if not ids:
        return _nothing_ticked(request)
    form = CancelForm(request.POST if "sure" in request.POST else None)
    if not form.is_valid():
        bookings = (
            Booking.objects.for_organization(organization)
            .filter(pk__in=ids)
            .with_guest_and_property()
            .order_by("check_in", "id")
        )
        back = back_to(request, "bookings:list", organization.slug)
        return form_page(
            request, "bookings/bulk_cancel.html", form, bookings=list(bookings), back=back
        )
    outcome = cancel_many(
        organization=organization,
        ids=ids,
        reason=form.cleaned_data["reason"],
        by=request.access.user,
    )
    done = len(outcome.done)
    sentence = ngettext("%d booking cancelled.", "%d bookings cancelled.", done) % done
    # Each goes back to where it stood.
    undo = {
        str(status): [booking for booking in outcome.done if booking.status == status]
        for status in MOVES[Status.CANCELLED]
    }
    _tell(request, outcome, sentence, undo_with="revive_many", undo=undo)
    return redirect(back_to(request, "bookings:list", organization.slug))


@page(Permission.WRITE_BOOKINGS)
@require_POST
def revive(request: OrganizationRequest) -> HttpResponse:
    """Take a cancellation of many back: what its toast offers."""
    organization = request.access.organization
    statuses = {
        pk: str(status)
        for status in MOVES[Status.CANCELLED]
        for pk in _ids(request.POST.get(status, "").split(","))
    }
    outcome = revive_many(organization=organization, statuses=statuses, by=request.access.user)
    done = len(outcome.done)
    sentence = ngettext("%d booking brought back.", "%d bookings brought back.", done) % done
    _tell(request, outcome, sentence)
    return redirect(back_to(request, "bookings:list", organization.slug))


@page(Permission.READ_BOOKINGS)
@require_POST
def export(request: OrganizationRequest) -> HttpResponseBase:
    """The ticked bookings as a file, in the list's columns and order."""
    ids = _ticked(request)
    if not ids:
        return _nothing_ticked(request)
    filters = filter_of(request)
    return file_of(request, filters, found_by(request.access, filters).filter(pk__in=ids))


def _ticked(request: OrganizationRequest) -> list[UUID]:
    """The bookings the form names; what is no id names none."""
    return _ids([*request.POST.getlist("booking"), *request.POST.get("bookings", "").split(",")])


def _ids(named: list[str]) -> list[UUID]:
    return [pk for pk in map(_id, named[:MOST_AT_ONCE]) if pk]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _nothing_ticked(request: OrganizationRequest) -> HttpResponse:
    say(request, _("Tick the bookings first."), level="warning")
    return redirect(back_to(request, "bookings:list", request.access.organization.slug))


def _tell(
    request: OrganizationRequest,
    outcome: Outcome,
    sentence: str,
    *,
    undo_with: str = "",
    undo: Mapping[str, Sequence[Booking]] | None = None,
) -> None:
    """One toast: how many it was done with, and which ones were refused, by reason.

    Its Undo posts to the address called `undo_with` the ids of the bookings of `undo`.
    """
    sentences = [sentence] if outcome.done else []
    reasons = sorted(
        ((error.explanation, booking) for booking, error in outcome.refused),
        key=lambda refusal: refusal[0],
    )
    for reason, refusals in groupby(reasons, key=lambda refusal: refusal[0]):
        names = _names(booking for _reason, booking in refusals)
        sentences.append(_("Not %(names)s: %(reason)s") % {"names": names, "reason": reason})
    if not sentences:
        sentences = [_("These bookings are no longer there.")]
    level = "success"
    if outcome.refused or not outcome.done:
        level = "warning" if outcome.done else "error"
    fields = {
        name: ",".join(str(booking.pk) for booking in bookings)
        for name, bookings in (undo or {}).items()
        if bookings
    }
    url = (
        reverse(f"bookings:{undo_with}", args=[request.access.organization.slug])
        if fields
        else None
    )
    say(request, " ".join(sentences), level=level, undo_url=url, undo=fields)


def _names(bookings: Iterable[Booking]) -> str:
    names = [
        f"{booking.guest.name if booking.guest else _('No name')} ({booking.reference})"
        for booking in bookings
    ]
    more = len(names) - NAMED_AT_MOST
    if more > 0:
        names = [*names[:NAMED_AT_MOST], _("%d more") % more]
    return ", ".join(names)
