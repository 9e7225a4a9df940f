# ruff: noqa: INP001 - a program, not a package
"""What each page of the dashboard takes on the large organization, after `make bench-data`.

    VAR_DIR=var/bench .venv/bin/python -m bench.pages [TIMES] [WORDS OF ADDRESSES ...]

Asks every GET of the route table, and more of what people ask for, one by one through Django's own
client, as production is set up. Files to download and streams are no pages. Each page is measured
made anew, after a change of the organization's rows, and asked again without one
(docs/decisions/0019-remembered-answers.md). Writes `bench/PAGES.md` when all are measured; answers
1 when a page's 95th percentile, made anew, is over 150 ms.
"""

import logging
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from villaops import embedded

MOST_MS = 150
WARM_UP = 3
TRANSACTION = re.compile("BEGIN|COMMIT|SAVEPOINT|RELEASE")
NO_PAGES = {"events", "settings/logo", "analytics/download", "imports/<uuid:import_id>/problems"}
FRAGMENT = {"HX-Request": "true"}

ANALYSIS = ("overview", "course", "checked", "properties", "channels", "habits", "pickup", "pace")
# Beside the table's own: what is behind filters, and what pages fetch later.
MORE = [
    "?day={tomorrow}",
    "?show=arrivals",
    "?show=in-house&page=2",
    "?show=pending&page=9",
    "find?q=lindqvist",
    "bookings/?property={property_id}&start={day}&end={month_later}",
    "bookings/?status=pending&q=lindqvist&sort=-total",
    "bookings/?q=nothing+like+it",
    "bookings/?page=3999",
    "bookings/?columns=guest,reference,where,arrival,departure,nights,party,source,status,total",
    "bookings/new?copy={booking_id}",
    "bookings/new/guests?find=lindqvist",
    "bookings/new/guests-alike?name=Emma+Lindqvist",
    "calendar/data?start={day}&end={month_later}",
    "calendar/list?start={day}&page=3",
    "availability/?check_in={month_later}&check_out={week_after}&guests=2",
    "guests/?q=lindqvist",
    "guests/?sort=-stays",
    "guests/?sort=next",
    "guests/?page=700",
    "properties/?view=table",
    "properties/?q=villa&page=3",
    "occupancy/?period_start={year}&period_end={year_later}",
    "audit/?kind=booking",
    *(
        f"analytics/?{period}section={section}"
        for period in ("", "preset=this_year&compare=year&")
        for section in ANALYSIS
    ),
    *(
        f"analytics/{rows}/?figure={figure}&preset=this_year"
        for rows, figure in (
            ("nights", "revenue"),
            ("nights", "adjusted_occupancy"),
            ("bookings", "cancellations"),
            ("bookings", "lead_time"),
        )
    ),
    "properties/{property_id}/?tab=figures",
]
# What a page fetches of itself.
PARTS = ("find?", "bookings/?", "guests/?", "audit/?", "messages/?", "section=", "new/guests")


@dataclass(frozen=True)
class Page:
    """An address below the organization's, as written above and as asked for."""

    name: str
    path: str
    is_part: bool = False


@dataclass(frozen=True)
class Round:
    """Statements, medians of processor time, and the 95th percentile of the clock's."""

    statements: int
    worker_ms: float
    postgres_ms: float
    p95: float


@dataclass(frozen=True)
class Measured:
    """A page made anew, and asked again."""

    page: Page
    status: int
    kilobytes: float
    anew: Round
    again: Round


def main(times: int, words: list[str]) -> int:
    """Measure and tell; 1 when a page takes too long."""
    started = os.getloadavg()[0]
    set_up()
    from bench.load.targets import Place

    place = Place.large()
    headers = place.page_headers()
    found = [
        measure(page, headers, times, place.change)
        for page in pages(place.organization.slug, values_of(place))
        if not words or any(word in page.path for word in words)
    ]
    # The clock is everybody's who works on the machine; processor time is the page's own.
    found.sort(key=lambda one: -(one.anew.worker_ms + one.anew.postgres_ms))
    table = told(found)
    print(table)
    if not words:
        setting = where(times, started)
        Path(__file__).with_name("PAGES.md").write_text(f"# Pages\n\n{setting}\n\n{table}\n")
    return int(any(one.anew.p95 > MOST_MS or one.status >= 400 for one in found))


