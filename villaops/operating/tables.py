"""What the database knows and whoever is on call wants to: read when Prometheus asks."""

import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import Error, connection
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)

CONNECTIONS = """
    SELECT coalesce(state, 'other'), count(*)
    FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1
"""
# Whatever was sent is no longer counted: there are ever more of those, and tasks tell how many.
OUTBOX = """
    SELECT state, count(*) FROM villaops_intent
    WHERE state IN ('pending', 'sending', 'dead', 'cancelled') GROUP BY 1
"""
OUTBOX_STATES = ("pending", "sending", "dead", "cancelled")
OLDEST_DUE = """
    SELECT coalesce(extract(epoch FROM now() - min(next_at)), 0)::float8 FROM villaops_intent
    WHERE state IN ('pending', 'sending') AND next_at <= now()
"""


class TablesCollector(Collector):
    """Figures of the moment. A database that is away is a figure too."""

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily("villaops", "What runs.", {"version": settings.APP_VERSION})
        answers = GaugeMetricFamily("villaops_database_up", "Whether the database answers.")
        try:
            found = [*_connections(), *_outbox()]
        except Error:
            logger.exception("metrics: the database does not answer")
            found = []
        answers.add_metric([], 1 if found else 0)
        yield answers
        yield from found


def _connections() -> Iterable[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        by_state = cursor.fetchall()
        cursor.execute("SELECT current_setting('max_connections')::int")
        limit = cursor.fetchone()[0]
    family = GaugeMetricFamily(
        "villaops_database_connections", "Connections to our database.", labels=["state"]
    )
    for state, number in by_state:
        family.add_metric([state], number)
    yield family
    yield GaugeMetricFamily(
        "villaops_database_connections_limit", "Connections the server takes.", limit
    )


def _outbox() -> Iterable[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(OUTBOX)
        by_state = dict(cursor.fetchall())
        cursor.execute(OLDEST_DUE)
        oldest = cursor.fetchone()[0]
    family = GaugeMetricFamily(
        "villaops_outbox_rows", "What is to be done outside, and is not.", labels=["state"]
    )
    for state in OUTBOX_STATES:
        family.add_metric([state], by_state.get(state, 0))
    yield family
    yield GaugeMetricFamily(
        "villaops_outbox_oldest_due_seconds", "How long the oldest of what is due waits.", oldest
    )
