"""Writing messages: from a kind, somebody to write to and some values to the mail as it goes out.

A message is one row for its key, however often it is asked for; a worker sends it after the
transaction.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe

from accounts.models import Organization, User
from bookings.models import Booking
from guests.models import Guest
from messaging.kinds import KINDS, Audience
from messaging.models import MAX_SUBJECT, MailTemplate, Message, OptOut
from messaging.rendering import render_html, render_subject, render_text
from messaging.texts import Template, default_template, is_written_in, words_of
from messaging.variables import variables_of
from properties.models import Property
from villaops import outbox, written
from villaops.languages import DEFAULT_LANGUAGE, language_of
from villaops.written import written_as_in

# Ids of messages are made of their keys.
NAMESPACE = UUID("6f0c6f0e-7f0a-5f6e-9b0e-2d6b6f1c9a11")
UNSUBSCRIBE_SALT = "messaging.unsubscribe"
# Where the dashboard is when nobody has said so, and no request can tell.
AT_HOME = "http://localhost:8000"


@dataclass(frozen=True)
class Recipient:
    """Whom a message goes to."""

    address: str
    guest: Guest | None = None
    user: User | None = None


@dataclass(frozen=True)
class Draft:
    """A message as it would go out."""

    subject: str
    html: str
    text: str


def site() -> str:
    """Where the dashboard is, for links in mails that no request asks for."""
    return settings.PUBLIC_URL or AT_HOME


def locale_for(organization: Organization, language: str) -> str:
    """How a mail in this language writes dates: as the organization where it is its language."""
    own = organization.locale
    return own if own.partition("_")[0] == language else language


def guest_language(organization: Organization, guest: Guest | None) -> str:
    """What a guest is written to in."""
    return language_of(guest.language if guest else None, organization.locale)


def staff_language(organization: Organization, kind: str) -> str:
    """What people who work there are written to in: English, unless we or they have other words."""
    language = language_of(organization.locale)
    own = MailTemplate.objects.for_organization(organization).filter(kind=kind, language=language)
    return language if is_written_in(kind, language) or own.exists() else DEFAULT_LANGUAGE


# --- Values ------------------------------------------------------------------------------------


def stay_values(booking: Booking, *, language: str) -> dict[str, str]:
    """What there is to say of a stay, in a language. The booking has its relations loaded."""
    home, guest, organization = booking.property, booking.guest, booking.organization
    words = words_of(language)
    with written_as_in(locale_for(organization, language)):
        return {
            "organization_name": organization.name,
            "guest_name": guest.name if guest else "",
            "guest_email": guest.email if guest else "",
            "guest_phone": (guest.phone if guest else None) or "",
            "reference": booking.reference,
            "property_name": home.name,
            "property_address": _address(home),
            "unit_name": _units(booking),
            "check_in": written.long_day(booking.check_in),
            "check_in_time": _time(home.check_in_time),
            "check_out": written.long_day(booking.check_out),
            "check_out_time": _time(home.check_out_time),
            "nights": _count(booking.nights_count(), words.night),
            "party": _party(booking, words.adult, words.child),
            "total_price": _total(booking),
            "special_requests": booking.special_requests or "",
            "check_in_instructions": home.check_in_instructions or "",
            "cancellation_reason": booking.cancellation_reason or "",
            "source": booking.get_source_display(),
            "status": booking.get_status_display(),
            "booking_url": site()
            + reverse("bookings:detail", args=[organization.slug, booking.pk]),
            "hold_until": "",
        }


def _time(hour: str | None) -> str:
    return written.time_of_day(hour) if hour else ""


def _count(number: int, words: tuple[str, str]) -> str:
    return f"{number} {words[0] if number == 1 else words[1]}"


def _party(booking: Booking, adult: tuple[str, str], child: tuple[str, str]) -> str:
    adults = _count(booking.adults, adult)
    return f"{adults}, {_count(booking.children, child)}" if booking.children else adults


def _total(booking: Booking) -> str:
    price = booking.total_price
    return "" if price is None else written.money(price, booking.currency)


def _address(home: Property) -> str:
    town = " ".join(part for part in (home.city, home.country) if part)
    return "\n".join(line for line in (home.address_line1, home.address_line2, town) if line)


def _units(booking: Booking) -> str:
    names = {night.unit.name: None for night in booking.nights.in_order()}
    found = list(names) or [booking.unit.name]
    return "" if found == [booking.property.name] else ", ".join(found)


# --- From template to mail ---------------------------------------------------------------------


def template_of(organization: Organization, kind: str, language: str) -> Template:
    """What the organization writes in the language, else what we write."""
    own = MailTemplate.objects.for_organization(organization).filter(kind=kind, language=language)
    found = own.first()
    if found and KINDS[kind].is_editable:
        return Template(found.subject, found.html, found.text)
    return default_template(kind, language)


def write(
    template: Template,
    *,
    organization: Organization,
    kind: str,
    language: str,
    values: Mapping[str, str],
    address: str,
) -> Draft:
    """The mail that the template makes of the values, in the frame all mails have."""
    known = {name: values.get(name, "") for name in variables_of(kind)}
    subject = render_subject(template.subject, known)[:MAX_SUBJECT]
    link = unsubscribe_url(organization, kind, address) if KINDS[kind].may_unsubscribe else ""
    foot = _foot(organization, kind, language)
    unsubscribe = words_of(language).unsubscribe
    text = render_text(template.text, known) + f"\n-- \n{foot}\n"
    html = render_to_string(
        "mail/message.html",
        {
            "language": language,
            "subject": subject,
            "organization_name": organization.name,
            # Escaped where it was made of values, and checked when it was saved.
            "content": mark_safe(render_html(template.html, known)),  # noqa: S308
            "foot": foot,
            "unsubscribe": unsubscribe,
            "unsubscribe_url": link,
        },
    )
    return Draft(subject, html, f"{text}{unsubscribe}: {link}\n" if link else text)


def _foot(organization: Organization, kind: str, language: str) -> str:
    words = words_of(language)
    sentence = words.foot if KINDS[kind].audience is Audience.GUEST else words.foot_staff
    return sentence.format(organization=organization.name)


def unsubscribe_url(organization: Organization, kind: str, address: str) -> str:
    """Where whoever reads at the address can say that it is enough, without signing in."""
    token = signing.dumps([str(organization.pk), kind, address], salt=UNSUBSCRIBE_SALT)
    return f"{site()}{reverse('unsubscribe', args=[token])}"


# --- Messages ----------------------------------------------------------------------------------


def write_message(
    *,
    organization: Organization,
    kind: str,
    to: Recipient,
    language: str,
    values: Mapping[str, str],
    key: str,
    booking: Booking | None = None,
    property: Property | None = None,
    template: Template | None = None,
    is_test: bool = False,
    due_at: datetime | None = None,
) -> Message | None:
    """Write a message and let a worker send it; once for its key, whatever became of that one.

    `values` are texts by the names of messaging.variables; what is not given is empty. None for
    somebody who wants no more of the kind.
    """
    if KINDS[kind].may_unsubscribe and OptOut.objects.has(organization.pk, kind, to.address):
        return None
    draft = write(
        template or template_of(organization, kind, language),
        organization=organization,
        kind=kind,
        language=language,
        values=values,
        address=to.address,
    )
    message = new_message(
        organization=organization,
        kind=kind,
        to=to,
        language=language,
        draft=draft,
        key=key,
        booking=booking,
        property=property,
        is_test=is_test,
    )
    message.intent_id = outbox.write_intent(
        "message",
        {"organization": organization.pk, "message": message.pk},
        key=f"message:{message.pk}",
        due_at=due_at,
    )
    Message.objects.bulk_create([message], ignore_conflicts=True)
    return message


def new_message(
    *,
    organization: Organization,
    kind: str,
    to: Recipient,
    language: str,
    draft: Draft,
    key: str,
    booking: Booking | None = None,
    property: Property | None = None,
    is_test: bool = False,
) -> Message:
    """The row, not yet saved; its id follows from its key."""
    home = property.pk if property else booking.property_id if booking else None
    return Message(
        id=uuid5(NAMESPACE, f"{organization.pk}:{key}"),
        organization=organization,
        kind=kind,
        key=key,
        address=to.address,
        guest=to.guest,
        user=to.user,
        booking=booking,
        property_id=home,
        language=language,
        subject=draft.subject,
        html=draft.html,
        text=draft.text,
        is_test=is_test,
    )


def without(draft: Draft, secrets: Collection[str]) -> Draft:
    """The same without what opens a door: for the log, which more people read than the mail."""
    for secret in secrets:
        draft = replace(
            draft,
            html=draft.html.replace(str(escape(secret)), "#"),
            text=draft.text.replace(secret, "…"),
            subject=draft.subject.replace(secret, "…"),
        )
    return draft


def with_everything(bookings: Any) -> Iterable[Booking]:
    """Bookings with what their messages tell."""
    found: Iterable[Booking] = bookings.select_related(
        "organization", "property", "unit", "guest"
    ).prefetch_related("nights__unit")
    return found
