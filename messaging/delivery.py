"""Handing a message to the mail server."""

from collections.abc import Callable
from email.utils import formataddr, parseaddr
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from accounts.models import Organization
from messaging.kinds import KINDS
from messaging.models import Message
from messaging.writing import unsubscribe_url
from villaops import outbox
from villaops.tenancy import Door, organization_context

type Attachment = tuple[str, bytes, str]

# What is attached to a kind of message, made when it is sent: (name, content, MIME type).
ATTACHMENTS: dict[str, Callable[[Message], list[Attachment]]] = {}


def deliver(*, organization_id: UUID, message_id: UUID, intent_id: UUID) -> None:
    """Send a message as it was written.

    Raises Permanent when it is gone: with its booking, guest or organization.
    """
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:
        raise outbox.Permanent("The organization is gone.")
    with organization_context(organization, by=None, door=Door.JOB):
        own = Message.objects.for_organization(organization).select_related("organization")
        message = own.filter(pk=message_id).first()
        if message is None:
            raise outbox.Permanent("The message is gone.")
        attachments = ATTACHMENTS.get(message.kind, lambda _message: [])(message)
    mail = mail_of(message, intent_id)
    for attachment in attachments:
        mail.attach(*attachment)
    mail.send()


def mail_of(message: Message, intent_id: UUID) -> EmailMultiAlternatives:
    """The mail. Its Message-ID is the intent's, so that whoever gets it twice can tell."""
    _name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    headers = {"Message-ID": f"<{intent_id}@{sender.rpartition('@')[2] or 'localhost'}>"}
    if KINDS[message.kind].may_unsubscribe and not message.is_test:
        link = unsubscribe_url(message.organization, message.kind, message.address)
        # RFC 8058: the reader's mail program may ask with one POST.
        headers["List-Unsubscribe"] = f"<{link}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        message.subject,
        message.text,
        formataddr((" ".join(message.organization.name.split()), sender)),
        [message.address],
        headers=headers,
    )
    mail.attach_alternative(message.html, "text/html")
    return mail
