"""What a person can do with properties and units in the browser."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.blocks import block_nights
from conftest import Statements
from properties.models import Property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_member, make_property, units_of

ONE = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("inside", "noon")

VILLA = {
    "name": "Villa Mare",
    "property_type": "villa",
    "status": "active",
    "units": "",
    "location": "By the sea",
    "description": "White walls",
    "base_price_per_night": "120.50",
    "currency": "EUR",
    "max_guests": "4",
    "bedrooms": "2",
    "bathrooms": "1.5",
    "check_in_time": "15:00",
    "check_out_time": "10:30",
    "time_zone": "Europe/Rome",
    "amenities": "pool\nwifi\n\npool",
    "address_line1": "Via Roma 1",
    "address_line2": "",
    "city": "Como",
    "country": "IT",
    "slug": "",
}


@pytest.fixture
def noon() -> Iterator[None]:
    with time_machine.travel("2026-03-01T12:00Z", tick=False):
        yield


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """The owner is signed in; where the properties' pages begin."""
    client.force_login(owner)
    return f"/o/{organization.slug}/properties/"


# --- Properties ------------------------------------------------------------------------------


def test_list_shows_a_card_for_each(client: Client, root: str, organization: Organization) -> None:
    make_property(organization, name="Zebra House", units=3)
    make_property(organization, name="Ant House", status="maintenance")

    page = client.get(root).text

    assert page.index("Ant House") < page.index("Zebra House")
    assert "3 units" in page
    assert "In maintenance" in page
    assert "100.00\N{NO-BREAK SPACE}USD" in page


@pytest.mark.parametrize("look", ["cards", "table"])
def test_list_tells_tonight_and_the_next_thirty_nights(
    client: Client, root: str, organization: Organization, look: str
) -> None:
    hotel = make_property(organization, name="Hotel", units=2)
    make_booking(hotel, DAY, 30)
    villa = make_property(organization, name="Villa")
    block_nights(unit=units_of(villa)[0], start=DAY, end=DAY + ONE, by=None)
    make_booking(villa, DAY + ONE, 3)
    make_property(organization, name="Yurt")

    answer = client.get(root, {"view": look})

    assert [row["tonight"].words for row in answer.context["rows"]] == [
        "1 of 2 occupied tonight",
        "Blocked tonight",
        "Free tonight",
    ]
    assert [row["outlook"].occupancy_rate for row in answer.context["rows"]] == [
        Decimal("50.00"),
        Decimal("10.00"),
        Decimal("0.00"),
    ]
    assert "50 %" in answer.text
    assert ("<table" in answer.text) == (look == "table")


def test_tonight_is_the_propertys_own(
    client: Client, root: str, organization: Organization
) -> None:
    make_booking(make_property(organization, time_zone="Pacific/Kiritimati"), DAY, 1)

    (row,) = client.get(root).context["rows"]

    assert row["tonight"].words == "Free tonight"


def test_occupancy_is_not_for_housekeepers(
    client: Client, root: str, organization: Organization
) -> None:
    make_property(organization)
    client.force_login(make_member(organization, Role.HOUSEKEEPER))

    page = client.get(root, {"view": "table"}).text

    assert "Free tonight" in page
    assert "next 30 nights" not in page


def test_list_says_what_to_do_when_it_is_empty(
    client: Client, root: str, organization: Organization
) -> None:
    for_owner = client.get(root).text
    client.force_login(make_member(organization, Role.VIEWER))
    for_viewer = client.get(root).text

    assert "Add the first villa" in for_owner
    assert "Add the first villa" not in for_viewer
    assert "No properties yet" in for_viewer


def test_detail_shows_units_stays_to_come_and_blocks(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    make_booking(home, DAY - 9 * ONE, 2)
    now = make_booking(home, DAY - ONE, status="checked_in")
    later = make_booking(home, DAY + 9 * ONE)
    block_nights(
        unit=units_of(home)[1], start=DAY, end=DAY + ONE, reason="owner_stay", note="Aunt", by=None
    )
    block_nights(unit=units_of(home)[1], start=DAY - 9 * ONE, end=DAY, by=None)

    answer = client.get(f"{root}{home.pk}/")

    assert [stay.pk for stay in answer.context["stays"]] == [now.pk, later.pk]
    assert [block.note for block in answer.context["blocks"]] == ["Aunt"]
    assert "Room 1" in answer.text
    assert "Room 2" in answer.text


def test_create_with_everything(client: Client, root: str) -> None:
    answer = client.post(f"{root}new", VILLA, follow=True)

    home = Property.objects.get()
    assert "Villa Mare added." in answer.text
    assert (home.slug, home.currency, home.time_zone) == ("villa-mare", "EUR", "Europe/Rome")
    assert (home.base_price_per_night, home.bathrooms) == (Decimal("120.50"), Decimal("1.5"))
    assert (home.check_in_time, home.check_out_time) == ("15:00", "10:30")
    assert home.amenities == ["pool", "wifi"]
    assert home.address_line2 is None
    assert [unit.name for unit in units_of(home)] == ["Villa Mare"]


def test_create_with_units_and_the_least(client: Client, root: str) -> None:
    least = dict.fromkeys(VILLA, "") | {
        name: VILLA[name] for name in ("name", "property_type", "status", "currency", "time_zone")
    }

    client.post(f"{root}new", least | {"units": "Room 1\n Room 2 \n"})

    home = Property.objects.get()
    assert [unit.name for unit in units_of(home)] == ["Room 1", "Room 2"]
    assert (home.base_price_per_night, home.max_guests, home.amenities) == (None, None, None)
    assert (home.country, home.check_in_time) == (None, None)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"slug": "Villa Mare"}, "Enter a valid"),
        ({"slug": "mare_1"}, "lower-case letters and digits"),
        ({"slug": "taken"}, "Another property has this short name already."),
        ({"bathrooms": "1.3"}, "Bathrooms come in halves."),
        ({"max_guests": "0"}, "greater than or equal to 1"),
        ({"base_price_per_night": "1.005"}, "2 decimal places"),
        ({"base_price_per_night": "NaN"}, "Enter a number."),
        ({"currency": "XXX"}, "Select a valid choice."),
        ({"time_zone": "Mars/Base"}, "Select a valid choice."),
        ({"country": "XX"}, "Select a valid choice."),
        ({"check_in_time": "25:00"}, "Enter a valid time."),
        ({"units": "\n".join(f"Room {n}" for n in range(201))}, "At most 200 units at once."),
        ({"units": "x" * 101}, "at most 100 letters"),
    ],
)
def test_a_wrong_form_is_explained_and_kept(
    client: Client, root: str, organization: Organization, wrong: dict, sentence: str
) -> None:
    make_property(organization, slug="taken")

    answer = client.post(f"{root}new", VILLA | wrong)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "White walls" in answer.text
    assert Property.objects.count() == 1


