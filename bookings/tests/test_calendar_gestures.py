"""What the tape chart's gestures do, what they would do, and how they are taken back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Block, Booking, Night
from bookings.services import cancel_booking, confirm_booking, move_to_unit, unassign_booking
from conftest import Statements
from properties.models import Property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_member, make_property, units_of

ONE = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("inside")


class Chart:
    """The tape chart's door, used as its script does."""

    def __init__(self, client: Client, slug: str) -> None:
        self.client, self.root = client, f"/o/{slug}/calendar/"

    def bar(self, holder: Booking | Block) -> dict[str, Any]:
        answer = self.client.get(f"{self.root}data?start=2026-02-01&end=2026-06-01")
        return next(bar for bar in answer.json()["bars"] if bar["id"] == str(holder.pk))

    def post(self, path: str, body: Any) -> Any:
        return self.client.post(self.root + path, body, content_type="application/json")

    def gesture(self, path: str, holder: Booking | Block, change: Any, **more: Any) -> Any:
        kind = "booking" if isinstance(holder, Booking) else "block"
        seen = self.bar(holder)["seen"]
        body = {"kind": kind, "id": holder.pk, "seen": seen, "change": change, **more}
        return self.post(path, body)

    def undo(self, holder: Booking | Block, done: dict[str, Any]) -> Any:
        undo = done["undo"]
        kind = "booking" if isinstance(holder, Booking) else "block"
        body = {"kind": kind, "id": holder.pk, "seen": undo["seen"], "change": undo["change"]}
        return self.post("change", body | (undo["price"] or {}))


@pytest.fixture
def chart(client: Client, organization: Organization, owner: User) -> Chart:
    client.force_login(owner)
    return Chart(client, organization.slug)


@pytest.fixture
def house(organization: Organization, inside: None) -> Property:
    """Room 1 and Room 2, 100.00 a night."""
    return make_property(organization, name="House", units=2)


def held(booking: Booking) -> list[tuple[int, str]]:
    nights = Night.objects.filter(booking=booking).order_by("night", "unit__position")
    return [((n.night - DAY).days, n.unit.name) for n in nights.select_related("unit")]


def total(booking: Booking) -> Decimal | None:
    booking.refresh_from_db()
    return booking.total_price


def test_preview_tells_nights_and_price_and_changes_nothing(chart: Chart, house: Property) -> None:
    booking = make_booking(house, DAY, 3, total_price=Decimal("270.00"))

    answer = chart.gesture("preview", booking, {"check_out": DAY + 4 * ONE})

    assert answer.status_code == 200
    assert answer.json() == {
        "nights": {"old": 3, "new": 4},
        "price": {
            "currency": "USD",
            "old_currency": "USD",
            "old": "270.00",
            "new": "370.00",
            "difference": "100.00",
        },
        "money_changes": True,
        "sentence": "Emma Thompson: Room 1, Sun 1 Mar to Thu 5 Mar, 4 nights.",
    }
    assert (total(booking), len(held(booking))) == (Decimal("270.00"), 3)


def test_stretch_waits_for_a_decision_about_the_price(chart: Chart, house: Property) -> None:
    booking = make_booking(house, DAY, 3, total_price=Decimal("270.00"))
    longer = {"check_out": DAY + 4 * ONE}

    undecided = chart.gesture("change", booking, longer)
    kept = chart.gesture("change", booking, longer, price="keep")
    priced = chart.gesture("change", booking, {"check_out": DAY + 5 * ONE}, price="new")

    assert (undecided.status_code, undecided.json()["code"]) == (409, "price_undecided")
    assert (kept.status_code, priced.status_code) == (200, 200)
    # Four nights for 270.00 are 67.50 each; the fifth costs the base price.
    assert total(booking) == Decimal("370.00")


def test_undo_gives_dates_unit_and_price_back(chart: Chart, house: Property) -> None:
    booking = make_booking(house, DAY, 3, total_price=Decimal("270.00"))
    there = {"unit": units_of(house)[1].pk, "check_in": DAY + ONE, "check_out": DAY + 5 * ONE}

    done = chart.gesture("change", booking, there, price="new").json()
    moved = (held(booking), total(booking))
    undone = chart.undo(booking, done)

    assert moved == ([(n, "Room 2") for n in (1, 2, 3, 4)], Decimal("380.00"))
    assert done["said"] == "Moved to Room 2, Mon 2 Mar to Fri 6 Mar, 4 nights."
    assert undone.status_code == 200
    assert held(booking) == [(n, "Room 1") for n in range(3)]
    assert total(booking) == Decimal("270.00")


