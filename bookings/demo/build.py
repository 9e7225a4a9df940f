"""Bring the demo's data in, through the verbs that everybody else uses.

Ids differ from run to run, everything else depends on the day alone.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import check_password, make_password
from django.db import models
from django.utils import timezone

from accounts.models import Membership, Organization, Subscription, User
from accounts.permissions import Role
from accounts.services import create_organization
from bookings.blocks import block_nights
from bookings.demo.bali import BALI
from bookings.demo.como import COMO
from bookings.demo.history import context_in_force, date_nights
from bookings.demo.plan import PASSWORD, Closure, House, Person, Stay
from bookings.drafting import REFERENCE_LENGTH, REFERENCE_LETTERS
from bookings.events import silently
from bookings.models import Block, Booking, Night, Status
from bookings.services import (
    book_stay,
    cancel_booking,
    check_in_guest,
    check_out_guest,
    mark_no_show,
    move_to_unit,
    unassign_booking,
)
from guests.models import Guest
from guests.services import create_guest
from messaging.demo import seed_messages
from properties.models import Property, Unit
from properties.services import create_property
from villaops.tenancy import Door, organization_context

HOUSES = (BALI, COMO)
ADMINISTRATOR = Person("admin@villaops.ai", "Demo Administrator")

# What is replaced, in an order that leaves no row pointing at one that is gone.
REPLACED: tuple[type[models.Model], ...] = (Night, Booking, Block, Guest, Unit, Property)

# How a booking is made, and the verbs that bring it to its status, one after the other.
_LIVES: dict[Status, tuple[Status, tuple[Callable[..., Booking], ...]]] = {
    Status.PENDING: (Status.PENDING, ()),
    Status.CONFIRMED: (Status.CONFIRMED, ()),
    Status.CHECKED_IN: (Status.CONFIRMED, (check_in_guest,)),
    Status.CHECKED_OUT: (Status.CONFIRMED, (check_in_guest, check_out_guest)),
    Status.CANCELLED: (Status.CONFIRMED, (cancel_booking,)),
    Status.NO_SHOW: (Status.CONFIRMED, (mark_no_show,)),
}

# Before the first booking was made: the day a place and its guests were entered.
_OPENED, _GUESTS_ENTERED = -125, -120


class SlugInUse(Exception):
    """The slug of a demo organization belongs to one that is not the demo's."""


def seed_administrator() -> User:
    """The log-in for the administrators' site."""
    user = _person(ADMINISTRATOR)
    user.is_staff = user.is_superuser = True
    user.save()
    return user


def seed_house(house: House, *, on: dt.date) -> Organization:
    """Make the organization, or replace all it has; other organizations stay as they are.

    `on` is today there. Raises SlugInUse.
    """
    owner = _person(house.people[0])
    organization = _organization(house, owner)
    with organization_context(organization, by=owner, door=Door.COMMAND), silently():
        _reset(organization, house)
        for person in house.people:
            _admit(person, organization)
        for model in REPLACED:
            model._default_manager.filter(organization=organization).delete()
        _Builder(organization, house, owner, on).build()
        noon = dt.datetime.combine(on, dt.time(12), ZoneInfo(house.time_zone))
        seed_messages(organization, by=owner, now=min(noon, timezone.now()))
    return organization


# --- People and organizations ----------------------------------------------------------------


def _person(person: Person) -> User:
    """The user with this e-mail, able to sign in with the demo's password."""
    user = User.objects.with_email(person.email) or User(email=person.email)
    user.name, user.is_active, user.email_verified = person.name, True, True
    if not (user.password and _opens(user.password)):
        user.password = _new_hash()
    user.save()
    return user


# A hash costs a tenth of a second. The password is public, so its hashes may well be one and the
# same; a good one is kept, because a new one would end the user's sessions.


@cache
def _opens(encoded: str) -> bool:
    return check_password(PASSWORD, encoded)


@cache
def _new_hash() -> str:
    return make_password(PASSWORD)


def _organization(house: House, owner: User) -> Organization:
    found = Organization.objects.filter(slug=house.slug).first()
    if found is None:
        return create_organization(
            name=house.name,
            slug=house.slug,
            currency=house.currency,
            time_zone=house.time_zone,
            by=owner,
            door=Door.COMMAND,
        )
    if not Membership.objects.filter(organization=found, user=owner, role=Role.OWNER).exists():
        raise SlugInUse(
            f"There is an organization {house.slug} that {owner.email} does not own:"
            " it is not the demo's, and stays as it is."
        )
    return found


def _reset(organization: Organization, house: House) -> None:
    organization.name = house.name
    organization.currency, organization.time_zone = house.currency, house.time_zone
    organization.save()
    Subscription.objects.filter(organization=organization).update(
        plan=Subscription.Plan.FREE, status=Subscription.Status.ACTIVE
    )


