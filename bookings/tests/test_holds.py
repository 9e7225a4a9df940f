"""Holds: a pending booking keeps its nights until a moment, and not an instant longer."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, User
from bookings import tasks
from bookings.blocks import block_nights
from bookings.events import BOOKING_EVENT, Event
from bookings.history import history_of
from bookings.holds import NotHeld, release_expired_holds, set_hold
from bookings.models import Booking, Night, Status
from bookings.nights import DatesTaken
from bookings.services import confirm_booking, unconfirm_booking
from villaops.errors import BrokenRule
from villaops.outbox import Intent
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_property, make_user, units_of

HOUR = dt.timedelta(hours=1)


def expire(booking: Booking) -> None:
    """As the clock does."""
    Booking.objects.filter(pk=booking.pk).update(hold_expires_at=timezone.now() - HOUR)


def held(organization: Organization, **fields: object) -> Booking:
    """A stay held for another hour."""
    return make_booking(
        make_property(organization), hold_expires_at=timezone.now() + HOUR, **fields
    )


@pytest.mark.usefixtures("inside")
def test_hold_keeps_its_nights_until_it_expires(organization: Organization) -> None:
    stay = held(organization)

    assert release_expired_holds(organization.pk) == []
    assert stay.nights.count() == 3

    expire(stay)
    assert release_expired_holds(organization.pk) == [stay.pk]
    assert release_expired_holds(organization.pk) == []
    stay.refresh_from_db()
    assert stay.status == Status.CANCELLED
    assert stay.is_expired_hold()
    assert stay.hold_expires_at is None
    assert not stay.nights.exists()
    newest = history_of(stay, prices=True)[0]
    assert newest.door == "automatic"
    assert newest.sentences == ["Cancelled; its nights are free again. Hold expired"]


@pytest.mark.usefixtures("inside")
def test_confirming_ends_the_hold_and_keeps_the_nights(organization: Organization) -> None:
    stay = confirm_booking(booking=held(organization), by=None)

    assert stay.hold_expires_at is None
    assert release_expired_holds(organization.pk) == []
    assert unconfirm_booking(booking=stay, by=None).hold_expires_at is None


@pytest.mark.usefixtures("inside")
def test_only_a_pending_booking_is_held_and_only_into_the_future(
    organization: Organization,
) -> None:
    home = make_property(organization)
    pending, agreed = (
        make_booking(home),
        make_booking(home, DAY + 9 * HOUR * 24, status="confirmed"),
    )
    now = timezone.now()

    assert set_hold(booking=pending, until=now + HOUR, by=None, at=now).hold_expires_at
    assert set_hold(booking=pending, until=None, by=None, at=now).hold_expires_at is None
    with pytest.raises(NotHeld, match="pending"):
        set_hold(booking=agreed, until=now + HOUR, by=None, at=now)
    with pytest.raises(NotHeld):
        set_hold(booking=pending, until=now, by=None, at=now)
    with pytest.raises(BrokenRule, match="Only a pending booking"):
        make_booking(home, DAY + 90 * HOUR * 24, status="confirmed", hold_expires_at=now + HOUR)


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("way", ["book", "block", "sql"])
def test_expired_hold_stands_in_nobodys_way(organization: Organization, way: str) -> None:
    """Before the job, before anybody opened a context anew: who takes the night gets it."""
    home = make_property(organization)
    stay = make_booking(home, hold_expires_at=timezone.now() + HOUR)
    with pytest.raises(DatesTaken):
        make_booking(home, nights=1)
    later = make_booking(home, DAY + 480 * HOUR, 1)
    expire(stay)

    if way == "book":
        make_booking(home, nights=1)
    elif way == "block":
        block_nights(unit=units_of(home)[0], start=DAY, end=DAY + 24 * HOUR, by=None)
    else:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE bookings_booking SET check_in = %s, check_out = %s WHERE id = %s",
                [DAY, DAY + 24 * HOUR, later.pk],
            )
            cursor.execute("DELETE FROM bookings_night WHERE booking_id = %s", [later.pk])
            cursor.execute(
                "INSERT INTO bookings_night (organization_id, unit_id, night, booking_id, price)"
                " VALUES (%s, %s, %s, %s, 100)",
                [organization.pk, units_of(home)[0].pk, DAY, later.pk],
            )

    stay.refresh_from_db()
    assert stay.is_expired_hold()
    assert not stay.nights.exists()


@pytest.mark.usefixtures("inside")
def test_confirming_after_the_end_takes_the_nights_again_if_they_are_free(
    organization: Organization,
) -> None:
    late, too_late = held(organization), held(organization)
    expire(late)
    expire(too_late)
    release_expired_holds(organization.pk)
    make_booking(too_late.property, nights=1)

    assert confirm_booking(booking=late, by=None).nights.count() == 3
    with pytest.raises(DatesTaken):
        confirm_booking(booking=too_late, by=None)


def test_whoever_opens_the_organization_sees_an_expired_hold_released(
    organization: Organization, owner: User
) -> None:
    """No job has run: calendar, figures and the list are right because the rows are."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        stay = held(organization)
        expire(stay)

    with organization_context(organization, by=owner, door=Door.WEB):
        assert not Night.objects.exists()
        assert Booking.objects.get().status == Status.CANCELLED
        event = stay.events.latest("pgh_id")
        assert event.pgh_context == {"user": None, "door": "job"}


