"""Streams over the wire, from a server process like production's."""

import http.client
import json
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from accounts.models import Membership, Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from villaops.live.hub import Viewer
from villaops.live.rights import rights_of
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_member, make_property
from villaops.tests.serve import streaming_server

MOST_SECONDS = 10


@pytest.fixture(autouse=True)
def nobody_is_left_listening() -> Iterator[None]:
    yield
    while Ears.everybody:
        Ears.everybody.pop().close()


@pytest.fixture(scope="module")
def port(django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    with django_db_blocker.unblock(), streaming_server() as port:
        yield port


class Ears:
    """A browser that listens."""

    everybody: ClassVar[list["Ears"]] = []

    def __init__(self, port: int, user: User, slug: str, last_id: str = "") -> None:
        self.everybody.append(self)
        client = Client()
        client.force_login(user)
        self.session_key = client.cookies[settings.SESSION_COOKIE_NAME].value
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.session_key}"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=MOST_SECONDS)
        self.connection.request("GET", f"/o/{slug}/events", headers=headers)
        self.answer = self.connection.getresponse()
        self.last_id = ""
        if self.answer.status == 200:
            assert self.hear()[0] == "hello"

    def hear(self) -> tuple[str, Any]:
        """The next event: its kind, and the ids it names."""
        event: dict[str, str] = {}
        while not ("event" in event and "data" in event):
            name, _, value = self.answer.readline().decode().rstrip("\n").partition(": ")
            event[name] = value
        self.last_id = event["id"]
        return event["event"], json.loads(event["data"]).get("ids")

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


def rename(organization: Organization, booking: Booking) -> tuple[str, list[str]]:
    """Change a booking; what is to be heard of it."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        Booking.objects.filter(pk=booking.pk).update(special_requests=str(uuid4()))
    return "change", [str(booking.pk)]


def backends() -> list[str]:
    """Who else is connected to the test's database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return sorted(name for (name,) in cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_streams_hear_what_is_theirs_and_hold_no_connection(
    port: int, organization: Organization, other_organization: Organization, owner: User
) -> None:
    stranger = User.objects.get(memberships__organization=other_organization)
    with organization_context(organization, by=None, door=Door.COMMAND):
        home, other_home = make_property(organization), make_property(organization)
        stay, other_stay = make_booking(home), make_booking(other_home)
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        foreign = make_booking(make_property(other_organization))
    limited = make_member(organization, Role.MANAGER)
    with organization_context(organization, by=None, door=Door.COMMAND):
        Membership.objects.filter(user=limited).update(property_ids=[other_home.pk])
    ears = Ears(port, owner, "sea-houses")
    few = Ears(port, limited, "sea-houses")
    strange = Ears(port, stranger, "hill-houses")

    # Whoever must not hear the first hears the second first.
    assert Ears(port, stranger, "sea-houses").answer.status == 404
    heard = rename(organization, stay)
    assert ears.hear() == heard
    heard = rename(organization, other_stay)
    assert ears.hear() == few.hear() == heard
    heard = rename(other_organization, foreign)
    assert strange.hear() == heard
    # One connection listens for all of them; those of the doors are closed.
    assert backends() == ["villaops-live"]
    headers = ears.answer.headers
    assert headers["Content-Type"] == "text/event-stream"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Accel-Buffering"] == "no"

    # Back after a moment: what was missed is told.
    ears.close()
    missed = rename(organization, stay)
    back = Ears(port, owner, "sea-houses", ears.last_id)
    assert back.hear() == missed
    # PostgreSQL ends the connection that listens: everybody is told to look.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'villaops-live' AND datname = current_database()"
        )
    assert back.hear() == few.hear() == strange.hear() == ("resync", None)
    assert Ears(port, owner, "sea-houses", ears.last_id).hear() == ("resync", None)
    # Somebody who is removed is let go at once, and the others stay.
    with organization_context(organization, by=None, door=Door.COMMAND):
        Membership.objects.filter(user=limited).delete()
    assert few.hear() == ("gone", None)
    assert few.answer.readline() == b"\n"
    assert few.answer.readline() == b""
    heard = rename(organization, stay)
    assert back.hear() == heard


@pytest.mark.django_db
def test_server_without_streams_says_not_to_come_again(
    client: Client, organization: Organization, owner: User
) -> None:
    client.force_login(owner)

    answer = client.get("/o/sea-houses/events")

    assert answer.status_code == 204
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_rights_end_with_session_password_account_and_membership(
    client: Client, organization: Organization, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The connection is the test's own.
    monkeypatch.setattr("villaops.live.rights.connections.close_all", lambda: None)
    client.force_login(owner)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    listening = Viewer(str(organization.pk), str(owner.pk), key)

    def may() -> bool:
        return rights_of([listening]).still(listening)

    assert may()
    password = owner.password
    owner.set_password("another one")
    owner.save()
    assert not may()
    owner.password = password
    owner.is_active = False
    owner.save()
    assert not may()
    owner.is_active = True
    owner.save()
    assert may()
    assert not rights_of([listening]).still(Viewer(str(uuid4()), str(owner.pk), key))
    Session.objects.filter(session_key=key).delete()
    assert not may()
