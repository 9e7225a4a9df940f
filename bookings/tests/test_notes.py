"""Staff notes on a booking, and the sheet for the guest that never shows them."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.history import history_of
from bookings.models import BookingNote
from bookings.notes import NoteNotFound, add_note, change_note, delete_note
from conftest import Statements
from villaops.errors import BrokenRule
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_member, make_property

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """The owner is signed in; where the bookings' pages begin."""
    client.force_login(owner)
    return f"/o/{organization.slug}/bookings/"


@pytest.mark.parametrize("text", ["", "  \n", "x" * 2001])
def test_a_note_says_something(organization: Organization, text: str) -> None:
    with pytest.raises(BrokenRule):
        add_note(booking=make_booking(make_property(organization)), text=text, by=None)


def test_a_deleted_note_cannot_be_changed(organization: Organization) -> None:
    note = add_note(booking=make_booking(make_property(organization)), text="Late", by=None)
    delete_note(note=note, by=None)

    with pytest.raises(NoteNotFound):
        change_note(note=note, text="Later", by=None)


def test_notes_are_written_changed_and_deleted_on_the_booking_s_page(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))
    page = f"{root}{booking.pk}/"

    written = client.post(f"{page}notes/new", {"text": "Arrives late"}, follow=True)
    note = BookingNote.objects.get()
    changed = client.post(f"{page}notes/{note.pk}", {"text": "Arrives at ten"}, follow=True)
    gone = client.post(f"{page}notes/{note.pk}/delete", follow=True)

    assert [(n.text, n.author, n.is_changed) for n in written.context["notes"]] == [
        ("Arrives late", "A Person", False)
    ]
    assert [(n.text, n.is_changed) for n in changed.context["notes"]] == [("Arrives at ten", True)]
    assert gone.context["notes"] == []
    told = [s for entry in gone.context["history"] for s in entry.sentences]
    assert [s for s in told if s.startswith("Note")] == [
        "Note deleted.",
        "Note changed: Arrives at ten",
        "Note added: Arrives late",
    ]


def test_an_empty_note_is_asked_for_again(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))

    answer = client.post(f"{root}{booking.pk}/notes/new", {"text": " "})

    assert answer.status_code == 422
    assert not BookingNote.objects.exists()


def test_who_may_not_change_bookings_reads_notes_and_writes_none(
    client: Client, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))
    note = add_note(booking=booking, text="Cot in the room", by=None)
    client.force_login(make_member(organization, Role.HOUSEKEEPER))
    page = f"/o/{organization.slug}/bookings/{booking.pk}/"

    shown = client.get(page)

    assert "Cot in the room" in shown.text
    assert "Add note" not in shown.text
    for address in ("notes/new", f"notes/{note.pk}", f"notes/{note.pk}/delete"):
        assert client.post(page + address, {"text": "x"}).status_code == 403
    assert client.get(f"{page}confirmation").status_code == 403


def test_notes_of_other_bookings_are_not_there(
    client: Client, root: str, organization: Organization, other_organization: Organization
) -> None:
    home = make_property(organization, units=2)
    booking, other = make_booking(home), make_booking(home)
    note = add_note(booking=other, text="Theirs", by=None)
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        foreign = make_booking(make_property(other_organization))
        foreign_note = add_note(booking=foreign, text="Foreign", by=None)

    for address in (
        f"{booking.pk}/notes/{note.pk}",
        f"{foreign.pk}/notes/{foreign_note.pk}",
        f"{foreign.pk}/notes/new",
    ):
        assert client.post(root + address, {"text": "x"}).status_code == 404
    assert client.get(f"{root}{foreign.pk}/confirmation").status_code == 404
    assert not any("Note" in s for e in history_of(booking, prices=True) for s in e.sentences)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_as_much_for_one_note_as_for_three(
    client: Client,
    root: str,
    organization: Organization,
    statements: Statements,
    owner: User,
    count: int,
) -> None:
    booking = make_booking(make_property(organization))
    for n in range(count):
        add_note(booking=booking, text=f"Note {n}", by=owner)

    with statements(11):
        client.get(f"{root}{booking.pk}/")


def test_confirmation_is_for_the_guest_s_eyes(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(
        make_property(organization), status="confirmed", special_requests="A cot, please."
    )
    add_note(booking=booking, text="Complains a lot", by=None)

    sheet = client.get(f"{root}{booking.pk}/confirmation")

    for words in (booking.reference, "Emma Thompson", "A cot, please.", "Booking confirmation"):
        assert words in sheet.text
    assert "Complains" not in sheet.text
