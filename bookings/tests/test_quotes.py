"""What the form tells while one fills it in: free or taken, the price, guests who may be known."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from conftest import Statements
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
DATES = {"check_in": "2026-03-01", "check_out": "2026-03-04"}

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """The owner is signed in; where the bookings' pages begin."""
    client.force_login(owner)
    return f"/o/{organization.slug}/bookings/"


def test_quote_says_free_and_nights_times_base_price(
    client: Client, root: str, organization: Organization
) -> None:
    unit = units_of(make_property(organization, units=2))[1]

    answer = client.get(f"{root}new/quote", {"place": f"u:{unit.pk}"} | DATES)

    assert "Room 2 is free." in answer.text
    assert "3 nights × 100.00\N{NO-BREAK SPACE}USD" in answer.text
    assert "300.00\N{NO-BREAK SPACE}USD" in answer.text


def test_quote_says_which_night_is_taken_by_what_and_what_is_free_instead(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=3)
    one, two, three = units_of(home)
    booking = make_booking(home, DAY + ONE, 1, units=[one])
    make_booking(home, DAY, 1, units=[two])

    taken = client.get(f"{root}new/quote", {"place": f"u:{one.pk}"} | DATES)
    any_unit = client.get(f"{root}new/quote", {"place": f"p:{home.pk}"} | DATES)
    own = client.get(
        f"{root}new/quote", {"place": f"u:{one.pk}", "booking": str(booking.pk)} | DATES
    )

    assert f"Mon 2 March 2026 in Room 1 is taken by booking {booking.reference}" in taken.text
    assert f'value="u:{three.pk}"' in taken.text
    assert f'value="u:{two.pk}"' not in taken.text
    assert "Room 3 is free." in any_unit.text
    assert "Room 1 is free." in own.text


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({}, "Choose where and when"),
        ({"check_in": "soon", "check_out": "2026-03-04"}, "Choose where and when"),
        ({"check_in": "2026-03-04", "check_out": "2026-03-04"}, "after the check-in"),
        ({"place": "u:nonsense"} | DATES, "Choose where and when"),
    ],
)
def test_quote_of_nothing_sensible_says_what_is_missing(
    client: Client, root: str, wishes: dict[str, str], said: str
) -> None:
    assert said in client.get(f"{root}new/quote", wishes).text


def test_taken_lists_the_nights_without_a_free_unit(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    one, two = units_of(home)
    booking = make_booking(home, DAY, 2, units=[one])
    make_booking(home, DAY + ONE, 2, units=[two])
    period = {"start": "2026-03-01", "end": "2026-03-05"}

    def taken(**more: str) -> list[str]:
        return client.get(f"{root}taken", period | more).json()["taken"]

    assert taken(place=f"u:{one.pk}") == ["2026-03-01", "2026-03-02"]
    assert taken(place=f"p:{home.pk}") == ["2026-03-02"]
    assert taken(place=f"u:{one.pk}", booking=str(booking.pk)) == []
    assert taken(place="") == []
    assert client.get(f"{root}taken", {"start": "x"}).status_code == 422


def test_another_organization_s_stay_is_not_set_aside(
    client: Client, root: str, other_organization: Organization
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        theirs = make_booking(make_property(other_organization))

    assert client.get(f"{root}new/quote", {"booking": str(theirs.pk)}).status_code == 404
    assert client.get(f"{root}new", {"copy": str(theirs.pk)}).status_code == 404


@pytest.mark.parametrize("path", ["new/quote", "taken", "new/guests-alike"])
def test_only_who_may_book_is_told(client: Client, organization: Organization, path: str) -> None:
    client.force_login(make_member(organization, Role.HOUSEKEEPER))

    assert client.get(f"/o/{organization.slug}/bookings/{path}").status_code == 403


@pytest.mark.parametrize("rooms", [1, 3])
def test_quote_asks_seven_times(
    client: Client,
    root: str,
    organization: Organization,
    statements: Statements,
    rooms: int,
) -> None:
    home = make_property(organization, units=rooms)
    for unit in units_of(home):
        make_booking(home, units=[unit])
    place = f"u:{units_of(home)[0].pk}"

    with statements(7):
        client.get(f"{root}new/quote", {"place": place} | DATES)


def test_form_begins_with_what_the_address_asks_for(
    client: Client, root: str, organization: Organization
) -> None:
    unit = units_of(make_property(organization, units=2))[1]
    guest = make_guest(organization)

    page = client.get(f"{root}new", {"unit": str(unit.pk), "guest": str(guest.pk)} | DATES)

    assert f'value="u:{unit.pk}" selected' in page.text
    assert 'value="2026-03-01"' in page.text
    assert f'value="{guest.pk}" checked' in page.text
    assert "Room 2 is free." in page.text


def test_copy_begins_with_everything_but_dates_and_price(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(
        make_property(organization), adults=2, special_requests="A cot.", source="airbnb"
    )

    form = client.get(f"{root}new", {"copy": str(booking.pk)}).context["form"]

    assert form["place"].value() == f"u:{booking.unit_id}"
    assert form["guest"].value() == str(booking.guest_id)
    assert (form["adults"].value(), form["source"].value()) == (2, "airbnb")
    assert form["special_requests"].value() == "A cot."
    assert form["check_in"].value() is None
    assert form["total_price"].value() is None


def test_another_free_unit_is_chosen_without_losing_what_was_typed(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, units=2)
    one, two = units_of(home)
    booking = make_booking(home, units=[one])
    typed = {"place": f"u:{one.pk}", "adults": "2", "new_name": "Ann", "instead": f"u:{two.pk}"}

    made = client.post(f"{root}new", typed | DATES)
    changed = client.post(f"{root}{booking.pk}/edit", typed | DATES)

    for page in (made, changed):
        assert f'value="u:{two.pk}" selected' in page.text
        assert "Room 2 is free." in page.text
    assert 'value="Ann"' in made.text
    assert Booking.objects.get().unit_id == one.pk


@pytest.mark.parametrize(
    "typed",
    [
        {"new_name": "emma tompson"},
        {"new_name": "X", "new_email": "emma+list@example.com"},
        {"new_name": "X", "new_phone": "+39 (031) 555-1234"},
    ],
)
def test_a_guest_we_know_is_offered_while_typing(
    client: Client, root: str, organization: Organization, typed: dict[str, str]
) -> None:
    known = make_guest(organization, email="emma@example.com", phone="+390315551234")
    make_guest(organization, name="Somebody Else")

    alike = client.get(f"{root}new/guests-alike", typed)

    assert [guest.pk for guest in alike.context["alike"]] == [known.pk]
    assert f'name="guest" value="{known.pk}"' in alike.text


def test_booking_goes_back_to_where_it_was_asked_for(
    client: Client, root: str, organization: Organization
) -> None:
    unit = units_of(make_property(organization))[0]
    guest = make_guest(organization)
    form = {
        "save": "1",
        "place": f"u:{unit.pk}",
        "guest": str(guest.pk),
        "adults": "1",
        "children": "0",
        "status": "pending",
        "source": "direct",
    }
    chart = f"/o/{organization.slug}/calendar/?start=2026-03-01"

    answer = client.post(f"{root}new", form | DATES, query_params={"next": chart})

    assert answer.headers["Location"] == chart
