from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Files people bring: bookings, guests and properties of another system, and ours to take."""

    name = "imports"
