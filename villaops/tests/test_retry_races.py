"""Two at the same moment: the same form twice, two writers who both read the same version."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Organization, User
from bookings.models import Booking
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_organization, make_property
from villaops.tests.client import Api

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
