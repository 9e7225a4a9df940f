"""What a person can do with units in the browser: on their own pages, and in the list of them."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from properties.models import Property, Unit
from villaops.tests.build import DAY, make_booking, make_member, make_property, units_of

ONE = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("inside", "noon")


@pytest.fixture
def noon() -> Iterator[None]:
    with time_machine.travel("2026-03-01T12:00Z", tick=False):
        yield


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """The owner is signed in; where the properties' pages begin."""
    client.force_login(owner)
    return f"/o/{organization.slug}/properties/"


ROOM = {
    "name": "Attic",
    "position": "",
    "status": "active",
    "available_from": "",
    "available_to": "",
}


def test_add_a_unit(client: Client, root: str, organization: Organization) -> None:
    home = make_property(organization, units=2)

    answer = client.post(f"{root}{home.pk}/units/new", ROOM, follow=True)

    assert "Attic added." in answer.text
    assert [unit.name for unit in units_of(home)] == ["Room 1", "Room 2", "Attic"]


def test_rename_reorder_retire_and_limit_a_unit(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    unit = units_of(home)[1]
    form = {
        "name": "Attic",
        "position": "-1",
        "status": "inactive",
        "available_from": "2026-05-01",
        "available_to": "2026-10-01",
    }

    client.post(f"{root}{home.pk}/units/{unit.pk}/edit", form)

    first = units_of(home)[0]
    assert (first.pk, first.name, first.status) == (unit.pk, "Attic", Unit.Status.INACTIVE)
    assert (first.available_from, first.available_to) == (date(2026, 5, 1), date(2026, 10, 1))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": "Room 1"}, "Another unit of this property has this name already."),
        ({"name": ""}, "This field is required."),
        (
            {"available_from": "2026-05-01", "available_to": "2026-05-01"},
            "The end of the offer is after its beginning.",
        ),
        ({"available_to": "2026-03-02"}, "Nights of this unit are booked from today on."),
    ],
)
def test_a_wrong_unit_is_explained(
    client: Client, root: str, organization: Organization, wrong: dict, sentence: str
) -> None:
    home = make_property(organization, units=2)
    unit = units_of(home)[1]
    make_booking(home, units=[unit])

    answer = client.post(f"{root}{home.pk}/units/{unit.pk}/edit", ROOM | {"position": "1"} | wrong)

    assert answer.status_code == 422
    assert sentence in answer.text


def test_delete_a_unit_asks_first(client: Client, root: str, organization: Organization) -> None:
    home = make_property(organization, units=2)
    unit = units_of(home)[1]
    address = f"{root}{home.pk}/units/{unit.pk}/delete"

    asked = client.get(address)
    done = client.post(address, follow=True)

    assert "Delete Room 2?" in asked.text
    assert "Room 2 deleted." in done.text
    assert len(units_of(home)) == 1


def test_delete_of_the_last_unit_or_a_booked_one_is_explained(
    client: Client, root: str, organization: Organization
) -> None:
    single = make_property(organization)
    house = make_property(organization, units=2)
    make_booking(house)

    answers = [
        client.post(f"{root}{home.pk}/units/{units_of(home)[0].pk}/delete", follow=True)
        for home in (single, house)
    ]

    assert "A property needs at least one unit." in answers[0].text
    assert "Move those stays first." in answers[1].text


# --- The list of units -----------------------------------------------------------------------


@pytest.fixture
def hotel(organization: Organization) -> Property:
    """Rooms 1 to 3."""
    return make_property(organization, units=3)


def names_of(home: Property) -> list[str]:
    return [unit.name for unit in units_of(home)]


def test_units_move_up_and_down_and_back(client: Client, root: str, hotel: Property) -> None:
    address = f"{root}{hotel.pk}/units/order"
    first, _second, third = units_of(hotel)

    client.post(address, {"up": third.pk})
    up = names_of(hotel)
    client.post(address, {"down": first.pk})
    down = names_of(hotel)
    answer = client.post(
        address, {"order": f"{first.pk},{third.pk}", "next": f"{root}{hotel.pk}/?page=1#units"}
    )

    assert up == ["Room 1", "Room 3", "Room 2"]
    assert down == ["Room 3", "Room 1", "Room 2"]
    assert names_of(hotel) == ["Room 1", "Room 3", "Room 2"]
    assert answer["Location"].endswith("?page=1#units")
    client.post(address, {"up": first.pk})
    assert names_of(hotel) == ["Room 1", "Room 3", "Room 2"]


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"order": "nonsense"}, 400),
        ({}, 400),
        ({"order": "01a1fe88-bd41-7394-ae51-1ea0dfc19b40"}, 404),
        ({"up": "01a1fe88-bd41-7394-ae51-1ea0dfc19b40"}, 404),
    ],
)
def test_a_wrong_order_changes_nothing(
    client: Client, root: str, hotel: Property, order: dict[str, str], status: int
) -> None:
    assert client.post(f"{root}{hotel.pk}/units/order", order).status_code == status
    assert names_of(hotel) == ["Room 1", "Room 2", "Room 3"]


def test_rename_a_unit_where_it_stands(client: Client, root: str, hotel: Property) -> None:
    address = f"{root}{hotel.pk}/units/{units_of(hotel)[0].pk}/rename"

    done = client.post(address, {"name": "Attic"}, follow=True)
    taken = client.post(address, {"name": "Room 2"})
    empty = client.post(address, {"name": " "})

    assert "Room 1 is now called Attic." in done.text
    assert (taken.status_code, empty.status_code) == (422, 422)
    assert "Another unit of this property has this name already." in taken.text
    assert 'value="Room 2"' in taken.text
    assert names_of(hotel) == ["Attic", "Room 2", "Room 3"]


def test_retire_a_unit_and_bring_it_back(client: Client, root: str, hotel: Property) -> None:
    unit = units_of(hotel)[0]
    make_booking(hotel, DAY, 2, units=[unit])
    address = f"{root}{hotel.pk}/units/{unit.pk}/offer"

    retired = client.post(address, {"status": "inactive"}, follow=True)
    unit.refresh_from_db()
    status = unit.status
    back = client.post(address, {"status": "active"}, follow=True)
    unit.refresh_from_db()

    assert "2 booked nights from today on stay with it." in retired.text
    assert (status, unit.status) == ("inactive", "active")
    assert "Room 1 takes bookings again." in back.text
    assert client.post(address, {"status": "gone"}).status_code == 400


def test_units_are_changed_by_those_who_may(
    client: Client, root: str, hotel: Property, organization: Organization
) -> None:
    unit = units_of(hotel)[0]
    client.force_login(make_member(organization, Role.STAFF))

    for page in ("order", f"{unit.pk}/rename", f"{unit.pk}/offer"):
        assert client.post(f"{root}{hotel.pk}/units/{page}").status_code == 403
