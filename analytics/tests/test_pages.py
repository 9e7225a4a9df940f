"""The page of occupancy."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from conftest import Statements
from villaops.tests.build import DAY, make_booking, make_member, make_property

pytestmark = pytest.mark.usefixtures("inside", "noon")


@pytest.fixture
def noon() -> Iterator[None]:
    with time_machine.travel("2026-03-15T12:00Z", tick=False):
        yield


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    client.force_login(owner)
    return f"/o/{organization.slug}/occupancy/"


def test_occupancy_begins_with_this_month(
    client: Client, root: str, organization: Organization
) -> None:
    make_booking(make_property(organization, name="Villa Mare"))

    answer = client.get(root)

    (row,) = answer.context["rows"]
    assert (row.property_name, row.booked_days, row.total_days) == ("Villa Mare", 3, 31)
    assert "9.7 %" in answer.text


def test_occupancy_of_a_chosen_period_and_property(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    make_property(organization)
    make_booking(home)

    answer = client.get(root, {"first": DAY, "last": date(2026, 3, 2), "property": home.pk})

    (row,) = answer.context["rows"]
    assert (row.booked_days, row.total_days) == (2, 2)


@pytest.mark.parametrize(
    ("period", "sentence"),
    [
        (
            {"first": "2026-03-02", "last": "2026-03-01"},
            "The last night must not be before the first.",
        ),
        ({"first": "2026-03-02", "last": "2046-03-01"}, "At most 3660 nights."),
        ({"first": "9999-12-01", "last": "9999-12-31"}, "At most 3660 nights."),
        ({"first": "soon", "last": "later"}, "Enter a valid date."),
        ({"first": ""}, "This field is required."),
        ({"property": "nonsense"}, "Select a valid choice."),
    ],
)
def test_a_wrong_period_is_explained(
    client: Client, root: str, period: dict[str, str], sentence: str
) -> None:
    answer = client.get(root, period)

    assert answer.status_code == 422
    assert sentence in answer.text


def test_money_is_one_currencys_and_the_others_are_named(
    client: Client, root: str, organization: Organization
) -> None:
    make_booking(make_property(organization, currency="USD"), DAY, 3)
    make_booking(make_property(organization, currency="EUR", base_price_per_night=50), DAY, 2)

    usual = client.get(root)
    euros = client.get(root, {"currency": "EUR"})

    assert (usual.context["money_currency"], usual.context["left_out"]) == ("USD", ["EUR"])
    assert "Left out: EUR" in usual.text
    (march,) = euros.context["months"]
    assert (march.sold, march.available, march.revenue) == (2, 31, Decimal("100.00"))
    assert (march.adr, march.revpar) == (Decimal("50.00"), Decimal("3.23"))
    assert euros.context["sold"] == 5


def test_money_is_for_those_who_read_figures(
    client: Client, root: str, organization: Organization
) -> None:
    make_booking(make_property(organization, base_price_per_night=Decimal("987.65")))
    client.force_login(make_member(organization, Role.STAFF))

    page = client.get(root).text

    assert "Occupancy by day" in page
    assert "RevPAR" not in page
    assert "987.65" not in page


def test_a_long_period_is_shown_by_month(
    client: Client, root: str, organization: Organization
) -> None:
    make_booking(make_property(organization), date(2026, 3, 30), 4)

    answer = client.get(root, {"first": "2026-01-01", "last": "2026-12-31"})

    assert [day.sold for day in answer.context["days"]][:5] == [0, 0, 2, 2, 0]
    assert answer.context["day_chart"]["labels"][2] == "Mar 2026"
    assert answer.context["day_chart"]["series"][0]["values"][2] == 6.45
    assert (answer.context["sold"], answer.context["available"]) == (4, 365)


def test_occupancy_without_properties_says_so(client: Client, root: str) -> None:
    assert "No properties yet" in client.get(root).text


def test_occupancy_is_not_for_housekeepers(
    client: Client, root: str, organization: Organization
) -> None:
    client.force_login(make_member(organization, Role.HOUSEKEEPER))

    assert client.get(root).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_occupancy_asks_as_much_for_one_row_as_for_three(
    client: Client, root: str, organization: Organization, statements: Statements, rows: int
) -> None:
    for _n in range(rows):
        make_booking(make_property(organization))

    # The last of them gives the test its own context back.
    with statements(8):
        client.get(root)
