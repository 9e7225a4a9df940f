"""Guests who have not arrived are asked about, from ten the next morning; nobody decides for us."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, User
from bookings.events import Event
from bookings.history import history_of
from bookings.models import Booking, Status
from bookings.no_shows import NotAwaited, asked_before, expect_guest, tell_of_no_shows
from bookings.services import change_dates, mark_no_show
from properties.models import Property
from villaops.outbox import Intent
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_guest, make_property

ONE = dt.timedelta(days=1)
ZONE = "Asia/Makassar"


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """By the clocks of Bali, eight hours ahead of UTC."""
    return dt.datetime.combine(day, dt.time(hour, minute), dt.UTC) - dt.timedelta(hours=8)


@pytest.fixture
def home(organization: Organization) -> Property:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_property(organization, time_zone=ZONE)


def told() -> list[str]:
    events = Intent.objects.filter(payload__event=Event.NO_SHOW_SUGGESTED)
    return [intent.payload["booking"] for intent in events]


def test_a_stay_is_asked_about_from_ten_the_next_morning() -> None:
    day = dt.date(2026, 3, 5)

    assert asked_before(ZONE, at(day + ONE, 9, 59)) == day
    assert asked_before(ZONE, at(day + ONE, 10)) == day + ONE


@pytest.mark.usefixtures("inside")
def test_each_is_told_of_once(home: Property) -> None:
    day = dt.date(2026, 3, 5)
    missing = make_booking(home, day, 1, status="confirmed")
    make_booking(home, day + ONE, 2, status="pending")

    tell_of_no_shows(at(day + ONE, 9, 59))
    assert told() == []

    for hour in (10, 11, 20):
        tell_of_no_shows(at(day + ONE, hour))
    assert told() == [str(missing.pk)]
    missing.refresh_from_db()
    assert missing.status == Status.CONFIRMED


@pytest.mark.usefixtures("inside")
def test_still_expected_is_kept_until_the_day_or_the_status_changes(home: Property) -> None:
    day = dt.date(2026, 3, 5)
    stay = make_booking(home, day, 3, status="confirmed")

    stay = expect_guest(booking=stay, by=None)
    tell_of_no_shows(at(day + ONE, 12))
    assert told() == []
    assert history_of(stay, prices=False)[0].sentences[-1] == "Had not arrived; still expected."

    moved = change_dates(booking=stay, check_in=day + ONE, check_out=day + 3 * ONE, by=None)
    assert moved.still_expected_at is None
    gone = mark_no_show(booking=expect_guest(booking=moved, by=None), by=None)
    assert gone.still_expected_at is None
    with pytest.raises(NotAwaited):
        expect_guest(booking=gone, by=None)


def test_page_of_the_day_asks_and_takes_either_answer(
    client: Client, organization: Organization, owner: User, home: Property
) -> None:
    today = timezone.now().astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    with organization_context(organization, by=None, door=Door.COMMAND):
        # Two days ago is over whatever the hour is.
        names = ("Ada Late", "Bo Gone")
        late, gone = (
            make_booking(
                place,
                today - 2 * ONE,
                1,
                status="confirmed",
                guest=make_guest(organization, name=name),
            )
            for name, place in zip(
                names, (home, make_property(organization, time_zone=ZONE)), strict=True
            )
        )
    client.force_login(owner)
    page = reverse("today", args=[organization.slug])

    shown = client.get(page).content.decode()
    assert "Not arrived?" in shown
    assert all(name in shown for name in names)

    client.post(reverse("bookings:expect", args=[organization.slug, late.pk]))
    client.post(
        reverse("bookings:status", args=[organization.slug, gone.pk]), {"status": "no_show"}
    )

    client.get(page)
    shown = client.get(page).content.decode()
    assert "Not arrived?" not in shown
    with organization_context(organization, by=None, door=Door.COMMAND):
        assert {
            stay.guest.name: stay.status for stay in Booking.objects.select_related("guest")
        } == {
            "Ada Late": "confirmed",
            "Bo Gone": "no_show",
        }
