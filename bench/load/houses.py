"""The houses that speed is measured on: made up, and the same each time on the same day.

One organization of 200 properties, 20,000 guests and 100,000 stays over four years around today,
and 20 of 5 properties with 500 stays each. `scale` multiplies the large one.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, count
from typing import Any
from uuid import UUID

CURRENCY = "EUR"
DAYS = 4 * 365 + 1
STAYS_EACH = 500
GUESTS_EACH = 100
# On average 2, so that about six of ten nights are taken.
UNITS = (1, 1, 1, 2, 2, 2, 3, 3, 1, 4)
LENGTHS, LENGTH_WEIGHTS = (1, 2, 3, 4, 5, 7, 10, 14), (14, 24, 20, 14, 10, 13, 3, 2)
TYPES = {1: "villa", 2: "apartment", 3: "guesthouse", 4: "hotel"}
CITIES = (
    ("Como", "IT"),
    ("Ubud", "ID"),
    ("Lisbon", "PT"),
    ("Nice", "FR"),
    ("Palma", "ES"),
    ("Split", "HR"),
    ("Bergen", "NO"),
    ("Galway", "IE"),
)
FIRST = """
    Emma Liam Olivia Noah Sofia Luca Mia Yuki Nora Hugo Ines Mateo Anna Jonas Clara Felix Leila
    Omar Priya Arjun Wei Ling Hana Kenji Freya Lars Zoe Paul Elena Marco
"""
LAST = """
    Thompson Bianchi Lindqvist Tanaka Garcia Silva Novak Schmidt Moreau Rossi Jansen Kowalski Papas
    Murphy Olsen Haddad Sharma Chen Kim Nguyen Dubois Fischer Costa Horvat Berg Lopez Weber Marino
    Petrov Walsh Okafor Mensah Andersen Virtanen Keller
