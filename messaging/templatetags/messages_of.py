"""What was written about a booking or to a guest, for their pages."""

from typing import Any

from django import template
from django.template.context import Context

from accounts.permissions import Permission
from bookings.models import Booking
from guests.models import Guest
from messaging.log import entries_of, readable
from messaging.querysets import MessageQuerySet

register = template.Library()

SHOWN = 8


@register.inclusion_tag("messages/panel.html", takes_context=True)
def messages_of_booking(context: Context, booking: Booking) -> dict[str, Any]:
    """The newest messages about the booking; nothing for who may not see contact details."""
    return _panel(context, "booking", booking)


@register.inclusion_tag("messages/panel.html", takes_context=True)
def messages_of_guest(context: Context, guest: Guest) -> dict[str, Any]:
    """The newest messages to the guest, and about their stays."""
    return _panel(context, "guest", guest)


def _panel(context: Context, name: str, about: Booking | Guest) -> dict[str, Any]:
    access = context["access"]
    if not access.can(Permission.READ_GUESTS):
        return {"is_hidden": True}
    own = readable(access)
    found: MessageQuerySet = (
        own.of_booking(about.pk) if name == "booking" else own.of_guest(about.pk)
    )
    # One more than is shown tells whether there are more.
    entries = entries_of(list(found.newest_first().without_bodies()[: SHOWN + 1]))
    return {
        "entries": entries[:SHOWN],
        "has_more": len(entries) > SHOWN,
        "query": f"{name}={about.pk}",
        "slug": access.organization.slug,
        "zone": access.organization.time_zone,
        "may_send": access.can(Permission.WRITE_BOOKINGS),
        "here": context["request"].get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }
