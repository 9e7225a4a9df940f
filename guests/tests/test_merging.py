"""Two guests who are one person."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Organization, User
from bookings.models import Booking, Night
from bookings.services import delete_booking, update_booking
from guests.history import history_of
from guests.merging import (
    GuestAnonymized,
    LaterMergeFirst,
    MergeUndone,
    SameGuest,
    SurvivorDeleted,
    merge_guests,
    preview_merge,
    undo_merge,
)
from guests.models import Guest
from guests.privacy import anonymize_guest
from guests.services import (
    GuestEmailTaken,
    GuestIsMerged,
    GuestNotFound,
    delete_guest,
    restore_guest,
    update_guest,
)
from villaops.tests.build import DAY, make_booking, make_guest, make_property

pytestmark = pytest.mark.usefixtures("inside")

DELETE_RAW = """
    UPDATE guests_guest SET deleted_at = now() WHERE id = '{}'; SET CONSTRAINTS ALL IMMEDIATE
"""


@pytest.fixture
def emma(organization: Organization) -> Guest:
    return make_guest(
        organization, name="Emma Thompson", email="emma@example.com", notes="Likes tea"
    )


@pytest.fixture
def twin(organization: Organization) -> Guest:
    return make_guest(
        organization, name="Emma Thomson", email="e.thomson@example.com", phone="+61 400 000 001"
    )


def facts(guest: Guest) -> tuple:
    guest.refresh_from_db()
    return guest.name, guest.email, guest.phone, guest.notes


def test_preview_keeps_the_survivors_values_and_fills_the_gaps(emma: Guest, twin: Guest) -> None:
    update_guest(guest=twin, by=None, changes={"notes": "Allergic to nuts"})
    twin.refresh_from_db()

    preview = preview_merge(keep=emma, merge=twin)

    assert {field.name: field.choice for field in preview} == {
        "name": "keep",
        "email": "keep",
        "phone": "merge",
        "nationality": "keep",
        "notes": "both",
    }
    assert [field.name for field in preview if field.differs()] == ["name", "email", "notes"]


def test_merge_moves_every_booking_and_undo_sends_back_what_came(
    organization: Organization, owner: User, emma: Guest, twin: Guest
) -> None:
    home = make_property(organization)
    own, came = make_booking(home, guest=emma), make_booking(home, DAY + timedelta(9), guest=twin)
    gone = make_booking(home, DAY + timedelta(20), guest=twin)
    delete_booking(booking=gone, by=None)

    merge = merge_guests(
        keep=emma, merge=twin, by=owner, fields={"name": "merge", "email": "merge"}
    )

    assert set(Booking.objects.filter(guest=emma)) == {own, came, gone}
    assert facts(emma) == ("Emma Thomson", "e.thomson@example.com", "+61 400 000 001", "Likes tea")
    twin.refresh_from_db()
    assert (twin.merged_into, twin.deleted_at is None) == (emma, False)
    assert Night.objects.count() == 6

    since = make_booking(home, DAY + timedelta(30), guest=emma)
    update_guest(guest=emma, by=None, changes={"phone": "+1 555 0000"})
    undo_merge(merge=merge, by=owner)

    assert set(Booking.objects.filter(guest=emma)) == {own, since}
    assert set(Booking.objects.filter(guest=twin)) == {came, gone}
    # The telephone number was changed since, so it stays.
    assert facts(emma) == ("Emma Thompson", "emma@example.com", "+1 555 0000", "Likes tea")
    assert facts(twin) == ("Emma Thomson", "e.thomson@example.com", "+61 400 000 001", None)
    assert (twin.merged_into, twin.deleted_at) == (None, None)
    with pytest.raises(MergeUndone):
        undo_merge(merge=merge, by=owner)


def test_undo_leaves_a_booking_that_went_to_somebody_else_since(
    organization: Organization, emma: Guest, twin: Guest
) -> None:
    booking = make_booking(make_property(organization), guest=twin)
    third = make_guest(organization, name="Yuki")
    merge = merge_guests(keep=emma, merge=twin, by=None)
    update_booking(booking=booking, by=None, changes={"guest": third})

    undo_merge(merge=merge, by=None)

    booking.refresh_from_db()
    assert booking.guest == third


def test_both_notes_stay(emma: Guest, twin: Guest) -> None:
    update_guest(guest=twin, by=None, changes={"notes": "Allergic to nuts"})

    merge_guests(keep=emma, merge=twin, by=None)

    assert facts(emma)[3] == "Likes tea\n\nAllergic to nuts"


def test_merge_refuses_what_makes_no_sense(
    organization: Organization, emma: Guest, twin: Guest
) -> None:
    deleted = make_guest(organization)
    delete_guest(guest=deleted, by=None)
    nobody = anonymize_guest(guest=make_guest(organization), by=None, on=DAY)

    with pytest.raises(SameGuest):
        merge_guests(keep=emma, merge=emma, by=None)
    with pytest.raises(GuestNotFound):
        merge_guests(keep=emma, merge=deleted, by=None)
    with pytest.raises(GuestAnonymized):
        merge_guests(keep=emma, merge=nobody, by=None)
    merge_guests(keep=emma, merge=twin, by=None)
    with pytest.raises(GuestNotFound):
        merge_guests(keep=emma, merge=twin, by=None)


def test_undo_refuses_when_an_email_is_somebody_elses_since(
    organization: Organization, emma: Guest, twin: Guest
) -> None:
    merge = merge_guests(keep=emma, merge=twin, by=None)
    make_guest(organization, email=twin.email)

    with pytest.raises(GuestEmailTaken):
        undo_merge(merge=merge, by=None)

    twin.refresh_from_db()
    assert twin.merged_into == emma


def test_undo_goes_backward_through_merges_that_build_on_each_other(
    organization: Organization, emma: Guest, twin: Guest
) -> None:
    third = make_guest(organization, name="Emma T.", phone="+1 555 0001")
    first = merge_guests(keep=emma, merge=twin, by=None)
    second = merge_guests(keep=emma, merge=third, by=None, fields={"phone": "merge"})
    last = merge_guests(keep=make_guest(organization), merge=emma, by=None)

    with pytest.raises(LaterMergeFirst):
        undo_merge(merge=second, by=None)
    undo_merge(merge=last, by=None)
    with pytest.raises(LaterMergeFirst):
        undo_merge(merge=first, by=None)
    undo_merge(merge=second, by=None)
    undo_merge(merge=first, by=None)

    assert facts(emma) == ("Emma Thompson", "emma@example.com", None, "Likes tea")


def test_undo_needs_the_survivor(emma: Guest, twin: Guest) -> None:
    merge = merge_guests(keep=emma, merge=twin, by=None)
    delete_guest(guest=emma, by=None)

    with pytest.raises(SurvivorDeleted):
        undo_merge(merge=merge, by=None)


def test_a_merged_guest_is_not_restored_but_told_apart(emma: Guest, twin: Guest) -> None:
    merge_guests(keep=emma, merge=twin, by=None)

    with pytest.raises(GuestIsMerged):
        restore_guest(guest=twin, by=None)


def test_survivor_is_found_through_all_merges(
    organization: Organization, emma: Guest, twin: Guest
) -> None:
    last = make_guest(organization)
    merge_guests(keep=twin, merge=emma, by=None)
    merge_guests(keep=last, merge=twin, by=None)

    assert Guest.objects.survivor_of(organization.pk, emma.pk) == last
    assert set(Guest.objects.ancestors_of(last)) == {emma, twin, last}
    assert Guest.objects.survivor_of(organization.pk, last.pk) is None


def test_history_tells_of_the_merge_and_offers_to_undo_it(emma: Guest, twin: Guest) -> None:
    merge = merge_guests(keep=emma, merge=twin, by=None)

    (entry,) = history_of(emma)

    assert entry.undo == merge.pk
    assert entry.sentences == [
        "Merged with Emma Thomson; 0 bookings came along.",
        "Added.",
        "Phone added: +61 400 000 001.",
    ]
    undo_merge(merge=merge, by=None)
    assert history_of(emma)[0].undo is None


def test_the_database_keeps_bookings_and_deleted_guests_apart(
    organization: Organization, emma: Guest
) -> None:
    make_booking(make_property(organization), guest=emma)

    with (
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match="is deleted and has bookings"),
        transaction.atomic(),
    ):
        cursor.execute(DELETE_RAW.format(emma.pk))


def test_the_database_refuses_a_booking_of_a_deleted_guest(
    organization: Organization, emma: Guest, twin: Guest
) -> None:
    booking = make_booking(make_property(organization), guest=emma)
    delete_guest(guest=twin, by=None)

    with (
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match=r"The guest of booking .* is deleted"),
        transaction.atomic(),
    ):
        cursor.execute(
            "UPDATE bookings_booking SET guest_id = %s WHERE id = %s", [twin.pk, booking.pk]
        )


def test_a_booking_restored_asks_for_its_guest(organization: Organization, emma: Guest) -> None:
    booking = make_booking(make_property(organization), guest=emma)
    delete_guest(guest=emma, by=None, bookings=True)

    with (
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match=r"The guest of booking .* is deleted"),
        transaction.atomic(),
    ):
        cursor.execute("UPDATE bookings_booking SET deleted_at = NULL WHERE id = %s", [booking.pk])


def test_a_booking_that_keeps_its_guest_is_saved_without_asking_for_them(
    organization: Organization, emma: Guest
) -> None:
    booking = make_booking(make_property(organization), guest=emma)

    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (ANALYZE, COSTS OFF) UPDATE bookings_booking"
            " SET guest_id = guest_id, deleted_at = deleted_at, adults = 2 WHERE id = %s",
            [booking.pk],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Trigger" in plan
    assert "guest_is_there" not in plan