def set_up() -> None:
    os.environ["DATABASE_URL"] = embedded.ensure_running(embedded.default_var_dir())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "villaops.settings")
    os.environ |= {
        "SECRET_KEY": "bench" * 12,
        "JWT_SECRET_KEY": "bench" * 12,
        "ENVIRONMENT": "production",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "false",
        "EMAIL_URL": "dummymail://",
    }
    import django

    django.setup()
    from django.core.management import call_command

    from villaops.loaded import load

    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0)
    # Pages name their style sheets by what these contain.
    call_command("collectstatic", interactive=False, verbosity=0)
    load()


def values_of(place: Any) -> dict[str, str]:
    """What stands for the placeholders; rows that the houses lack are made the first time."""
    from accounts.models import Membership
    from bookings.blocks import block_nights
    from bookings.models import Block, Booking, BookingNote, SavedView
    from bookings.notes import add_note
    from bookings.saved_views import save_view
    from imports.models import Import
    from messaging.models import Message, Notification
    from messaging.notification_kinds import NotificationKind
    from messaging.notifications import News, notify
    from properties.models import Unit
    from villaops.tenancy import Door, organization_context
    from villaops.tests.build import make_guest, make_import, make_message

    organization, owner = place.organization, place.user
    day = datetime.now(UTC).date()
    with organization_context(organization, by=owner, door=Door.COMMAND):
        coming = Booking.objects.filter(status="confirmed", check_in__gt=day)
        stay = coming.select_related("property", "guest").earliest("id")
        unit = Unit.objects.filter(property=stay.property_id).earliest("id")
        if not Block.objects.exists():
            free = date(day.year + 10, 1, 1)
            block_nights(unit=unit, start=free, end=free + timedelta(2), by=owner)
            add_note(booking=stay, text="Late", by=owner)
            save_view(organization=organization, by=owner, name="Mine", query="status=pending")
            make_message(stay)
            make_import(organization)
            make_guest(organization, name=str(stay.guest))
            notify(organization=organization, news=News(NotificationKind.NEW_BOOKING, "made", stay))
        return {
            "slug": organization.slug,
            "property_id": str(stay.property_id),
            "unit_id": str(unit.pk),
            "booking_id": str(stay.pk),
            "guest_id": str(stay.guest_id),
            "double_id": str(Booking.objects.earliest("id").guest_id),
            "block_id": str(Block.objects.earliest("id").pk),
            "note_id": str(BookingNote.objects.earliest("id").pk),
            "view_id": str(SavedView.objects.earliest("id").pk),
            "message_id": str(Message.objects.earliest("id").pk),
            "import_id": str(Import.objects.earliest("id").pk),
            "notification_id": str(Notification.objects.earliest("id").pk),
            "member_id": str(Membership.objects.get(user=owner, organization=organization).pk),
            "day": str(day),
            "next": str(day + timedelta(1)),
            "tomorrow": str(day + timedelta(1)),
            "check_in": str(day + timedelta(5)),
            "check_out": str(day + timedelta(7)),
            "month_later": str(day + timedelta(30)),
            "week_after": str(day + timedelta(37)),
            "year": str(day.replace(month=1, day=1)),
            "year_later": str(day.replace(month=1, day=1) + timedelta(365)),
        }