"""
SOURCES, SOURCE_WEIGHTS = (
    ("direct", "booking_com", "airbnb", "website", "vrbo", "walk_in"),
    (22, 34, 24, 12, 6, 2),
)
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

type Row = tuple[Any, ...]


@dataclass(frozen=True)
class Size:
    """How much an organization has."""

    name: str
    properties: int
    email: str

    @property
    def guests(self) -> int:
        return self.properties * GUESTS_EACH


def sizes(scale: float) -> list[Size]:
    """The organizations, the large one first."""
    return [
        Size("Large Houses", round(200 * scale), "owner@large.example"),
        *(Size(f"Small Houses {n}", 5, f"owner@small{n}.example") for n in range(1, 21)),
    ]


class Houses:
    """The rows of one organization, table by table, in the order the foreign keys want."""

    PROPERTY = """
        id, organization_id, owner_id, name, slug, property_type, status, max_guests,
        base_price_per_night, currency, time_zone, city, country, created_at, updated_at
    """
    UNIT = "id, organization_id, property_id, name, position, status, created_at, updated_at"
    GUEST = """
        id, organization_id, name, email, phone, nationality, created_at, updated_at, created_by_id
    """
    BOOKING = """
        id, organization_id, property_id, unit_id, guest_id, reference, check_in, check_out,
        status, adults, children, total_price, currency, source, is_placed, cancelled_at,
        created_at, updated_at
    """

    def __init__(self, size: Size, organization: UUID, owner: UUID, today: date) -> None:
        self.size, self.organization, self.owner, self.today = size, organization, owner, today
        self.dice = random.Random(size.name)  # noqa: S311 - the same houses each time
        self.now = datetime(today.year, today.month, today.day, tzinfo=UTC)
        self.opened = self.now - timedelta(DAYS // 2 + 200)
        self.references = count()
        self.homes = [
            (self.new_id(self.opened), UNITS[n % len(UNITS)]) for n in range(size.properties)
        ]
        self.most_guests = {home: 2 + n % 7 for n, (home, _many) in enumerate(self.homes)}
        # In maintenance: they take no new bookings, and called off what was to come.
        self.closed = {home for home, _many in self.homes[::25]}
        self.units = [
            (home, self.new_id(self.opened), number, many)
            for home, many in self.homes
            for number in range(many)
        ]
        self.guests = [self.new_id(self.opened) for _ in range(size.guests)]
        self.prices = {home: Decimal(self.dice.randrange(60, 420)) for home, _many in self.homes}

    def new_id(self, moment: datetime) -> UUID:
        """A UUID of version 7 (RFC 9562) of that moment."""
        milliseconds = int(moment.timestamp() * 1000)
        bits = self.dice.getrandbits(74)
        return UUID(
            int=milliseconds << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & (1 << 62) - 1
        )

    def property_rows(self) -> Iterator[Row]:
        for number, (home, many) in enumerate(self.homes):
            city, country = CITIES[number % len(CITIES)]
            yield (
                home,
                self.organization,
                self.owner,
                f"{TYPES[many].title()} {number + 1:04} {city}",
                f"house-{number + 1}",
                TYPES[many],
                "maintenance" if home in self.closed else "active",
                self.most_guests[home],
                self.prices[home],
                CURRENCY,
                "Europe/Rome",
                city,
                country,
                self.opened,
                self.opened,
            )

    def unit_rows(self) -> Iterator[Row]:
        for home, unit, number, _many in self.units:
            name = f"Room {number + 1}"
            opened = self.opened
            yield unit, self.organization, home, name, number, "active", opened, opened

    def guest_rows(self) -> Iterator[Row]:
        firsts, lasts = FIRST.split(), LAST.split()
        for number, guest in enumerate(self.guests):
            first, last = self.dice.choice(firsts), self.dice.choice(lasts)
            email = f"{first}.{last}.{number}@example.com".lower()
            born = self.opened + timedelta(minutes=number)
            yield (
                guest,
                self.organization,
                f"{first} {last}",
                email,
                f"+39 02 {number:07}",
                "Italy",
                born,
                born,
                self.owner,
            )

    def booking_rows(self) -> Iterator[Row]:
        """500 stays a property, its units' stays one after the other with gaps between them."""
        for home, unit, number, many in self.units:
            stays = STAYS_EACH // many + (number < STAYS_EACH % many)
            for check_in, nights in self._stays(stays):
                yield self._booking(home, unit, check_in, nights)

    def _stays(self, stays: int) -> Iterator[tuple[date, int]]:
        """Lengths by lot, and the days left over spread by lot between them."""
        lengths = self.dice.choices(LENGTHS, LENGTH_WEIGHTS, k=stays)
        while sum(lengths) > DAYS * 0.9:
            longest = max(range(stays), key=lengths.__getitem__)
            lengths[longest] = max(1, lengths[longest] // 2)
        spare = DAYS - sum(lengths)
        gaps = sorted(self.dice.randrange(spare + 1) for _ in range(stays))
        start = self.today - timedelta(DAYS // 2)
        before = accumulate(lengths, initial=0)
        for gap, length, passed in zip(gaps, lengths, before, strict=False):
            yield start + timedelta(gap + passed), length

    def _booking(self, home: UUID, unit: UUID, check_in: date, nights: int) -> Row:
        dice = self.dice
        check_out = check_in + timedelta(nights)
        arrival = datetime(check_in.year, check_in.month, check_in.day, tzinfo=UTC)
        # What is still to come was booked before today, whatever the lot says.
        lead = timedelta(days=min(dice.expovariate(1 / 45), 330), hours=dice.randrange(24))
        created = min(arrival, self.now) - lead
        status = self._status(check_in, check_out)
        until_cancelled = dice.random() if status == "cancelled" else 0.5
        if home in self.closed and check_out > self.today:
            status = "cancelled"
        cancelled = None
        if status == "cancelled":
            cancelled = created + (min(arrival, self.now) - created) * until_cancelled
        adults = min(dice.choice((1, 2, 2, 2, 3)), self.most_guests[home])
        return (
            self.new_id(created),
            self.organization,
            home,
            unit,
            dice.choice(self.guests),
            self._reference(),
            check_in,
            check_out,
            status,
            adults,
            min(dice.choice((0, 0, 0, 1, 2)), self.most_guests[home] - adults),
            self.prices[home] * nights,
            CURRENCY,
            dice.choices(SOURCES, SOURCE_WEIGHTS)[0],
            True,
            cancelled,
            created,
            cancelled or created,
        )

    def _status(self, check_in: date, check_out: date) -> str:
        lot = self.dice.random()
        if check_out <= self.today:
            return "checked_out" if lot < 0.91 else "cancelled" if lot < 0.98 else "no_show"
        if check_in <= self.today:
            return "checked_in" if lot < 0.95 else "cancelled"
        return "confirmed" if lot < 0.72 else "pending" if lot < 0.92 else "cancelled"

    def _reference(self) -> str:
        number, letters = next(self.references), ""
        for _ in range(8):
            number, rest = divmod(number, len(LETTERS))
            letters = LETTERS[rest] + letters
        return letters
