"""What happens by itself in accounts."""

from smtplib import SMTPException
from typing import Any

from celery import shared_task
from django.db.models.functions import Now
from django.utils import timezone

from accounts.mail import written_mail
from accounts.models import OneTimeToken, Organization, RefreshToken, RevokedAccessToken
from accounts.organizations import end_organization
from accounts.recovery import send_reset_link, send_verification_link
from accounts.sms import SmsUnavailable, sms_provider
from villaops.api import throttles
from villaops.tenancy import Door, organization_context


@shared_task
def forget_expired_tokens() -> int:
    """Delete tokens past their time, which no door would open to anyway; return how many."""
    return sum(
        model.objects.filter(expires_at__lt=Now()).delete()[0]
        for model in (RefreshToken, RevokedAccessToken, OneTimeToken)
    )


@shared_task(ignore_result=True)
def forget_old_counts() -> None:
    """Delete how often clients asked in minutes that are over."""
    throttles.forget_old_counts()


@shared_task(
    autoretry_for=(SMTPException, OSError), retry_backoff=True, max_retries=8, ignore_result=True
)
def deliver_mail(address: str, template: str, context: dict[str, Any]) -> None:
    """Write the mail and hand it to the mail server; try again where that is away."""
    written_mail(address, template, context).send()


@shared_task(ignore_result=True)
def mail_reset_link(address: str) -> None:
    """Mail a link to choose a new password, if somebody has this address."""
    send_reset_link(address=address, now=timezone.now())


@shared_task(ignore_result=True)
def mail_verification_link(address: str) -> None:
    """Mail a link that proves this address, if somebody has it and has not proven it yet."""
    send_verification_link(address=address, now=timezone.now())


@shared_task(autoretry_for=(SmsUnavailable,), retry_backoff=True, max_retries=3, ignore_result=True)
def deliver_sms(phone: str, text: str) -> None:
    """Hand a text message to the provider; nothing where there is no text."""
    if text:
        sms_provider().send(to=phone, text=text)


@shared_task
def end_due_organizations() -> int:
    """Delete the organizations whose time to think is over; return how many."""
    now = timezone.now()
    due = list(Organization.objects.filter(ends_at__lte=now))
    for organization in due:
        with organization_context(organization, by=None, door=Door.JOB):
            end_organization(organization=organization, now=now)
    return len(due)
