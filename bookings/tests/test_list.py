"""The list of bookings: filters, sort, pages."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.list_columns import COLUMNS
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
        ("unit=none", ["unplaced"]),
        ("unit=none&start=2026-04-20", []),
        (
            "status=nonsense&source=nonsense&start=yesterday&sort=password"
            "&unit=nonsense&columns=password,%00&page=-1",
            None,
        ),
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
        "unplaced": make_booking(home, DAY + 10 * ONE, unplaced_if_taken=True),
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


@pytest.mark.parametrize("key", [column.sort for column in COLUMNS])
def test_list_sorts_by_every_column_head_both_ways(
    client: Client, root: str, organization: Organization, key: str
) -> None:
    few = make_property(organization, name="Aloe")
    many = make_property(organization, name="Zest")
    low = make_booking(
        few, DAY, 1, guest=make_guest(organization, name="Anna"), source="airbnb", reference="AAAA"
    )
    high = make_booking(
        many,
        DAY + 10 * ONE,
        5,
        guest=make_guest(organization, name="Zoe"),
        source="website",
        reference="ZZZZ",
        status="confirmed",
        adults=3,
    )

    up, down = client.get(f"{root}?sort={key}"), client.get(f"{root}?sort=-{key}&columns=guest")

    assert references(up) == [low.reference, high.reference]
    assert references(down) == [high.reference, low.reference]


def test_column_head_says_how_it_is_sorted_and_turns_it_around(
    client: Client, root: str, organization: Organization
) -> None:
    make_booking(make_property(organization))

    page = client.get(f"{root}?sort=check_out&status=pending").text

    assert (
        '<th scope="col" aria-sort="ascending">'
        '<a class="sort-link" href="?status=pending&amp;sort=-check_out">Departure' in page
    )
    assert page.count("aria-sort") == 1


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", "guest where arrival departure nights source status total"),
        ("columns=created,guest,reference", "guest reference created"),
        ("columns=guest&columns=party", "guest party"),
        ("columns=status", "guest status"),
        ("columns=password", "guest where arrival departure nights source status total"),
    ],
)
def test_columns_come_from_the_address(
    client: Client, root: str, organization: Organization, query: str, shown: str
) -> None:
    make_booking(make_property(organization))

    answer = client.get(f"{root}?{query}")

    assert [head["column"].key for head in answer.context["heads"]] == shown.split()
    assert answer.text.count('<th scope="col"') == len(shown.split())


def test_links_keep_the_columns_and_the_filter(
    client: Client, root: str, organization: Organization
) -> None:
    make_booking(make_property(organization))

    answer = client.get(f"{root}?columns=guest&columns=total&source=direct&q=emma&start=nonsense")

    assert answer.context["tabs"][1]["url"] == (
        "?q=emma&status=pending&source=direct&columns=guest,total"
    )


def test_htmx_puts_a_short_address_into_the_browser(
    client: Client, root: str, organization: Organization
) -> None:
    query = "?q=emma&status=&property=&source=&start=&end=&sort=-check_in"

    answer = client.get(root + query, headers={"HX-Request": "true"})

    assert answer["HX-Push-Url"] == f"{root}?q=emma"


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
    with statements(9):
        client.get(root)