def test_edit_shows_what_is_stored_and_changes_it(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, amenities=["pool"], check_in_time="15:00", slug="mare")

    shown = client.get(f"{root}{home.pk}/edit").text
    form = {name: value for name, value in VILLA.items() if name != "units"}
    answer = client.post(f"{root}{home.pk}/edit", form | {"slug": "mare", "name": "Villa Due"})

    assert 'value="15:00"' in shown
    assert answer.status_code == 302
    home.refresh_from_db()
    assert (home.name, home.slug, home.amenities) == ("Villa Due", "mare", ["pool", "wifi"])


def test_another_currency_is_refused_once_there_are_bookings(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    make_booking(home)

    answer = client.post(f"{root}{home.pk}/edit", VILLA | {"slug": home.slug, "units": ""})

    assert "The currency cannot change once the property has had bookings." in answer.text


def test_delete_says_what_goes_with_it(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    make_booking(home)

    asked = client.get(f"{root}{home.pk}/delete")
    done = client.post(f"{root}{home.pk}/delete", follow=True)

    assert "With it go 2 units and 1 booking." in asked.text
    assert f"{home.name} deleted." in done.text
    assert client.get(f"{root}{home.pk}/").status_code == 404


# --- Who may ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "edit", "delete", "units/new"])
def test_property_of_another_organization_is_not_found(
    client: Client, root: str, other_organization: Organization, page: str
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        home = make_property(other_organization)

    assert client.get(f"{root}{home.pk}/{page}").status_code == 404


def test_unit_of_another_property_is_not_found(
    client: Client, root: str, organization: Organization
) -> None:
    home, other = make_property(organization), make_property(organization)

    answer = client.get(f"{root}{home.pk}/units/{units_of(other)[0].pk}/edit")

    assert answer.status_code == 404


@pytest.mark.parametrize("role", [Role.STAFF, Role.ACCOUNTANT, Role.HOUSEKEEPER, Role.VIEWER])
def test_only_owners_and_managers_change_properties(
    client: Client, root: str, organization: Organization, role: Role
) -> None:
    home = make_property(organization)
    client.force_login(make_member(organization, role))
    unit = f"units/{units_of(home)[0].pk}"

    for page in ("edit", "delete", "units/new", f"{unit}/edit", f"{unit}/delete"):
        assert client.get(f"{root}{home.pk}/{page}").status_code == 403
    assert client.get(f"{root}new").status_code == 403
    page = client.get(f"{root}{home.pk}/").text
    assert "Add unit" not in page
    assert "/edit" not in page


def test_housekeeper_sees_no_prices(client: Client, root: str, organization: Organization) -> None:
    home = make_property(organization, base_price_per_night=Decimal("987.65"))
    client.force_login(make_member(organization, Role.HOUSEKEEPER))

    for address in (root, f"{root}{home.pk}/"):
        assert "987.65" not in client.get(address).text


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_ask_as_much_for_one_row_as_for_three(
    client: Client, root: str, organization: Organization, statements: Statements, rows: int
) -> None:
    homes = [make_property(organization, units=rows + 1) for _n in range(rows)]
    for n in range(rows):
        make_booking(homes[0], DAY + 3 * n * ONE)
        block_nights(
            unit=units_of(homes[0])[rows], start=DAY + n * ONE, end=DAY + (n + 1) * ONE, by=None
        )

    # The last of them gives the test its own context back.
    with statements(8):
        client.get(root)
    with statements(11):
        client.get(f"{root}{homes[0].pk}/")


def test_detail_shows_the_next_thirty_nights(
    client: Client, root: str, organization: Organization
) -> None:
    hotel = make_property(organization, units=3)
    make_booking(hotel, DAY, 9)
    block_nights(unit=units_of(hotel)[2], start=DAY, end=DAY + ONE, by=None)

    answer = client.get(f"{root}{hotel.pk}/")
    client.force_login(make_member(organization, Role.HOUSEKEEPER))

    strip = answer.context["outlook"]
    assert (strip.sold, strip.available, strip.rate) == (9, 90, Decimal("10.00"))
    assert (strip.bars[0].sold, strip.bars[0].blocked, strip.bars[9].sold) == (21, 21, 0)
    assert "9 of 90 nights sold" in answer.text
    assert "Next 30 nights" not in client.get(f"{root}{hotel.pk}/").text
