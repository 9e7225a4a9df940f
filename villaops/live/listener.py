"""The one connection of a process that hears what PostgreSQL tells."""

import asyncio
import contextlib
import logging
import random
from typing import Any

import environ
import psycopg
from django.conf import settings
from django.db import connections

from villaops.live.hub import Hub, Notice
from villaops.live.triggers import CHANNEL

logger = logging.getLogger(__name__)

SHORTEST_WAIT, LONGEST_WAIT = 0.1, 5.0
# After so long in silence it is asked whether it is still there.
SILENCE = 30.0


def address() -> dict[str, Any]:
    """How to connect: as Django does, or past a pooler, which cannot listen."""
    if settings.LISTEN_DATABASE_URL:
        parts = environ.Env.db_url_config(settings.LISTEN_DATABASE_URL)
        names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
        found = {name: parts[key] for name, key in names.items() if parts.get(key)}
        found |= {"port": parts["PORT"]} if parts.get("PORT") else {}
        found |= parts.get("OPTIONS", {})
    else:
        found = dict(connections["default"].get_connection_params())
        # Django's own wishes for its cursors.
        for name in ("cursor_factory", "context", "prepare_threshold"):
            found.pop(name, None)
    return {
        **found,
        "application_name": "villaops-live",
        "connect_timeout": 5,
        # A line that was cut without a word is noticed.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }


class Listener:
    """Hears notices and hands them to the hub, for as long as the process lives."""

    def __init__(self, hub: Hub, on_access: asyncio.Event) -> None:
        self._hub = hub
        self._on_access = on_access
        self.is_listening = asyncio.Event()

    async def run(self) -> None:
        """Listen, again and again; each time it is back everybody looks at everything."""
        wait = SHORTEST_WAIT
        was_there = False
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **address(), autocommit=True
                ) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    if was_there:
                        self._hub.interrupted()
                    was_there, wait = True, SHORTEST_WAIT
                    self.is_listening.set()
                    await self._hear(connection)
            except (psycopg.Error, OSError) as error:
                logger.warning("live: not listening", extra={"reason": type(error).__name__})
            finally:
                self.is_listening.clear()
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - no secret
            wait = min(wait * 2, LONGEST_WAIT)

    async def _hear(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for notify in connection.notifies(timeout=SILENCE):
                self._take(notify.payload)
            await connection.execute("SELECT 1")

    def _take(self, payload: str) -> None:
        with contextlib.suppress(ValueError, KeyError):
            notice = Notice.read(payload)
            if notice.topic == "access":
                self._on_access.set()
            else:
                self._hub.tell(notice)
