"""Pages that take care of what is known of guests: stays, doubles, merging, export, anonymizing."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AuditEntry, Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from bookings.services import cancel_booking
from conftest import Statements
from guests.care_views import CANDIDATES_SHOWN
from guests.merging import merge_guests
from guests.models import Guest, GuestMerge
from guests.views import PAGE_SIZE
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_member, make_property

pytestmark = pytest.mark.usefixtures("inside")

TWO_KINDS = [("json", "application/json"), ("csv", "application/zip")]


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """The owner is signed in; where the guests' pages begin."""
    client.force_login(owner)
    return f"/o/{organization.slug}/guests/"


@pytest.fixture
def emma(organization: Organization) -> Guest:
    return make_guest(
        organization, name="Emma Thompson", email="emma@example.com", phone="=1+1", notes="Tea"
    )


@pytest.fixture
def twin(organization: Organization) -> Guest:
    return make_guest(organization, name="Emma Thomson", email="e.thomson@example.com")


def names(answer) -> list[str]:  # noqa: ANN001
    return [guest.name for guest in answer.context["guests"]]


def test_list_tells_and_sorts_by_stays(
    client: Client, root: str, organization: Organization
) -> None:
    day = today_in(organization.time_zone)
    anna, bert, _cleo = (make_guest(organization, name=name) for name in ("Anna", "Bert", "Cleo"))
    home = make_property(organization)
    make_booking(home, day - timedelta(20), guest=anna)
    make_booking(home, day - timedelta(10), guest=bert)
    make_booking(home, day + timedelta(10), guest=bert)
    cancel_booking(booking=make_booking(home, day + timedelta(5), guest=anna), by=None)

    shown = {guest.name: guest for guest in client.get(root).context["guests"]}

    assert [shown[name].stay_count for name in ("Anna", "Bert", "Cleo")] == [1, 2, 0]
    assert (shown["Anna"].last_stay, shown["Anna"].next_stay) == (day - timedelta(20), None)
    assert shown["Bert"].next_stay == day + timedelta(10)
    assert names(client.get(root, {"sort": "-stays"})) == ["Bert", "Anna", "Cleo"]
    assert names(client.get(root, {"sort": "-last"})) == ["Bert", "Anna", "Cleo"]
    assert names(client.get(root, {"sort": "next"})) == ["Bert", "Anna", "Cleo"]
    assert names(client.get(root, {"sort": "stays"})) == ["Cleo", "Anna", "Bert"]
    assert names(client.get(root, {"sort": "last"})) == ["Anna", "Bert", "Cleo"]
    assert names(client.get(root, {"sort": "-next"})) == ["Bert", "Anna", "Cleo"]
    assert names(client.get(root, {"sort": "-stays", "q": "n"})) == ["Anna"]
    assert names(client.get(root, {"sort": "-name"})) == ["Cleo", "Bert", "Anna"]
    assert names(client.get(root, {"sort": "shoe size"})) == ["Anna", "Bert", "Cleo"]


def test_profile_pages_through_all_stays(
    client: Client, root: str, organization: Organization, emma: Guest
) -> None:
    home = make_property(organization)
    for n in range(PAGE_SIZE + 1):
        make_booking(home, DAY + timedelta(n), 1, guest=emma)

    second = client.get(f"{root}{emma.pk}/", {"page": "2"})

    assert [stay.check_in for stay in second.context["stays"]] == [DAY]
    assert second.context["figures"].nights == PAGE_SIZE + 1


def test_profile_shows_who_may_be_the_same(
    client: Client, root: str, organization: Organization, emma: Guest, twin: Guest
) -> None:
    make_guest(organization, name="Yuki Tanaka")
    tagged = make_guest(organization, name="E.", email="emma+trip@example.com")
    called = make_guest(organization, name="Thompson family", phone="+61 (400) 000-001")
    emma.phone = "+61400000001"
    emma.save()

    shown = client.get(f"{root}{emma.pk}/").context["duplicates"]

    assert set(shown) == {twin, tagged, called}
    assert shown[2] == twin


