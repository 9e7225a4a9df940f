"""What reads cost PostgreSQL: nobody else asks, and no answer is remembered.

    VAR_DIR=var/bench .venv/bin/python -m bench.load.alone [FILE]

For each read two figures, in milliseconds. `explained`: planning and execution of its statements as
EXPLAIN ANALYZE tells them, by the clock; the least and the median of some times. `processor`: what
the connection's server process spent on a read, rows told; the least and the median of some lots.
On a busy machine the clock says little. The table is written to FILE, too, if one is named.
"""

import json
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from villaops import embedded

SECONDS, FEWEST, LOTS = 1.0, 5, 5
HEAD = """\
| read | explained: least | median | processor: least | median |
|---|---|---|---|---|
"""


def main(file: Path | None) -> None:
    os.environ["DATABASE_URL"] = embedded.ensure_running(embedded.default_var_dir())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "villaops.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from bench.load.targets import Place
    from villaops.tenancy import Door, organization_context

    call_command("migrate", verbosity=0)
    place, load = Place.large(), os.getloadavg()[0]
    with organization_context(place.organization, by=place.user, door=Door.COMMAND):
        setting = told_setting(load)
        rows = [measured(name, read) for name, read in reads(place.organization)]
    told = f"{setting}\n\n{HEAD}{''.join(rows)}"
    print(told)
    if file:
        file.write_text(f"# Measured by `python -m bench.load.alone`\n\n{told}")


def reads(organization: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    """What the API and the pages ask for, by its name in the table."""
    from analytics.figures import occupancy_by_property
    from analytics.reports import Scope, revenue
    from analytics.summary import summaries
    from bookings.availability import Wanted, free_properties
    from bookings.calendar import bars_between
    from guests.models import Guest

    today = datetime.now(UTC).date()
    year = today.replace(month=1, day=1)
    month, next_year = today.replace(day=1), year + timedelta(365)
    for nights in (2, 7, 14):
        arrival = today + timedelta(30)
        stay = Wanted(arrival, arrival + timedelta(nights), guests=2)
        yield f"free for {nights} nights", partial(free_properties, organization, stay, limit=20)
    for days, start in ((30, month), (365, year)):
        period = organization, start, start + timedelta(days)
        yield f"occupancy, {days} days", partial(occupancy_by_property, *period)
        yield f"summary, {days} days", partial(summaries, *period)
    scope = Scope.usual(organization, year, next_year)
    yield "revenue by month, 365 days", partial(revenue, scope, "month")
    weeks = today, today + timedelta(42)
    yield "tape chart, 42 days", partial(bars_between, organization.pk, *weeks)
    guests = Guest.objects.for_organization(organization).matching("lindqvist")
    yield "guests named Lindqvist, 20 and their number", partial(counted_page, guests)


def counted_page(rows: Any) -> tuple[int, list[Any]]:
    return rows.count(), list(rows.order_by("-created_at", "id")[:20])


def measured(name: str, read: Callable[[], object]) -> str:
    """A row of the table."""
    explained: list[float] = []
    end = time.perf_counter() + SECONDS
    statements = asked_by(read)
    while len(explained) < FEWEST or time.perf_counter() < end:
        explained.append(sum(explain(sql) for sql in statements))
    spent = [processor(read) for _lot in range(LOTS)]
    figures = (min(explained), statistics.median(explained), min(spent), statistics.median(spent))
    return f"| {name} | {' | '.join(f'{figure:.1f}' for figure in figures)} |\n"


def asked_by(read: Callable[[], object]) -> list[str]:
    """Its statements with their values; the second time, when what can be kept is."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    read()
    with CaptureQueriesContext(connection) as captured:
        read()
    return [one["sql"] for one in captured.captured_queries]


def explain(sql: str) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        # Without parameters, so that a per cent sign stays one.
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
        [[told]] = cursor.fetchall()
    [plan] = told if isinstance(told, list) else json.loads(told)
    return float(plan["Planning Time"] + plan["Execution Time"])


def processor(read: Callable[[], object]) -> float:
    """Of the connection's server process, a read, over as many as fit into a part of a lot."""
    from django.db import connection

    server = psutil.Process(connection.connection.info.backend_pid)
    reads, end, before = 0, time.perf_counter() + SECONDS, server.cpu_times()
    while not reads or time.perf_counter() < end:
        read()
        reads += 1
    after = server.cpu_times()
    return (after.user + after.system - before.user - before.system) * 1000 / reads


def told_setting(load: float) -> str:
    """Machine, versions, how much there is, command."""
    from django.db import connection

    model = re.search("model name.*: (.*)", Path("/proc/cpuinfo").read_text())
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT current_setting('server_version'), current_setting('shared_buffers'),
                (SELECT count(*) FROM properties_property), (SELECT count(*) FROM properties_unit),
                (SELECT count(*) FROM guests_guest), (SELECT count(*) FROM bookings_booking),
                (SELECT count(*) FROM bookings_night)"""
        )
        postgres, buffers, *many = cursor.fetchone()
    homes, units, guests, stays, nights = (f"{number:,}" for number in many)
    return (
        f"{datetime.now(UTC):%d %B %Y}, {os.cpu_count()} cores of {model[1] if model else '?'}, "
        f"load before it {load:.1f}; Python {platform.python_version()}, PostgreSQL "
        f"{postgres.split()[0]} with {buffers} of shared buffers. One organization of {homes} "
        f"properties with {units} units, {guests} guests, {stays} bookings, {nights} nights, "
        "beside 20 small ones. Milliseconds of PostgreSQL's time a read: "
        "`python -m bench.load.alone`."
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
