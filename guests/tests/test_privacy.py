"""A guest who asks to be forgotten."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from pgtrigger import registered

from accounts.models import Organization, User
from bookings.models import Booking, BookingNote, Night
from bookings.services import cancel_booking, check_in_guest, check_out_guest, delete_booking
from guests.history import history_of
from guests.merging import GuestAnonymized, merge_guests, undo_merge
from guests.models import Guest
from guests.privacy import GuestExpected, anonymize_guest
from guests.services import GuestNotFound, delete_guest, update_guest
from villaops.fields import check_email_address
from villaops.tests.build import DAY, make_booking, make_guest, make_property

pytestmark = pytest.mark.usefixtures("inside")

SECRETS = ("Emma", "emma@", "+61", "Australian", "tea", "crib", "nuts")
AFTER = DAY + timedelta(30)


@pytest.fixture
def emma(organization: Organization) -> Guest:
    return make_guest(
        organization,
        name="Emma Thompson",
        email="emma@example.com",
        phone="+61 400 000",
        nationality="Australian",
        notes="Likes tea",
    )


def everything_held() -> str:
    """All rows of everything that may know a guest, history included."""
    names = ["guests.Guest", "guests.GuestMerge", "bookings.Booking", "bookings.BookingNote"]
    models = [apps.get_model(name + suffix) for name in names for suffix in ("", "Event")]
    models.append(apps.get_model("accounts", "AuditEntry"))
    connection.check_constraints()
    return str([list(model.objects.values()) for model in models])


def test_anonymize_forgets_the_person_and_keeps_the_figures(
    organization: Organization, owner: User, emma: Guest
) -> None:
    twin = make_guest(organization, name="Emma T", email="emma@example.org", notes="tea")
    home = make_property(organization)
    stay = make_booking(home, guest=emma, special_requests="A crib")
    check_out_guest(booking=check_in_guest(booking=stay, by=None), by=None)
    off = make_booking(home, DAY + timedelta(5), guest=twin)
    cancel_booking(booking=off, by=None, reason="Emma is ill")
    gone = make_booking(home, DAY + timedelta(9), guest=emma, special_requests="A crib")
    delete_booking(booking=gone, by=None)
    BookingNote.objects.create(organization=organization, booking=stay, text="No nuts for Emma")
    merge = merge_guests(keep=emma, merge=twin, by=owner)
    update_guest(guest=emma, by=None, changes={"notes": "Prefers green tea"})

    done = anonymize_guest(guest=emma, by=owner, on=AFTER)

    held = everything_held()
    assert [secret for secret in SECRETS if secret in held] == []
    assert (done.name, done.phone, done.anonymized_at is None) == ("Anonymized guest", None, False)
    check_email_address(done.email)
    assert Night.objects.filter(booking=stay).count() == 3
    assert Booking.objects.for_organization(organization).filter(guest=done).count() == 2
    assert "Anonymized: everything personal was removed." in history_of(done)[0].sentences
    with pytest.raises(GuestAnonymized):
        undo_merge(merge=merge, by=None)
    # A second time changes nothing.
    assert anonymize_guest(guest=done, by=owner, on=AFTER).updated_at == done.updated_at


@pytest.mark.parametrize(
    ("status", "on", "refused"),
    [
        ("pending", DAY, True),
        ("confirmed", DAY + timedelta(3), True),
        ("confirmed", DAY + timedelta(4), False),
        ("checked_in", AFTER, True),
    ],
)
def test_anonymize_waits_until_the_guest_has_left(
    organization: Organization, emma: Guest, status: str, on: object, refused: bool
) -> None:
    make_booking(make_property(organization), guest=emma, status=status)

    if refused:
        with pytest.raises(GuestExpected):
            anonymize_guest(guest=emma, by=None, on=on)  # type: ignore[arg-type]
    else:
        anonymize_guest(guest=emma, by=None, on=on)  # type: ignore[arg-type]

    emma.refresh_from_db()
    assert (emma.name == "Emma Thompson") is refused


def test_anonymize_does_not_find_the_deleted(organization: Organization, emma: Guest) -> None:
    delete_guest(guest=emma, by=None)

    with pytest.raises(GuestNotFound):
        anonymize_guest(guest=emma, by=None, on=DAY)


def test_history_cannot_be_rewritten_afterward(organization: Organization, emma: Guest) -> None:
    anonymize_guest(guest=emma, by=None, on=DAY)

    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        emma.events.update(name="Emma")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE guests_guestevent SET name = 'Somebody else'",
        "UPDATE guests_guestevent SET phone = '+1'",
        "UPDATE guests_guestevent SET pgh_created_at = now() - interval '1 day'",
        "UPDATE guests_guestevent SET pgh_context = NULL",
        "DELETE FROM guests_guestevent",
        "UPDATE bookings_bookingevent SET total_price = 1",
        "UPDATE bookings_bookingevent SET special_requests = 'A crib'",
        "UPDATE bookings_bookingnoteevent SET text = 'Paid in full'",
        "UPDATE bookings_nightevent SET price = 1",
        "DELETE FROM properties_propertyevent",
    ],
)
def test_whoever_switches_triggers_off_rewrites_nothing_else(
    organization: Organization, emma: Guest, statement: str
) -> None:
    """`pgtrigger.ignore` is a setting, and anybody who sends SQL may make it."""
    stay = make_booking(make_property(organization), guest=emma)
    BookingNote.objects.create(organization=organization, booking=stay, text="No nuts")
    guards = ",".join(trigger.get_pgid(model) for model, trigger in registered())
    cursor = connection.cursor()
    cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [f"{{{guards}}}"])

    with pytest.raises(DatabaseError, match="History is not rewritten"), transaction.atomic():
        cursor.execute(statement)
