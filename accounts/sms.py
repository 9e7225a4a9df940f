"""Text messages: a port, and who may stand behind it.

SMS_PROVIDER names one. None (the default in production) means that nobody is offered a code by
text message.
"""

import sys
from typing import Protocol

import requests
from django.conf import settings

from villaops.outbox import write_intent

TIMEOUT = 10


class SmsRefused(Exception):
    """The provider will not send this one, however often it is asked."""


class SmsUnavailable(Exception):
    """The provider does not answer, or not now: worth another try."""


class SmsProvider(Protocol):
    """Who sends a text message. `to` is E.164."""

    def send(self, *, to: str, text: str) -> None:
        """Hand the message over. Raises SmsRefused, SmsUnavailable."""


class ConsoleSms:
    """For development: the message is printed where the server runs."""

    def send(self, *, to: str, text: str) -> None:
        """Print it."""
        sys.stdout.write(f"--- Text message to {to} ---\n{text}\n---\n")
        sys.stdout.flush()


class TwilioSms:
    """Twilio's Messages API (2010-04-01)."""

    def __init__(self, *, url: str, account_sid: str, auth_token: str, sender: str) -> None:
        self.url = f"{url.rstrip('/')}/2010-04-01/Accounts/{account_sid}/Messages.json"
        self.credentials = (account_sid, auth_token)
        # A number or name of ours, or a messaging service that chooses one.
        self.sender = {"MessagingServiceSid" if sender.startswith("MG") else "From": sender}

    def send(self, *, to: str, text: str) -> None:
        """Post it; Twilio answers 201 once it has taken the message."""
        form = {"To": to, "Body": text, **self.sender}
        try:
            answer = requests.post(
                self.url, data=form, auth=self.credentials, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            raise SmsUnavailable(str(error)) from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise SmsUnavailable(f"Twilio answers {answer.status_code}")
        if answer.status_code != 201:
            raise SmsRefused(f"Twilio answers {answer.status_code}: {answer.text[:200]}")


def sms_provider() -> SmsProvider:
    """The provider that SMS_PROVIDER names."""
    if settings.SMS_PROVIDER == "twilio":
        return TwilioSms(
            url=settings.TWILIO_URL,
            account_sid=settings.TWILIO_ACCOUNT_SID,
            auth_token=settings.TWILIO_AUTH_TOKEN,
            sender=settings.TWILIO_FROM,
        )
    return ConsoleSms()


def send_sms_to(phone: str, text: str) -> None:
    """Send a text message, by a worker, once the present transaction is committed.

    An empty one is written down like any other and not sent: so the time an answer takes does not
    tell whether the number is known.
    """
    write_intent("text_message", {"to": phone, "text": text})
