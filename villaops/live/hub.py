"""Who listens in this process, and what each of them may hear. No database, no network."""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

# What somebody who was away for a moment can still be told.
REMEMBERED = 2000
# Whoever has more waiting does not read: they are let go, and come back.
MOST_WAITING = 100
# Browsers hold one stream for all their tabs, so this is twenty browsers.
MOST_PER_USER = 20


@dataclass(frozen=True)
class Notice:
    """Something has changed. `None` in place of a list means "some", for everybody."""

    organization: str
    topic: str
    ids: tuple[str, ...] | None = None
    properties: frozenset[str] | None = None
    users: frozenset[str] | None = None

    @classmethod
    def read(cls, payload: str) -> "Notice":
        """A notice as the triggers write it."""
        said = json.loads(payload)
        return cls(
            said["organization"],
            said["topic"],
            None if said["ids"] is None else tuple(said["ids"]),
            None if said["properties"] is None else frozenset(said["properties"]),
            None if said["users"] is None else frozenset(said["users"]),
        )


@dataclass
class Viewer:
    """A member at an open page."""

    organization: str
    user: str
    session_key: str
    # The only properties the member may hear of; None for all of them.
    properties: frozenset[str] | None = None

    def hears(self, notice: Notice) -> bool:
        """Whether the notice is any of theirs."""
        if notice.organization != self.organization:
            return False
        if notice.users is not None and self.user not in notice.users:
            return False
        if self.properties is None or notice.properties is None:
            return True
        return not self.properties.isdisjoint(notice.properties)


@dataclass(frozen=True)
class Remembered:
    """A notice with its number and the moment it came in, in milliseconds."""

    number: int
    at: int
    notice: Notice


class Stream:
    """What one browser is still to be sent."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.waiting: deque[bytes] = deque()
        self.has_ended = False
        self._something = asyncio.Event()

    def put(self, part: bytes) -> None:
        """Have it sent; whoever does not read is let go."""
        if len(self.waiting) >= MOST_WAITING:
            self.end()
        elif not self.has_ended:
            self.waiting.append(part)
            self._something.set()

    def end(self, last: bytes = b"") -> None:
        """Send nothing more, after this one."""
        if not self.has_ended:
            self.has_ended = True
            self.waiting.clear()
            if last:
                self.waiting.append(last)
            self._something.set()

    async def parts(self, heartbeat: float) -> "bytes | None":
        """All that waits, in one; a comment when nothing does for so long; None at the end."""
        try:
            async with asyncio.timeout(heartbeat):
                await self._something.wait()
        except TimeoutError:
            return b": still here\n\n"
        together = b"".join(self.waiting)
        self.waiting.clear()
        if self.has_ended:
            return together or None
        self._something.clear()
        return together


class Hub:
    """Passes notices on to the streams, and remembers the last ones for those who come back.

    A number means something within this process and this life of it only: whoever brings another
    one, or one too old, is told to look at everything ("resync").
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._life = secrets.token_hex(4)
        self._number = 0
        self._remembered: deque[Remembered] = deque(maxlen=REMEMBERED)
        # From then on nothing has been missed, or forgotten.
        self._complete_since = self._milliseconds()
        self._complete_after = 0
        self._streams: dict[str, dict[Stream, None]] = {}
        self._has_ended = False

    # --- Streams ---------------------------------------------------------------------------------

    def open(self, viewer: Viewer, last_id: str = "", since: int | None = None) -> Stream:
        """A stream that begins with what its viewer has missed.

        They say where they were by the id of the last event they got or, on a page that is new, by
        the moment it was made.
        """
        stream = Stream(viewer)
        if self._has_ended:
            stream.end()
            return stream
        mine = self._streams.setdefault(viewer.organization, {})
        self._make_room(mine, viewer.user)
        mine[stream] = None
        stream.put(self._event("hello", {"at": self._milliseconds()}))
        for part in self._missed(viewer, last_id, since):
            stream.put(part)
        return stream

    def close(self, stream: Stream) -> None:
        """Forget a stream."""
        mine = self._streams.get(stream.viewer.organization, {})
        mine.pop(stream, None)
        if not mine:
            self._streams.pop(stream.viewer.organization, None)

    def streams(self) -> list[Stream]:
        """All that are open."""
        return [stream for mine in self._streams.values() for stream in mine]

    def let_go(self, stream: Stream) -> None:
        """End the stream of somebody who may not listen any longer; they need not come back."""
        stream.end(self._event("gone", {}))

    # --- Notices ---------------------------------------------------------------------------------

    def tell(self, notice: Notice) -> None:
        """Pass a notice on to those whose it is."""
        if len(self._remembered) == REMEMBERED:
            oldest = self._remembered[0]
            self._complete_after, self._complete_since = oldest.number, oldest.at + 1
        self._number += 1
        kept = Remembered(self._number, self._milliseconds(), notice)
        self._remembered.append(kept)
        part = self._change(kept)
        for stream in [*self._streams.get(notice.organization, {})]:
            if stream.viewer.hears(notice):
                stream.put(part)

    def interrupted(self) -> None:
        """Nobody knows what has happened meanwhile: all of them look at everything."""
        self._number += 1
        self._remembered.clear()
        self._complete_after, self._complete_since = self._number, self._milliseconds()
        part = self._event("resync", {})
        for stream in self.streams():
            stream.put(part)

    def end_all(self) -> None:
        """The process ends; whoever listens, or was at the door, comes back to another one."""
        self._has_ended = True
        for stream in self.streams():
            stream.end()

    def _make_room(self, mine: dict[Stream, None], user: str) -> None:
        theirs = [stream for stream in mine if stream.viewer.user == user]
        for oldest in theirs[: max(0, len(theirs) + 1 - MOST_PER_USER)]:
            self.let_go(oldest)
            self.close(oldest)

    def _missed(self, viewer: Viewer, last_id: str, since: int | None) -> Iterator[bytes]:
        life, _, number = last_id.partition("-")
        if last_id:
            is_ours = life == self._life and number.isdecimal()
            after = int(number) if is_ours else -1
            missed = [kept for kept in self._remembered if kept.number > after]
            knows = after >= self._complete_after
        else:
            missed = [kept for kept in self._remembered if since is not None and kept.at >= since]
            knows = since is None or since >= self._complete_since
        if not knows:
            yield self._event("resync", {})
            return
        for kept in missed:
            if viewer.hears(kept.notice):
                yield self._change(kept)

    def _change(self, kept: Remembered) -> bytes:
        told = {"topic": kept.notice.topic, "ids": kept.notice.ids, "at": kept.at}
        return self._event("change", told, kept.number)

    def _event(self, kind: str, told: object, number: int | None = None) -> bytes:
        at = self._number if number is None else number
        body = json.dumps(told, separators=(",", ":"))
        return f"id: {self._life}-{at}\nevent: {kind}\ndata: {body}\n\n".encode()

    def _milliseconds(self) -> int:
        return int(self._now() * 1000)


def texts(ids: "list[UUID] | None") -> frozenset[str] | None:
    """Ids as the notices write them."""
    return None if ids is None else frozenset(str(one) for one in ids)
