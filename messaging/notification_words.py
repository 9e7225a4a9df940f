"""What a notification says: a name, where and when, by whom. Never a price or an address.

Names are read from the booking as it is now, so that a guest who was forgotten is forgotten here.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from messaging.models import Notification
from messaging.notification_kinds import NOTIFICATIONS, NotificationKind
from villaops import written

CHANGES = {
    "property_id": _("place"),
    "unit_id": _("place"),
    "check_in": _("dates"),
    "check_out": _("dates"),
    "adults": _("party"),
    "children": _("party"),
    "guest_id": _("guest"),
}


@dataclass(frozen=True)
class Words:
    """A notification as people read it."""

    title: str
    detail: str
    icon: str
    tone: str


def words_of(notification: Notification) -> Words:
    """Title and detail, with the look of its kind."""
    about = NOTIFICATIONS[notification.kind]
    return Words(_title(notification), _detail(notification), about.icon, about.tone)


def _title(notification: Notification) -> str:
    event = notification.facts.get("event")
    titles = {
        NotificationKind.NEW_BOOKING: _("New booking: %s"),
        NotificationKind.BOOKING_CHANGED: {
            "confirmed": _("Confirmed: %s"),
            "no_show": _("No-show: %s"),
        }.get(event, _("Changed: %s")),
        NotificationKind.BOOKING_CANCELLED: _("Cancelled: %s"),
        NotificationKind.HOLD_EXPIRED: _("Hold expired: %s"),
        NotificationKind.NO_SHOW_SUGGESTED: _("Not here yet: %s"),
        NotificationKind.MESSAGE_FAILED: _("A mail did not arrive: %s"),
        NotificationKind.MEMBER_JOINED: _("%s has joined"),
        NotificationKind.IMPORT_FINISHED: _("Import finished: %s"),
    }
    return titles[NotificationKind(notification.kind)] % _whom(notification)


def _whom(notification: Notification) -> str:
    booking = notification.booking
    if booking:
        return booking.guest.name if booking.guest else booking.reference
    if notification.kind == NotificationKind.MEMBER_JOINED and notification.actor:
        return notification.actor.name
    return str(notification.facts.get("name") or _("somebody"))


def _detail(notification: Notification) -> str:
    parts = []
    if booking := notification.booking:
        parts.append(booking.property.name)
        dates = written.short_day(booking.check_in), written.short_day(booking.check_out)
        parts.append(f"{dates[0]} – {dates[1]}")
    changed = [CHANGES[name] for name in notification.facts.get("changed", []) if name in CHANGES]
    if notification.kind == NotificationKind.BOOKING_CHANGED and changed:
        parts.append(_("other %s") % ", ".join(dict.fromkeys(changed)))
    if notification.actor and notification.kind != NotificationKind.MEMBER_JOINED:
        parts.append(_("by %s") % notification.actor.name)
    return " · ".join(parts)
