"""The list of bookings: filters, sort, pages."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from conftest import Statements
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_member,
    make_property,
)

ONE = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """The owner is signed in; where the bookings' pages begin."""
    client.force_login(owner)
    return f"/o/{organization.slug}/bookings/"


def enter_as(client: Client, organization: Organization, role: Role) -> None:
    client.force_login(make_member(organization, role))


def references(answer) -> list[str]:  # noqa: ANN001
    return [booking.reference for booking in answer.context["bookings"]]


def test_list_shows_latest_arrival_first(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    early, late = make_booking(home, DAY), make_booking(home, DAY + 10 * ONE)

    assert references(client.get(root)) == [late.reference, early.reference]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=confirmed", ["confirmed"]),
        ("source=airbnb", ["airbnb"]),
        ("q=tanaka", ["tanaka"]),
        ("q=TANAKA%40EXAMPLE", ["tanaka"]),
        ("q=100%25", []),
        ("start=2026-04-20", ["late"]),
        ("end=2026-03-01", ["first"]),
        ("start=2026-04-20&status=confirmed", []),
        ("status=nonsense&source=nonsense&start=yesterday&sort=password", None),
    ],
)
def test_list_filters(
    client: Client, root: str, organization: Organization, query: str, found: list[str] | None
) -> None:
    home = make_property(organization)
    tanaka = make_guest(organization, name="Yuki Tanaka", email="tanaka@example.com")
    made = {
        "first": make_booking(home, DAY),
        "confirmed": make_booking(home, DAY + 10 * ONE, status="confirmed"),
        "airbnb": make_booking(home, DAY + 20 * ONE, source="airbnb"),
        "tanaka": make_booking(home, DAY + 30 * ONE, guest=tanaka),
        "late": make_booking(home, DAY + 60 * ONE),
    }
    wanted = list(made) if found is None else found

    answer = client.get(f"{root}?{query}")

    assert set(references(answer)) == {made[name].reference for name in wanted}


def test_list_filters_by_property(client: Client, root: str, organization: Organization) -> None:
    here, there = make_property(organization), make_property(organization)
    booking = make_booking(here)
    make_booking(there)

    answer = client.get(f"{root}?property={here.pk}")

    assert references(answer) == [booking.reference]
    assert answer.context["chips"][0]["label"] == here.name


@pytest.mark.parametrize(
    "sort", ["check_in", "-check_in", "-created_at", "guest", "-total", "total"]
)
def test_list_sorts(client: Client, root: str, organization: Organization, sort: str) -> None:
    home = make_property(organization)
    a = make_guest(organization, name="Anna")
    first = make_booking(home, DAY, 1, guest=a)
    second = make_booking(home, DAY + 10 * ONE, 5, guest=make_guest(organization, name="Zoe"))
    ascending = sort in ("check_in", "guest", "total")

    found = references(client.get(f"{root}?sort={sort}"))

    pair = [first.reference, second.reference]
    assert found == (pair if ascending else pair[::-1])


def test_list_turns_pages_and_keeps_the_filter(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    for n in range(30):
        make_booking(home, DAY + n * ONE, 1)

    first = client.get(f"{root}?status=pending")
    second = client.get(f"{root}?status=pending&page=2")

    assert len(references(first)) == 25
    assert len(references(second)) == 5
    assert "?status=pending&amp;page=2" in first.text
    assert "26–30 of 30" in second.text


def test_list_gives_htmx_only_the_rows(
    client: Client, root: str, organization: Organization
) -> None:
    make_booking(make_property(organization))

    answer = client.get(root, headers={"HX-Request": "true"})

    assert "Emma Thompson" in answer.text
    assert "<html" not in answer.text


def test_list_says_what_to_do_when_it_is_empty(client: Client, root: str) -> None:
    assert "Make the first one" in client.get(root).text
    assert "No booking matches" in client.get(f"{root}?q=x").text


def test_housekeeper_sees_no_prices_and_searches_no_emails(
    client: Client, organization: Organization
) -> None:
    guest = make_guest(organization, email="secret@example.com", phone="+1 555 0100")
    booking = make_booking(make_property(organization), guest=guest, total_price=Decimal("987.65"))
    enter_as(client, organization, Role.HOUSEKEEPER)
    root = f"/o/{organization.slug}/bookings/"

    pages = [
        client.get(root),
        client.get(f"{root}{booking.pk}/"),
        client.get(f"/o/{organization.slug}/"),
    ]

    for page in pages:
        assert page.status_code == 200
        for secret in ("987.65", "329.2", "USD", "secret@example.com", "555 0100"):
            assert secret not in page.text
    assert references(client.get(f"{root}?q=secret")) == []
    assert references(client.get(f"{root}?sort=-total")) == [booking.reference]
    assert "Highest total" not in client.get(root).text


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_as_much_for_one_row_as_for_three(
    client: Client, root: str, organization: Organization, statements: Statements, rows: int
) -> None:
    home = make_property(organization, units=3)
    for _n in range(rows):
        make_booking(home)

    # The last of them gives the test its own context back.
    with statements(7 + 1):
        client.get(root)
