"""Contract section 3 over HTTP: the list of properties."""

import pytest

from accounts.models import Organization
from accounts.permissions import Role
from conftest import Statements
from properties.tests.test_api import make_homes
from villaops.tests.build import make_member
from villaops.tests.client import Api, Response, errors_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(organization: Organization) -> Api:
    return Api(make_member(organization, Role.MANAGER))


def names(response: Response) -> list[str]:
    return [item["name"] for item in response.json()["items"]]


def test_list_properties_newest_first_in_its_envelope(api: Api, organization: Organization) -> None:
    make_homes(organization, "A", "B", "C")

    response = api.get("properties", limit=2)

    answer = response.json()
    assert names(response) == ["C", "B"]
    assert answer["total"] == 3
    assert answer["next"] == "http://testserver/api/v1/properties?limit=2&skip=2"
    assert answer["previous"] is None
    last = api.get(answer["next"].removeprefix("http://testserver"))
    assert names(last) == ["A"]
    assert last.json()["next"] is None
    assert last.json()["previous"] == "http://testserver/api/v1/properties?limit=2&skip=0"


def test_list_links_keep_the_other_parameters(api: Api, organization: Organization) -> None:
    make_homes(organization, "A", "B", "C")

    answer = api.send("GET", "/api/v1/properties/?ordering=name&status=active&x=ü&limit=1&skip=1")

    assert answer.json()["next"] == (
        "http://testserver/api/v1/properties/?ordering=name&status=active&x=%C3%BC&limit=1&skip=2"
    )
    assert answer.json()["previous"].endswith("limit=1&skip=0")


def test_list_beyond_the_end_is_empty(api: Api, organization: Organization) -> None:
    make_homes(organization, "A")

    answer = api.get("properties", skip=50, limit=20).json()

    assert (answer["items"], answer["total"], answer["next"]) == ([], 1, None)
    assert answer["previous"] == "http://testserver/api/v1/properties?skip=30&limit=20"


@pytest.mark.parametrize(
    ("parameter", "value", "kind"),
    [
        ("limit", "0", "greater_than_equal"),
        ("limit", "101", "less_than_equal"),
        ("limit", "", "int_parsing"),
        ("limit", "1.5", "int_parsing"),
        ("skip", "-1", "greater_than_equal"),
        ("skip", "2147483648", "less_than_equal"),
        ("skip", "9" * 5000, "int_parsing"),
        ("ordering", "id", "value_error"),
        ("ordering", "", "value_error"),
        ("ordering", "name,", "value_error"),
        ("ordering", "--name", "value_error"),
        ("ordering", "email", "value_error"),
        ("ordering", "\0", "value_error"),
        ("status", "\0", "value_error"),
    ],
)
def test_list_refuses_malformed_parameters(api: Api, parameter: str, value: str, kind: str) -> None:
    response = api.get("properties", **{parameter: value})

    assert errors_of(response) == [(kind, ["query", parameter])]


def test_list_is_ordered_as_asked_ties_by_id_and_missing_values_last(
    api: Api, organization: Organization
) -> None:
    make_homes(organization, "B", "A", base_price_per_night=50)
    make_homes(organization, "C", base_price_per_night=None)
    make_homes(organization, "D", base_price_per_night=70)

    def order(ordering: str) -> str:
        return "".join(names(api.get("properties", ordering=ordering)))

    assert order("name") == "ABCD"
    assert order("-name") == "DCBA"
    assert order("base_price_per_night") == "BADC"
    assert order("-base_price_per_night") == "DBAC"
    assert order("-base_price_per_night,name") == "DABC"
    assert order("created_at") == "BACD"
    assert order("status") == "BACD"


def test_list_properties_filters_exactly(api: Api, organization: Organization) -> None:
    make_homes(organization, "A", status="active", property_type="hotel")
    make_homes(organization, "B", status="inactive", property_type="hotel")
    make_homes(organization, "C", status="inactive")

    assert names(api.get("properties", status="inactive")) == ["C", "B"]
    assert names(api.get("properties", property_type="hotel", status="active")) == ["A"]
    for nothing in ({"status": "gone"}, {"status": ""}, {"property_type": "Hotel"}):
        assert names(api.get("properties", **nothing)) == []


@pytest.mark.parametrize("rows", [1, 3])
def test_list_properties_takes_four_statements(
    api: Api, organization: Organization, rows: int, statements: Statements
) -> None:
    make_homes(organization, *"ABC"[:rows], units=3)

    with statements(4):
        answer = api.get("properties").json()

    assert [item["unit_count"] for item in answer["items"]] == [3] * rows
