"""Handing a mail over to whoever EMAIL_URL names, and what their answer means."""

from email.utils import parseaddr
from http import HTTPStatus
from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from anymail.exceptions import (  # type: ignore[import-untyped]
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.conf import settings
from django.core.mail import EmailMessage

from villaops.outbox.models import Intent
from villaops.outbox.registry import Permanent

# Answers that speak of us and not of the mail: somebody will mend the settings, or is asked less.
NOT_OF_THE_MAIL = (SMTPAuthenticationError, SMTPConnectError, SMTPHeloError)
OF_OUR_REQUEST = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


def hand_over(mail: EmailMessage, intent: Intent) -> None:
    """Hand a mail over. Raises Permanent when it is refused for good, else whatever went wrong.

    Its Message-ID is made of the intent's id, so that whoever gets it twice can tell: a server
    that fell silent after the last byte may have it, or not, and is asked again.
    """
    mail.extra_headers.setdefault("Message-ID", message_id(intent))
    try:
        handed_over = mail.send()
    except SMTPRecipientsRefused as refusal:
        code, words = next(iter(refusal.recipients.values()))
        raise _refusal(refusal, code, words) from refusal
    except NOT_OF_THE_MAIL:
        raise
    except SMTPResponseException as refusal:
        raise _refusal(refusal, refusal.smtp_code, refusal.smtp_error) from refusal
    except AnymailError as refusal:
        if _is_of_the_mail(refusal):
            raise Permanent(str(refusal.args[0] if refusal.args else refusal)) from refusal
        raise
    except ValueError as error:  # an address, or a header, that is none
        raise Permanent(str(error)) from error
    if not handed_over:
        raise Permanent("There is nobody to send it to.")


def message_id(intent: Intent) -> str:
    """The Message-ID (RFC 5322, 3.6.4) of the mail that this intent sends."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<{intent.pk}@{address.rpartition('@')[2] or 'localhost'}>"


def _refusal(error: Exception, code: int, words: bytes | str) -> Exception:
    """RFC 5321, 4.2.1: 5yz is for good, 4yz for now."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return Permanent(f"{code} {said}") if 500 <= code < 600 else error


def _is_of_the_mail(refusal: AnymailError) -> bool:
    if isinstance(
        refusal,
        (
            AnymailInvalidAddress,
            AnymailRecipientsRefused,
            AnymailSerializationError,
            AnymailUnsupportedFeature,
        ),
    ):
        return True
    status = refusal.status_code
    return status is not None and 400 <= status < 500 and status not in OF_OUR_REQUEST
