"""What is free for a stay: the statement, the API and the page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.availability import Wanted, free_properties
from bookings.blocks import block_nights
from bookings.services import cancel_booking
from conftest import Statements
from properties.models import Property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
    make_member,
    make_property,
    units_of,
)
from villaops.tests.client import Api

pytestmark = pytest.mark.django_db

ONE = timedelta(days=1)
STAY = {"check_in": str(DAY), "check_out": str(DAY + 3 * ONE)}


def names(organization: Organization, **more: Any) -> list[str]:
    wanted = Wanted(**{"check_in": DAY, "check_out": DAY + 3 * ONE, **more})
    return [one.property_name for one in free_properties(organization, wanted, limit=10)[0]]


@pytest.mark.usefixtures("inside")
class TestFree:
    """`free_properties`."""

    def test_stays_and_blocks_take_their_nights_and_no_other(
        self, organization: Organization
    ) -> None:
        before = make_property(organization, name="Before")
        make_booking(before, DAY - 3 * ONE, 3)
        after = make_property(organization, name="After")
        make_booking(after, DAY + 3 * ONE, 1)
        within = make_property(organization, name="Within")
        stay = make_booking(within, DAY + ONE, 1)
        closed = make_property(organization, name="Closed")
        block_nights(unit=units_of(closed)[0], start=DAY - ONE, end=DAY + ONE, by=None)

        assert names(organization) == ["After", "Before"]
        cancel_booking(booking=stay, by=None)
        assert names(organization) == ["After", "Before", "Within"]

    def test_first_free_unit_by_position_is_named_and_the_free_ones_counted(
        self, organization: Organization
    ) -> None:
        home = make_property(organization, units=3)
        first, second, _third = units_of(home)
        make_booking(home, DAY, 1, units=[first])

        (free,), total = free_properties(organization, Wanted(DAY, DAY + ONE), limit=10)

        assert (free.unit_id, free.unit_name) == (second.pk, "Room 2")
        assert (free.free_units, total) == (2, 1)

    @pytest.mark.parametrize(
        ("fields", "is_free"),
        [
            ({}, True),
            ({"status": "maintenance"}, False),
            ({"max_guests": 1}, False),
            ({"max_guests": None}, True),
            ({"property_type": Property.Type.HOTEL}, False),
            ({"city": "ÜBERLINGEN"}, True),
            ({"city": "Unter Überlingen"}, False),
        ],
    )
    def test_property_has_to_be_open_large_enough_and_what_is_asked_for(
        self, organization: Organization, fields: dict[str, Any], is_free: bool
    ) -> None:
        make_property(organization, **{"name": "Sol", "city": "Überlingen", **fields})

        asked = {"guests": 2, "property_type": "villa", "city": "überlingen"}
        assert names(organization, **asked) == (["Sol"] if is_free else [])

    @pytest.mark.parametrize(
        ("fields", "is_free"),
        [
            ({"available_from": DAY, "available_to": DAY + 3 * ONE}, True),
            ({"available_from": DAY + ONE}, False),
            ({"available_to": DAY + 2 * ONE}, False),
            ({"status": "inactive"}, False),
        ],
    )
    def test_unit_has_to_be_on_offer_for_every_night(
        self, organization: Organization, fields: dict[str, Any], is_free: bool
    ) -> None:
        unit = units_of(make_property(organization, name="Sol"))[0]
        for name, value in fields.items():
            setattr(unit, name, value)
        unit.save()

        assert names(organization) == (["Sol"] if is_free else [])

    def test_cheapest_comes_first_and_what_has_no_price_last(
        self, organization: Organization
    ) -> None:
        for name, price in (("None", None), ("Dear", 200), ("Cheap", 50)):
            make_property(organization, name=name, base_price_per_night=price)

        assert names(organization) == ["Cheap", "Dear", "None"]
        found, total = free_properties(organization, Wanted(DAY, DAY + ONE), limit=1, skip=1)
        assert ([one.property_name for one in found], total) == (["Dear"], 3)


def test_api_answers_in_one_statement_whatever_the_number(
    organization: Organization, statements: Statements
) -> None:
    member = make_member(organization)
    with organization_context(organization, by=member, door=Door.COMMAND):
        for _ in range(3):
            make_property(organization, units=2)
    api = Api(member)

    # Who it is and where, the organization's context, and the search.
    with statements(3):
        answer = api.get("availability", **STAY, limit=2, guests=4)

    assert answer.status_code == 200
    assert answer.json()["total"] == 3
    assert "skip=2" in answer.json()["next"]
    item = answer.json()["items"][0]
    assert (item["nights"], item["price_per_night"], item["total_price"]) == (3, "100.00", "300.00")
    assert (item["free_units"], item["unit_name"]) == (2, "Room 1")


def test_housekeeper_is_told_no_price(organization: Organization, inside: None) -> None:
    make_property(organization)
    api = Api(make_member(organization, Role.HOUSEKEEPER))

    item = api.get("availability", **STAY).json()["items"][0]

    assert (item["price_per_night"], item["total_price"]) == (None, None)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"check_out": str(DAY)}, ["query"]),
        ({"check_out": str(DAY + 731 * ONE)}, ["query"]),
        ({"guests": 0}, ["query", "guests"]),
        ({"check_in": ""}, ["query", "check_in"]),
    ],
)
def test_api_refuses_what_is_no_stay(
    organization: Organization, change: dict[str, Any], place: list[str]
) -> None:
    answer = Api(make_member(organization)).get("availability", **{**STAY, **change})

    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["detail"]] == [place]


def test_page_shows_what_is_free_with_a_way_to_book_it(
    organization: Organization, owner: User, inside: None
) -> None:
    home = make_property(organization, name="Villa Sol")
    client = Client()
    client.force_login(owner)
    address = f"/o/{organization.slug}/availability/"

    page = client.get(address, STAY | {"guests": 2}).content.decode()

    assert "Villa Sol" in page
    assert "300.00" in page
    book = f"unit={units_of(home)[0].pk}&amp;check_in={DAY}&amp;check_out={DAY + 3 * ONE}"
    assert book in page
    make_booking(home, DAY, 1)
    assert "Nothing is free" in client.get(address, STAY | {"guests": 2}).content.decode()
    wrong = client.get(address, STAY | {"check_out": str(DAY), "guests": 2})
    assert wrong.status_code == 422
    assert "The check-out must be after the check-in." in wrong.content.decode()
