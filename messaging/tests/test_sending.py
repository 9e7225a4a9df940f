"""Which messages go out: after what happens to a booking, and by the clock; each once."""

import datetime as dt
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.permissions import Role
from bookings.holds import release_expired_holds
from bookings.models import Booking, Status
from bookings.services import (
    cancel_booking,
    change_dates,
    check_in_guest,
    check_out_guest,
    confirm_booking,
)
from messaging.automations import set_automation
from messaging.kinds import Kind
from messaging.models import Message, NotificationPreference, OptOut
from messaging.schedule import Schedule
from messaging.sending import send_due
from messaging.services import AlreadySent, skip_message, unskip_message
from properties.models import Property
from villaops.outbox import Intent, services
from villaops.tests.build import make_booking, make_guest, make_member, make_property

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inside")]

TODAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE = timedelta(days=1)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.sending.today_in", lambda _zone: TODAY)


@pytest.fixture
def home(organization: Organization) -> Property:
    return make_property(
        organization,
        units=3,
        name="Casa Mare",
        time_zone="UTC",
        check_in_instructions="The key is in the box.\nCode: 2580",
    )


def made_in_february() -> None:
    """Whatever the clock says while this test makes them."""
    Booking.objects.update(created_at=datetime(2026, 2, 1, tzinfo=UTC))


def work() -> None:
    """What workers would do now, five times over."""
    for _again in range(5):
        waiting = Intent.objects.waiting().values_list("pk", flat=True)
        for intent_id in [*waiting, *waiting]:
            services.deliver(intent_id)


def kinds() -> list[str]:
    """Of the messages there are, in order of their writing."""
    return sorted(Message.objects.values_list("kind", flat=True))


# --- After an event ----------------------------------------------------------------------------


def test_a_confirmed_booking_is_mailed_to_the_guest_once(home: Property, owner: User) -> None:
    guest = make_guest(home.organization, name='{{ 7*7 }}{% load x %}<script>"\r\nBcc: a@b.example')
    booking = make_booking(home, TODAY + ONE, guest=guest, status=Status.CONFIRMED)

    work()

    sent = {message.to[0]: message for message in mail.outbox}
    assert set(sent) == {guest.email, owner.email}
    told = sent[guest.email]
    assert told.subject == "Your stay at Casa Mare is confirmed"
    assert "Dear {{ 7*7 }}{% load x %}<script>" in str(told.body)
    html = str(told.alternatives[0].content)
    assert "{{ 7*7 }}{% load x %}&lt;script&gt;&quot;" in html
    assert "<script" not in html
    assert "\n" not in sent[owner.email].subject
    assert (told.reply_to, sent[owner.email].reply_to) == ([owner.email], [])
    assert told.from_email == "Sea Houses <no-reply@localhost>"
    assert "Bcc: a@b.example at Casa Mare" in sent[owner.email].subject
    message = Message.objects.get(kind=Kind.BOOKING_CONFIRMATION)
    assert (message.booking, message.guest, message.text) == (booking, guest, told.body)
    assert message.intent
    assert message.intent.state == "sent"
    assert told.extra_headers["Message-ID"].startswith(f"<{message.intent_id}@")


def test_who_made_a_booking_is_not_told_of_it(home: Property, owner: User) -> None:
    manager = make_member(home.organization, Role.MANAGER)
    elsewhere = make_member(home.organization, Role.STAFF)
    Membership.objects.filter(user=elsewhere).update(
        property_ids=[make_property(home.organization).pk]
    )
    make_member(home.organization, Role.HOUSEKEEPER)
    chooser = make_member(home.organization, Role.MANAGER)
    NotificationPreference.objects.create(organization=home.organization, user=chooser)
    booking = make_booking(home, TODAY)
    Intent.objects.all().delete()

    cancel_booking(booking=booking, by=owner, reason="Flight cancelled")
    work()

    assert booking.guest
    assert {message.to[0] for message in mail.outbox} == {manager.email, booking.guest.email}
    told = next(message for message in mail.outbox if message.to == [manager.email])
    assert "Reason: Flight cancelled" in str(told.body)
    to_guest = next(message for message in mail.outbox if message.to == [booking.guest.email])
    assert "Flight" not in str(to_guest.body)


