"""Contract section 6 over HTTP: occupancy."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AuditEntry, Organization, User
from accounts.permissions import Role
from accounts.tests.test_api_keys import make_key
from bookings.services import cancel_booking, mark_no_show
from conftest import Statements
from properties.models import Property
from villaops.api.tables import csv_response
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_booking,
    make_member,
    make_organization,
    make_property,
    units_of,
)
from villaops.tests.client import Api, errors_of, refusal, with_key

pytestmark = pytest.mark.django_db

NO_ID = "01890000-0000-7000-8000-000000000000"
APRIL = {"period_start": "2026-04-01", "period_end": "2026-05-01"}


@pytest.fixture
def api(organization: Organization) -> Api:
    return Api(make_member(organization, Role.VIEWER))


@pytest.fixture
def homes(organization: Organization) -> list[Property]:
    """An empty villa and a booked guesthouse of three units, which is in maintenance."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        empty = make_property(organization, name="Empty")
        house = make_property(organization, name="-House", units=3)
        rooms = units_of(house)
        # Seven distinct dates of April: the 28th of March to the 2nd counts 1, two overlap.
        make_booking(house, date(2026, 3, 28), 5, units=[rooms[0]])
        make_booking(house, date(2026, 4, 10), 3, units=[rooms[0]])
        make_booking(house, date(2026, 4, 11), 3, units=[rooms[1]], status="checked_in")
        make_booking(house, date(2026, 4, 29), 9, units=[rooms[2]])
        cancel_booking(booking=make_booking(house, date(2026, 4, 20)), by=None)
        late = make_booking(house, date(2026, 4, 20), status="confirmed")
        mark_no_show(booking=late, by=None)
        house.status = Property.Status.MAINTENANCE
        house.save()
    return [empty, house]


def test_occupancy_counts_distinct_dates_of_every_property(api: Api, homes: list[Property]) -> None:
    empty, house = homes

    response = api.get("analytics/occupancy", **APRIL)

    assert response.json() == {
        **APRIL,
        "properties": [
            {
                "property_id": str(house.pk),
                "property_name": "-House",
                **APRIL,
                "total_days": 30,
                "booked_days": 7,
                "occupancy_rate": "23.33",
            },
            {
                "property_id": str(empty.pk),
                "property_name": "Empty",
                **APRIL,
                "total_days": 30,
                "booked_days": 0,
                "occupancy_rate": "0.00",
            },
        ],
        "overall_occupancy_rate": "11.67",
    }


def test_occupancy_of_one_property(api: Api, homes: list[Property]) -> None:
    answer = api.get("analytics/occupancy", **APRIL, property_id=homes[1].pk).json()

    assert [row["property_name"] for row in answer["properties"]] == ["-House"]
    assert answer["overall_occupancy_rate"] == "23.33"


def test_occupancy_of_nothing_is_zero(api: Api) -> None:
    assert api.get("analytics/occupancy", **APRIL).json() == {
        **APRIL,
        "properties": [],
        "overall_occupancy_rate": "0.00",
    }


def test_occupancy_as_csv(api: Api, homes: list[Property]) -> None:
    response = api.get("analytics/occupancy", **APRIL, format="csv")

    empty, house = homes
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="occupancy.csv"'
    assert response.content.decode().splitlines() == [
        "property_id,property_name,period_start,period_end,total_days,booked_days,occupancy_rate",
        f"{house.pk},'-House,2026-04-01,2026-05-01,30,7,23.33",
        f"{empty.pk},Empty,2026-04-01,2026-05-01,30,0,0.00",
        "total,,2026-04-01,2026-05-01,60,7,11.67",
    ]


