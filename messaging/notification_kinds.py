"""The kinds of notification: what they are called, and who may get them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission


class NotificationKind(TextChoices):
    """What a notification is about."""

    NEW_BOOKING = "new_booking", _("New booking")
    BOOKING_CHANGED = "booking_changed", _("Booking changed")
    BOOKING_CANCELLED = "booking_cancelled", _("Booking cancelled")
    HOLD_EXPIRED = "hold_expired", _("Hold expired")
    NO_SHOW_SUGGESTED = "no_show_suggested", _("Guest has not arrived")
    MESSAGE_FAILED = "message_failed", _("Message not delivered")
    MEMBER_JOINED = "member_joined", _("Member joined")
    IMPORT_FINISHED = "import_finished", _("Import finished")


@dataclass(frozen=True)
class AboutNotification:
    """What the pages and the workers know of a kind."""

    description: Any
    # What somebody needs who is to get it.
    permission: Permission
    icon: str
    tone: str


NOTIFICATIONS: dict[str, AboutNotification] = {
    NotificationKind.NEW_BOOKING: AboutNotification(
        _("Somebody else, or a program, has made a booking."),
        Permission.READ_BOOKINGS,
        "calendar-plus",
        "good",
    ),
    NotificationKind.BOOKING_CHANGED: AboutNotification(
        _("Dates, place or party have changed, it was confirmed, or the guest did not come."),
        Permission.READ_BOOKINGS,
        "pencil",
        "info",
    ),
    NotificationKind.BOOKING_CANCELLED: AboutNotification(
        _("A booking was cancelled; its nights are free again."),
        Permission.READ_BOOKINGS,
        "circle-x",
        "bad",
    ),
    NotificationKind.HOLD_EXPIRED: AboutNotification(
        _("Nobody confirmed a held booking in time; its nights are free again."),
        Permission.READ_BOOKINGS,
        "clock",
        "waiting",
    ),
    NotificationKind.NO_SHOW_SUGGESTED: AboutNotification(
        _("A guest who was due has not been checked in."),
        Permission.WRITE_BOOKINGS,
        "user-x",
        "odd",
    ),
    NotificationKind.MESSAGE_FAILED: AboutNotification(
        _("A mail could not be delivered, and will not be tried again by itself."),
        Permission.READ_GUESTS,
        "mail",
        "bad",
    ),
    NotificationKind.MEMBER_JOINED: AboutNotification(
        _("Somebody who was invited has come in."),
        Permission.MANAGE_MEMBERS,
        "users-group",
        "good",
    ),
    NotificationKind.IMPORT_FINISHED: AboutNotification(
        _("A file you brought in has been read."),
        Permission.ADD_PROPERTIES,
        "download",
        "good",
    ),
}
