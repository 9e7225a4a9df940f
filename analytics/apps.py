from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Figures over nights; no tables of its own."""

    name = "analytics"