def test_merge_and_undo(
    client: Client, root: str, organization: Organization, emma: Guest, twin: Guest
) -> None:
    booking = make_booking(make_property(organization), guest=twin)
    address = f"{root}{emma.pk}/merge?with={twin.pk}"

    chosen = client.get(f"{root}{emma.pk}/merge")
    asked = client.get(address)
    done = client.post(address, {"name": "merge", "email": "keep"}, follow=True)

    assert "Emma Thomson" in chosen.text
    assert "e.thomson@example.com" in asked.text
    assert booking.reference in asked.text
    assert "Emma Thomson merged; 1 booking came along." in done.text
    assert "Undo merge" in done.text
    booking.refresh_from_db()
    emma.refresh_from_db()
    assert (booking.guest, emma.name, emma.email) == (emma, "Emma Thomson", "emma@example.com")
    # Old addresses lead to the survivor, to the same page.
    assert client.get(f"{root}{twin.pk}/edit").headers["Location"] == f"{root}{emma.pk}/edit"
    assert client.post(f"{root}{twin.pk}/delete").status_code == 404

    undo = f"{root}{emma.pk}/merge/{GuestMerge.objects.get().pk}/undo"
    undone = client.post(undo, follow=True)
    again = client.post(undo, follow=True)

    assert "Emma Thomson is a guest of their own again." in undone.text
    assert "This merge is undone already." in again.text
    booking.refresh_from_db()
    assert booking.guest == twin


def test_merge_form_refuses_what_is_no_choice(
    client: Client, root: str, emma: Guest, twin: Guest
) -> None:
    address = f"{root}{emma.pk}/merge?with={twin.pk}"

    assert client.post(address, {"name": "merge"}).status_code == 422
    assert client.post(address, {"name": "both", "email": "keep"}).status_code == 422
    assert client.get(f"{root}{emma.pk}/merge?with=x").status_code == 404
    assert client.get(f"{root}{emma.pk}/merge?with={emma.pk}").status_code == 404
    assert not GuestMerge.objects.exists()


def test_merge_finds_by_search(client: Client, root: str, emma: Guest, twin: Guest) -> None:
    found = client.get(f"{root}{emma.pk}/merge", {"q": "e.thomson"})

    assert list(found.context["others"]) == [twin]
    assert "No guest matches" in client.get(f"{root}{emma.pk}/merge", {"q": "%"}).text


@pytest.mark.parametrize(("kind", "content_type"), TWO_KINDS)
def test_export_holds_everything(
    client: Client,
    root: str,
    organization: Organization,
    emma: Guest,
    twin: Guest,
    kind: str,
    content_type: str,
) -> None:
    booking = make_booking(make_property(organization), guest=emma, special_requests="A crib")
    booking.staff_notes.create(organization=organization, text="No nuts")
    merge_guests(keep=emma, merge=twin, by=None)

    answer = client.get(f"{root}{emma.pk}/export", {"format": kind})

    connection.check_constraints()
    assert AuditEntry.objects.get(action="exported").record_label == f"guest {emma.pk}"
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="emma-thompson.{"json" if kind == "json" else "zip"}"'
    )
    if kind == "json":
        held = json.loads(answer.content)
        assert held["guest"]["email"] == "emma@example.com"
        assert [guest["name"] for guest in held["merged_guests"]] == ["Emma Thomson"]
        (stay,) = held["stays"]
        assert (stay["special_requests"], stay["total"]) == ("A crib", "300.00")
        assert [night["price"] for night in stay["nights"]] == ["100.00"] * 3
        assert [note["text"] for note in stay["staff_notes"]] == ["No nuts"]
        assert "Merged with Emma Thomson" in str(held["history"])
    else:
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        files = {name: archive.read(name).decode() for name in archive.namelist()}
        assert set(files) == {
            "guest.csv",
            "stays.csv",
            "nights.csv",
            "staff_notes.csv",
            "messages.csv",
            "history.csv",
        }
        # What looks like a formula is defused.
        assert ",'=1+1," in files["guest.csv"]
        assert "A crib" in files["stays.csv"]
        assert files["nights.csv"].count("100.00") == 3