def test_each_event_has_its_mails(home: Property) -> None:
    booking = make_booking(home, TODAY)
    work()
    assert kinds() == [Kind.NEW_BOOKING]

    confirm_booking(booking=booking, by=None)
    work()
    assert kinds() == [Kind.BOOKING_CONFIRMATION, Kind.NEW_BOOKING]

    change_dates(booking=booking, check_in=TODAY, check_out=TODAY + 5 * ONE, by=None)
    work()
    cancel_booking(booking=booking, by=None)
    work()
    assert kinds() == [
        Kind.BOOKING_CANCELLED,
        Kind.BOOKING_CANCELLED_STAFF,
        Kind.BOOKING_CHANGED,
        Kind.BOOKING_CONFIRMATION,
        Kind.NEW_BOOKING,
    ]


def test_of_changes_in_a_row_the_guest_is_told_of_the_last(home: Property) -> None:
    booking = make_booking(home, TODAY, status=Status.CONFIRMED)
    for nights in (4, 5):
        change_dates(booking=booking, check_in=TODAY, check_out=TODAY + nights * ONE, by=None)
        work()

    told = Message.objects.filter(kind=Kind.BOOKING_CHANGED).order_by("created_at")
    assert [(one.intent.state, "5 nights" in one.text) for one in told if one.intent] == [
        ("cancelled", False),
        ("pending", True),
    ]
    cancel_booking(booking=booking, by=None)
    work()
    assert not told.filter(intent__state="pending").exists()


def test_what_is_called_off_is_not_confirmed_and_what_is_over_not_told(home: Property) -> None:
    off = make_booking(home, TODAY, status=Status.CONFIRMED)
    cancel_booking(booking=off, by=None)
    make_booking(home, TODAY - 30 * ONE, status=Status.CONFIRMED)

    work()

    assert Kind.BOOKING_CONFIRMATION not in kinds()
    assert set(Message.objects.values_list("booking", flat=True)) == {off.pk}


def test_a_switch_holds_everywhere_or_at_one_property(home: Property) -> None:
    organization, other = home.organization, make_property(home.organization)
    off = {"organization": organization, "kind": Kind.BOOKING_CONFIRMATION, "by": None}
    set_automation(**off, property=None, is_on=False)
    set_automation(**off, property=other, is_on=True)
    set_automation(**off | {"kind": Kind.NEW_BOOKING}, property=None, is_on=False)
    make_booking(home, TODAY, status=Status.CONFIRMED)
    there = make_booking(other, TODAY, status=Status.CONFIRMED)

    work()

    assert list(Message.objects.values_list("kind", "booking")) == [
        (Kind.BOOKING_CONFIRMATION, there.pk)
    ]


def test_a_guest_is_written_to_in_their_language(home: Property) -> None:
    guest = make_guest(home.organization, language="de")
    make_booking(home, TODAY, guest=guest, status=Status.CONFIRMED)

    work()

    message = Message.objects.get(kind=Kind.BOOKING_CONFIRMATION)
    assert message.language == "de"
    assert "Sonntag, 1. März 2026" in message.text
    assert '<html lang="de">' in message.html


# --- By the clock ------------------------------------------------------------------------------


def planned(now: datetime, days: int = 14) -> list[tuple[str, datetime]]:
    organization = Organization.objects.get(name="Sea Houses")
    until = now + timedelta(days=days)
    schedule = Schedule(organization.pk, now=now, until=until)
    rows = schedule[0:50]
    assert schedule.count() == len(rows)
    return [(row.kind, row.due_at) for row in rows if not row.is_skipped]


