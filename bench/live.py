# ruff: noqa: INP001 - a program, not a package
"""Event streams on one process: how long one change takes to all of them, and what they weigh.

.venv/bin/python bench/live.py [streams] [changes]

Makes a private database in a temporary folder, an organization with as many members as it takes,
and a server process like production's for streams. Answers 1 when a change takes 500 ms to reach
the last.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from statistics import quantiles
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from villaops import embedded

MOST_MILLISECONDS = 500
PER_MEMBER = 15
PORT = 8899
# A connection that is open until the test ends.
REQUEST = "GET /o/{slug}/events HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={session}\r\n\r\n"


class Browser:
    """One stream, and when it last heard of a change."""

    def __init__(self) -> None:
        self.heard = asyncio.Queue[float]()
        self.writer: asyncio.StreamWriter | None = None

    async def listen(self, slug: str, session: str, is_open: asyncio.Semaphore) -> None:
        reader, self.writer = await asyncio.open_connection("127.0.0.1", PORT)
        self.writer.write(REQUEST.format(slug=slug, session=session).encode())
        while line := await reader.readline():
            if line.startswith(b"HTTP/") and b" 200 " not in line:
                raise SystemExit(f"The server said {line.decode().strip()}.")
            if line == b"event: hello\n":
                is_open.release()
            elif line == b"event: change\n":
                self.heard.put_nowait(time.perf_counter())


def main(streams: int, changes: int) -> int:
    """Measure, and print a line of bench/README.md's table."""
    with tempfile.TemporaryDirectory() as folder:
        url = embedded.ensure_running(Path(folder), durable=False, with_parent=True)
        os.environ |= {"VAR_DIR": folder, "DATABASE_URL": url}
        try:
            slug, sessions, change = _prepare(-(-streams // PER_MEMBER))
            with _server() as server:
                return asyncio.run(_measure(server, slug, sessions, streams, changes, change))
        finally:
            embedded.stop(Path(folder), durable=False)


def _prepare(members: int) -> tuple[str, list[str], Any]:
    """The organization's slug, a session of each member, and a function that changes a booking."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "villaops.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.core.management import call_command

    from bookings.models import Booking
    from villaops.tenancy import Door, organization_context
    from villaops.tests.build import make_booking, make_member, make_organization, make_property

    call_command("migrate", verbosity=0)
    organization = make_organization("Sea Houses")
    sessions = []
    for _ in range(members):
        user = make_member(organization)
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.create()
        sessions.append(store.session_key)
    with organization_context(organization, by=None, door=Door.COMMAND):
        stay = make_booking(make_property(organization))

    def change() -> float:
        """Change it, and return when that was begun."""
        began = time.perf_counter()
        with organization_context(organization, by=None, door=Door.COMMAND):
            Booking.objects.filter(pk=stay.pk).update(special_requests=str(time.time()))
        return began

    return organization.slug, sessions, change


@contextmanager
def _server() -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", "granian", "--interface", "asginl", "--workers", "1"]
    command += ["--port", str(PORT), "--log-level", "warning", "villaops.asgi:application"]
    with subprocess.Popen(command) as process:
        try:
            for _ in range(300):
                time.sleep(0.1)
                found = psutil.Process(process.pid).children()
                if any(
                    one.laddr.port == PORT for child in found for one in child.net_connections()
                ):
                    break
            # The worker; what is beside it keeps semaphores.
            yield max(found, key=lambda child: child.memory_info().rss)
        finally:
            process.terminate()


async def _measure(
    server: psutil.Process,
    slug: str,
    sessions: list[str],
    streams: int,
    changes: int,
    change: Any,
) -> int:
    browsers = [Browser() for _ in range(streams + 1)]
    is_open = asyncio.Semaphore(0)
    # The first is not counted: with it Django loads what it needs.
    listening = [asyncio.create_task(browsers[0].listen(slug, sessions[0], is_open))]
    await is_open.acquire()
    before = server.memory_info().rss
    began = time.perf_counter()
    for number, browser in enumerate(browsers[1:]):
        session = sessions[number // PER_MEMBER]
        listening.append(asyncio.create_task(browser.listen(slug, session, is_open)))
    for _ in browsers[1:]:
        await is_open.acquire()
    opening = time.perf_counter() - began
    after, threads = server.memory_info().rss, server.num_threads()
    print(f"{streams} streams open after {opening:.1f} s; load {os.getloadavg()[0]:.1f}")
    print(
        f"memory {before / 2**20:.1f} -> {after / 2**20:.1f} MiB,"
        f" {(after - before) / 1024 / streams:.0f} KiB a stream; {threads} threads"
    )
    last = []
    for _ in range(changes):
        begun = await asyncio.to_thread(change)
        arrived = [await browser.heard.get() for browser in browsers]
        delays = [(one - begun) * 1000 for one in arrived]
        cuts = quantiles(delays, n=100)
        last.append(max(delays))
        print(f"one change: p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms, last {last[-1]:.0f} ms")
    for task in listening:
        task.cancel()
    for browser in browsers:
        if browser.writer:
            browser.writer.close()
    return int(max(last) >= MOST_MILLISECONDS)


if __name__ == "__main__":
    asked = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*[*asked, *(300, 10)[len(asked) :]]))
