"""Who hears what, and what is told to those who were away. No server, no database, no clock."""

import asyncio
import json
import re
from typing import Any

import pytest

from villaops.live import hub as hubs
from villaops.live.hub import Hub, Notice, Stream, Viewer

SEA, HILL = "sea", "hill"


def viewer(organization: str = SEA, user: str = "ada", homes: set[str] | None = None) -> Viewer:
    return Viewer(organization, user, "session", None if homes is None else frozenset(homes))


def notice(*ids: str, organization: str = SEA, homes: tuple[str, ...] = ()) -> Notice:
    return Notice(organization, "booking", ids or None, frozenset(homes) if homes else None)


class Clock:
    """A moment in seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def heard(stream: Stream) -> list[Any]:
    """What waits for the browser, as (kind, ids)."""
    text = b"".join(stream.waiting).decode()
    stream.waiting.clear()
    return [
        (kind, json.loads(body).get("ids"))
        for kind, body in re.findall(r"event: (\w+)\ndata: (.*)\n\n", text)
        if kind != "hello"
    ]


def last_id(stream: Stream) -> str:
    return re.findall(r"id: (\S+)", b"".join(stream.waiting).decode())[-1]


def test_nobody_hears_another_organization() -> None:
    hub = Hub()
    here, there = hub.open(viewer(SEA)), hub.open(viewer(HILL))

    hub.tell(notice("b1"))

    assert heard(here) == [("change", ["b1"])]
    assert heard(there) == []


def test_limited_member_hears_of_their_properties_alone() -> None:
    hub = Hub()
    limited = hub.open(viewer(homes={"aurora"}))

    hub.tell(notice("b1", homes=("aurora", "verde")))
    hub.tell(notice("b2", homes=("verde",)))
    hub.tell(notice())

    assert heard(limited) == [("change", ["b1"]), ("change", None)]


def test_notice_for_one_person_reaches_that_person() -> None:
    hub = Hub()
    ada, bob = hub.open(viewer(user="ada")), hub.open(viewer(user="bob"))

    hub.tell(Notice(SEA, "notification", ("n1",), None, frozenset({"bob"})))

    assert heard(ada) == []
    assert heard(bob) == [("change", ["n1"])]


def test_whoever_comes_back_is_told_what_they_missed() -> None:
    hub = Hub()
    first = hub.open(viewer())
    hub.tell(notice("b1"))
    at = last_id(first)
    hub.close(first)
    hub.tell(notice("b2"))
    hub.tell(notice("x", organization=HILL))

    assert heard(hub.open(viewer(), at)) == [("change", ["b2"])]


def test_whoever_was_away_too_long_or_elsewhere_looks_at_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hubs, "REMEMBERED", 2)
    hub = Hub()
    hub._remembered = hubs.deque(maxlen=2)
    at = last_id(hub.open(viewer()))
    for number in range(3):
        hub.tell(notice(f"b{number}"))

    assert heard(hub.open(viewer(), at)) == [("resync", None)]
    assert heard(hub.open(viewer(), "another-1")) == [("resync", None)]
    assert heard(hub.open(viewer(), "nonsense")) == [("resync", None)]


def test_new_page_is_told_what_happened_since_it_was_made() -> None:
    clock = Clock()
    hub = Hub(clock)
    clock.now += 10
    hub.tell(notice("before"))
    made = int(clock.now * 1000) + 1
    clock.now += 1
    hub.tell(notice("after"))

    assert heard(hub.open(viewer(), "", made)) == [("change", ["after"])]
    # Before the process listened: nobody knows.
    assert heard(hub.open(viewer(), "", 5)) == [("resync", None)]
    assert heard(hub.open(viewer())) == []


def test_after_an_interruption_everybody_looks_at_everything() -> None:
    hub = Hub()
    stream = hub.open(viewer())
    before = last_id(stream)
    hub.tell(notice("b1"))

    hub.interrupted()

    assert heard(stream) == [("change", ["b1"]), ("resync", None)]
    assert heard(hub.open(viewer(), before)) == [("resync", None)]


def test_whoever_does_not_read_is_let_go() -> None:
    hub = Hub()
    slow = hub.open(viewer())

    for number in range(hubs.MOST_WAITING):
        hub.tell(notice(f"b{number}"))

    assert slow.has_ended
    assert not slow.waiting


def test_the_oldest_stream_of_a_person_makes_room() -> None:
    hub = Hub()
    others = hub.open(viewer(user="bob"))
    mine = [hub.open(viewer()) for _ in range(hubs.MOST_PER_USER + 1)]

    assert [stream.has_ended for stream in mine] == [True] + [False] * hubs.MOST_PER_USER
    assert not others.has_ended
    assert len(hub.streams()) == hubs.MOST_PER_USER + 1


def test_parts_come_together_with_a_heartbeat_and_an_end() -> None:
    async def listen() -> list[bytes | None]:
        hub = Hub()
        stream = hub.open(viewer())
        hub.tell(notice("b1"))
        parts = [await stream.parts(60), await stream.parts(0)]
        hub.let_go(stream)
        return [*parts, await stream.parts(60), await stream.parts(60)]

    both, silence, gone, end = asyncio.run(listen())

    assert both
    assert both.count(b"event: ") == 2
    assert silence == b": still here\n\n"
    assert gone
    assert b"event: gone" in gone
    assert end is None


def test_who_comes_in_while_the_process_ends_is_sent_away_at_once() -> None:
    # The server waits for every open stream: one more would keep it from ending.
    async def listen() -> bytes | None:
        hub = Hub()
        hub.end_all()
        late = hub.open(viewer())
        hub.tell(notice("b1"))
        assert hub.streams() == []
        return await late.parts(60)

    assert asyncio.run(listen()) is None


def test_notice_is_read_as_triggers_write_it() -> None:
    written = (
        '{"organization" : "o", "topic" : "guest", "ids" : null, "properties" : ["p"],'
        ' "users" : null}'
    )

    assert Notice.read(written) == Notice("o", "guest", None, frozenset({"p"}), None)
