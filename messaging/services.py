"""The verbs of messages: what people write, try, leave out and send again."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower, Now

from accounts.models import Organization, User
from bookings.models import Booking
from guests.models import Guest
from messaging.kinds import KINDS, SCHEDULED
from messaging.models import MailTemplate, Message, OptOut, Skip
from messaging.rendering import TemplateFault, check_html, parse
from messaging.schedule import key_of
from messaging.texts import Template
from messaging.variables import links_of, variables_of
from villaops import outbox
from villaops.errors import BrokenRule, Conflict, NotFound
from villaops.verbs import clean, verb


class NotEditable(Conflict):
    code = "not_editable"
    message = "This message belongs to a person's account and is the same for everybody"


class TemplateBroken(BrokenRule):
    """A subject, HTML or text that cannot be sent as it is; `field` says which."""

    code = "template_broken"


class MessageNotFound(NotFound):
    code = "message_not_found"
    message = "Message not found"


class NotFailed(Conflict):
    """It is on its way, or has arrived."""

    code = "not_failed"
    message = "Only a message that failed can be sent again"


class AlreadySent(Conflict):
    """There is nothing to leave out any more."""

    code = "already_sent"
    message = "This message has gone out already"


def check_template(kind: str, template: Template) -> dict[str, str]:
    """What is wrong with a template, by field; nothing when it can be sent."""
    known, links = variables_of(kind), links_of(kind)
    faults = {}
    for name, source in (("subject", template.subject), ("text", template.text)):
        try:
            parse(source, known)
        except TemplateFault as fault:
            faults[name] = str(fault)
    try:
        check_html(template.html, known, links)
    except TemplateFault as fault:
        faults["html"] = str(fault)
    return faults


@verb()
def save_template(
    *, organization: Organization, kind: str, language: str, template: Template, by: User | None
) -> MailTemplate:
    """Write a kind of message in a language in the organization's own words.

    Raises NotEditable, TemplateBroken, BrokenRule.
    """
    if not KINDS[kind].is_editable:
        raise NotEditable
    for name, fault in check_template(kind, template).items():
        raise TemplateBroken(fault, field=name)
    own = MailTemplate.objects.select_for_update(no_key=True).filter(
        organization=organization, kind=kind, language=language
    )
    row = own.first() or MailTemplate(organization=organization, kind=kind, language=language)
    row.subject, row.html, row.text = template.subject, template.html, template.text
    clean(row)
    row.save()
    return row


@verb()
def reset_template(
    *, organization: Organization, kind: str, language: str, by: User | None
) -> bool:
    """Write as we do again; return whether there was anything to forget."""
    own = MailTemplate.objects.filter(organization=organization, kind=kind, language=language)
    return bool(own.delete()[0])


@verb()
def skip_message(*, booking: Booking, kind: str, by: User | None) -> Skip:
    """Do not send a kind by the clock for this booking. Twice is once.

    Raises BrokenRule for a kind that has no time, AlreadySent.
    """
    if kind not in SCHEDULED:
        raise BrokenRule("Only what is sent by the clock can be skipped.")
    if Message.objects.filter(
        organization=booking.organization_id, key=key_of(kind, booking.pk)
    ).exists():
        raise AlreadySent
    own = Skip.objects.filter(organization=booking.organization_id)
    return own.get_or_create(organization_id=booking.organization_id, booking=booking, kind=kind)[0]


@verb()
def unskip_message(*, booking: Booking, kind: str, by: User | None) -> None:
    """Send it after all."""
    Skip.objects.filter(organization=booking.organization_id, booking=booking, kind=kind).delete()


@verb()
def resend_message(*, message: Message, by: User | None) -> None:
    """Try once more to send what was given up. Raises NotFailed."""
    if message.intent_id is None or not outbox.resend(message.intent_id):
        raise NotFailed
    Message.objects.filter(pk=message.pk).update(updated_at=Now())


@verb()
def opt_out(*, organization_id: UUID, kind: str, address: str) -> None:
    """Send no more of a kind to an address. Twice is once."""
    if not OptOut.objects.has(organization_id, kind, address):
        OptOut.objects.bulk_create(
            [OptOut(organization_id=organization_id, kind=kind, address=address)],
            ignore_conflicts=True,
        )


@verb()
def opt_in(*, organization_id: UUID, kind: str, address: str) -> None:
    """Send it again after all."""
    OptOut.objects.filter(organization=organization_id, kind=kind, address__iexact=address).delete()


def forget_messages(organization_id: UUID, guests: Sequence[Guest], stays: Sequence[UUID]) -> None:
    """Delete what was written to the guests and about the stays, and take back what still waits.

    For the verb that forgets a guest, within its transaction.
    """
    own = Message.objects.filter(organization=organization_id)
    theirs = own.filter(Q(guest__in=guests) | Q(booking__in=stays))
    for intent_id in theirs.filter(intent__state=outbox.State.PENDING).values_list(
        "intent", flat=True
    ):
        outbox.cancel(intent_id)
    theirs.delete()
    addresses = [guest.email.lower() for guest in guests]
    OptOut.objects.filter(organization=organization_id).annotate(lower=Lower("address")).filter(
        lower__in=addresses
    ).delete()
