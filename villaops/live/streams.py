"""Event streams, beside Django: a stream is open for hours and needs neither thread nor database.

Who may listen is asked through Django, all of its middleware included. Once it has answered its
connections are closed, and what follows is a coroutine that waits.
"""

import asyncio
import contextlib
import random
import re
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import DatabaseError, connections

from villaops.live.hub import Hub, Stream, Viewer
from villaops.live.listener import Listener
from villaops.live.rights import Rights, rights_of
from villaops.live.views import OFFER
from villaops.operating.counted import open_stream

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
# Django's own types say less than ASGI's.
type Application = Callable[[Any, Any, Any], Awaitable[None]]

PATH = re.compile(r"^/o/[-a-zA-Z0-9_]+/events$")
HEARTBEAT = 15.0
# A member who was removed is told at once (by a trigger); this is for sessions that ended.
SECONDS_BETWEEN_LOOKS = 20.0
# So many may be at the door together: after a restart everybody comes back at once.
AT_THE_DOOR = 8
SECONDS_TO_LISTEN = 5.0
SECONDS_TO_TAKE = 30.0


class Streams:
    """The ASGI application: streams are ours, everything else is Django's."""

    def __init__(self, django: Application) -> None:
        self._django = django
        self.hub = Hub()
        self._door = asyncio.Semaphore(AT_THE_DOOR)
        self._access = asyncio.Event()
        self._listener = Listener(self.hub, self._access)
        self._work: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and PATH.match(scope["path"]):
            await self._serve(scope, receive, send)
        else:
            await self._django(scope, receive, send)

    # --- One stream ------------------------------------------------------------------------------

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._begin_work()
        offer: dict[str, Viewer] = {}
        async with self._door:
            answer = await self._ask({**scope, OFFER: offer})
        if "viewer" not in offer:
            for message in answer:
                await send(message)
            return
        if not await self._is_listening():
            await send(_start(503, [(b"retry-after", b"5"), (b"cache-control", b"no-store")]))
            await send({"type": "http.response.body", "body": b""})
            return
        headers = [pair for pair in answer[0]["headers"] if pair[0].lower() != b"content-length"]
        await send(_start(200, headers))
        stream = self.hub.open(offer["viewer"], *_where_it_was(scope))
        gone = asyncio.create_task(_end_when_gone(stream, receive))
        try:
            # Whoever does not take what is sent is gone, though nobody has said so.
            with open_stream(), contextlib.suppress(TimeoutError):
                await self._send(stream, send)
        finally:
            gone.cancel()
            self.hub.close(stream)

    async def _ask(self, scope: Scope) -> list[Message]:
        """Django's whole answer, after which no connection of it is left open."""
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        async with ThreadSensitiveContext():
            await self._django(scope, _no_body(), keep)
            await sync_to_async(connections.close_all)()
        return answer

    async def _send(self, stream: Stream, send: Send) -> None:
        # Not all of them at the same moment.
        retry = random.randrange(1000, 4000)  # noqa: S311 - no secret
        await send(_part(f"retry: {retry}\n\n".encode()))
        while (part := await stream.parts(HEARTBEAT)) is not None:
            async with asyncio.timeout(SECONDS_TO_TAKE):
                await send(_part(part))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    # --- The work behind all of them -------------------------------------------------------------

    def _begin_work(self) -> None:
        """With the first stream: a process that holds none has no connection for them."""
        if not self._work:
            jobs = (self._listener.run(), self._look_again())
            self._work = [asyncio.create_task(job) for job in jobs]
            _when_told_to_end(self.hub.end_all)

    async def _is_listening(self) -> bool:
        try:
            async with asyncio.timeout(SECONDS_TO_LISTEN):
                await self._listener.is_listening.wait()
        except TimeoutError:
            return False
        return True

    async def _look_again(self) -> None:
        """End the streams of those who are members no longer, or signed out."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SECONDS_BETWEEN_LOOKS):
                    await self._access.wait()
            self._access.clear()
            streams = self.hub.streams()
            if not streams:
                continue
            # A database that restarts can be asked again in a moment.
            with contextlib.suppress(DatabaseError):
                viewers = [stream.viewer for stream in streams]
                rights = await asyncio.to_thread(rights_of, viewers)
                self._apply(rights, streams)

    def _apply(self, rights: Rights, streams: list[Stream]) -> None:
        for stream in streams:
            viewer = stream.viewer
            if rights.still(viewer):
                viewer.properties = rights.properties[viewer.organization, viewer.user]
            else:
                self.hub.let_go(stream)


def _when_told_to_end(then: Callable[[], None]) -> None:
    """Call it at SIGTERM too: a server that ends waits for what is open, and streams stay open.

    What the server's loop does at a signal hangs on a file descriptor and goes on as before.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        is_main = threading.current_thread() is threading.main_thread()
        # Nobody waits for it: then the process ends at once, and must go on doing so.
        if is_main and signal.getsignal(number) not in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(then))
            signal.siginterrupt(number, False)


def _where_it_was(scope: Scope) -> tuple[str, int | None]:
    """The id of the last event the browser got, and since when it has its page."""
    asked = parse_qs(scope["query_string"].decode("latin1"))
    named = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin1")
    since = asked.get("since", [""])[0]
    last_id = named or asked.get("last", [""])[0]
    return last_id, int(since) if since.isdecimal() and len(since) < 16 else None


def _no_body() -> Receive:
    """A request without a body, whose client stays; what the real one does is watched elsewhere."""
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await asyncio.Event().wait()
        raise AssertionError

    return receive


async def _end_when_gone(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()


def _start(status: int, headers: list[tuple[bytes, bytes]]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _part(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}
