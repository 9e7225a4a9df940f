from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Tags, register
from django.db.backends.signals import connection_created


class VillaOpsConfig(AppConfig):
    """The project itself: tenancy checks, and the role every connection must have."""

    name = "villaops"

    def ready(self) -> None:
        if settings.METRICS_TOKEN:
            # Workers count tasks too, and have no middleware to load it.
            from villaops.operating import metrics  # noqa: F401
        if settings.SENTRY_DSN or settings.OTEL_EXPORTER_OTLP_ENDPOINT:
            from villaops.operating import reporting

            reporting.start()
        # Tasks called from a web process go to our broker, not to Celery's default one.
        from villaops import celery  # noqa: F401
        from villaops.tenancy import checks

        register(checks.check_policies, Tags.database)
        register(checks.check_limits, Tags.database)
        connection_created.connect(checks.refuse_privileged_role)