def test_what_is_planned_follows_from_the_stay_and_the_automations(home: Property) -> None:
    make_booking(home, TODAY + 5 * ONE, 3, status=Status.CONFIRMED)
    made_in_february()

    assert planned(NOON) == [
        (Kind.PRE_ARRIVAL, datetime(2026, 3, 3, 10, tzinfo=UTC)),
        (Kind.CHECK_OUT_REMINDER, datetime(2026, 3, 8, 17, tzinfo=UTC)),
        (Kind.THANK_YOU, datetime(2026, 3, 10, 11, tzinfo=UTC)),
    ]

    set_automation(
        organization=home.organization,
        kind=Kind.PRE_ARRIVAL,
        property=home,
        is_on=True,
        offset_days=1,
        hour=8,
        by=None,
    )
    set_automation(
        organization=home.organization, kind=Kind.THANK_YOU, property=None, is_on=False, by=None
    )
    assert planned(NOON) == [
        (Kind.PRE_ARRIVAL, datetime(2026, 3, 5, 8, tzinfo=UTC)),
        (Kind.CHECK_OUT_REMINDER, datetime(2026, 3, 8, 17, tzinfo=UTC)),
    ]


def test_the_hour_is_the_propertys_own(organization: Organization) -> None:
    east = make_property(organization, time_zone="Asia/Makassar")
    west = make_property(organization, time_zone="Pacific/Honolulu")
    for home in (east, west):
        set_automation(
            organization=organization,
            kind=Kind.PRE_ARRIVAL,
            property=home,
            is_on=True,
            offset_days=2,
            hour=6,
            by=None,
        )
        make_booking(home, date(2026, 3, 6), status=Status.CONFIRMED)
    made_in_february()

    # 6 on 4 March is the evening before in Greenwich for the one, for the other the afternoon.
    assert planned(NOON, days=6) == [
        (Kind.PRE_ARRIVAL, datetime(2026, 3, 3, 22, tzinfo=UTC)),
        (Kind.PRE_ARRIVAL, datetime(2026, 3, 4, 16, tzinfo=UTC)),
    ]
    assert send_due(datetime(2026, 3, 3, 21, 59, tzinfo=UTC)) == 0
    assert send_due(datetime(2026, 3, 3, 22, tzinfo=UTC)) == 1
    assert Message.objects.get().property == east


def test_five_runs_write_one_message_with_the_instructions(home: Property) -> None:
    booking = make_booking(home, TODAY + 2 * ONE, status=Status.CONFIRMED)
    Intent.objects.all().delete()

    sent = [send_due(NOON + timedelta(minutes=15 * run)) for run in range(5)]
    work()

    assert sent == [1, 0, 0, 0, 0]
    assert [message.to for message in mail.outbox] == [[booking.guest.email]]  # type: ignore[union-attr]
    assert "The key is in the box.\nCode: 2580" in str(mail.outbox[0].body)
    assert "The key is in the box.<br>Code: 2580" in str(mail.outbox[0].alternatives[0].content)
    assert "List-Unsubscribe" not in mail.outbox[0].extra_headers


def test_late_is_made_up_for_and_too_late_is_left(home: Property) -> None:
    arrives_today = make_booking(home, TODAY, status=Status.CONFIRMED)
    make_booking(home, TODAY - ONE, status=Status.CONFIRMED)
    gone = make_booking(home, TODAY - 9 * ONE, 3, status=Status.CHECKED_OUT)
    just_gone = make_booking(home, TODAY - 5 * ONE, 3, status=Status.CHECKED_OUT)
    made_in_february()
    Intent.objects.all().delete()

    assert send_due(NOON) == 2

    assert set(Message.objects.values_list("kind", "booking")) == {
        (Kind.PRE_ARRIVAL, arrives_today.pk),
        (Kind.THANK_YOU, just_gone.pk),
    }
    assert not Message.objects.filter(booking=gone).exists()


def test_stays_that_are_history_when_they_are_entered_get_nothing(home: Property) -> None:
    make_booking(home, TODAY - 5 * ONE, 3, status=Status.CHECKED_OUT)
    Booking.objects.update(created_at=NOON)

    assert send_due(NOON) == 0


