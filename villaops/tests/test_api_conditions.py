"""`ETag`, `If-Match` and `If-None-Match`, contract section 1."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Membership, Organization, User
from accounts.permissions import Role
from guests.models import Guest
from guests.services import update_guest
from villaops.api.conditions import etag_of
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_member,
    make_property,
    units_of,
)
from villaops.tests.client import Api, Response, refusal
from villaops.versions import ResourceChanged, version_of

pytestmark = pytest.mark.django_db

CHANGED = (412, "Resource has changed")
STRANGER = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def api(owner: User) -> Api:
    return Api(owner)


@pytest.fixture
def house(organization: Organization) -> dict[str, Any]:
    """One object of each kind that has a version: where it is, and a change it takes."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, units=2, latitude="1.5", amenities=["wifi"])
        guest, unit = make_guest(organization), units_of(home)[1]
        booking = make_booking(home, guest=guest)
        member = Membership.objects.create(
            organization=organization, invited_email="new@example.com", role=Role.STAFF
        )
    return {
        f"properties/{home.pk}": {"name": "New"},
        f"properties/{home.pk}/units/{unit.pk}": {"name": "New"},
        f"guests/{guest.pk}": {"name": "New"},
        f"bookings/{booking.pk}": {"adults": 2},
        "organizations/current": {"name": "New"},
        f"organizations/current/members/{member.pk}": {"role": "viewer"},
    }


def read(api: Api, path: str) -> str:
    """The object's tag, as reading or else as changing nothing gives it."""
    # A member is read in the list only, which has no tag.
    answer = api.patch(path, {}) if "members" in path else api.get(path)
    assert answer.status_code == 200
    return str(answer["ETag"])


def send(api: Api, method: str, path: str, tag: str, body: Any = None) -> Response:
    return api.send(method, path, body, headers={"If-Match": tag})


def test_a_tag_is_strong_and_stays_while_nothing_changes(api: Api, house: dict[str, Any]) -> None:
    for path in house:
        tag = read(api, path)

        assert tag.startswith('"')
        assert tag.endswith('"')
        assert read(api, path) == tag
        assert api.patch(path, {})["ETag"] == tag


def test_a_change_gives_another_tag_the_same_that_is_read_then(
    api: Api, house: dict[str, Any]
) -> None:
    for path, change in house.items():
        before = read(api, path)

        after = api.patch(path, change)["ETag"]

        assert after != before, path
        assert read(api, path) == after, path


def test_what_is_made_has_the_tag_that_is_read_then(api: Api, organization: Organization) -> None:
    home = api.post(
        "properties",
        {
            "name": "Villa",
            "property_type": "villa",
            "base_price_per_night": 100,
            "latitude": -0.0,
            "bathrooms": 1.5,
            "amenities": ["wifi"],
        },
    )
    at = f"properties/{home.json()['id']}"
    unit = api.post(f"{at}/units", {"name": "Annex", "available_from": "2026-01-01"})
    guest = api.post("guests", {"name": "Emma", "email": "Emma@EXAMPLE.com"})
    booking = api.post(
        "bookings",
        {
            "property_id": home.json()["id"],
            "guest_id": guest.json()["id"],
            "check_in": "2026-06-01",
            "check_out": "2026-06-04",
        },
    )
    member = api.post("organizations/current/members", {"email": "b@EXAMPLE.com", "role": "staff"})
    made = api.post("organizations", {"name": "Lake Houses"})

    answers = {
        at: home,
        f"{at}/units/{unit.json()['id']}": unit,
        f"guests/{guest.json()['id']}": guest,
        f"bookings/{booking.json()['id']}": booking,
        f"organizations/current/members/{member.json()['id']}": member,
    }
    for path, answer in answers.items():
        assert answer.status_code == 201, answer.content
        assert read(api, path) == answer["ETag"], path
    assert made["ETag"] == etag_of(Organization.objects.get(name="Lake Houses"))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_has_changed_is_left_as_it_is(
    api: Api, house: dict[str, Any], organization: Organization, method: str
) -> None:
    for path, change in house.items():
        if method == "DELETE" and path == "organizations/current":
            continue
        stale = read(api, path)
        other = {"role": "housekeeper"} if "members" in path else None
        now = api.patch(path, other or ({"adults": 3} if "bookings" in path else {"name": "Other"}))

        for tag in (stale, '"x"', "nonsense", "", f"W/{now['ETag']}", f"{now['ETag']} x"):
            assert refusal(send(api, method, path, tag, change)) == CHANGED, (path, tag)
        assert read(api, path) == now["ETag"]


def test_the_present_tag_any_of_several_and_a_star_pass(api: Api, house: dict[str, Any]) -> None:
    for path, change in house.items():
        for tag in (read(api, path), "*", f'"x", {read(api, path)},W/"y"'):
            assert send(api, "PUT", path, tag, {}).status_code == 200, (path, tag)
        assert send(api, "PATCH", path, read(api, path), change).status_code == 200
    for path in reversed(house):
        if path != "organizations/current":
            deleted = send(api, "DELETE", path, read(api, path))
            # The guest's booking, and the booking's unit, go before them.
            assert deleted.status_code == 200, (path, deleted.content)
            assert "ETag" not in deleted
            assert send(api, "DELETE", path, "*").status_code == 404


