"""Which messages follow from what has happened, or from the clock; and to whom."""

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.permissions import Role
from bookings.models import Booking, Status
from guests.models import Guest
from messaging.automations import settings_of
from messaging.kinds import Kind
from messaging.models import Message, NotificationPreference
from messaging.schedule import Planned, due, key_of
from messaging.writing import (
    Recipient,
    guest_language,
    locale_for,
    staff_language,
    stay_values,
    with_everything,
    write_message,
)
from villaops import outbox, written
from villaops.clock import today_in
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.written import written_as_in

# Who is told of bookings; a member who is limited to some properties, of those alone.
TOLD = (Role.OWNER, Role.MANAGER, Role.STAFF)
SETTLED_AFTER = dt.timedelta(minutes=3)
# What a guest is told of, when a booking that stands is changed.
WORTH_TELLING = frozenset(
    ["property_id", "unit_id", "check_in", "check_out", "adults", "children", "total_price"]
)


def tell_of_booking(event: Mapping[str, Any], *, key: str) -> list[Message]:
    """Write the messages that follow from an event of a booking (bookings.events).

    In the organization's context. The booking may have gone on since: a mail tells of it as it is
    now, and does not confirm what is called off. Nobody is told of a stay that is over, and staff
    not of what they did themselves. `key` makes the same event twice the same messages.
    """
    own = Booking.objects.for_organization(UUID(event["organization"]))
    booking = next(iter(with_everything(own.filter(pk=event["booking"]))), None)
    if booking is None or booking.check_out < today_in(booking.property.time_zone):
        return []
    settings = settings_of(booking.organization, booking.property_id)
    called_for = set(kinds_for(event, booking))
    if called_for & {Kind.BOOKING_CHANGED, Kind.BOOKING_CANCELLED}:
        withdraw_changes(booking, but=f"{Kind.BOOKING_CHANGED}:{key}")
    kinds = sorted(kind for kind in called_for if settings[kind].is_on)
    written_messages: list[Message | None] = []
    for kind in kinds:
        if kind in (Kind.NEW_BOOKING, Kind.BOOKING_CANCELLED_STAFF):
            written_messages += _to_staff(booking, kind, key, event["by"])
        elif booking.guest and booking.guest.can_be_written_to():
            written_messages.append(_to_guest(booking, booking.guest, kind, f"{kind}:{key}", event))
    return [message for message in written_messages if message]


def withdraw_changes(booking: Booking, *, but: str) -> None:
    """Take back what still waits to tell the guest of an earlier change; `but` is the key of the
    one that is the news.
    """
    waiting = Message.objects.filter(
        organization=booking.organization_id,
        booking=booking,
        kind=Kind.BOOKING_CHANGED,
        intent__state=outbox.State.PENDING,
    )
    for intent_id in waiting.exclude(key=but).values_list("intent", flat=True):
        outbox.cancel(intent_id)


def kinds_for(event: Mapping[str, Any], booking: Booking) -> Iterable[str]:
    """Which kinds of messages an event of the booking calls for, as the booking is now."""
    name, is_agreed = event["event"], booking.status == Status.CONFIRMED
    before = event["status"][0]
    if name == "created":
        yield Kind.NEW_BOOKING
        if is_agreed and event["status"][1] == Status.CONFIRMED:
            yield Kind.BOOKING_CONFIRMATION
    elif name == "confirmed" and is_agreed:
        yield Kind.BOOKING_CONFIRMATION
    elif name == "changed" and before == Status.CONFIRMED and is_agreed:
        if WORTH_TELLING & set(event["changed"]):
            yield Kind.BOOKING_CHANGED
    elif name == "cancelled" and booking.status == Status.CANCELLED:
        yield Kind.BOOKING_CANCELLED
        yield Kind.BOOKING_CANCELLED_STAFF
    elif name == "hold_expired" and booking.status == Status.CANCELLED:
        yield Kind.HOLD_EXPIRED


def _to_guest(
    booking: Booking, guest: Guest, kind: str, key: str, event: Mapping[str, Any] | None = None
) -> Message | None:
    organization = booking.organization
    language = guest_language(organization, guest)
    values = stay_values(booking, language=language)
    if event and (until := event.get("before", {}).get("hold_expires_at")):
        values["hold_until"] = _moment_there(booking, until, language)
    return write_message(
        organization=organization,
        kind=kind,
        to=Recipient(guest.email, guest=guest),
        language=language,
        values=values,
        key=key,
        booking=booking,
        # Staff who move a bar about, or take a change back, are done by then.
        due_at=timezone.now() + SETTLED_AFTER if kind == Kind.BOOKING_CHANGED else None,
    )


def _moment_there(booking: Booking, moment: str, language: str) -> str:
    """A moment as the property's clocks showed it, in a language."""
    there = dt.datetime.fromisoformat(moment).astimezone(ZoneInfo(booking.property.time_zone))
    with written_as_in(locale_for(booking.organization, language)):
        return written.moment(there)


def _to_staff(booking: Booking, kind: str, key: str, by: str | None) -> list[Message | None]:
    organization = booking.organization
    language = staff_language(organization, kind)
    values = stay_values(booking, language=language)
    return [
        write_message(
            organization=organization,
            kind=kind,
            to=Recipient(user.email, user=user),
            language=language,
            values=values | {"recipient_name": user.name},
            key=f"{kind}:{key}:{user.pk}",
            booking=booking,
        )
        for user in staff_of(organization, booking.property_id)
        if str(user.pk) != by
    ]


def staff_of(organization: Organization, property_id: UUID) -> list[User]:
    """Who is told of what happens at the property.

    Not those who have chosen how they are notified, by mail or not: they are told like that, and
    not twice.
    """
    chosen = NotificationPreference.objects.filter(organization=organization)
    members = (
        Membership.objects.filter(
            organization=organization, role__in=TOLD, user__is_active=True, user__isnull=False
        )
        .exclude(user__in=chosen.values("user"))
        .select_related("user")
        .order_by("user__email")
    )
    return [
        member.user
        for member in members
        if member.user and (member.property_ids is None or property_id in member.property_ids)
    ]


# --- By the clock ------------------------------------------------------------------------------


def send_due(now: dt.datetime) -> int:
    """Write what is due by the clock, of every organization; return how much that was.

    Whatever was missed while nothing ran is made up for once, as long as it is of use.
    """
    with all_organizations(by=None, door=Door.JOB, reason="messages that are due"):
        waiting = due(now)
    sent = 0
    for organization_id, planned in groupby(waiting, key=lambda one: one.organization_id):
        organization = Organization.objects.get(pk=organization_id)
        with organization_context(organization, by=None, door=Door.JOB):
            sent += _send(organization, list(planned), now)
    return sent


def _send(organization: Organization, planned: list[Planned], now: dt.datetime) -> int:
    wanted = {(one.booking_id, one.kind) for one in planned}
    own = Booking.objects.for_organization(organization)
    stays = own.filter(pk__in={booking_id for booking_id, _kind in wanted})
    # Whoever changes one of them waits, or has been first and is seen.
    list(stays.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    bookings = {booking.pk: booking for booking in with_everything(stays)}
    still = {(one.booking_id, one.kind) for one in due(now)} & wanted
    messages = [
        _to_guest(booking, booking.guest, kind, key_of(kind, booking_id))
        for booking_id, kind in sorted(still, key=str)
        if (booking := bookings[booking_id]) and booking.guest
    ]
    return len([message for message in messages if message])
