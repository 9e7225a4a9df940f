"""`cursor`: lists paged by key, contract section 1."""

from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from guests.models import Guest
from properties.models import Property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_member,
    make_property,
)
from villaops.tests.client import Api, errors_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(owner: User) -> Api:
    return Api(owner)


def pages(api: Api, path: str, **query: Any) -> list[list[str]]:
    """The ids of each page, followed by `next` from the first to the last."""
    found = []
    answer = api.get(path, cursor="", **query).json()
    while True:
        found.append([item["id"] for item in answer["items"]])
        assert answer["previous"] is None
        if answer["next"] is None:
            return found
        parts = urlsplit(answer["next"])
        asked = parse_qs(parts.query)
        assert "skip" not in asked
        assert parts.path == f"/api/v1/{path}"
        answer = api.send("GET", f"{parts.path}?{parts.query}").json()


def whole(api: Api, path: str, **query: Any) -> list[str]:
    return [item["id"] for item in api.get(path, limit=100, **query).json()["items"]]


@pytest.fixture
def rows(organization: Organization, owner: User) -> None:
    """Lists with equals, and with nothing where there may be nothing."""
    with organization_context(organization, by=owner, door=Door.COMMAND):
        homes = [
            make_property(organization, name=f"Villa {n // 3}", base_price_per_night=price)
            for n, price in enumerate([100, None, 90, None, 100, 100, None])
        ]
        guests = [make_guest(organization, name=f"Guest {n % 2}") for n in range(7)]
        for n, (home, guest) in enumerate(zip(homes, guests, strict=True)):
            booking = make_booking(
                home, DAY + timedelta(days=n // 2), guest=guest, total_price=[None, 50][n % 2]
            )
            if n > 3:
                Booking.objects.filter(pk=booking.pk).update(created_at=booking.created_at)
        Booking.objects.update(created_at=Booking.objects.earliest("created_at").created_at)
        Property.objects.filter(base_price_per_night=100).update(status="inactive")
        for n in range(3):
            Membership(
                organization=organization, invited_email=f"new{n}@example.com", role="staff"
            ).save()
    make_member(organization, Role.STAFF, name="A Person")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("properties", "created_at updated_at name status base_price_per_night"),
        ("guests", "created_at name email"),
        (
            "bookings",
            "created_at updated_at status reference check_in check_out total_price",
        ),
        ("organizations/current/members", "created_at name email status"),
        ("organizations/current/api-keys", "created_at name"),
        ("organizations", "created_at updated_at name"),
        ("blocks", "created_at updated_at"),
    ],
)
def test_every_ordering_is_paged_by_key_as_by_number(
    api: Api, rows: None, path: str, fields: str
) -> None:
    orderings = [
        *fields.split(),
        *(f"-{field}" for field in fields.split()),
        ",".join(fields.split()[::-1]),
        f"{fields.split()[-1]},-{fields.split()[-1]},-created_at",
    ]
    for ordering in orderings:
        whole_list = whole(api, path, ordering=ordering)
        for limit in (2, 3):
            found = pages(api, path, ordering=ordering, limit=limit)

            assert list(chain(*found)) == whole_list, ordering
            assert all(len(page) == limit for page in found[:-1])


def test_units_are_paged_by_key(api: Api, organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, units=5)
    path = f"properties/{home.pk}/units"

    assert [len(page) for page in pages(api, path, limit=2)] == [2, 2, 1]
    backwards = pages(api, path, limit=2, ordering="-name,status")
    assert list(chain(*backwards)) == whole(api, path, ordering="-name,status")


def test_pages_stand_still_while_rows_come_and_go(api: Api, organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        old = [str(make_guest(organization).pk) for _ in range(4)]
    first = api.get("guests", cursor="", limit=2).json()
    with organization_context(organization, by=None, door=Door.COMMAND):
        make_guest(organization)
        # The very row that the cursor names.
        Guest.objects.filter(pk=old[2]).delete()

    parts = urlsplit(first["next"])
    second = api.send("GET", f"{parts.path}?{parts.query}").json()

    assert [item["id"] for item in first["items"]] == [old[3], old[2]]
    assert [item["id"] for item in second["items"]] == [old[1], old[0]]
    assert (first["total"], second["total"]) == (4, 4)
    assert second["next"] is None


def test_filters_and_limit_are_kept_in_next(api: Api, rows: None) -> None:
    answer = api.get("bookings", cursor="", limit=1, status="pending", search="Guest 1").json()

    assert answer["total"] == 3
    asked = parse_qs(urlsplit(answer["next"]).query)
    assert asked | {"cursor": []} == {
        "cursor": [],
        "limit": ["1"],
        "status": ["pending"],
        "search": ["Guest 1"],
    }


def test_bad_cursors_are_refused(api: Api, rows: None) -> None:
    following = api.get("guests", cursor="", limit=1).json()["next"]
    cursor = parse_qs(urlsplit(following).query)["cursor"][0]
    refused: list[dict[str, Any]] = [
        {"cursor": cursor, "skip": "0"},
        {"cursor": "", "skip": "1"},
        {"cursor": "nonsense"},
        {"cursor": cursor[:-1]},
        {"cursor": f"x{cursor}"},
        {"cursor": cursor, "ordering": "name"},
        {"cursor": cursor, "ordering": "created_at"},
        {"cursor": "ÿ:ÿ"},
    ]

    for query in refused:
        assert errors_of(api.get("guests", **query)) == [("value_error", ["query", "cursor"])]
    assert api.get("guests", cursor=cursor, ordering="-created_at").status_code == 200
    assert errors_of(api.get("guests", cursor="x", limit="0"))[0][1] == ["query", "limit"]


def test_prices_are_no_way_to_page_for_those_who_see_none(organization: Organization) -> None:
    housekeeper = Api(make_member(organization, Role.HOUSEKEEPER))

    answer = housekeeper.get("bookings", cursor="", ordering="total_price")

    assert errors_of(answer) == [("value_error", ["query", "ordering"])]


def test_a_page_by_key_costs_as_much_as_one_by_number(
    api: Api, rows: None, statements: Callable[[int], Any]
) -> None:
    with statements(4):
        following = api.get("bookings", cursor="", limit=2).json()["next"]
    parts = urlsplit(following)
    with statements(4):
        api.send("GET", f"{parts.path}?{parts.query}")


def test_the_index_is_read_from_the_cursor_on(api: Api, rows: None) -> None:
    following = api.get("bookings", cursor="", limit=2).json()["next"]
    parts = urlsplit(following)
    with CaptureQueriesContext(connection) as captured:
        api.send("GET", f"{parts.path}?{parts.query}")
    organization = Organization.objects.get()
    statement = next(
        query["sql"] for query in captured.captured_queries[::-1] if "LIMIT 3" in query["sql"]
    )
    with (
        organization_context(organization, by=None, door=Door.COMMAND),
        connection.cursor() as cursor,
    ):
        # Of seven rows none needs an index: this asks whether it could be used.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "booking_newest" in plan
    conditions = [line for line in plan.splitlines() if "Index Cond" in line]
    assert any("created_at <= " in condition for condition in conditions), plan
