"""The bell, the list of notifications, and what each member wants to hear of."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from messaging.models import Notification
from messaging.notification_kinds import NOTIFICATIONS, NotificationKind
from messaging.notification_words import words_of
from messaging.notifications import (
    choose,
    mark_read,
    mark_unread,
    preferences_of,
    unread_count,
)
from messaging.querysets import NotificationQuerySet
from villaops.pages import get_or_post
from villaops.toasts import say

PAGE_SIZE = 30
IN_THE_MENU = 7
MAILS = ("", "now", "digest")


def bell(request: HttpRequest) -> dict[str, Any]:
    """For templates: how many are unread. Asked only where the bell is drawn."""
    access = getattr(request, "access", None)
    return {"unread_notifications": lambda: unread_count(access)} if access else {}


@page(Permission.READ_BOOKINGS)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """The person's notifications, newest first; with `?show=unread` the new ones."""
    only_unread = request.GET.get("show") == "unread"
    own = _own(request).newest_first()
    found = Paginator(own.unread() if only_unread else own, PAGE_SIZE)
    rows = found.get_page(request.GET.get("page"))
    context = {"rows": _with_words(rows), "page": rows, "only_unread": only_unread}
    return render(request, "notifications/list.html", context)


@page(Permission.READ_BOOKINGS)
@require_safe
def latest(request: OrganizationRequest) -> HttpResponse:
    """What the bell's menu shows."""
    rows = _with_words(_own(request).newest_first()[:IN_THE_MENU])
    return render(request, "notifications/latest.html", {"rows": rows})


@page(Permission.READ_BOOKINGS)
@require_safe
def bell_now(request: OrganizationRequest) -> HttpResponse:
    """The bell alone, for pages that have it already."""
    access = request.access
    context = {"slug": access.organization.slug, "count": unread_count(access)}
    return render(request, "components/bell.html", context)


@page(Permission.READ_BOOKINGS)
@require_safe
def open_one(request: OrganizationRequest, notification_id: UUID) -> HttpResponse:
    """Lead to what it is about. Whoever follows it has read it: the one thing a link changes."""
    notification = _find(request, notification_id)
    if request.method == "GET":
        mark_read(notifications=_own(request).filter(pk=notification.pk))
    return redirect(_destination(request, notification))


@page(Permission.READ_BOOKINGS)
@require_POST
def read(request: OrganizationRequest, notification_id: UUID) -> HttpResponse:
    """Mark one as read, or as new again."""
    one = _own(request).filter(pk=_find(request, notification_id).pk)
    if request.POST.get("read") == "0":
        mark_unread(notifications=one)
    else:
        mark_read(notifications=one)
    return redirect("notifications:list", request.access.organization.slug)


@page(Permission.READ_BOOKINGS)
@require_POST
def read_all(request: OrganizationRequest) -> HttpResponse:
    """Mark all of them as read."""
    mark_read(notifications=_own(request))
    return redirect("notifications:list", request.access.organization.slug)


@page(Permission.READ_BOOKINGS)
@get_or_post
def choices(request: OrganizationRequest) -> HttpResponse:
    """Which kinds the person is shown, which are mailed, at once or in the morning."""
    access = request.access
    offered = [kind for kind, about in NOTIFICATIONS.items() if access.can(about.permission)]
    if request.method == "POST":
        ways = {
            kind: {"shown": f"{kind}-shown" in request.POST, "mail": _mail(request, kind)}
            for kind in offered
        }
        choose(access=access, ways=ways)
        say(request, _("Saved."))
        return redirect("notifications:choices", access.organization.slug)
    chosen = preferences_of(access)
    rows = [
        {
            "kind": kind,
            "label": NotificationKind(kind).label,
            "about": NOTIFICATIONS[kind],
            "shown": kind not in chosen.muted,
            "mail": "now" if kind in chosen.mailed else "digest" * (kind in chosen.digested),
        }
        for kind in offered
    ]
    return render(request, "notifications/choices.html", {"rows": rows})


def _mail(request: OrganizationRequest, kind: str) -> str:
    asked = request.POST.get(f"{kind}-mail", "")
    return asked if asked in MAILS else ""


def _own(request: OrganizationRequest) -> NotificationQuerySet:
    own = Notification.objects.for_organization(request.access.organization)
    return own.shown_to(request.access.user.pk)


def _find(request: OrganizationRequest, notification_id: UUID) -> Notification:
    return get_object_or_404(_own(request).select_related("booking"), pk=notification_id)


def _destination(request: OrganizationRequest, notification: Notification) -> str:
    slug = request.access.organization.slug
    if notification.booking and notification.booking.deleted_at is None:
        return reverse("bookings:detail", args=[slug, notification.booking_id])
    if notification.kind == NotificationKind.MEMBER_JOINED:
        return reverse("organization:members", args=[slug])
    return reverse("notifications:list", args=[slug])


def _with_words(notifications: Any) -> list[dict[str, Any]]:
    return [{"notification": one, "words": words_of(one)} for one in notifications]
