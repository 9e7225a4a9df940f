"""Notifications: who is told of what, once, and by which way."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from conftest import Statements
from messaging import notification_tasks as tasks
from messaging.models import Notification, NotificationPreference
from messaging.notification_kinds import NotificationKind
from messaging.notification_words import words_of
from messaging.notifications import News, notify, send_digests
from villaops.outbox import Intent
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_guest, make_member, make_property

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 3, 10, 7, 30, tzinfo=UTC)


@pytest.fixture
def stay(inside: None, organization: Organization) -> Booking:
    """Emma Thompson at Villa Aurora, 1 to 4 March, for 300.00."""
    home = make_property(organization, name="Villa Aurora")
    return make_booking(home, guest=make_guest(organization, email="emma@example.com"))


def event(stay: Booking, name: str = "created", by: User | None = None, **more: Any) -> Intent:
    """What the outbox hands to a listener."""
    told = {
        "organization": str(stay.organization_id),
        "booking": str(stay.pk),
        "event": name,
        "by": str(by.pk) if by else None,
        "changed": [],
    }
    return Intent(pk=uuid4(), kind="booking_event/x", payload=told | more)


def readers(kind: str = "new_booking") -> set[str]:
    return set(Notification.objects.filter(kind=kind).values_list("user__email", flat=True))


def test_event_tells_every_member_but_the_one_who_did_it_and_each_once(
    stay: Booking, organization: Organization, owner: User
) -> None:
    make_member(organization, Role.STAFF, email="staff@example.com")
    make_member(organization, Role.HOUSEKEEPER, email="keeper@example.com")
    intent = event(stay, by=owner)

    for _ in range(5):
        tasks.notify_of_booking(intent)

    assert readers() == {"staff@example.com", "keeper@example.com"}
    assert Notification.objects.count() == 2


def test_event_tells_a_limited_member_of_their_properties_alone(
    stay: Booking, organization: Organization
) -> None:
    for email, homes in (("here@example.com", [stay.property_id]), ("there@example.com", [])):
        user = make_member(organization, Role.STAFF, email=email)
        Membership.objects.filter(user=user).update(property_ids=homes or [uuid4()])

    tasks.notify_of_booking(event(stay))

    assert "here@example.com" in readers()
    assert "there@example.com" not in readers()


def test_event_of_another_organization_reaches_nobody_here(
    stay: Booking, other_organization: Organization, owner: User
) -> None:
    elsewhere = event(stay)
    elsewhere.payload["organization"] = str(other_organization.pk)

    tasks.notify_of_booking(elsewhere)

    assert readers() == set()


@pytest.mark.parametrize("name", ["checked_in", "checked_out"])
def test_arrivals_and_departures_tell_nobody(stay: Booking, name: str) -> None:
    tasks.notify_of_booking(event(stay, name))

    assert not Notification.objects.exists()


def test_member_joined_tells_those_who_manage_members(
    inside: None, organization: Organization, owner: User
) -> None:
    make_member(organization, Role.VIEWER)
    newcomer = make_member(organization, Role.STAFF, name="Nina New")
    payload = {"organization": str(organization.pk), "user": str(newcomer.pk)}

    tasks.notify_of_member(Intent(pk=uuid4(), kind="member_joined/x", payload=payload))

    told = Notification.objects.get()
    assert told.user == owner
    assert words_of(told).title == "Nina New has joined"


def test_words_name_guest_place_dates_and_who_but_no_price_and_no_address(
    stay: Booking, organization: Organization
) -> None:
    manager = make_member(organization, Role.MANAGER, name="Mia Manager")
    tasks.notify_of_booking(event(stay, "changed", manager, changed=["check_in", "total_price"]))

    words = words_of(Notification.objects.newest_first().get())

    assert words.title == "Changed: Emma Thompson"
    assert words.detail == ("Villa Aurora · Sun 1 Mar – Wed 4 Mar · other dates · by Mia Manager")


def test_preferences_mute_mail_at_once_and_keep_for_the_morning(
    stay: Booking, organization: Organization, owner: User, at_once: None
) -> None:
    muted = make_member(organization, Role.STAFF, email="muted@example.com")
    later = make_member(organization, Role.STAFF, email="later@example.com")
    for user, wishes in (
        (owner, {"mailed": ["new_booking"]}),
        (muted, {"muted": ["new_booking"]}),
        (later, {"muted": ["new_booking"], "digested": ["new_booking"]}),
    ):
        NotificationPreference.objects.create(organization=organization, user=user, **wishes)

    tasks.notify_of_booking(event(stay))

    assert [one.to for one in mail.outbox] == [[owner.email]]
    assert mail.outbox[0].subject == "New booking: Emma Thompson"
    assert "Villa Aurora" in mail.outbox[0].body
    assert "300" not in mail.outbox[0].body
    assert "emma@example.com" not in mail.outbox[0].body
    assert readers() == {owner.email, "later@example.com"}
    assert not Notification.objects.shown_to(later.pk).exists()


def test_digest_goes_out_once_a_day_at_seven_where_the_organization_is(
    stay: Booking, organization: Organization, owner: User, at_once: None
) -> None:
    NotificationPreference.objects.create(
        organization=organization, user=owner, digested=["new_booking"]
    )
    tasks.notify_of_booking(event(stay))
    Notification.objects.update(created_at=MORNING - timedelta(hours=3))
    early = MORNING.replace(hour=6, minute=59)

    assert send_digests(early) == 0
    assert [send_digests(MORNING) for _ in range(3)] == [1, 0, 0]
    assert send_digests(MORNING + timedelta(days=1)) == 0

    assert [one.subject for one in mail.outbox] == ["Sea Houses: what has happened"]
    assert "New booking: Emma Thompson" in mail.outbox[0].body


def test_digest_tells_nothing_a_member_may_no_longer_see(
    stay: Booking, organization: Organization, at_once: None
) -> None:
    staff = make_member(organization, Role.STAFF)
    NotificationPreference.objects.create(
        organization=organization, user=staff, digested=["new_booking"]
    )
    tasks.notify_of_booking(event(stay))
    Notification.objects.update(created_at=MORNING - timedelta(hours=3))
    Membership.objects.filter(user=staff).update(property_ids=[uuid4()])

    assert send_digests(MORNING) == 0
    assert mail.outbox == []


# --- Pages -----------------------------------------------------------------------------------


def told(organization: Organization, stay: Booking, times: int = 1) -> None:
    for _ in range(times):
        news = News(NotificationKind.NEW_BOOKING, str(uuid4()), stay)
        notify(organization=organization, news=news)


def address(organization: Organization, name: str, *args: object) -> str:
    return reverse(f"notifications:{name}", args=[organization.slug, *args])


@pytest.mark.parametrize("times", [1, 3])
def test_list_shows_ones_own_in_seven_statements(
    stay: Booking,
    organization: Organization,
    owner: User,
    client: Client,
    statements: Statements,
    times: int,
) -> None:
    make_member(organization, Role.STAFF)
    told(organization, stay, times)
    client.force_login(owner)

    with statements(7):
        page = client.get(address(organization, "list"))

    assert page.text.count("notification-row is-unread") == times
    assert f"data-bell-count>{times}<" in page.text


def test_opening_one_leads_to_the_booking_and_makes_it_read(
    stay: Booking, organization: Organization, owner: User, client: Client
) -> None:
    told(organization, stay, 2)
    client.force_login(owner)
    first = Notification.objects.filter(user=owner).newest_first().first()
    assert first

    answer = client.get(address(organization, "open", first.pk))

    assert answer["Location"] == reverse("bookings:detail", args=["sea-houses", stay.pk])
    assert "data-bell-count>1<" in client.get(address(organization, "bell")).text
    client.post(address(organization, "read", first.pk), {"read": "0"})
    assert "data-bell-count>2<" in client.get(address(organization, "bell")).text
    client.post(address(organization, "read_all"))
    assert "data-bell-count" not in client.get(address(organization, "bell")).text


def test_anothers_notification_is_not_there(
    stay: Booking, organization: Organization, owner: User, client: Client
) -> None:
    staff = make_member(organization, Role.STAFF)
    told(organization, stay)
    theirs = Notification.objects.get(user=staff)
    client.force_login(owner)

    assert client.get(address(organization, "open", theirs.pk)).status_code == 404
    assert client.post(address(organization, "read", theirs.pk)).status_code == 404
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_choices_offer_what_the_role_may_see_and_are_kept(
    stay: Booking, organization: Organization, client: Client
) -> None:
    keeper = make_member(organization, Role.HOUSEKEEPER)
    client.force_login(keeper)
    page = client.get(address(organization, "choices")).text
    assert "message_failed-shown" not in page
    assert "new_booking-shown" in page

    client.post(
        address(organization, "choices"),
        {"new_booking-mail": "digest", "hold_expired-shown": "on", "message_failed-mail": "now"},
    )

    with organization_context(organization, by=None, door=Door.COMMAND):
        chosen = NotificationPreference.objects.get(user=keeper)
    assert chosen.digested == ["new_booking"]
    assert chosen.mailed == []
    assert "new_booking" in chosen.muted
    assert "hold_expired" not in chosen.muted
