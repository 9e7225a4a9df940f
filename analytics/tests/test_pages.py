"""The page of occupancy."""

from collections.abc import Iterator
from datetime import date

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
        ({"first": "2026-03-02", "last": "2026-03-01"}, "The last night is not before the first."),
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
    with statements(7 + 1):
        client.get(root)
