"""What the demo's organizations have written so far: rows of the log, and nothing that is sent."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from accounts.models import Organization, User
from bookings.models import Booking, Status
from messaging.kinds import KINDS, Kind
from messaging.models import Message, Skip
from messaging.schedule import key_of
from messaging.writing import (
    Recipient,
    guest_language,
    new_message,
    stay_values,
    template_of,
    with_everything,
    write,
)
from properties.models import Property
from villaops.languages import DEFAULT_LANGUAGE
from villaops.outbox import Intent, State

# Stays that ended longer ago have nothing in the log.
REMEMBERED = dt.timedelta(days=30)
INSTRUCTIONS = (
    "The gate is on the left, behind the frangipani tree. The key is in the box beside it,"
    " code 2580.\nWi-Fi: the name and the password are on the card in the kitchen."
)
ARRIVED = (Status.CHECKED_IN, Status.CHECKED_OUT)
AGREED = (Status.CONFIRMED, *ARRIVED)
REFUSED = "550 5.1.1 The mailbox does not exist"


def seed_messages(organization: Organization, *, by: User, now: dt.datetime) -> list[Message]:
    """Write down what would have been sent until now; the demo's mailboxes are nobody's.

    One has failed, one that is planned is skipped, and half of the properties say how to get in.
    """
    before = Message.objects.filter(organization=organization)
    Intent.objects.filter(pk__in=before.values("intent")).delete()
    before.delete()
    homes = Property.objects.for_organization(organization).order_by("pk")
    told = [home.pk for home in homes[::2]]
    Property.objects.filter(pk__in=told).update(check_in_instructions=INSTRUCTIONS)
    since = now.date() - REMEMBERED
    bookings = Booking.objects.for_organization(organization).filter(
        check_out__gte=since, guest__isnull=False
    )
    messages = [
        _sent(booking, kind, at)
        for booking in with_everything(bookings.order_by("created_at", "pk"))
        for kind, at in _moments(booking)
        if at < now
    ]
    messages += [
        _sent(booking, Kind.NEW_BOOKING, booking.created_at, to=by)
        for booking in with_everything(bookings.order_by("-created_at", "pk")[:3])
    ]
    arrivals = [message for message in messages if message.kind == Kind.PRE_ARRIVAL]
    for message in arrivals[-1:]:
        _fail(message)
    Intent.objects.bulk_create(message.intent for message in messages if message.intent)
    at = {message.pk: message.created_at for message in messages}
    Message.objects.bulk_create(messages)
    # They were written then, whatever the clock says now.
    for message in messages:
        message.created_at = at[message.pk]
    Message.objects.bulk_update(messages, ["created_at"])
    _skip_one(bookings.filter(status=Status.CONFIRMED, check_in__gt=now.date()).first())
    return messages


def _moments(booking: Booking) -> Iterator[tuple[str, dt.datetime]]:
    """What the guest was sent about this stay, and when that was."""
    if booking.status in AGREED:
        yield Kind.BOOKING_CONFIRMATION, booking.created_at
    if booking.cancelled_at:
        yield Kind.BOOKING_CANCELLED, booking.cancelled_at
    for kind, statuses in (
        (Kind.PRE_ARRIVAL, AGREED),
        (Kind.CHECK_OUT_REMINDER, ARRIVED),
        (Kind.THANK_YOU, (Status.CHECKED_OUT,)),
    ):
        timing = KINDS[kind].timing
        if booking.status in statuses and timing:
            day = getattr(booking, timing.anchor) + dt.timedelta(days=timing.sign * timing.days)
            zone = ZoneInfo(booking.property.time_zone)
            at = dt.datetime.combine(day, dt.time(timing.hour), zone)
            yield kind, max(at, booking.created_at)


def _sent(booking: Booking, kind: str, at: dt.datetime, to: User | None = None) -> Message:
    organization, guest = booking.organization, booking.guest
    language = DEFAULT_LANGUAGE if to else guest_language(organization, guest)
    values = stay_values(booking, language=language)
    recipient = Recipient(to.email, user=to) if to else Recipient(values["guest_email"], guest)
    draft = write(
        template_of(organization, kind, language),
        organization=organization,
        kind=kind,
        language=language,
        values=values,
        address=recipient.address,
    )
    message = new_message(
        organization=organization,
        kind=kind,
        to=recipient,
        language=language,
        draft=draft,
        key=key_of(kind, booking.pk),
        booking=booking,
    )
    message.created_at = at
    sent_at = at + dt.timedelta(seconds=2)
    message.intent = Intent(
        kind="message",
        payload={"organization": str(organization.pk), "message": str(message.pk)},
        state=State.SENT,
        attempts=1,
        created_at=at,
        next_at=sent_at,
        done_at=sent_at,
    )
    return message


def _fail(message: Message) -> None:
    if message.intent:
        message.intent.state = State.DEAD
        message.intent.last_error = REFUSED


def _skip_one(booking: Booking | None) -> None:
    if booking:
        Skip.objects.get_or_create(
            organization_id=booking.organization_id, booking=booking, kind=Kind.THANK_YOU
        )
