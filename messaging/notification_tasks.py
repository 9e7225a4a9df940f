"""What becomes a notification by itself."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from accounts.models import Organization
from bookings.models import Booking
from messaging.models import Message
from messaging.notification_kinds import NotificationKind
from messaging.notifications import News, forget_old, notify, send_digests
from villaops import outbox
from villaops.outbox import Intent
from villaops.schedules import daily, due_once
from villaops.tenancy import Door, all_organizations, organization_context

# Arrivals and departures are the day's work; everybody has them on the page of the day.
KIND_OF_EVENT = {
    "created": NotificationKind.NEW_BOOKING,
    "confirmed": NotificationKind.BOOKING_CHANGED,
    "changed": NotificationKind.BOOKING_CHANGED,
    "no_show": NotificationKind.BOOKING_CHANGED,
    "cancelled": NotificationKind.BOOKING_CANCELLED,
    "hold_expired": NotificationKind.HOLD_EXPIRED,
    "no_show_suggested": NotificationKind.NO_SHOW_SUGGESTED,
}


@outbox.handler("booking_event", atomic=True)
def notify_of_booking(intent: Intent) -> None:
    """Tell the members what has become of a booking."""
    told: dict[str, Any] = intent.payload
    kind = KIND_OF_EVENT.get(told["event"])
    organization = Organization.objects.filter(pk=told["organization"]).first()
    if kind is None or organization is None:
        return
    with organization_context(organization, by=None, door=Door.JOB):
        bookings = Booking.objects.for_organization(organization).with_guest_and_property()
        booking = bookings.filter(pk=told["booking"]).first()
        if booking is None:
            return
        news = News(
            kind=kind,
            key=str(intent.pk),
            booking=booking,
            actor_id=UUID(told["by"]) if told["by"] else None,
            facts={"event": told["event"], "changed": told.get("changed", [])},
        )
        notify(organization=organization, news=news)


@outbox.handler("member_joined", atomic=True)
def notify_of_member(intent: Intent) -> None:
    """Tell those who manage members that somebody has come in."""
    organization = Organization.objects.filter(pk=intent.payload["organization"]).first()
    if organization is None:
        return
    with organization_context(organization, by=None, door=Door.JOB):
        news = News(
            kind=NotificationKind.MEMBER_JOINED,
            key=str(intent.pk),
            actor_id=UUID(intent.payload["user"]),
        )
        notify(organization=organization, news=news)


@shared_task(ignore_result=True)
def notify_of_failures() -> None:
    """Tell of mails that were given up; each once."""
    with all_organizations(by=None, door=Door.JOB, reason="find mails that were given up"):
        dead = Message.objects.filter(
            intent__state="dead", intent__done_at__gt=timezone.now() - timedelta(days=1)
        )
        failed = list(dead.select_related("organization", "intent").defer("html", "text"))
    for message in failed:
        organization = message.organization
        with organization_context(organization, by=None, door=Door.JOB):
            bookings = Booking.objects.for_organization(organization).with_guest_and_property()
            news = News(
                kind=NotificationKind.MESSAGE_FAILED,
                key=f"failed/{message.intent_id}",
                booking=bookings.filter(pk__in=[message.booking_id]).first(),
                facts={"name": str(message.get_kind_display())},
            )
            notify(organization=organization, news=news)


@shared_task(ignore_result=True)
def send_daily_mails() -> None:
    """The mail of the morning, for those who want one."""
    send_digests(timezone.now())


@shared_task(ignore_result=True)
@due_once("forget old notifications", every=daily(hour=3))
def forget_old_notifications() -> None:
    """Nobody reads what is three months old."""
    forget_old(timezone.now())