def test_the_order_of_refusals_around_it(api: Api, house: dict[str, Any]) -> None:
    booking = next(path for path in house if path.startswith("bookings"))

    asked = [
        # Malformed input, the object that is missing: before it.
        (booking, {"adults": 0}, 422),
        (f"bookings/{STRANGER}", {"adults": 1}, 404),
        # What the body refers to, rules, and the present state: after it.
        (booking, {"guest_id": STRANGER}, 412),
        (booking, {"check_out": "2020-01-01"}, 412),
        (booking, {"status": "no_show"}, 412),
    ]
    for path, body, status in asked:
        assert send(api, "PATCH", path, '"x"', body).status_code == status, body


def test_who_may_not_is_told_so_first(organization: Organization, house: dict[str, Any]) -> None:
    viewer, manager = (Api(make_member(organization, role)) for role in (Role.VIEWER, Role.MANAGER))
    owners = Membership.objects.get(organization=organization, role=Role.OWNER).pk

    for path, change in house.items():
        assert send(viewer, "PATCH", path, '"x"', change).status_code == 403
    path = f"organizations/current/members/{owners}"
    assert send(manager, "PATCH", path, '"x"', {"role": "staff"}).status_code == 403


def test_nested_objects_are_no_part_of_a_tag(api: Api, house: dict[str, Any]) -> None:
    home, unit, guest, booking = list(house)[:4]
    before = {path: read(api, path) for path in (home, booking)}

    api.patch(guest, {"name": "Somebody else"})
    api.patch(unit, {"name": "Attic"})
    api.post(f"{home}/units", {"name": "Annex"})

    assert {path: read(api, path) for path in before} == before


def test_a_move_between_units_is_another_version(api: Api, house: dict[str, Any]) -> None:
    _home, unit, _guest, booking = list(house)[:4]
    before = read(api, booking)

    api.patch(booking, {"unit_id": unit.rsplit("/", 1)[1]})

    assert read(api, booking) != before


def test_a_change_that_moves_no_clock_is_another_version(
    api: Api, organization: Organization, house: dict[str, Any]
) -> None:
    guest = list(house)[2]
    before = read(api, guest)

    with organization_context(organization, by=None, door=Door.COMMAND):
        Guest.objects.update(phone="1")

    assert read(api, guest) != before


def test_a_verb_looks_under_the_lock(organization: Organization) -> None:
    """Whatever was read before it, what counts is the row that the verb has locked."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        guest = make_guest(organization)
        read_by_two = frozenset([version_of(guest)])
        update_guest(guest=guest, by=None, changes={"name": "A"}, expected=read_by_two)

        with pytest.raises(ResourceChanged):
            update_guest(guest=guest, by=None, changes={"name": "B"}, expected=read_by_two)
        assert Guest.objects.get(pk=guest.pk).name == "A"


# --- Lists -----------------------------------------------------------------------------------


def listed(api: Api, path: str, tag: str = "") -> Response:
    return api.send("GET", path, headers={"If-None-Match": tag} if tag else {})


def test_a_list_one_has_is_not_sent_again(
    api: Api, house: dict[str, Any], statements: Callable[[int], Any]
) -> None:
    home = next(iter(house))
    for path in ("properties", f"{home}/units", "guests", "bookings"):
        first = listed(api, path)
        tag = first["ETag"]
        assert tag.startswith('W/"')

        for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
            again = listed(api, path, known)
            assert (again.status_code, again.content) == (304, b"")
            assert again["ETag"] == tag
            assert "Content-Type" not in again
        for other in ('W/"x"', "nonsense", f"{tag} x"):
            assert listed(api, path, other).content == first.content
    # What the contract names no tag for has none.
    assert "ETag" not in listed(api, "blocks")
    assert "ETag" not in listed(api, "organizations/current/members")


def test_a_list_that_has_changed_in_anything_is_sent(
    api: Api, organization: Organization, house: dict[str, Any]
) -> None:
    home, unit, guest, booking = list(house)[:4]

    def changes() -> list[tuple[str, Callable[[], object]]]:
        return [
            ("properties", lambda: api.post(f"{home}/units", {"name": "Annex"})),
            ("properties", lambda: api.patch(home, {"name": "New"})),
            (f"{home}/units", lambda: api.patch(unit, {"position": 7})),
            (f"{home}/units", lambda: api.delete(unit)),
            ("guests", lambda: api.post("guests", {"name": "A", "email": "a@example.com"})),
            ("guests", lambda: Guest.objects.update(phone="1")),
            ("bookings", lambda: api.patch(booking, {"adults": 2})),
            ("bookings", lambda: api.delete(booking)),
            ("guests?limit=1", lambda: api.delete(guest)),
        ]

    for path, change in changes():
        tag = listed(api, path)["ETag"]
        with organization_context(organization, by=None, door=Door.COMMAND):
            change()
        answer = listed(api, path, tag)
        assert answer.status_code == 200, path
        assert answer["ETag"] != tag


def test_a_list_is_known_by_whoever_sees_the_same(
    api: Api, organization: Organization, house: dict[str, Any]
) -> None:
    housekeeper = Api(make_member(organization, Role.HOUSEKEEPER))
    tag = listed(api, "bookings")["ETag"]

    assert listed(housekeeper, "bookings", tag).status_code == 200
