"""The kinds of message there are: who gets one, by what it is sent, and what it starts with."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """What a message is about."""

    BOOKING_CONFIRMATION = "booking_confirmation", _("Booking confirmation")
    BOOKING_CHANGED = "booking_changed", _("Booking changed")
    BOOKING_CANCELLED = "booking_cancelled", _("Booking cancelled")
    HOLD_EXPIRED = "hold_expired", _("Hold expired")
    PRE_ARRIVAL = "pre_arrival", _("Before arrival")
    CHECK_OUT_REMINDER = "check_out_reminder", _("Check-out reminder")
    THANK_YOU = "thank_you", _("Thank you")
    NEW_BOOKING = "new_booking", _("New booking")
    BOOKING_CANCELLED_STAFF = "booking_cancelled_staff", _("Booking cancelled, to staff")
    MONTHLY_REPORT = "monthly_report", _("Monthly report")
    INVITATION = "invitation", _("Invitation")
    WELCOME = "welcome", _("Welcome")
    EMAIL_VERIFICATION = "email_verification", _("E-mail verification")
    PASSWORD_RESET = "password_reset", _("Password reset")


class Audience(StrEnum):
    """Who reads it."""

    GUEST = "guest"
    STAFF = "staff"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Timing:
    """When a message is due by the clock: so many days from a day of the stay, at an hour there.

    `days` counts from `anchor`, backwards where it is negative.
    """

    anchor: str
    sign: int
    days: int
    hour: int


@dataclass(frozen=True)
class About:
    """What the pages and the workers know of a kind."""

    audience: Audience
    description: Any
    timing: Timing | None = None
    # Whether it is sent by something that may be switched off.
    is_automation: bool = True
    # Whether an organization may write its own. Not where the mail belongs to a person's account,
    # which may be in several organizations, and where it opens that account.
    is_editable: bool = True
    # Whether the reader may say that they want no more of it. Not for what they need to know.
    may_unsubscribe: bool = False


KINDS: dict[str, About] = {
    Kind.BOOKING_CONFIRMATION: About(
        Audience.GUEST, _("To the guest, as soon as the booking is confirmed.")
    ),
    Kind.BOOKING_CHANGED: About(
        Audience.GUEST,
        _("To the guest, three minutes after the last change to a confirmed booking."),
    ),
    Kind.BOOKING_CANCELLED: About(
        Audience.GUEST, _("To the guest, when their booking is cancelled.")
    ),
    Kind.HOLD_EXPIRED: About(
        Audience.GUEST, _("To the guest, when the time to confirm a held booking is over.")
    ),
    Kind.PRE_ARRIVAL: About(
        Audience.GUEST,
        _("To the guest some days before check-in, with the property's check-in instructions."),
        timing=Timing("check_in", -1, days=3, hour=10),
    ),
    Kind.CHECK_OUT_REMINDER: About(
        Audience.GUEST,
        _("To the guest in the house, before they leave."),
        timing=Timing("check_out", -1, days=1, hour=17),
    ),
    Kind.THANK_YOU: About(
        Audience.GUEST,
        _("To the guest, after they have left."),
        timing=Timing("check_out", 1, days=1, hour=11),
        may_unsubscribe=True,
    ),
    Kind.NEW_BOOKING: About(
        Audience.STAFF,
        _("To owners, managers and staff who have not chosen their notifications themselves."),
    ),
    Kind.BOOKING_CANCELLED_STAFF: About(
        Audience.STAFF,
        _("To owners, managers and staff who have not chosen their notifications themselves."),
    ),
    Kind.MONTHLY_REPORT: About(
        Audience.STAFF,
        _("To owners and managers on the first of the month, with the figures of the last one."),
        may_unsubscribe=True,
    ),
    Kind.INVITATION: About(
        Audience.ACCOUNT,
        _("To somebody who is invited to work here, with the link that lets them in."),
        is_automation=False,
    ),
    Kind.WELCOME: About(Audience.ACCOUNT, _("To somebody who has just joined the organization.")),
    Kind.EMAIL_VERIFICATION: About(
        Audience.ACCOUNT,
        _("To somebody who must prove that an e-mail address is theirs."),
        is_automation=False,
        is_editable=False,
    ),
    Kind.PASSWORD_RESET: About(
        Audience.ACCOUNT,
        _("To somebody who has asked for a new password."),
        is_automation=False,
        is_editable=False,
    ),
}

SCHEDULED = [kind for kind, about in KINDS.items() if about.timing]
AUTOMATED = [kind for kind, about in KINDS.items() if about.is_automation]
EDITABLE = [kind for kind, about in KINDS.items() if about.is_editable]
