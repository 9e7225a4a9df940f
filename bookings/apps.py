from django.apps import AppConfig


class BookingsConfig(AppConfig):
    """Bookings, nights and blocks."""

    name = "bookings"
