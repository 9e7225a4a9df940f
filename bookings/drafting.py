"""What a booking is before it is written: its party, its total, and the rules of its own row."""

import secrets
from datetime import date
from decimal import Decimal

from bookings.models import MAX_NIGHTS, Booking
from guests.models import Guest
from properties.models import Property
from villaops.errors import BrokenRule

# Letters and digits that nobody confuses when reading them out over the telephone.
REFERENCE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
REFERENCE_LENGTH = 8
MAX_TOTAL = Decimal("9999999999.99")


def drafted(
    home: Property,
    *,
    guest: Guest | None,
    check_in: date,
    check_out: date,
    unit_count: int,
    status: str,
    party: tuple[int | None, int | None, int | None],
    total_price: Decimal | None,
    source: str,
    special_requests: str | None,
    reference: str | None,
    ended: bool = False,
    is_over: bool = False,
) -> Booking:
    """A booking that is not written yet and has no unit: what every new one has in common.

    `party` is num_guests, adults and children. One that was given up (`ended`) is refused unless
    whoever asks writes down what happened elsewhere; one that is over had as many guests as came.
    Raises BrokenRule: dates, party, status, total.
    """
    booking = Booking(
        organization_id=home.organization_id,
        property=home,
        guest=guest,
        reference=reference or new_reference(),
        check_in=check_in,
        check_out=check_out,
        status=status,
        currency=home.currency,
        source=source,
        special_requests=special_requests,
        **party_of(*party),
    )
    check_stay(booking)
    if not is_over:
        check_party(booking, home)
    if not (ended or booking.is_live()):
        raise BrokenRule(f"A new booking cannot be {status}")
    count = booking.nights_count() * unit_count
    booking.total_price = home.price_of(count) if total_price is None else total_price
    check_total(booking)
    return booking


def new_reference() -> str:
    """A short code to name a booking by, on paper and on the telephone."""
    return "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(REFERENCE_LENGTH))


def party_of(
    num_guests: int | None,
    adults: int | None,
    children: int | None,
    stored: Booking | None = None,
) -> dict[str, int]:
    """Adults and children from what was said of the party.

    num_guests alone: so many adults. Else adults and children, the one not said as stored (1 and 0
    for a new booking), which must agree with num_guests where that is said too, else BrokenRule.
    """
    if num_guests is not None and adults is None and children is None:
        return {"adults": num_guests, "children": 0}
    adults = adults if adults is not None else (stored.adults if stored else 1)
    children = children if children is not None else (stored.children if stored else 0)
    agrees = num_guests is None or num_guests == adults + children
    if not agrees or adults < 1 or children < 0:
        raise BrokenRule("num_guests must be adults + children, with at least one adult")
    return {"adults": adults, "children": children}


def check_stay(booking: Booking) -> None:
    if booking.check_out <= booking.check_in:
        raise BrokenRule("check_out must be after check_in")
    if booking.nights_count() > MAX_NIGHTS:
        raise BrokenRule(f"A stay has at most {MAX_NIGHTS} nights")


def check_party(booking: Booking, home: Property) -> None:
    if home.max_guests is not None and booking.num_guests() > home.max_guests:
        raise BrokenRule(f"{home.name} takes at most {home.max_guests} guests")


def check_total(booking: Booking) -> None:
    if booking.total_price is not None and booking.total_price > MAX_TOTAL:
        raise BrokenRule(f"A booking's total is at most {MAX_TOTAL}")
