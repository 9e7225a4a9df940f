"""Handing a mail over to whoever EMAIL_URL names, and what their answer means."""

from email.utils import parseaddr
from http import HTTPStatus
from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from time import monotonic

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

# A server that hangs takes the whole timeout of each mail: after one, the worker has other work.
SILENT_SECONDS = 30.0
_silence = {"until": 0.0}


def hand_over(mail: EmailMessage, intent: Intent) -> None:
    """Hand a mail over. Raises Permanent when it is refused for good, else whatever went wrong.

    Its Message-ID is made of the intent's id, so that whoever gets it twice can tell: a server
    that fell silent after the last byte may have it, or not, and is asked again.
    """
    mail.extra_headers.setdefault("Message-ID", message_id(intent))
    if monotonic() < _silence["until"]:
        raise TimeoutError("The mail server was silent a moment ago.")
    try:
        handed_over = mail.send()
    except NOT_OF_THE_MAIL:
        raise
    except (SMTPException, AnymailError, ValueError, OSError) as error:
        if refusal := _refusal(error):
            raise Permanent(refusal) from error
        # smtplib tells of a timeout as of a connection that was closed.
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            _silence["until"] = monotonic() + SILENT_SECONDS
        raise
    if not handed_over:
        raise Permanent("There is nobody to send it to.")


def _refusal(error: Exception) -> str:
    """In which words the mail is refused for good; empty when it is not."""
    if isinstance(error, SMTPRecipientsRefused):
        return _for_good(*next(iter(error.recipients.values())))
    if isinstance(error, SMTPResponseException):
        return _for_good(error.smtp_code, error.smtp_error)
    if isinstance(error, AnymailError):
        return str(error.args[0] if error.args else error) if _is_of_the_mail(error) else ""
    # An address, or a header, that is none.
    return str(error) if isinstance(error, ValueError) else ""


def message_id(intent: Intent) -> str:
    """The Message-ID (RFC 5322, 3.6.4) of the mail that this intent sends."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<{intent.pk}@{address.rpartition('@')[2] or 'localhost'}>"


def _for_good(code: int, words: bytes | str) -> str:
    """RFC 5321, 4.2.1: 5yz is for good, 4yz for now."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {said}" if 500 <= code < 600 else ""


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
