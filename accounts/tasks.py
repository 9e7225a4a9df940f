"""What happens by itself in accounts."""

from smtplib import SMTPException
from typing import Any

from celery import shared_task
from django.db.models.functions import Now

from accounts.mail import written_mail
from accounts.models import OneTimeToken, RefreshToken, RevokedAccessToken
from accounts.sms import SmsUnavailable, sms_provider


@shared_task
def forget_expired_tokens() -> int:
    """Delete tokens past their time, which no door would open to anyway; return how many."""
    return sum(
        model.objects.filter(expires_at__lt=Now()).delete()[0]
        for model in (RefreshToken, RevokedAccessToken, OneTimeToken)
    )


@shared_task(
    autoretry_for=(SMTPException, OSError), retry_backoff=True, max_retries=8, ignore_result=True
)
def deliver_mail(address: str, template: str, context: dict[str, Any]) -> None:
    """Write the mail and hand it to the mail server; try again where that is away."""
    written_mail(address, template, context).send()


@shared_task(autoretry_for=(SmsUnavailable,), retry_backoff=True, max_retries=3, ignore_result=True)
def deliver_sms(phone: str, text: str) -> None:
    """Hand a text message to the provider; nothing where there is no text."""
    if text:
        sms_provider().send(to=phone, text=text)
