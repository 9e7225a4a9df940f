"""With REDIS_URL, processes share what they count; when Redis dies, nothing else does."""

import http.client
import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.members import Reach, limit_to_properties
from accounts.models import User
from accounts.permissions import Role
from bookings.blocks import block_nights
from bookings.services import cancel_booking
from conftest import Statements
from guests.services import delete_guest, restore_guest
from properties.services import (
    add_unit,
    delete_property,
    delete_unit,
    restore_property,
    restore_unit,
    update_property,
)
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_member,
    make_organization,
    make_property,
    units_of,
)
from villaops.tests.client import Api
from villaops.tests.serve import free_port, running_server

pytestmark = [
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed"),
]

NOBODY = {"email": "nobody@example.com", "password": "wrong password"}


ONE = timedelta(days=1)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis server of the test's own: its address and its process."""
    port = free_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(["redis-server", *arguments], stdout=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0", server
    server.kill()
    server.wait()


def ask(port: int, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json"}
    client.request(method, path, json.dumps(body) if body else None, headers)
    answer = client.getresponse()
    content = json.loads(answer.read())
    client.close()
    return answer.status, content


def test_processes_share_limits_and_outlive_redis(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, server = redis

    with running_server(REDIS_URL=url, RATE_LIMIT_AUTH="10", LOGIN_FAILURE_LIMIT="0") as port:
        ready = ask(port, "GET", "/health/ready")
        statuses = [ask(port, "POST", "/api/v1/auth/login", NOBODY)[0] for _ in range(12)]
        server.kill()
        server.wait()
        without = ask(port, "GET", "/health/ready")
        after = ask(port, "POST", "/api/v1/auth/login", NOBODY)

    assert ready == (
        200,
        {"status": "ready", "checks": {"database": "ok", "cache": "ok", "broker": "ok"}},
    )
    # Counted by each process alone, two processes would let all twelve through.
    assert statuses == [401] * 10 + [429] * 2
    assert without[1]["checks"] == {"database": "ok", "cache": "error", "broker": "error"}
    assert without[0] == 200
    assert after[0] == 401


@pytest.fixture
def cached(redis: tuple[str, subprocess.Popen[bytes]], settings: Any) -> subprocess.Popen[bytes]:
    """This process keeps answers in Redis; the server's process, to be ended."""
    url, server = redis
    settings.REDIS_URL = url
    shared = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": url,
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 0.1},
    }
    settings.CACHES = {"default": shared, "answers": shared}
    settings.RATE_LIMIT_API = 0
    return server


def names(api: Api, **query: Any) -> list[str]:
    answer = api.get("properties", ordering="name", **query)
    assert answer.status_code == 200
    return [item["name"] for item in answer.json()["items"]]


def test_the_list_of_properties_is_kept_until_a_verb_changes_it(
    cached: subprocess.Popen[bytes], statements: Statements
) -> None:
    organization = make_organization()
    api = Api(User.objects.get(memberships__organization=organization))
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Aurora", units=2)
        units = units_of(home)
    first = api.get("properties")

    with statements(2):
        again = api.get("properties")
    assert again.content == first.content
    tag = {"If-None-Match": first["ETag"]}
    assert api.send("GET", "properties", headers=tag).status_code == 304
    assert names(api) == ["Aurora"]

    changes: list[tuple[Callable[[], Any], list[str], list[int]]] = [
        (lambda: make_property(organization, name="Bella"), ["Aurora", "Bella"], [2, 1]),
        (
            lambda: update_property(property=home, by=None, changes={"name": "Casa"}),
            ["Bella", "Casa"],
            [1, 2],
        ),
        (lambda: add_unit(property=home, by=None, name="Attic"), ["Bella", "Casa"], [1, 3]),
        (lambda: delete_unit(unit=units[0], by=None, on=DAY), ["Bella", "Casa"], [1, 2]),
        (lambda: restore_unit(unit=units[0], by=None), ["Bella", "Casa"], [1, 3]),
        (lambda: delete_property(property=home, by=None), ["Bella"], [1]),
        (lambda: restore_property(property=home, by=None), ["Bella", "Casa"], [1, 3]),
    ]
    for change, expected, counts in changes:
        with organization_context(organization, by=None, door=Door.COMMAND):
            change()
            # Not before it is committed: what others ask for meanwhile is kept as it was.
        answer = api.get("properties", ordering="name").json()
        assert [item["name"] for item in answer["items"]] == expected
        assert [item["unit_count"] for item in answer["items"]] == counts


def test_what_is_kept_is_shown_to_those_alone_who_may_see_it(
    cached: subprocess.Popen[bytes],
) -> None:
    organization, other = make_organization(), make_organization("Hill Houses")
    owner, stranger = (
        User.objects.get(memberships__organization=one) for one in (organization, other)
    )
    with organization_context(organization, by=None, door=Door.COMMAND):
        aurora = make_property(organization, name="Aurora")
        make_property(organization, name="Bella")
    limited = make_member(organization, Role.MANAGER)
    limit = limited.memberships.get()

    assert names(Api(owner)) == ["Aurora", "Bella"]
    assert names(Api(owner), limit=1) == ["Aurora"]
    assert names(Api(limited)) == ["Aurora", "Bella"]
    with organization_context(organization, by=None, door=Door.COMMAND):
        limit_to_properties(
            membership=limit,
            property_ids=[aurora.pk],
            by=None,
            reach=Reach(owners=True),
        )
    assert names(Api(limited)) == ["Aurora"]
    assert names(Api(owner)) == ["Aurora", "Bella"]
    assert names(Api(stranger)) == []
    with organization_context(organization, by=None, door=Door.COMMAND):
        limited.memberships.all().delete()
    assert Api(limited).get("properties").status_code == 403


def test_figures_of_a_past_period_are_kept_until_a_verb_changes_its_nights(
    cached: subprocess.Popen[bytes], statements: Statements
) -> None:
    organization = make_organization()
    api = Api(User.objects.get(memberships__organization=organization))
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization)
        stay, guest, (unit,) = make_booking(home, DAY, 1), make_guest(organization), units_of(home)
    month = {"period_start": str(DAY), "period_end": str(DAY + timedelta(31))}

    def nights() -> list[int]:
        summary = api.get("analytics/summary", **month).json()
        days = api.get("analytics/occupancy", **month).json()["properties"]
        return [
            summary["nights_sold"],
            summary["owner_nights"],
            sum(d["booked_days"] for d in days),
        ]

    assert nights() == [1, 0, 1]
    with statements(2):
        api.get("analytics/summary", **month)
    block = {"start": DAY + ONE * 5, "end": DAY + ONE * 6, "reason": "owner_stay"}
    changes: list[tuple[Callable[[], Any], list[int]]] = [
        (lambda: make_booking(home, DAY + ONE, 2, guest=guest), [3, 0, 3]),
        (lambda: block_nights(unit=unit, by=None, **block), [3, 1, 3]),
        (lambda: cancel_booking(booking=stay, by=None), [2, 1, 2]),
        (lambda: delete_guest(guest=guest, by=None, bookings=True), [0, 1, 0]),
        (lambda: restore_guest(guest=guest, by=None), [2, 1, 2]),
        (lambda: delete_property(property=home, by=None), [0, 0, 0]),
    ]
    for change, expected in changes:
        with organization_context(organization, by=None, door=Door.COMMAND):
            change()
        assert nights() == expected


def test_lists_outlive_redis(cached: subprocess.Popen[bytes]) -> None:
    organization = make_organization()
    api = Api(User.objects.get(memberships__organization=organization))
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Aurora")
    assert names(api) == ["Aurora"]

    # It hangs, and says nothing.
    cached.send_signal(signal.SIGSTOP)
    assert names(api) == ["Aurora"]
    assert api.patch(f"properties/{home.pk}", {"name": "Bella"}).status_code == 200
    assert names(api) == ["Bella"]
    # It is gone.
    cached.kill()
    cached.wait()
    assert names(api) == ["Bella"]
    assert api.patch(f"properties/{home.pk}", {"name": "Casa"}).status_code == 200
    assert names(api) == ["Casa"]
