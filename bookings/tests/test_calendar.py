"""What the tape chart reads: places, bars, changes, cards, and the list that says the same."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.blocks import block_nights, release_block
from bookings.services import (
    cancel_booking,
    confirm_booking,
    move_to_unit,
    unassign_booking,
)
from conftest import Statements
from properties.models import Property, Unit
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_member,
    make_property,
    units_of,
)

ONE = timedelta(days=1)
WINDOW = "data?start=2026-03-01&end=2026-03-15"

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    client.force_login(owner)
    return f"/o/{organization.slug}/calendar/"


@pytest.fixture
def house(organization: Organization, inside: None) -> Property:
    """Room 1 and Room 2."""
    return make_property(organization, name="House", units=2)


def bars(client: Client, root: str, window: str = WINDOW) -> list[dict[str, Any]]:
    return list(client.get(root + window).json()["bars"])


def test_page_keeps_its_place_from_the_address(client: Client, root: str) -> None:
    page = client.get(root + "?start=2026-03-01&zoom=month").content.decode()

    assert 'data-start="2026-03-01"' in page
    assert 'data-zoom="month"' in page
    assert client.get(root + "?start=yesterday&zoom=huge").status_code == 200


def test_units_in_order_without_the_deleted(client: Client, root: str, house: Property) -> None:
    first, second = units_of(house)
    Unit.objects.filter(pk=first.pk).update(status="inactive")

    (home,) = client.get(root + "units").json()["properties"]
    shown = [unit["name"] for unit in home["units"]]
    make_booking(house, DAY, units=[second])
    Unit.objects.filter(pk=second.pk).update(status="inactive")
    (again,) = client.get(root + "units").json()["properties"]

    assert (home["name"], home["base_price"], home["currency"]) == ("House", "100.00", "USD")
    assert shown == ["Room 2"]
    # No longer offered, but somebody sleeps there.
    assert [unit["name"] for unit in again["units"]] == ["Room 2"]


def test_bar_says_what_the_chart_draws(client: Client, root: str, house: Property) -> None:
    guest = make_guest(house.organization, name="Ana Silva")
    booking = make_booking(house, DAY + ONE, 3, guest=guest, adults=2, children=1)

    (bar,) = bars(client, root)

    assert bar.pop("seen").isdigit()
    assert bar == {
        "id": str(booking.pk),
        "kind": "booking",
        "unit": str(units_of(house)[0].pk),
        "start": "2026-03-02",
        "end": "2026-03-05",
        "status": "pending",
        "name": "Ana Silva",
        "reference": booking.reference,
        "guests": 3,
        "source": "direct",
    }


def test_split_stay_is_two_bars_and_back_again_three(
    client: Client, root: str, house: Property
) -> None:
    first, second = units_of(house)
    booking = make_booking(house, DAY, 4, units=[first])
    move_to_unit(booking=booking, unit=second, from_night=DAY + ONE, by=None)
    move_to_unit(booking=booking, unit=first, from_night=DAY + 2 * ONE, by=None)

    found = bars(client, root)

    assert [(bar["unit"], bar["start"], bar["end"]) for bar in found] == [
        (str(first.pk), "2026-03-01", "2026-03-02"),
        (str(second.pk), "2026-03-02", "2026-03-03"),
        (str(first.pk), "2026-03-03", "2026-03-05"),
    ]
    assert {(bar["from"], bar["to"]) for bar in found} == {("2026-03-01", "2026-03-05")}


def test_bars_are_what_overlaps_whole_and_nothing_that_holds_nothing(
    client: Client, root: str, house: Property
) -> None:
    room = units_of(house)[0]
    long = make_booking(house, DAY - 5 * ONE, 30, units=[room])
    cancel_booking(booking=make_booking(house, DAY, 1), by=None)
    make_booking(house, DAY + 40 * ONE, 1)
    lane = make_booking(house, DAY, 2)
    unassign_booking(booking=lane, by=None)
    other = units_of(house)[1]
    kept = block_nights(unit=other, start=DAY, end=DAY + ONE, by=None, note="Paint")
    gone = block_nights(unit=other, start=DAY + ONE, end=DAY + 2 * ONE, by=None)
    release_block(block=gone, by=None)

    found = {bar["id"]: bar for bar in bars(client, root)}

    assert set(found) == {str(long.pk), str(lane.pk), str(kept.pk)}
    assert (found[str(long.pk)]["start"], found[str(long.pk)]["end"]) == (
        "2026-02-24",
        "2026-03-26",
    )
    assert found[str(lane.pk)]["unit"] is None
    assert found[str(lane.pk)]["property"] == str(house.pk)
    assert (found[str(kept.pk)]["reason"], found[str(kept.pk)]["name"]) == ("other", "Paint")


def test_stays_over_the_edges_are_bars_as_long_as_they_lie(
    client: Client, root: str, organization: Organization
) -> None:
    """Moved before the days asked for, moved after them, in the lane since before, gone by noon."""
    house = make_property(organization, units=6)
    rooms = units_of(house)
    before, after, gone, over = (
        make_booking(house, DAY - start * ONE, nights, units=[room])
        for (start, nights), room in zip(((6, 9), (2, 20), (3, 3), (4, 3)), rooms[:4], strict=True)
    )
    move_to_unit(booking=before, unit=rooms[4], from_night=DAY - 3 * ONE, by=None)
    move_to_unit(booking=after, unit=rooms[5], from_night=DAY + 12 * ONE, by=None)
    lane = make_booking(house, DAY - 4 * ONE, 6, units=[rooms[5]])
    unassign_booking(booking=lane, by=None)

    found = bars(client, root, f"data?start={DAY}&end={DAY + 7 * ONE}")

    assert {(bar["id"], bar["unit"], bar["start"], bar["end"]) for bar in found} == {
        (str(before.pk), str(rooms[4].pk), str(DAY - 3 * ONE), str(DAY + 3 * ONE)),
        (str(after.pk), str(rooms[1].pk), str(DAY - 2 * ONE), str(DAY + 12 * ONE)),
        (str(gone.pk), str(rooms[2].pk), str(DAY - 3 * ONE), str(DAY)),
        (str(lane.pk), None, str(DAY - 4 * ONE), str(DAY + 2 * ONE)),
    }
    assert over.pk not in {bar["id"] for bar in found}


def test_data_is_one_statement_however_many_bars(
    client: Client, root: str, house: Property, statements: Statements
) -> None:
    for made in (1, 3):
        make_booking(house, DAY + made * ONE, 1)
        make_booking(house, DAY + (made + 1) * ONE, 1)
        # Session, user with memberships, the context, the bars, and the test's own context again.
        with statements(5):
            assert client.get(root + WINDOW).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "start=2026-03-01",
        "start=2026-03-01&end=2026-03-01",
        "start=2026-03-01&end=2027-05-01",
        "start=0001-01-01&end=0001-02-01",
        "start=x&end=y",
    ],
)
def test_window_that_makes_no_sense_is_refused(client: Client, root: str, query: str) -> None:
    assert client.get(f"{root}data?{query}").status_code == 422


def test_changes_are_told_once_something_happens(
    client: Client, root: str, house: Property, other_organization: Organization
) -> None:
    booking = make_booking(house, DAY, 2)
    as_of = client.get(root + WINDOW).json()["as_of"]

    with organization_context(other_organization, by=None, door=Door.COMMAND):
        make_booking(make_property(other_organization))
    quiet = client.get(root + "changes", {"as_of": as_of})
    confirm_booking(booking=booking, by=None)
    told = client.get(root + "changes", {"as_of": as_of})
    block_nights(unit=units_of(house)[1], start=DAY, end=DAY + ONE, by=None)
    later = client.get(root + WINDOW).json()["as_of"]

    assert quiet.status_code == 204
    assert (told.status_code, told.json()) == (200, {"changed": True})
    assert client.get(root + "changes", {"as_of": later}).status_code == 204
    for nonsense in ("", "yesterday", "1", "1.2.3", "9" * 30 + ".1"):
        assert client.get(root + "changes", {"as_of": nonsense}).status_code == 422


def test_new_names_and_states_are_told_too(client: Client, root: str, house: Property) -> None:
    guest = make_guest(house.organization, name="Ana Silva")
    make_booking(house, DAY, 2, guest=guest)
    unit = units_of(house)[0]
    told = []

    for row, field, value in (
        (guest, "name", "Ana Costa"),
        (house, "name", "House by the sea"),
        (unit, "name", "Blue room"),
        (unit, "status", "inactive"),
    ):
        as_of = client.get(root + WINDOW).json()["as_of"]
        before = client.get(root + "changes", {"as_of": as_of}).status_code
        setattr(row, field, value)
        row.save()
        told.append((before, client.get(root + "changes", {"as_of": as_of}).status_code))

    assert told == [(204, 200)] * 4


def test_names_are_quoted_and_plans_made_without_knowing_the_dates(
    client: Client, root: str, house: Property
) -> None:
    name = 'Ana "Nana" O\'Neill \\ <b>é\n</b>'
    make_booking(house, DAY, 2, guest=make_guest(house.organization, name=name))
    block_nights(unit=units_of(house)[1], start=DAY, end=DAY + ONE, by=None, note='5" pipe')
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")

    for _ in range(6):
        names = {bar["name"] for bar in bars(client, root)}

    assert names == {name, '5" pipe'}


def test_card_offers_the_moves_there_are(client: Client, root: str, house: Property) -> None:
    booking = make_booking(house, DAY, 2, total_price=Decimal("181.50"))

    card = client.get(f"{root}card/booking/{booking.pk}").content.decode()

    assert "Emma Thompson" in card
    assert "181.50" in card
    assert "{&quot;status&quot;: &quot;confirmed&quot;}" in card
    assert "{&quot;cancel&quot;: true}" in card
    assert "checked_out" not in card


def test_card_of_a_block_and_of_nothing(
    client: Client, root: str, house: Property, other_organization: Organization
) -> None:
    block = block_nights(unit=units_of(house)[0], start=DAY, end=DAY + ONE, by=None, note="Paint")
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        foreign = make_booking(make_property(other_organization))

    card = client.get(f"{root}card/block/{block.pk}").content.decode()

    assert "Paint" in card
    assert "{&quot;release&quot;: true}" in card
    assert client.get(f"{root}card/block/{foreign.pk}").status_code == 404
    assert client.get(f"{root}card/booking/{foreign.pk}").status_code == 404
    assert client.get(f"{root}card/guest/{block.pk}").status_code == 404


def test_housekeeper_sees_no_price_no_contact_and_no_buttons(
    client: Client, root: str, house: Property, organization: Organization
) -> None:
    booking = make_booking(house, DAY, 2, total_price=Decimal("181.50"))
    client.force_login(make_member(organization, Role.HOUSEKEEPER))

    card = client.get(f"{root}card/booking/{booking.pk}").content.decode()
    (home,) = client.get(root + "units").json()["properties"]

    assert "Emma Thompson" in card
    assert "181.50" not in card
    assert "data-change" not in card
    assert "@example.com" not in card + str(bars(client, root))
    assert home["base_price"] is None


def test_list_says_who_is_where_and_what_is_free(
    client: Client, root: str, house: Property
) -> None:
    first, second = units_of(house)
    make_booking(house, DAY + 2 * ONE, 3, units=[first])
    unassign_booking(booking=make_booking(house, DAY, 1), by=None)

    answer = client.get(root + "list?start=2026-03-01&days=7")

    rows = answer.context["rows"]
    assert [
        (row.unit, [(span.kind, span.start.day, span.end.day) for span in row.spans])
        for row in rows
    ] == [
        (first, [("free", 1, 3), ("booking", 3, 6), ("free", 6, 8)]),
        (second, [("free", 1, 8)]),
    ]
    assert [span.name for span in answer.context["unassigned"]] == ["Emma Thompson"]
    assert f"unit={second.pk}&amp;check_in=2026-03-01" in answer.content.decode()
    assert client.get(root + "list?start=x&days=900&property=x&page=x").status_code == 200


def test_list_moves_stays_along_and_comes_back(client: Client, root: str, house: Property) -> None:
    first, second = units_of(house)
    stay = make_booking(house, DAY, 3, units=[first])
    block = block_nights(unit=second, start=DAY, end=DAY + ONE, by=None)
    here = f"{root}list?start=2026-03-01&days=7"
    bookings = root.replace("calendar/", "bookings/")

    page = client.get(here).content.decode()
    back = client.post(f"{bookings}{stay.pk}/status", {"status": "confirmed", "next": here})
    released = client.post(f"{bookings}blocks/{block.pk}/release", {"next": here})
    blank = client.get(
        f"{bookings}blocks/new/{house.pk}?unit={second.pk}&start=2026-03-02&end=2026-03-08"
    )

    for target in ("confirmed", "checked_in"):
        assert f'{stay.pk}/status" name="status" value="{target}"' in page
    assert "checked_out" not in page
    assert f"{stay.pk}/move?from_night=2026-03-01&amp;next=%2Fo%2F" in page
    assert f"unit={second.pk}&amp;start=2026-03-02&amp;end=2026-03-08" in page
    assert (back.url, released.url) == (here, here)
    assert blank.context["form"]["end"].value() == "2026-03-08"
    assert "Release" not in client.get(here).content.decode()


def test_list_full_of_short_stays_is_a_light_page(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=3)
    guest = make_guest(organization, name="Maximiliane von Hohenfels")
    empty = client.get(root + "list?start=2026-03-01")
    for unit in units_of(home):
        for night in range(14):
            make_booking(home, DAY + night * ONE, 1, units=[unit], guest=guest)

    busy = client.get(root + "list?start=2026-03-01")

    assert (len(empty.context["rows"]), len(busy.context["rows"])) == (3, 2)
    assert len(busy.content) < 100_000


def test_pages_ask_the_same_however_much_there_is(
    client: Client, root: str, organization: Organization, statements: Statements
) -> None:
    for _number in (1, 3):
        home = make_property(organization, units=2)
        booking = make_booking(home, DAY, 2, units=units_of(home))
        for path, number in (
            ("", 5),
            ("units", 6),
            ("list?start=2026-03-01", 10),
            (f"card/booking/{booking.pk}", 6),
        ):
            with statements(number):
                assert client.get(root + path).status_code == 200


def test_strangers_find_nothing(
    client: Client, root: str, other_organization: Organization
) -> None:
    client.force_login(make_member(other_organization, Role.OWNER))

    for path in ("", "units", WINDOW, "changes?as_of=1.1", "list"):
        assert client.get(root + path).status_code == 404
