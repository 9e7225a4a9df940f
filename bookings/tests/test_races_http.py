"""The same races through the front door: a running server, two processes, sixteen clients."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from accounts.models import Organization, User
from accounts.tokens import issue_tokens
from bookings.models import Booking
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_organization, make_property
from villaops.tests.build import units_of as units_of_property
from villaops.tests.serve import running_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

WRITERS = 16
ROUNDS = 30

type Call = tuple[str, str, dict[str, Any]]


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    """A running server, which counts no requests."""
    with django_db_blocker.unblock(), running_server(RATE_LIMIT_API="0") as port:
        yield port


def at_once(
    port: int, organization: Organization, calls: list[Call], **more_headers: str
) -> list[tuple[int, bytes, str | None]]:
    """Send every call at once, each on its own connection: status, body and whether it is a replay
    of each answer.
    """
    user = User.objects.get(memberships__organization=organization)
    token = issue_tokens(user=user).access_token
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    headers |= {name.replace("_", "-"): value for name, value in more_headers.items()}
    start = threading.Barrier(len(calls))

    def send(call: Call) -> tuple[int, bytes, str | None]:
        method, path, body = call
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        client.connect()
        start.wait(timeout=30)
        client.request(method, path, json.dumps(body), headers)
        answer = client.getresponse()
        content = answer.read()
        client.close()
        return answer.status, content, answer.headers["Idempotency-Replayed"]

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(send, calls))


def race(port: int, organization: Organization, calls: list[Call]) -> Counter[tuple[int, str]]:
    """Send every call at once; count statuses and details."""
    answers = at_once(port, organization, calls)
    return Counter((status, json.loads(body).get("detail", "")) for status, body, _ in answers)


CONFLICT = (409, "Dates conflict with an existing booking")


def test_sixteen_clients_race_for_one_unit(server: int, organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        home, guest = make_property(organization), make_guest(organization)

    for number in range(ROUNDS):
        start = DAY + timedelta(days=10 * number)
        ended = race(
            server,
            organization,
            [
                (
                    "POST",
                    "/api/v1/bookings",
                    {
                        "property_id": str(home.pk),
                        "guest_id": str(guest.pk),
                        "check_in": str(start + timedelta(days=writer % 4)),
                        "check_out": str(start + timedelta(days=writer % 4 + 4)),
                    },
                )
                for writer in range(WRITERS)
            ],
        )

        assert ended == {(201, ""): 1, CONFLICT: WRITERS - 1}
    with organization_context(organization, by=None, door=Door.COMMAND):
        assert Booking.objects.count() == ROUNDS


def test_updates_revivals_and_blocks_race_creations(
    server: int, organization: Organization
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        home, guest = make_property(organization), make_guest(organization)
        unit = units_of_property(home)[0]
        stays = [make_booking(home, DAY + timedelta(days=40 + n), 1, guest=guest) for n in range(4)]
        gone = [make_booking(home, DAY + timedelta(days=60 + n), 1, guest=guest) for n in range(4)]
    dates = {"check_in": str(DAY), "check_out": str(DAY + timedelta(days=3))}
    names = {"property_id": str(home.pk), "guest_id": str(guest.pk)}
    race(
        server,
        organization,
        [("PATCH", f"/api/v1/bookings/{stay.pk}", {"status": "cancelled"}) for stay in gone],
    )
    race(server, organization, [("PATCH", f"/api/v1/bookings/{s.pk}", dates) for s in gone])

    ended = race(
        server,
        organization,
        [("POST", "/api/v1/bookings", {**names, **dates})] * 4
        + [("PATCH", f"/api/v1/bookings/{stay.pk}", dates) for stay in stays]
        + [("PATCH", f"/api/v1/bookings/{stay.pk}", {"status": "confirmed"}) for stay in gone]
        + [
            (
                "POST",
                "/api/v1/blocks",
                {"unit_id": str(unit.pk), "start": dates["check_in"], "end": dates["check_out"]},
            )
        ]
        * 4,
    )

    assert ended[CONFLICT] == WRITERS - 1, ended
    assert ended[(200, "")] + ended[(201, "")] == 1, ended


def test_two_units_are_sold_exactly_twice(server: int, organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        home, guest = make_property(organization, units=2), make_guest(organization)
    body = {
        "property_id": str(home.pk),
        "guest_id": str(guest.pk),
        "check_in": str(DAY),
        "check_out": str(DAY + timedelta(days=3)),
    }

    ended = race(server, organization, [("POST", "/api/v1/bookings", body)] * WRITERS)

    assert ended == {(201, ""): 2, CONFLICT: WRITERS - 2}


def test_fifty_identical_posts_with_one_key_make_one_booking(
    server: int, organization: Organization
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        home, guest = make_property(organization, units=50), make_guest(organization)
    body = {
        "property_id": str(home.pk),
        "guest_id": str(guest.pk),
        "check_in": str(DAY),
        "check_out": str(DAY + timedelta(days=3)),
    }
    call = ("POST", "/api/v1/bookings", body)

    answers = at_once(server, organization, [call] * 50, Idempotency_Key="one")
    answers += at_once(server, organization, [call], Idempotency_Key="one")

    made = [(content, replayed) for status, content, replayed in answers if status == 201]
    running = [content for status, content, _ in answers if status == 409]
    assert len(made) + len(running) == 51
    assert set(running) <= {b'{"detail":"Request in progress"}'}
    assert len({content for content, _ in made}) == 1
    assert Counter(replayed for _, replayed in made) == {None: 1, "true": len(made) - 1}
    assert answers[-1][0] == 201
    with organization_context(organization, by=None, door=Door.COMMAND):
        assert str(Booking.objects.get().pk) in made[0][0].decode()
