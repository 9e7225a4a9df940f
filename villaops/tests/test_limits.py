"""A member limited to some properties sees and touches those, their stays and the guests of these.

Whatever face asks, PostgreSQL answers; so each face is asked once here, by a member with the limit
and by one without, to whom there is more to see.
"""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.permissions import Role
from bookings.blocks import block_nights
from bookings.models import Block, Booking, BookingNote, Night, NightEvent
from bookings.notes import add_note
from bookings.services import change_dates, update_booking
from guests.merging import merge_guests
from guests.models import Guest, GuestMerge
from guests.privacy import anonymize_guest
from guests.services import GuestStaysElsewhere, create_guest
from properties.models import Property, Unit
from villaops.tenancy import Door, checks, organization_context
from villaops.tests.build import make_booking, make_guest, make_member, make_property, units_of
from villaops.tests.client import Api, refusal

DAY = timezone.now().date()
ONE = dt.timedelta(days=1)


@dataclass(frozen=True)
class Side:
    """A property with one of everything, and the words that give each of them away."""

    home: Property
    stay: Booking
    guest: Guest
    block: Block

    def words(self) -> set[str]:
        return {
            self.home.name,
            self.guest.name,
            self.guest.email,
            self.stay.reference,
            str(self.stay.pk),
            f"Block at {self.home.name}",
            f"Note at {self.home.name}",
        }


@dataclass(frozen=True)
class House:
    organization: Organization
    mine: Side
    theirs: Side
    manager: User
    owner: User


def make_side(organization: Organization, by: User, name: str, guest_name: str) -> Side:
    home = make_property(organization, name=name, units=2)
    guest = make_guest(organization, name=guest_name, email=f"{guest_name.split()[1]}@example.com")
    stay = make_booking(home, DAY, guest=guest)
    add_note(booking=stay, text=f"Note at {name}", by=by)
    block = block_nights(
        unit=units_of(home)[1], start=DAY, end=DAY + ONE, note=f"Block at {name}", by=by
    )
    return Side(home, stay, guest, block)


@pytest.fixture
def house(organization: Organization, owner: User) -> House:
    with organization_context(organization, by=owner, door=Door.COMMAND):
        mine = make_side(organization, owner, "Beach House", "Mia Innes")
        theirs = make_side(organization, owner, "Forest House", "Theo Outis")
    manager = make_member(organization, Role.MANAGER, name="Lena Limited")
    with organization_context(organization, by=owner, door=Door.COMMAND):
        Membership.objects.filter(user=manager).update(property_ids=[mine.home.pk])
    return House(organization, mine, theirs, manager, owner)