def _admit(person: Person, organization: Organization) -> None:
    user = _person(person)
    Membership.objects.update_or_create(
        organization=organization, user=user, defaults={"role": person.role}
    )
    user.default_organization = organization
    user.save()


# --- What an organization has ----------------------------------------------------------------


class _Builder:
    """Fills one organization, within its context."""

    def __init__(self, organization: Organization, house: House, by: User, on: dt.date) -> None:
        self.organization = organization
        self.house = house
        self.by = by
        self.on = on
        self.zone = ZoneInfo(house.time_zone)
        self.properties: dict[str, Property] = {}
        self.units: dict[tuple[str, str], Unit] = {}
        self.guests: dict[str, Guest] = {}
        # The contexts in which stays were moved.
        self.moves: list[UUID] = []

    def build(self) -> None:
        for fields in self.house.properties:
            home = create_property(organization=self.organization, by=self.by, **fields)
            self.properties[home.name] = home
        for unit in Unit.objects.for_organization(self.organization).select_related("property"):
            self.units[unit.property.name, unit.name] = unit
        for fields in self.house.guests:
            guest = create_guest(organization=self.organization, by=self.by, **fields)
            self.guests[guest.name] = guest
        bookings = [self._book(stay, number) for number, stay in enumerate(self.house.stays, 1)]
        blocks = [self._block(closure) for closure in self.house.closures]
        self._date(Property, self.properties.values(), _OPENED)
        self._date(Guest, self.guests.values(), _GUESTS_ENTERED)
        self._date(Block, blocks, _GUESTS_ENTERED)
        Booking.objects.bulk_update(bookings, ["created_at", "cancelled_at"])
        date_nights(self.organization, moves=self.moves)

    def _book(self, stay: Stay, number: int) -> Booking:
        made_as, steps = _LIVES[stay.status]
        booking = book_stay(
            property=self.properties[stay.home],
            guest=self.guests[stay.guest],
            check_in=self._day(stay.check_in),
            check_out=self._day(stay.check_out),
            status=made_as,
            units=[self.units[stay.home, room] for room in stay.rooms] or None,
            adults=stay.party - stay.children,
            children=stay.children,
            total_price=stay.total,
            source=stay.source,
            special_requests=stay.requests,
            reference=_reference(self.house.slug, number),
            by=self.by,
        )
        for step in steps:
            reason = {"reason": stay.cancelled_because} if step is cancel_booking else {}
            booking = step(booking=booking, by=self.by, **reason)
        if stay.moves:
            booking = self._move(booking, self.units[stay.home, stay.moves[1]], stay.moves[0])
        if stay.unplaced:
            booking = self._unassign(booking)
        booking.created_at = self._moment(stay.booked, number)
        if booking.cancelled_at:
            # Half-way between the booking and the arrival, or today.
            halfway = (stay.booked + min(stay.check_in, -1)) // 2
            booking.cancelled_at = self._moment(max(halfway, stay.booked + 1), number)
        return booking

    def _move(self, booking: Booking, unit: Unit, night: int) -> Booking:
        """In a context of its own, so that the history tells it from the booking."""
        with organization_context(self.organization, by=self.by, door=Door.COMMAND):
            self.moves.append(context_in_force())
            return move_to_unit(booking=booking, unit=unit, from_night=self._day(night), by=self.by)

    def _unassign(self, booking: Booking) -> Booking:
        """In a context of its own too."""
        with organization_context(self.organization, by=self.by, door=Door.COMMAND):
            self.moves.append(context_in_force())
            return unassign_booking(booking=booking, by=self.by)

    def _block(self, closure: Closure) -> Block:
        return block_nights(
            unit=self.units[closure.home, closure.room],
            start=self._day(closure.start),
            end=self._day(closure.end),
            reason=closure.reason,
            note=closure.note,
            by=self.by,
        )

    def _date[M: (Property, Guest, Block)](
        self, model: type[M], rows: Iterable[M], day: int
    ) -> None:
        """Say that these were made on that day, a minute apart, in their order."""
        made = list(rows)
        for minute, row in enumerate(made):
            row.created_at = self._moment(day, minute)
        model._default_manager.bulk_update(made, ["created_at"])

    def _day(self, number: int) -> dt.date:
        return self.on + dt.timedelta(days=number)

    def _moment(self, day: int, minute: int) -> dt.datetime:
        morning = dt.datetime.combine(self._day(day), dt.time(9), self.zone)
        return morning + dt.timedelta(minutes=minute)


def _reference(slug: str, number: int) -> str:
    """The same code for the same booking every time, that looks like any other."""
    digest = hashlib.sha256(f"{slug} {number}".encode()).digest()
    return "".join(
        REFERENCE_LETTERS[byte % len(REFERENCE_LETTERS)] for byte in digest[:REFERENCE_LENGTH]
    )