def pages(slug: str, values: dict[str, str]) -> list[Page]:
    """All of them."""
    from villaops.tests.route_table import DASHBOARD

    found = []
    for row in DASHBOARD:
        name = row.route.removeprefix("o/<slug:slug>/")
        if row.method == "GET" and not (name in NO_PAGES or "export" in name or ".pdf" in name):
            fill = {key: text.format(**values) for key, text in (row.fill or {}).items()}
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", name) + row.query
            found.append(Page(name + row.query, path.format(**values | fill)))
    found.extend(Page(path, path.format(**values)) for path in MORE)
    parts = [page for page in found if any(part in page.name for part in PARTS)]
    found.extend(Page(f"{page.name} (part)", page.path, is_part=True) for page in parts)
    return [Page(one.name, f"/o/{slug}/{one.path}", one.is_part) for one in found]


def measure(
    page: Page, headers: dict[str, str], times: int, change: Callable[[], None]
) -> Measured:
    """The page after a change of the organization's rows, and without one."""
    from django.test import Client

    client = Client(headers=headers | (FRAGMENT if page.is_part else {}), HTTP_HOST="127.0.0.1")

    for _ in range(WARM_UP):
        answer = client.get(page.path)
    status, size = answer.status_code, len(answer.content)
    # What a response holds on to would be looked through by each collection of garbage.
    del answer
    anew = measure_round(client, page.path, times, change)
    again = measure_round(client, page.path, times, lambda: None)
    return Measured(page, status, size / 1000, anew, again)


def measure_round(client: Any, path: str, times: int, before: Callable[[], None]) -> Round:
    """So many requests, each after what goes before it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    before()
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    statements = [one["sql"] for one in captured.captured_queries]
    del captured
    clock, worker, postgres = [], [], []
    for _ in range(times):
        before()
        began = time.perf_counter(), time.process_time(), spent_by(postgres_pid)
        client.get(path)
        clock.append(time.perf_counter() - began[0])
        worker.append(time.process_time() - began[1])
        postgres.append(spent_by(postgres_pid) - began[2])
    return Round(
        sum(not TRANSACTION.match(statement) for statement in statements),
        statistics.median(worker) * 1000,
        statistics.median(postgres) * 1000,
        statistics.quantiles(clock, n=20, method="inclusive")[-1] * 1000,
    )


def postgres_pid() -> int:
    from django.db import connection

    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


def spent_by(pid: Callable[[], int]) -> float:
    """Seconds of processor time of our connection's process; Linux counts them in nanoseconds."""
    return int(Path(f"/proc/{pid()}/schedstat").read_text().split()[0]) / 1e9


def told(found: list[Measured]) -> str:
    """In Markdown, the dearest first."""
    head = (
        "| page | status | kB | statements | worker ms | PostgreSQL ms | p95 ms"
        " | again: statements | worker ms | PostgreSQL ms | p95 ms |"
    )
    lines = [head, "|---" * (head.count("|") - 1) + "|"]
    lines.extend(
        f"| `{one.page.name}` | {one.status} | {one.kilobytes:.0f}"
        f" | {row_of(one.anew)} | {row_of(one.again)} |"
        for one in found
    )
    return "\n".join(lines)


def row_of(one: Round) -> str:
    """Its cells."""
    times = f"{one.worker_ms:.1f} | {one.postgres_ms:.1f} | {one.p95:.0f}"
    return f"{one.statements} | {times}"


def where(times: int, load: float) -> str:
    """When and on what."""
    from django.db import connection

    model = re.search("model name.*: (.*)", Path("/proc/cpuinfo").read_text())
    versions = [f"Python {platform.python_version()}", f"Django {version('Django')}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        versions.append(f"PostgreSQL {cursor.fetchone()[0].split()[0]}")
    return (
        f"{datetime.now(UTC):%d %B %Y}, {os.cpu_count()} cores of {model[1] if model else '?'},"
        f" load {load:.1f} before it and {os.getloadavg()[0]:.1f} after; {', '.join(versions)}."
        f" Each page {times} times made anew and {times} times asked again, one after the other:"
        f" `python -m bench.pages {times}`."
    )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    number = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 20
    raise SystemExit(main(number, arguments))
