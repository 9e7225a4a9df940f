from django.apps import AppConfig


class PropertiesConfig(AppConfig):
    """Properties and their units."""

    name = "properties"
