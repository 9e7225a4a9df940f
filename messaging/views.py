"""The log of messages, one message, and what is planned."""

import datetime as dt
from typing import Any, cast
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from bookings.models import Booking
from messaging.log import LogFilter, delivery_of, entries_of, readable
from messaging.models import Message
from messaging.schedule import Planned, Schedule
from messaging.services import resend_message, skip_message, unskip_message
from villaops.outbox import State
from villaops.pages import back_to, refusals_as_messages, wants_fragment
from villaops.paging import DeepPaginator
from villaops.toasts import say

PAGE_SIZE = 25
DAYS_AHEAD = 14
# A mail as it is: in a frame that runs nothing and sends nothing, whatever is in it.
MAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["https:", "data:"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
}


@page(Permission.READ_GUESTS)
@require_safe
def log(request: OrganizationRequest) -> HttpResponse:
    """What was written to whom, newest first."""
    organization = request.access.organization
    filters = LogFilter(request.GET)
    found = filters.applied_to(readable(request.access), organization.time_zone)
    pages = DeepPaginator(found.newest_first().without_bodies(), PAGE_SIZE)
    shown = pages.get_page(request.GET.get("page"))
    part = "#results" if wants_fragment(request) else ""
    return render(
        request,
        f"messages/log.html{part}",
        {
            "filters": filters,
            "chips": filters.chips(),
            "shown": shown,
            "entries": entries_of(list(shown)),
            "failed": readable(request.access).filter(intent__state=State.DEAD).count(),
        },
    )


@page(Permission.READ_GUESTS)
@require_safe
def message(request: OrganizationRequest, message_id: UUID) -> HttpResponse:
    """One message with how far it is."""
    found = _find(request, message_id)
    context = {"message": found, "delivery": delivery_of(found)}
    return render(request, "messages/message.html", context)


@page(Permission.READ_GUESTS)
@require_safe
@xframe_options_sameorigin
@csp_override(MAIL_POLICY)
def body(request: OrganizationRequest, message_id: UUID) -> HttpResponse:
    """The HTML of a message as it went out, for a frame."""
    return HttpResponse(_find(request, message_id).html)


@page(Permission.WRITE_BOOKINGS)
@require_POST
def resend(request: OrganizationRequest, message_id: UUID) -> HttpResponse:
    """Try once more what was given up."""
    with refusals_as_messages(request):
        resend_message(message=_find(request, message_id), by=request.access.user)
        say(request, _("It is on its way again."))
    slug = request.access.organization.slug
    return redirect(back_to(request, "messages:message", slug, message_id))


@page(Permission.READ_GUESTS)
@require_safe
def schedule(request: OrganizationRequest) -> HttpResponse:
    """What goes out by the clock in the next days."""
    now = timezone.now()
    planned = Schedule(
        request.access.organization.pk, now=now, until=now + dt.timedelta(days=DAYS_AHEAD)
    )
    # It counts and cuts, which is all that is asked of it.
    pages: Paginator[Planned] = Paginator(cast(Any, planned), PAGE_SIZE)
    shown = pages.get_page(request.GET.get("page"))
    context = {"shown": shown, "now": now, "days_ahead": DAYS_AHEAD}
    return render(request, "messages/schedule.html", context)


@page(Permission.WRITE_BOOKINGS)
@require_POST
def skip(request: OrganizationRequest, booking_id: UUID, kind: str) -> HttpResponse:
    """Leave one out, or take that back."""
    bookings = Booking.objects.for_organization(request.access.organization)
    booking = get_object_or_404(bookings.select_related("guest"), pk=booking_id)
    is_back = "back" in request.POST
    with refusals_as_messages(request):
        change = unskip_message if is_back else skip_message
        change(booking=booking, kind=kind, by=request.access.user)
        name = booking.guest.name if booking.guest else booking.reference
        words = _("It will be sent to %s after all.") if is_back else _("It is not sent to %s.")
        say(request, words % name)
    return redirect(back_to(request, "messages:schedule", request.access.organization.slug))


def _find(request: OrganizationRequest, message_id: UUID) -> Message:
    found: Message = get_object_or_404(readable(request.access), pk=message_id)
    return found
