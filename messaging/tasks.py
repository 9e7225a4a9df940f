"""What happens by itself in messaging."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from accounts.models import Organization
from messaging import reports, sending
from messaging.delivery import deliver, deliver_of_account

# Celery and the outbox look for what an app does by itself in this module.
from messaging.notification_tasks import (  # noqa: F401
    forget_old_notifications,
    notify_of_booking,
    notify_of_failures,
    notify_of_member,
    send_daily_mails,
)
from villaops import outbox
from villaops.outbox import Intent
from villaops.tenancy import Door, organization_context


@outbox.handler("booking_event", atomic=True)
def write_messages(intent: Intent) -> None:
    """Write the messages that follow from what has happened to a booking."""
    event: dict[str, Any] = intent.payload
    organization = Organization.objects.filter(pk=event["organization"]).first()
    if organization is None:
        return
    with organization_context(organization, by=None, door=Door.JOB):
        sending.tell_of_booking(event, key=str(intent.pk))


@outbox.handler("message", kept=True)
def send_message(intent: Intent) -> None:
    """Hand a message to the mail server."""
    deliver(intent)


@outbox.handler("organization_mail", kept=True, secret=True)
def send_organization_mail(intent: Intent) -> None:
    """Write and hand over what somebody gets because they work, or shall work, somewhere."""
    deliver_of_account(intent)


@shared_task(ignore_result=True)
def send_monthly_reports() -> None:
    """Write the reports of the last month that nobody has yet."""
    reports.send_monthly_reports(timezone.now())


@shared_task(ignore_result=True)
def send_due_messages() -> None:
    """Write what is due by the clock."""
    sending.send_due(timezone.now())
