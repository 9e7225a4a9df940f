"""Handing a message to the mail server."""

from collections.abc import Callable
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from accounts.models import Organization, User
from accounts.permissions import Role
from messaging.automations import is_on
from messaging.kinds import KINDS, Audience
from messaging.models import Message
from messaging.writing import (
    Recipient,
    new_message,
    site,
    staff_language,
    template_of,
    unsubscribe_url,
    without,
    write,
)
from villaops import outbox
from villaops.outbox import Intent
from villaops.outbox.mail import hand_over
from villaops.tenancy import Door, organization_context

type Attachment = tuple[str, bytes, str]

# What is attached to a kind of message, made when it is sent: (name, content, MIME type).
ATTACHMENTS: dict[str, Callable[[Message], list[Attachment]]] = {}


def deliver(intent: Intent) -> None:
    """Send a message as it was written.

    Raises Permanent when it is gone: with its booking, guest or organization.
    """
    organization = _organization(intent)
    with organization_context(organization, by=None, door=Door.JOB):
        own = Message.objects.for_organization(organization).select_related("organization")
        message = own.filter(pk=intent.payload["message"]).first()
        if message is None:
            raise outbox.Permanent("The message is gone.")
        answers = _answers_to(message)
        attachments = ATTACHMENTS.get(message.kind, lambda _message: [])(message)
    mail = mail_of(message, reply_to=answers)
    for attachment in attachments:
        mail.attach(*attachment)
    hand_over(mail, intent)


def deliver_of_account(intent: Intent) -> None:
    """Write and send a mail about somebody's membership, in the organization's words.

    What opens a door is in the mail alone; the log has the rest. Payload: organization, kind, to,
    user (an id or null), values, secrets (the names of those that open a door).
    """
    told = intent.payload
    organization = _organization(intent)
    with organization_context(organization, by=None, door=Door.JOB):
        kind = told["kind"]
        if KINDS[kind].is_automation and not is_on(organization, None, kind):
            return
        language = staff_language(organization, kind)
        draft = write(
            template_of(organization, kind, language),
            organization=organization,
            kind=kind,
            language=language,
            values=_values(organization) | told["values"],
            address=told["to"],
        )
        user = User.objects.filter(pk=told["user"]).first() if told["user"] else None
        message = new_message(
            organization=organization,
            kind=kind,
            to=Recipient(told["to"], user=user),
            language=language,
            draft=without(draft, [told["values"][name] for name in told["secrets"]]),
            key=f"{kind}:{intent.pk}",
        )
        message.intent_id = intent.pk
        Message.objects.bulk_create([message], ignore_conflicts=True)
    message.subject, message.html, message.text = draft.subject, draft.html, draft.text
    hand_over(mail_of(message), intent)


def _values(organization: Organization) -> dict[str, str]:
    dashboard = site() + reverse("today", args=[organization.slug])
    return {"organization_name": organization.name, "url": dashboard}


def _organization(intent: Intent) -> Organization:
    organization = Organization.objects.filter(pk=intent.payload["organization"]).first()
    if organization is None:
        raise outbox.Permanent("The organization is gone.")
    return organization


def _answers_to(message: Message) -> str | None:
    """Where a guest's answer goes: somebody has to read it."""
    if KINDS[message.kind].audience is not Audience.GUEST:
        return None
    owners = User.objects.filter(
        memberships__organization=message.organization,
        memberships__role=Role.OWNER,
        is_active=True,
    ).order_by("memberships__created_at")
    return message.organization.reply_to or owners.values_list("email", flat=True).first()


def mail_of(message: Message, *, reply_to: str | None = None) -> EmailMultiAlternatives:
    """The mail, from the organization's name at our address."""
    _name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    headers = {}
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
        reply_to=[reply_to] if reply_to else None,
        headers=headers,
    )
    mail.attach_alternative(message.html, "text/html")
    return mail
