from django.apps import AppConfig


class GuestsConfig(AppConfig):
    """Guests."""

    name = "guests"
