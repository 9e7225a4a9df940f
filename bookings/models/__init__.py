"""Bookings, nights and blocks: who holds which night of which unit."""

from bookings.models.bookings import MAX_NIGHTS, MOVES, Booking, Status, way_between
from bookings.models.nights import MAX_BLOCKED_DAYS, Block, Night, NightEvent
from bookings.models.words import BookingNote, SavedView

__all__ = [
    "MAX_BLOCKED_DAYS",
    "MAX_NIGHTS",
    "MOVES",
    "Block",
    "Booking",
    "BookingNote",
    "Night",
    "NightEvent",
    "SavedView",
    "Status",
    "way_between",
]