def test_export_knows_two_formats(client: Client, root: str, emma: Guest) -> None:
    assert client.get(f"{root}{emma.pk}/export", {"format": "xml"}).status_code == 404


def test_anonymize_asks_for_the_name(client: Client, root: str, emma: Guest) -> None:
    address = f"{root}{emma.pk}/anonymize"

    wrong = client.post(address, {"name": "Emma"})
    done = client.post(address, {"name": " emma  thompson "}, follow=True)

    assert wrong.status_code == 422
    assert "This is not the guest&#x27;s name." in wrong.text
    assert "Everything personal was removed." in done.text
    assert "Emma" not in done.text


def test_anonymize_refuses_an_expected_guest(
    client: Client, root: str, organization: Organization, emma: Guest
) -> None:
    day = today_in(organization.time_zone)
    make_booking(make_property(organization), day + timedelta(3), guest=emma)

    refused = client.post(f"{root}{emma.pk}/anonymize", {"name": emma.name})

    assert refused.status_code == 422
    assert "This guest is in the house or will come." in refused.text


def test_an_anonymized_guest_still_obeys_the_wire(
    client: Client, root: str, organization: Organization, emma: Guest
) -> None:
    client.post(f"{root}{emma.pk}/anonymize", {"name": emma.name})
    emma.refresh_from_db()

    client.post(f"{root}{emma.pk}/edit", {"name": emma.name, "email": emma.email, "notes": "x"})

    emma.refresh_from_db()
    assert emma.notes == "x"
    assert Booking.objects.filter(guest=emma).count() == 0


@pytest.mark.parametrize("page", ["merge", "export?format=json", "anonymize"])
def test_guest_of_another_organization_is_not_found(
    client: Client, root: str, other_organization: Organization, emma: Guest, page: str
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        other = make_guest(other_organization)

    assert client.get(f"{root}{other.pk}/{page}").status_code == 404
    assert client.get(f"{root}{emma.pk}/merge?with={other.pk}").status_code == 404


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.MANAGER, {"merge", "undo", "export", "anonymize"}),
        (Role.STAFF, {"export"}),
        (Role.VIEWER, {"export"}),
        (Role.HOUSEKEEPER, set()),
    ],
)
def test_roles(
    client: Client,
    root: str,
    organization: Organization,
    emma: Guest,
    twin: Guest,
    role: Role,
    allowed: set[str],
) -> None:
    merge = merge_guests(keep=emma, merge=twin, by=None)
    client.force_login(make_member(organization, role))
    own = f"{root}{emma.pk}/"

    answers = {
        "merge": client.get(f"{own}merge"),
        "undo": client.post(f"{own}merge/{merge.pk}/undo"),
        "export": client.get(f"{own}export?format=json"),
        "anonymize": client.get(f"{own}anonymize"),
    }

    assert {page for page, answer in answers.items() if answer.status_code != 403} == allowed


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_ask_as_much_for_one_row_as_for_three(
    client: Client,
    root: str,
    organization: Organization,
    emma: Guest,
    statements: Statements,
    rows: int,
) -> None:
    twins = [make_guest(organization, name="Emma Thomson") for _n in range(rows)]
    home = make_property(organization)
    for n in range(rows):
        make_booking(home, DAY + timedelta(9 * n), guest=twins[0])
    assert rows < CANDIDATES_SHOWN

    # The last of them gives the test its own context back.
    with statements(7):
        client.get(f"{root}{emma.pk}/merge")
    with statements(9):
        client.get(f"{root}{emma.pk}/merge?with={twins[0].pk}")
    with statements(14):
        client.get(f"{root}{twins[0].pk}/export?format=json")
