"""The shapes that the demo's data is written in. A day is a number: 0 is today at the place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.permissions import Role
from bookings.models import Block, Booking, Status

# One for all log-ins. It is printed at every start, so there is nothing to protect.
PASSWORD = "demo1234"  # noqa: S105


@dataclass(frozen=True)
class Person:
    """Somebody who signs in."""

    email: str
    name: str
    role: Role = Role.OWNER


@dataclass(frozen=True)
class Stay:
    """A booking: of the first free unit, or of the rooms named."""

    home: str
    guest: str
    check_in: int
    check_out: int
    status: Status
    party: int
    # The day it was made.
    booked: int
    # So many of the party.
    children: int = 0
    rooms: tuple[str, ...] = ()
    # Else unit nights x base price.
    total: Decimal | None = None
    source: Booking.Source = Booking.Source.DIRECT
    requests: str | None = None
    cancelled_because: str | None = None
    # From that night on in that room.
    moves: tuple[int, str] | None = None
    # It lost its room and waits for another.
    unplaced: bool = False


@dataclass(frozen=True)
class Closure:
    """A block of one room."""

    home: str
    room: str
    start: int
    end: int
    reason: Block.Reason
    note: str


@dataclass(frozen=True)
class House:
    """An organization with all it has. Its owner is the first of its people."""

    name: str
    slug: str
    currency: str
    time_zone: str
    people: Sequence[Person]
    properties: Sequence[Mapping[str, Any]]
    guests: Sequence[Mapping[str, Any]]
    stays: Sequence[Stay]
    closures: Sequence[Closure] = ()