@pytest.fixture
def limited(house: House) -> Iterator[House]:
    """The test runs as the limited manager."""
    limit = [house.mine.home.pk]
    with organization_context(
        house.organization, by=house.manager, door=Door.WEB, property_ids=limit
    ):
        yield house


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    """What a response says; what is zipped (XLSX) unpacked."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"".join(packed.read(name) for name in packed.namelist())
    return str(body.decode())


SPAN = f"start={DAY - ONE}&end={DAY + ONE * 30}"
FACES = [
    "",
    "find?q=House",
    "find?q=example.com",
    "bookings/",
    "bookings/export?format=csv",
    "bookings/export?format=xlsx",
    "bookings/new",
    f"calendar/data?{SPAN}",
    "calendar/units",
    f"calendar/list?start={DAY}",
    f"availability/?check_in={DAY + ONE * 50}&check_out={DAY + ONE * 52}",
    "guests/",
    "properties/",
    "properties/?view=table",
    "occupancy/",
    "analytics/?section=properties",
    "/api/v1/properties",
    "/api/v1/guests",
    "/api/v1/bookings",
    "/api/v1/blocks",
    f"/api/v1/availability?check_in={DAY + ONE * 50}&check_out={DAY + ONE * 52}",
    f"/api/v1/analytics/occupancy?start_date={DAY}&end_date={DAY + ONE * 9}",
]


def ask(user: User, house: House, face: str) -> str:
    if face.startswith("/api"):
        path, _, query = face.partition("?")
        asked = dict(part.split("=") for part in query.split("&") if part)
        response = Api(user).get(path, **asked)
    else:
        response = signed_in(user).get(f"/o/{house.organization.slug}/{face}")
    assert response.status_code == 200, (face, response.status_code)
    return text_of(response)


@pytest.mark.parametrize("face", FACES)
def test_a_face_shows_a_limited_member_theirs_alone(house: House, face: str) -> None:
    seen = ask(house.manager, house, face)
    everything = ask(house.owner, house, face)

    assert [word for word in house.theirs.words() if word in seen] == []
    # There is something to see, and they see all of it that is theirs.
    assert [word for word in house.theirs.words() if word in everything] != []
    mine = {word for word in house.mine.words() if word in everything}
    assert mine
    assert {word for word in mine if word in seen} == mine


def pages_about(side: Side) -> list[str]:
    ids = {"booking_id": side.stay.pk, "guest_id": side.guest.pk, "property_id": side.home.pk}
    slug = side.home.organization.slug
    named = [
        ("bookings:detail", "booking_id"),
        ("bookings:edit", "booking_id"),
        ("bookings:confirmation", "booking_id"),
        ("guests:detail", "guest_id"),
        ("guests:edit", "guest_id"),
        ("guests:merge", "guest_id"),
        ("guests:delete", "guest_id"),
        ("properties:detail", "property_id"),
        ("properties:edit", "property_id"),
        ("bookings:block", "property_id"),
    ]
    return [
        *(reverse(name, kwargs={"slug": slug, key: ids[key]}) for name, key in named),
        reverse("guests:export", args=[slug, side.guest.pk]) + "?format=json",
        reverse("calendar:card", args=[slug, "booking", side.stay.pk]),
        reverse("calendar:card", args=[slug, "block", side.block.pk]),
    ]


def test_pages_about_others_are_not_there(house: House) -> None:
    limited, owner = signed_in(house.manager), signed_in(house.owner)

    assert {limited.get(path).status_code for path in pages_about(house.theirs)} == {404}
    assert {owner.get(path).status_code for path in pages_about(house.theirs)} == {200}
    assert {limited.get(path).status_code for path in pages_about(house.mine)} == {200}


def test_an_open_chart_is_told_when_a_stay_comes_or_leaves(house: House) -> None:
    limited, root = signed_in(house.manager), f"/o/{house.organization.slug}/calendar/"
    mine, theirs, later = house.mine.home, house.theirs.home, DAY + ONE * 20
    with organization_context(house.organization, by=house.owner, door=Door.COMMAND):
        # Of a guest who stays on: whom they no longer see would be told by that.
        stay = make_booking(theirs, later, guest=house.mine.guest)

    def move(home: Property) -> None:
        update_booking(booking=stay, changes={"property": home}, by=house.owner)

    def move_while_another_is_booked(home: Property) -> None:
        make_booking(mine, later)
        move(home)

    told = []
    for deed, home in (
        (move, mine),
        (move, theirs),
        (move, mine),
        (move_while_another_is_booked, theirs),
    ):
        as_of = limited.get(f"{root}data?{SPAN}").json()["as_of"]
        before = limited.get(f"{root}changes", {"as_of": as_of}).status_code
        with organization_context(house.organization, by=house.owner, door=Door.COMMAND):
            deed(home)
        told.append((before, limited.get(f"{root}changes", {"as_of": as_of}).status_code))

    assert told == [(204, 200)] * 4


def test_the_api_knows_nothing_of_others(house: House) -> None:
    limited, mine, theirs = Api(house.manager), house.mine, house.theirs
    unit = theirs.stay.unit_id
    paths = [
        f"properties/{theirs.home.pk}",
        f"properties/{theirs.home.pk}/units",
        f"properties/{theirs.home.pk}/units/{unit}",
        f"bookings/{theirs.stay.pk}",
        f"guests/{theirs.guest.pk}",
        f"blocks/{theirs.block.pk}",
    ]

    assert {limited.get(path).status_code for path in paths} == {404}
    assert {Api(house.owner).get(path).status_code for path in paths} == {200}
    stay = f"bookings/{mine.stay.pk}"
    assert refusal(limited.patch(stay, {"property_id": str(theirs.home.pk)})) == (
        404,
        "Property not found",
    )
    assert refusal(limited.patch(stay, {"guest_id": str(theirs.guest.pk)})) == (
        404,
        "Guest not found",
    )
    assert refusal(limited.patch(stay, {"unit_id": str(unit)})) == (404, "Unit not found")
    assert limited.delete(f"properties/{theirs.home.pk}").status_code == 404


def test_a_limited_manager_adds_no_property(house: House) -> None:
    asked = {"name": "Third House", "property_type": "villa"}
    page = f"/o/{house.organization.slug}/properties/new"

    assert refusal(Api(house.manager).post("properties", asked)) == (403, "Permission denied")
    assert signed_in(house.manager).get(page).status_code == 403
    assert signed_in(house.owner).get(page).status_code == 200


def test_a_limited_member_works_with_what_is_theirs(house: House) -> None:
    """Foreign keys, commit checks and history do not stumble over what is hidden."""
    limit = [house.mine.home.pk]
    with organization_context(
        house.organization, by=house.manager, door=Door.WEB, property_ids=limit
    ):
        guest = create_guest(
            organization=house.organization, by=house.manager, name="Nia New", email="n@example.com"
        )
        stay = make_booking(house.mine.home, DAY + ONE * 20, guest=guest)
        change_dates(
            booking=stay, check_in=DAY + ONE * 21, check_out=DAY + ONE * 25, by=house.manager
        )
        update_booking(booking=stay, by=house.manager, changes={"status": "confirmed"})
        connection.check_constraints()

        assert Night.objects.filter(booking=stay).count() == 4
        assert guest.events.count() == 1
        assert stay.events.count() == 3


def test_whom_a_limited_member_wrote_down_they_see(limited: House) -> None:
    guest = create_guest(
        organization=limited.organization, by=limited.manager, name="Nia New", email="n@example.com"
    )

    assert set(Guest.objects.all()) == {guest, limited.mine.guest}


def test_a_guest_with_stays_elsewhere_is_neither_deleted_nor_merged_nor_forgotten(
    house: House,
) -> None:
    """And nothing is told of these stays."""
    with organization_context(house.organization, by=None, door=Door.COMMAND):
        guest = house.mine.guest
        make_booking(house.theirs.home, DAY + ONE * 40, guest=guest)
        other = make_guest(house.organization)
        make_booking(house.mine.home, DAY + ONE * 50, guest=other)
    limit = [house.mine.home.pk]

    deleted = Api(house.manager).delete(f"guests/{guest.pk}", bookings="delete")
    with organization_context(
        house.organization, by=house.manager, door=Door.WEB, property_ids=limit
    ):
        for keep, merge in ((guest, other), (other, guest)):
            with pytest.raises(GuestStaysElsewhere, match="Permission denied"):
                merge_guests(keep=keep, merge=merge, by=house.manager)
        with pytest.raises(GuestStaysElsewhere, match="Permission denied"):
            anonymize_guest(guest=guest, by=house.manager, on=DAY + ONE * 99)

    assert refusal(deleted) == (409, "Guest has bookings")
    with organization_context(house.organization, by=None, door=Door.COMMAND):
        guest.refresh_from_db()
        assert (guest.deleted_at, guest.anonymized_at) == (None, None)


def test_a_limited_member_merges_guests_of_theirs(limited: House) -> None:
    other = create_guest(
        organization=limited.organization,
        by=limited.manager,
        name="M. Innes",
        email="m@example.com",
    )
    make_booking(limited.mine.home, DAY + ONE * 50, guest=other)

    done = merge_guests(keep=limited.mine.guest, merge=other, by=limited.manager)
    connection.check_constraints()

    assert GuestMerge.objects.get() == done
    assert Booking.objects.filter(guest=limited.mine.guest).count() == 2


@pytest.mark.parametrize(
    "model",
    [Property, Unit, Booking, Block, Night, BookingNote, Guest, NightEvent],
    ids=lambda model: model.__name__,
)
def test_sql_without_the_orm_shows_theirs_alone(limited: House, model: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
        seen = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('villaops.property_ids', '', true)")
        cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
        everything = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('villaops.property_ids', '{}', true)")
        cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
        with_none = cursor.fetchone()[0]

    assert (seen, everything, with_none) == (everything // 2, everything, 0)
    assert seen > 0


def test_sql_without_the_orm_touches_theirs_alone(limited: House) -> None:
    mine, theirs = limited.mine, limited.theirs
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bookings_booking SET special_requests = 'Late' RETURNING id")
        assert cursor.fetchall() == [(mine.stay.pk,)]
        cursor.execute("DELETE FROM bookings_bookingnote RETURNING booking_id")
        assert cursor.fetchall() == [(mine.stay.pk,)]
        for statement, given in (
            ("UPDATE bookings_booking SET property_id = %s", theirs.home.pk),
            ("UPDATE bookings_block SET unit_id = %s", theirs.stay.unit_id),
        ):
            with (
                pytest.raises(ProgrammingError, match="row-level security"),
                transaction.atomic(),
                connection.cursor() as inner,
            ):
                inner.execute(statement, [given])


def test_a_table_without_the_policy_fails_the_check(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP POLICY limited ON bookings_night")

    found = checks.check_limits(databases=["default"])

    assert [(error.id, error.obj) for error in found] == [("villaops.E002", Night)]


def test_a_policy_for_another_role_fails_the_check(db: None) -> None:
    """Whoever migrates as one role and runs as another would be limited by nothing."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER POLICY limited ON bookings_night TO villaops_support")

    assert [error.obj for error in checks.check_limits(databases=["default"])] == [Night]


def test_charts_hear_of_nothing_elsewhere(house: House) -> None:
    client = signed_in(house.manager)
    base = f"/o/{house.organization.slug}/calendar"
    as_of = json.loads(client.get(f"{base}/data?{SPAN}").content)["as_of"]

    with organization_context(house.organization, by=None, door=Door.COMMAND):
        update_booking(booking=house.theirs.stay, by=None, changes={"status": "confirmed"})
    elsewhere = client.get(f"{base}/changes?as_of={as_of}")
    with organization_context(house.organization, by=None, door=Door.COMMAND):
        update_booking(booking=house.mine.stay, by=None, changes={"status": "confirmed"})
    here = client.get(f"{base}/changes?as_of={as_of}")

    assert (elsewhere.status_code, here.json()) == (204, {"changed": True})