def test_a_moved_or_cancelled_stay_gets_nothing_at_its_old_time(home: Property) -> None:
    moved = make_booking(home, TODAY + 3 * ONE, status=Status.CONFIRMED)
    off = make_booking(home, TODAY + 3 * ONE, status=Status.CONFIRMED)
    change_dates(booking=moved, check_in=TODAY + 30 * ONE, check_out=TODAY + 33 * ONE, by=None)
    cancel_booking(booking=off, by=None)

    assert send_due(NOON) == 0

    change_dates(booking=moved, check_in=TODAY + 3 * ONE, check_out=TODAY + 5 * ONE, by=None)
    assert send_due(NOON) == 1
    change_dates(booking=moved, check_in=TODAY + 4 * ONE, check_out=TODAY + 6 * ONE, by=None)
    assert send_due(NOON + 2 * ONE) == 0


def test_reminder_and_thanks_wait_for_the_guest(home: Property) -> None:
    booking = make_booking(home, TODAY, 1, status=Status.CONFIRMED)
    made_in_february()
    evening, day_after = NOON + timedelta(hours=6), NOON + 2 * ONE
    send_due(NOON)

    assert send_due(evening) == 0
    check_in_guest(booking=booking, by=None)
    assert send_due(evening) == 1
    assert send_due(day_after) == 0
    check_out_guest(booking=booking, by=None)
    assert send_due(day_after) == 1
    assert kinds() == [Kind.CHECK_OUT_REMINDER, Kind.PRE_ARRIVAL, Kind.THANK_YOU]


def test_what_staff_skip_is_not_sent_until_they_unskip_it(home: Property) -> None:
    booking = make_booking(home, TODAY + 2 * ONE, status=Status.CONFIRMED)
    for _twice in range(2):
        skip_message(booking=booking, kind=Kind.PRE_ARRIVAL, by=None)

    assert send_due(NOON) == 0
    assert (Kind.PRE_ARRIVAL, datetime(2026, 2, 28, 10, tzinfo=UTC)) not in planned(NOON)

    unskip_message(booking=booking, kind=Kind.PRE_ARRIVAL, by=None)
    assert send_due(NOON) == 1
    with pytest.raises(AlreadySent):
        skip_message(booking=booking, kind=Kind.PRE_ARRIVAL, by=None)


def test_thanks_can_be_unsubscribed_from_and_nothing_else(home: Property) -> None:
    tired, glad = make_guest(home.organization), make_guest(home.organization)
    for guest in (tired, glad):
        make_booking(home, TODAY - 4 * ONE, 3, guest=guest, status=Status.CHECKED_OUT)
    made_in_february()
    Intent.objects.all().delete()
    OptOut.objects.create(
        organization=home.organization, kind=Kind.THANK_YOU, address=tired.email.upper()
    )

    assert send_due(NOON) == 1
    work()

    (told,) = mail.outbox
    assert told.to == [glad.email]
    assert told.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = told.extra_headers["List-Unsubscribe"].strip("<>")
    assert link in str(told.body)


def test_the_schedule_costs_two_statements(home: Property, statements: object) -> None:
    for number in range(3):
        make_booking(home, TODAY + (number * 4 + 4) * ONE, status=Status.CONFIRMED)
    schedule = Schedule(
        home.organization_id, now=timezone.now(), until=timezone.now() + dt.timedelta(days=14)
    )

    with statements(2):  # type: ignore[operator]
        schedule.count()
        schedule[0:2]


def test_guest_is_told_until_when_the_nights_were_held(home: Property) -> None:
    stay = make_booking(home, TODAY + 30 * ONE, status="pending")
    Booking.objects.filter(pk=stay.pk).update(hold_expires_at=NOON - 300 * ONE)

    release_expired_holds(home.organization_id)
    work()

    told = Message.objects.filter(kind=Kind.HOLD_EXPIRED)
    assert [message.address for message in told] == [stay.guest.email]
    assert "over on 5 May 2025, 12:00" in told[0].text
