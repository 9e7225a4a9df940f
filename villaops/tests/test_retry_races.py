"""Two at the same moment: the same form twice, two writers who both read the same version."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.test import Client

from accounts.models import Organization, User
from bookings.models import Booking
from villaops.api.idempotency import Attempt
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_organization, make_property
from villaops.tests.client import Api, refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def owner(organization: Organization) -> User:
    return User.objects.get(memberships__organization=organization)


def at_once[Answer](*deeds: Callable[[], Answer]) -> list[Answer]:
    """Do everything at the same moment, each on a connection of its own."""
    start = threading.Barrier(len(deeds))

    def run(deed: Callable[[], Answer]) -> Answer:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def test_a_double_click_on_the_first_free_unit_makes_one_booking(
    organization: Organization, owner: User
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        home, guest = make_property(organization, units=5), make_guest(organization)
    browser = Client()
    browser.force_login(owner)
    form = {
        "form_key": uuid4(),
        "save": "1",
        "place": f"p:{home.pk}",
        "check_in": DAY,
        "check_out": DAY + timedelta(days=3),
        "adults": 2,
        "children": 0,
        "guest": guest.pk,
        "status": "confirmed",
        "source": "direct",
    }

    def click() -> tuple[int, str]:
        tab = Client()
        tab.cookies.load(browser.cookies)
        answer = tab.post(f"/o/{organization.slug}/bookings/new", form)
        return answer.status_code, answer.headers.get("Location", answer.text[:2000])

    answers = at_once(*[click] * 4)

    with organization_context(organization, by=None, door=Door.COMMAND):
        booking = Booking.objects.get()
    assert answers == [(302, f"/o/{organization.slug}/bookings/{booking.pk}/")] * 4


def wait_until_nobody_holds_a_lock() -> None:
    """PostgreSQL takes a moment to notice who has gone."""
    with connection.cursor() as cursor:
        for _ in range(100):
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
                " WHERE locktype = 'advisory' AND datname = current_database()"
            )
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.01)


def test_a_key_is_taken_while_the_request_runs_and_free_when_it_dies(
    organization: Organization, owner: User
) -> None:
    body = {"name": "Emma", "email": "emma@example.com"}
    path, key = "/api/v1/guests", {"Idempotency-Key": "k"}
    attempt = Attempt(organization.pk, owner.pk, path, "k", b"")
    api = Api(owner)
    settings = connection.get_connection_params()
    names = ("dbname", "user", "host", "port", "password")
    known = {name: settings[name] for name in names if settings.get(name)}

    # Another process, in the middle of it.
    with psycopg.connect(**known) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [attempt.name])
        while_it_runs = api.send("POST", path, body, headers=key)
        # As kill -9 would: nothing is committed, nothing rolled back.
        other.close()
    wait_until_nobody_holds_a_lock()
    after = api.send("POST", path, body, headers=key)

    assert refusal(while_it_runs) == (409, "Request in progress")
    assert "Idempotency-Replayed" not in while_it_runs
    assert after.status_code == 201


def test_of_writers_who_read_the_same_version_one_writes(
    organization: Organization, owner: User
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        booking = make_booking(make_property(organization))
        guest = make_guest(organization)
    api = Api(owner)
    for path, field in (
        (f"bookings/{booking.pk}", "special_requests"),
        (f"guests/{guest.pk}", "notes"),
    ):
        tag = {"If-Match": api.get(path)["ETag"]}

        def write(text: str, path: str = path, field: str = field, tag: Any = tag) -> int:
            answer = api.send("PATCH", path, {field: text}, headers=tag)
            return int(answer.status_code)

        statuses = at_once(*[partial(write, text) for text in "abcdef"])

        assert sorted(statuses) == [200, 412, 412, 412, 412, 412]
        assert api.get(path).json()[field] == "abcdef"[statuses.index(200)]