def test_another_organizations_hold_is_not_touched(
    organization: Organization, other_organization: Organization
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        stay = held(other_organization)
        expire(stay)

    with organization_context(organization, by=None, door=Door.COMMAND):
        assert not Booking.objects.exists()

    with organization_context(other_organization, by=None, door=Door.COMMAND):
        assert Booking.objects.get().status == Status.CANCELLED


def test_a_member_who_sees_one_property_does_not_see_the_others_hold_released(
    organization: Organization,
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        stay, seen = held(organization), make_property(organization)
        expire(stay)

    with organization_context(organization, by=None, door=Door.WEB, property_ids=[seen.pk]):
        assert not Booking.objects.exists()

    with organization_context(organization, by=None, door=Door.COMMAND):
        assert Booking.objects.get().status == Status.CANCELLED


def test_job_releases_every_organizations_holds_once_and_tells(
    organization: Organization, other_organization: Organization
) -> None:
    stays = []
    for one in (organization, other_organization):
        with organization_context(one, by=None, door=Door.COMMAND):
            stays.append(held(one))
            expire(stays[-1])

    tasks.release_expired_holds()
    tasks.release_expired_holds()

    told = Intent.objects.filter(kind=BOOKING_EVENT, payload__event=Event.HOLD_EXPIRED)
    assert sorted((one.payload["organization"], one.payload["booking"]) for one in told) == sorted(
        (str(stay.organization_id), str(stay.pk)) for stay in stays
    )
    assert {tuple(one.payload["status"]) for one in told} == {("pending", "cancelled")}


def test_administrators_see_an_expired_hold_released(
    client: Client, organization: Organization
) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    with organization_context(organization, by=None, door=Door.COMMAND):
        stay = held(organization)
        expire(stay)

    shown = client.get(reverse("admin:bookings_booking_change", args=[stay.pk]))

    assert "Hold expired" in shown.content.decode()


def page_of(client: Client, organization: Organization, name: str, *args: object) -> str:
    return client.get(reverse(name, args=[organization.slug, *args])).content.decode()


def test_hold_is_set_shown_and_taken_back_on_the_form(
    client: Client, organization: Organization, owner: User
) -> None:
    """The moment is typed and shown as the property's clocks show it."""
    client.force_login(owner)
    with organization_context(organization, by=None, door=Door.COMMAND):
        stay = make_booking(
            make_property(organization, time_zone="Asia/Makassar"), dt.date(2050, 3, 1)
        )
    address = reverse("bookings:edit", args=[organization.slug, stay.pk])
    typed = {
        "place": f"u:{stay.unit_id}",
        "check_in": stay.check_in,
        "check_out": stay.check_out,
        "adults": 1,
        "children": 0,
        "source": "direct",
        "total_price": stay.total_price,
        "hold": "until",
    }

    refused = client.post(address, typed | {"hold_until": "2020-02-02T18:00"})
    assert "A hold ends in the future." in refused.content.decode()
    refused = client.post(address, typed)
    assert "This field is required." in refused.content.decode()

    client.post(address, typed | {"hold_until": "2050-02-02T18:00"})

    with organization_context(organization, by=None, door=Door.COMMAND):
        stay.refresh_from_db()
        assert stay.hold_expires_at == dt.datetime(2050, 2, 2, 10, tzinfo=dt.UTC)
    shown = page_of(client, organization, "bookings:detail", stay.pk)
    assert shown.count("Wed\xa02\xa0Feb,\xa018:00") == 1
    assert "Held until Wed 2 Feb, 18:00." in shown
    assert "2050-02-02T18:00" in client.get(address).content.decode()
    for name in ("bookings:list", "today"):
        assert "Wed\xa02\xa0Feb,\xa018:00" in page_of(client, organization, name)

    client.post(address, typed | {"hold": "48"})
    with organization_context(organization, by=None, door=Door.COMMAND):
        stay.refresh_from_db()
        left = stay.hold_expires_at - timezone.now()
        assert dt.timedelta(hours=47) < left <= dt.timedelta(hours=48)

    client.post(address, typed | {"hold": ""})
    with organization_context(organization, by=None, door=Door.COMMAND):
        stay.refresh_from_db()
        assert stay.hold_expires_at is None


def test_expired_hold_is_shown_as_such(
    client: Client, organization: Organization, owner: User
) -> None:
    client.force_login(owner)
    with organization_context(organization, by=None, door=Door.COMMAND):
        stay = held(organization)
        expire(stay)

    shown = page_of(client, organization, "bookings:detail", stay.pk)

    assert "is-hold" in shown
    assert "Cancelled; its nights are free again. Hold expired" in shown