def test_taken_nights_are_refused_with_the_reason(chart: Chart, house: Property) -> None:
    room = units_of(house)[1]
    booking = make_booking(house, DAY, 3, units=units_of(house)[:1])
    other = make_booking(house, DAY + ONE, 1, units=[room])

    for path in ("preview", "change"):
        answer = chart.gesture(path, booking, {"unit": room.pk})

        assert answer.status_code == 409
        assert answer.json() == {
            "code": "dates_taken",
            "detail": "The night of Mon 2 March 2026 in Room 2 is taken"
            f" by booking {other.reference}.",
            "night": "2026-03-02",
        }
    assert held(booking) == [(n, "Room 1") for n in range(3)]


def test_split_and_undo(chart: Chart, house: Property) -> None:
    booking = make_booking(house, DAY, 3)

    done = chart.gesture(
        "change", booking, {"unit": units_of(house)[1].pk, "from_night": DAY + ONE}
    ).json()
    split = held(booking)
    chart.undo(booking, done)

    assert split == [(0, "Room 1"), (1, "Room 2"), (2, "Room 2")]
    assert [(bar["start"], bar["end"]) for bar in done["bars"]] == [
        ("2026-03-01", "2026-03-02"),
        ("2026-03-02", "2026-03-04"),
    ]
    assert held(booking) == [(n, "Room 1") for n in range(3)]


def test_undo_splits_again_although_the_first_room_is_taken(chart: Chart, house: Property) -> None:
    first, second = units_of(house)
    booking = make_booking(house, DAY, 3, units=[first])
    move_to_unit(booking=booking, unit=second, from_night=DAY + 2 * ONE, by=None)
    make_booking(house, DAY + 2 * ONE, 1, units=[first])

    done = chart.gesture("change", booking, {"unit": second.pk}).json()
    undone = chart.undo(booking, done)

    assert done["said"] == "Moved to Room 2."
    assert undone.status_code == 200
    assert held(booking) == [(0, "Room 1"), (1, "Room 1"), (2, "Room 2")]


def test_one_room_of_several_moves_alone(chart: Chart, organization: Organization) -> None:
    house = make_property(organization, units=3)
    first, second, third = units_of(house)
    booking = make_booking(house, DAY, 1, units=[first, second])

    unclear = chart.gesture("change", booking, {"unit": third.pk})
    clear = chart.gesture("change", booking, {"unit": third.pk, "from_unit": second.pk})

    assert (unclear.status_code, unclear.json()["code"]) == (409, "which_unit")
    assert clear.status_code == 200
    assert held(booking) == [(0, "Room 1"), (0, "Room 3")]


def test_to_another_property_costs_its_price(chart: Chart, house: Property) -> None:
    away = make_property(house.organization, name="Away", base_price_per_night=250)
    booking = make_booking(house, DAY, 2)

    done = chart.gesture("change", booking, {"unit": units_of(away)[0].pk}, price="new").json()
    there = (held(booking), total(booking))
    chart.undo(booking, done)

    assert there == ([(0, "Away"), (1, "Away")], Decimal("500.00"))
    assert done["said"] == "Moved to Away, Away."
    assert (held(booking), total(booking)) == ([(0, "Room 1"), (1, "Room 1")], Decimal("200.00"))


def test_another_currency_needs_the_new_price(chart: Chart, house: Property) -> None:
    away = make_property(house.organization, currency="EUR")
    booking = make_booking(house, DAY, 2)
    there = {"unit": units_of(away)[0].pk}

    shown = chart.gesture("preview", booking, there).json()["price"]
    kept = chart.gesture("change", booking, there, price="keep")

    assert (shown["old_currency"], shown["currency"]) == ("USD", "EUR")
    assert shown["difference"] is None
    assert (kept.status_code, kept.json()["code"]) == (409, "price_needed")


def test_unassign_place_and_undo(chart: Chart, house: Property) -> None:
    booking = make_booking(house, DAY, 2)

    lane = chart.gesture("change", booking, {"unit": None}).json()
    placed = chart.gesture("change", booking, {"unit": units_of(house)[1].pk}).json()
    there = held(booking)
    chart.undo(booking, placed)

    assert [(bar["unit"], bar["start"]) for bar in lane["bars"]] == [(None, "2026-03-01")]
    assert there == [(0, "Room 2"), (1, "Room 2")]
    assert (held(booking), total(booking)) == ([], Decimal("200.00"))


def test_cancel_removes_the_bar_and_undo_brings_it_back(chart: Chart, house: Property) -> None:
    booking = make_booking(house, DAY, 2, status="confirmed")

    done = chart.gesture("change", booking, {"cancel": True, "reason": "Ill"}).json()
    booking.refresh_from_db()
    reason = booking.cancellation_reason
    chart.undo(booking, done)

    assert (done["removed"], done["bars"], reason) == (True, [], "Ill")
    booking.refresh_from_db()
    assert (booking.status, len(held(booking))) == ("confirmed", 2)