def test_occupancy_as_csv_is_an_export_that_the_audit_log_tells(
    organization: Organization, owner: User, homes: list[Property]
) -> None:
    key = make_key(organization, owner)

    for api in (Api(owner), with_key(key.secret)):
        api.get("analytics/occupancy", **APRIL)
        api.get("analytics/occupancy", **APRIL, format="csv")

    connection.check_constraints()
    with organization_context(organization, by=owner, door=Door.COMMAND):
        told = list(AuditEntry.objects.filter(action="exported").order_by("number"))
    assert [(one.user, one.door, one.api_key_name, one.record_label) for one in told] == [
        (owner, "api", "", "occupancy"),
        (owner, "api", "Website", "occupancy"),
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_csv_calculates_nothing(text: str) -> None:
    content = csv_response("x.csv", ["a"], [{"a": text}]).content.decode()

    assert content == f"a\r\n'{text}\r\n"


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2026-04-01", "end_date": "2026-05-01"},
        {"period_start": "2026-04-01", "end_date": "2026-05-01"},
        {**APRIL, "start_date": "2026-04-01", "end_date": "1777593600"},
    ],
)
def test_period_has_two_names(api: Api, query: dict[str, Any]) -> None:
    answer = api.get("analytics/occupancy", **query).json()

    assert (answer["period_start"], answer["period_end"]) == ("2026-04-01", "2026-05-01")


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ({}, [("missing", ["query", "period_start"]), ("missing", ["query", "period_end"])]),
        ({**APRIL, "start_date": "2026-04-02"}, [("value_error", ["query"])]),
        ({**APRIL, "end_date": "2026-05-02"}, [("value_error", ["query"])]),
        ({**APRIL, "period_end": "2036-05-02"}, [("value_error", ["query"])]),
        ({**APRIL, "period_start": ""}, [("date_parsing", ["query", "period_start"])]),
        ({**APRIL, "property_id": "x"}, [("uuid_parsing", ["query", "property_id"])]),
        ({**APRIL, "format": "pdf"}, [("enum", ["query", "format"])]),
    ],
)
def test_malformed_periods_are_refused(api: Api, query: dict[str, Any], errors: list[Any]) -> None:
    assert errors_of(api.get("analytics/occupancy", **query)) == errors


@pytest.mark.parametrize("end", ["2026-04-01", "2026-03-01", "0001-01-01"])
def test_period_that_ends_before_it_begins_comes_before_the_property(api: Api, end: str) -> None:
    query = {"period_start": "2026-04-01", "period_end": end, "property_id": NO_ID}

    assert refusal(api.get("analytics/occupancy", **query)) == (
        400,
        "period_end must be after period_start",
    )


def test_properties_of_others_are_neither_found_nor_counted(
    api: Api, homes: list[Property]
) -> None:
    stranger = Api(make_member(make_organization(), Role.OWNER))

    assert stranger.get("analytics/occupancy", **APRIL).json()["properties"] == []
    for unknown in (NO_ID, homes[0].pk):
        response = stranger.get("analytics/occupancy", **APRIL, property_id=unknown)
        assert refusal(response) == (404, "Property not found")


def test_occupancy_page_shows_what_the_api_says(
    api: Api, client: Client, organization: Organization, homes: list[Property]
) -> None:
    told = api.get("analytics/occupancy", **APRIL).json()
    client.force_login(make_member(organization, Role.VIEWER))

    page = client.get(
        f"/o/{organization.slug}/occupancy/", {"first": "2026-04-01", "last": "2026-04-30"}
    ).context

    shown = [(row.property_name, row.booked_days, row.total_days) for row in page["rows"]]
    rows = told["properties"]
    assert shown == [(row["property_name"], row["booked_days"], row["total_days"]) for row in rows]
    assert str(page["overall"]) == told["overall_occupancy_rate"]


@pytest.mark.parametrize("rows", [1, 3])
def test_occupancy_takes_three_statements(
    api: Api, organization: Organization, rows: int, statements: Statements
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        for _ in range(rows):
            make_booking(make_property(organization))

    with statements(3):
        answer = api.get("analytics/occupancy", **APRIL).json()

    assert len(answer["properties"]) == rows
