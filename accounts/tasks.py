"""What happens by itself in accounts."""

from allauth.usersessions.models import UserSession
from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from django.utils import timezone

from accounts.mail import OPENS_FOR, written_mail
from accounts.models import OneTimeToken, Organization, RefreshToken, RevokedAccessToken
from accounts.organizations import end_organization
from accounts.recovery import send_reset_link, send_verification_link
from accounts.sms import SmsRefused, sms_provider
from villaops import outbox
from villaops.api import idempotency, throttles
from villaops.outbox import Intent, Permanent
from villaops.outbox.mail import hand_over
from villaops.schedules import daily, due_once
from villaops.tenancy import Door, all_organizations, organization_context


@shared_task(ignore_result=True)
@due_once("forget expired tokens", every=daily(hour=3))
def forget_expired_tokens() -> None:
    """Delete tokens past their time, which no door would open to anyway."""
    for model in (RefreshToken, RevokedAccessToken, OneTimeToken):
        model.objects.filter(expires_at__lt=Now()).delete()


@shared_task(ignore_result=True)
@due_once("forget expired sessions", every=daily(hour=3))
def forget_expired_sessions() -> None:
    """Delete sessions past their time, and what was noted of the browsers they were in."""
    SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


@shared_task(ignore_result=True)
def forget_old_counts() -> None:
    """Delete how often clients asked in minutes that are over."""
    throttles.forget_old_counts()


@shared_task
def forget_old_keys() -> int:
    """Delete the answers kept for requests that may have been sent again; return how many."""
    with all_organizations(by=None, door=Door.JOB, reason="forget old idempotency keys"):
        return idempotency.forget_old_keys(timezone.now())


@outbox.handler("mail", secret=True)
def deliver_mail(intent: Intent) -> None:
    """Write the mail and hand it over."""
    told = intent.payload
    opens_for = OPENS_FOR.get(told["template"])
    if opens_for and timezone.now() - intent.created_at > opens_for:
        raise Permanent("What is in it no longer opens anything.")
    hand_over(written_mail(told["to"], told["template"], told["context"]), intent)


@outbox.handler("reset_link", atomic=True, secret=True)
def mail_reset_link(intent: Intent) -> None:
    """Mail a link to choose a new password, if somebody has this address."""
    send_reset_link(address=intent.payload["address"], now=timezone.now())


@outbox.handler("verification_link", atomic=True, secret=True)
def mail_verification_link(intent: Intent) -> None:
    """Mail a link that proves this address, if somebody has it and has not proven it yet."""
    send_verification_link(address=intent.payload["address"], now=timezone.now())


@outbox.handler("text_message", secret=True, attempts=4)
def deliver_text_message(intent: Intent) -> None:
    """Hand a text message to the provider; nothing where there is no text."""
    if not intent.payload["text"]:
        return
    try:
        sms_provider().send(to=intent.payload["to"], text=intent.payload["text"])
    except SmsRefused as refusal:
        raise Permanent(str(refusal)) from refusal


@shared_task
def end_due_organizations() -> int:
    """Delete the organizations whose time to think is over; return how many."""
    now = timezone.now()
    due = list(Organization.objects.filter(ends_at__lte=now))
    for organization in due:
        with organization_context(organization, by=None, door=Door.JOB):
            end_organization(organization=organization, now=now)
    return len(due)
