"""What the tests of the demo's data ask the database."""

from typing import Any

from django.db import connection

from bookings.models import Block, Booking, Night
from guests.models import Guest
from properties.models import Property, Unit


def check_constraints_now() -> None:
    """Ask the deferred triggers, which otherwise speak at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """All that an organization has, without ids and moments of writing."""
    return {
        "properties": list(Property.objects.order_by("created_at").values_list("name", "slug")),
        "units": list(Unit.objects.order_by("property__name", "position").values_list("name")),
        "guests": list(Guest.objects.order_by("created_at").values_list("name", "email", "notes")),
        "bookings": list(
            Booking.objects.order_by("created_at").values_list(
                *("reference", "guest__name", "check_in", "check_out", "status", "adults"),
                *("children", "total_price", "created_at", "cancelled_at", "special_requests"),
            )
        ),
        "nights": list(
            Night.objects.order_by("unit__name", "night").values_list(
                "unit__name", "night", "price", "booking__reference", "block__reason"
            )
        ),
        "blocks": list(Block.objects.order_by("created_at").values_list("reason", "start", "end")),
    }