def test_check_in_of_a_pending_stay_is_undone(chart: Chart, house: Property) -> None:
    booking = make_booking(house, DAY, 2)

    answer = chart.gesture("change", booking, {"status": "checked_in"}).json()
    undo = answer["undo"]
    body = {"kind": "booking", "id": booking.pk, "seen": undo["seen"], "change": undo["change"]}
    undone = chart.post("change", body)

    assert answer["bars"][0]["status"] == "checked_in"
    assert undone.json()["bars"][0]["status"] == "pending"


def test_status_moves_only_where_the_model_allows(chart: Chart, house: Property) -> None:
    booking = make_booking(house, DAY, 2)

    confirmed = chart.gesture("change", booking, {"status": "confirmed"})
    refused = chart.gesture("change", booking, {"status": "checked_out"})

    assert confirmed.json()["bars"][0]["status"] == "confirmed"
    assert (refused.status_code, refused.json()["code"]) == (409, "status_move_not_allowed")


def test_what_was_seen_must_be_what_is_there(chart: Chart, house: Property) -> None:
    booking = make_booking(house, DAY, 2)
    seen = chart.bar(booking)["seen"]
    confirm_booking(booking=booking, by=None)
    body = {"kind": "booking", "id": booking.pk, "seen": seen, "change": {"cancel": True}}

    answer = chart.post("change", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    assert [bar["status"] for bar in answer.json()["bars"]] == ["confirmed"]
    booking.refresh_from_db()
    assert booking.status == "confirmed"


def test_block_is_drawn_moved_released_and_brought_back(chart: Chart, house: Property) -> None:
    first, second = units_of(house)
    drawn = {"unit": first.pk, "start": DAY, "end": DAY + 2 * ONE, "reason": "house_use"}

    made = chart.post("block", {**drawn, "note": "Paint"}).json()
    block = Block.objects.get()
    moved = chart.gesture("change", block, {"unit": second.pk}).json()
    undone = chart.undo(block, moved).json()
    released = chart.gesture("change", block, {"release": True}).json()
    back = chart.undo(block, released).json()

    assert [(bar["reason"], bar["name"]) for bar in made["bars"]] == [("house_use", "Paint")]
    assert moved["bars"][0]["unit"] == str(second.pk)
    assert undone["bars"][0]["unit"] == str(first.pk)
    assert (released["removed"], released["bars"]) == (True, [])
    assert back["bars"][0]["start"] == "2026-03-01"
    assert chart.post("block", drawn).status_code == 409


def test_nonsense_is_refused(chart: Chart, house: Property) -> None:
    booking = make_booking(house, DAY, 2)

    for body in (
        "no object",
        {},
        {"kind": "guest", "id": booking.pk, "seen": "", "change": {}},
        {"kind": "booking", "id": booking.pk, "seen": "", "change": {"colour": "red"}},
        {"kind": "booking", "id": booking.pk, "seen": "", "change": {"check_in": "0001-01-01"}},
    ):
        assert chart.post("change", body).status_code == 422
    backwards = chart.gesture("change", booking, {"check_out": DAY - ONE})
    assert (backwards.status_code, backwards.json()["code"]) == (409, "broken_rule")


def test_others_are_not_there(
    chart: Chart, house: Property, other_organization: Organization, owner: User
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        away = make_property(other_organization)
        foreign, foreign_unit = make_booking(away), units_of(away)[0]
    mine = make_booking(house, DAY, 1)
    gone = make_booking(house, DAY + ONE, 1)
    cancel_booking(booking=gone, by=None)
    body = {"kind": "booking", "id": foreign.pk, "seen": "0", "change": {"cancel": True}}

    assert chart.post("change", body).status_code == 404
    assert chart.gesture("change", mine, {"unit": foreign_unit.pk}).status_code == 404
    assert chart.post("change", {**body, "id": gone.pk}).status_code == 409


@pytest.mark.parametrize("role", [Role.HOUSEKEEPER, Role.ACCOUNTANT, Role.VIEWER])
def test_readers_change_nothing(
    chart: Chart, house: Property, organization: Organization, role: Role
) -> None:
    booking = make_booking(house, DAY, 2)
    chart.client.force_login(make_member(organization, role))

    for path in ("preview", "change"):
        assert chart.gesture(path, booking, {"cancel": True}).status_code == 403
    assert chart.post("block", {}).status_code == 403


def test_change_costs_the_same_however_long_the_stay(
    chart: Chart, house: Property, statements: Statements
) -> None:
    for nights in (2, 40):
        booking = make_booking(house, DAY, nights)
        body = {
            "kind": "booking",
            "id": booking.pk,
            "seen": chart.bar(booking)["seen"],
            "change": {"unit": units_of(house)[1].pk},
        }
        with statements(25):
            assert chart.post("change", body).status_code == 200
        unassign_booking(booking=booking, by=None)
