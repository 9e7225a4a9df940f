from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Has migrations, for its triggers stand on the tables of several apps; and no tables."""

    name = "villaops.live"
    label = "live"
