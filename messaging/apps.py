from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """What is written to guests and staff: templates, automations, the log."""

    name = "messaging"
