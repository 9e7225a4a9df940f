"""A house with a row for every page to show, and as many as fill the lists; for browser tests."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.db import transaction

from accounts.models import Organization
from accounts.permissions import Role
from bookings.blocks import block_nights
from bookings.models import Block, Booking, Status
from bookings.notes import add_note
from bookings.saved_views import save_view
from bookings.services import cancel_booking
from guests.privacy import anonymize_guest
from guests.services import create_guest
from messaging.kinds import Kind
from messaging.models import Message
from messaging.notification_kinds import NotificationKind
from messaging.notifications import News, notify
from properties.models import Property
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_import,
    make_member,
    make_message,
    make_organization,
    make_property,
    make_user,
    units_of,
)
from villaops.tests.visitor import Visitor, make_visitor

ONE = timedelta(days=1)
ROOMS = 20
VILLAS = 25


@dataclass(frozen=True)
class FullHouse:
    """Rows to open pages about, and three people to open them as."""

    organization: Organization
    home: Property
    stay: Booking
    cancelled: Booking
    anonymous: Booking
    block: Block
    note_id: str
    view_id: str
    message_id: str
    import_id: str
    owner: Visitor
    keeper: Visitor
    stranger: Visitor


def make_full_house() -> FullHouse:
    """Sea Houses: 26 properties, 20 rooms in the first and 60 stays around today."""
    organization = make_organization("Sea Houses")
    user = make_member(organization, email="desk@example.com", name="Dora Desk")
    keeper = make_member(
        organization, Role.HOUSEKEEPER, email="keeper@example.com", name="Kim Keeper"
    )
    stranger = make_user("stranger@example.com", name="Sam Stranger")
    day = today_in(organization.time_zone)
    context = organization_context(organization, by=user, door=Door.COMMAND)
    with context, pytest.MonkeyPatch.context() as patch:
        # Sixty bookings make two hundred mails, which nobody reads: those to see are made below.
        patch.setattr(transaction, "on_commit", lambda *_given, **_options: None)
        home = make_property(
            organization,
            units=ROOMS,
            name="Casa Mare",
            city="Bellagio",
            address_line1="Via Roma 1",
            check_in_time="15:00",
            check_out_time="11:00",
            description="Above the lake, with a garden and a boat.",
            amenities=["wifi", "pool"],
            max_guests=40,
        )
        for number in range(VILLAS):
            make_property(organization, name=f"Villa {number + 1:02}")
        stays = _make_stays(organization, home, day)
        stay = stays[0]
        note = add_note(booking=stay, text="Late arrival, key in the box.", by=user)
        cancelled = cancel_booking(booking=stays[-1], by=user, reason="Fell ill")
        assert stay.guest
        make_guest(organization, name=stay.guest.name, phone=stay.guest.phone)
        gone = make_booking(home, day - 200 * ONE, 2, status=Status.CHECKED_OUT)
        assert gone.guest
        anonymize_guest(guest=gone.guest, by=user, on=day)
        for kind in NotificationKind:
            for of in stays[:5]:
                notify(organization=organization, news=News(kind, kind, of))
        block = block_nights(
            unit=units_of(home)[-1], start=day, end=day + 3 * ONE, by=user, note="New shower"
        )
        view = save_view(
            organization=organization, by=user, name="To answer", query="status=pending"
        )
        message = _make_messages(stays)
        imported = make_import(organization)
    return FullHouse(
        organization,
        home,
        stay,
        cancelled,
        gone,
        block,
        str(note.pk),
        str(view.pk),
        str(message.pk),
        str(imported.pk),
        owner=make_visitor(organization, user),
        keeper=make_visitor(organization, keeper),
        stranger=make_visitor(organization, stranger),
    )


def _make_messages(stays: list[Booking]) -> Message:
    """One on its way, one that failed, and as many as fill a page of the log."""
    for stay in stays[3:33]:
        make_message(stay, Kind.BOOKING_CONFIRMATION)
    make_message(stays[0], Kind.PRE_ARRIVAL, state="pending", done_at=None)
    return make_message(
        stays[0], state="dead", attempts=18, last_error="550 5.1.1 No such user here"
    )


def _make_stays(organization: Organization, home: Property, day: date) -> list[Booking]:
    """Every room three times: leaving or in the house, arriving today, and in some weeks."""
    stays = []
    for number, room in enumerate(units_of(home)[:-1]):
        leaves = day if number % 2 else day + 2 * ONE
        plans = (
            (leaves - 3 * ONE, leaves, Status.CHECKED_IN),
            (leaves, leaves + 2 * ONE, Status.PENDING if number % 3 else Status.CONFIRMED),
            (leaves + 20 * ONE, leaves + 24 * ONE, Status.CONFIRMED),
        )
        for start, end, status in plans:
            guest = create_guest(
                organization=organization,
                by=None,
                name=f"Guest {number:02} {status} Featherstonehaugh",
                email=f"guest.{number}.{status}.{start}@a-rather-long-domain.example.com",
                phone="+39 031 950 000",
                notes="Vegetarian",
            )
            stays.append(
                make_booking(
                    home,
                    start,
                    (end - start).days,
                    units=[room],
                    guest=guest,
                    status=status,
                    adults=2,
                    children=1,
                    special_requests="A cot and a quiet room, please.",
                )
            )
    return stays
