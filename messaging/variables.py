"""What a template may put in: each variable with what it means and what it may say."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from messaging.kinds import KINDS, Audience, Kind


@dataclass(frozen=True)
class Variable:
    """A variable as the editor lists it."""

    meaning: Any
    example: str
    # It is an address, and may be the whole of a link.
    is_link: bool = False


ORGANIZATION = {
    "organization_name": Variable(_("Your organization"), "Bali Villas"),
}
STAY = {
    "guest_name": Variable(_("The guest's full name"), "Emma Thompson"),
    "reference": Variable(_("The booking's reference"), "7KQ2MX4P"),
    "property_name": Variable(_("The property"), "Villa Ombak"),
    "property_address": Variable(_("Its address, on several lines"), "Jl. Pantai 12\nCanggu"),
    "unit_name": Variable(
        _("The unit or units; empty where the whole property is one"), "Garden Room"
    ),
    "check_in": Variable(_("Day of arrival"), "Saturday 21 November 2026"),
    "check_in_time": Variable(_("From when, if the property says so"), "15:00"),
    "check_out": Variable(_("Day of departure"), "Tuesday 24 November 2026"),
    "check_out_time": Variable(_("Until when, if the property says so"), "11:00"),
    "nights": Variable(_("Length of the stay"), "3 nights"),
    "party": Variable(_("Who comes"), "2 adults, 1 child"),
    "total_price": Variable(_("The total with its currency; empty for none"), "540.00 USD"),
    "special_requests": Variable(_("What the guest asked for"), "A cot, please."),
}
ARRIVAL = {
    "check_in_instructions": Variable(
        _("As the property has them"), "The key is in the box by the gate.\nCode: 2580"
    ),
}
STAFF = {
    "recipient_name": Variable(_("Whom the message goes to"), "Dewi Lestari"),
}
DESK = {
    "guest_email": Variable(_("The guest's e-mail"), "emma@example.com"),
    "guest_phone": Variable(_("The guest's phone, if known"), "+44 20 7946 0000"),
    "source": Variable(_("Where the booking came from"), "Airbnb"),
    "status": Variable(_("Where it stands"), "Pending"),
    "booking_url": Variable(
        _("The booking's page"), "https://villas.example/o/bali/bookings/1/", is_link=True
    ),
}
CANCELLATION = {
    "cancellation_reason": Variable(_("The reason that was written down"), "Flight cancelled"),
}
HOLD = {
    "hold_until": Variable(_("Until when the nights were held"), "21 November 2026, 14:05"),
}
REPORT = {
    "month": Variable(_("The month of the report"), "October 2026"),
    "occupancy": Variable(_("Occupancy"), "71.4 %"),
    "nights_sold": Variable(_("Nights sold"), "186"),
    "bookings": Variable(_("New bookings in the month"), "42"),
    "arrivals": Variable(_("Arrivals"), "39"),
    "revenue": Variable(_("Accommodation revenue, by currency"), "24,180.00 USD"),
    "average_rate": Variable(_("Average rate a night (ADR), by currency"), "130.00 USD"),
    "report_url": Variable(
        _("The figures in the dashboard"), "https://villas.example/o/bali/", is_link=True
    ),
}
INVITATION = {
    "inviter": Variable(_("Who invites; empty where they have gone"), "Dewi Lestari"),
    "role": Variable(_("The role"), "Manager"),
    "description": Variable(_("What the role is for"), "Runs the houses."),
    "days": Variable(_("For how many days the link works"), "7"),
    "url": Variable(
        _("The link that lets them in"), "https://villas.example/invitations/…", is_link=True
    ),
}
WELCOME = {
    "recipient_name": Variable(_("Who has joined"), "Made Wijaya"),
    "role": Variable(_("Their role"), "Staff"),
    "url": Variable(_("The dashboard"), "https://villas.example/o/bali/", is_link=True),
}

_MORE: dict[str, dict[str, Variable]] = {
    Kind.PRE_ARRIVAL: ARRIVAL,
    Kind.BOOKING_CONFIRMATION: ARRIVAL,
    Kind.HOLD_EXPIRED: HOLD,
    Kind.BOOKING_CANCELLED_STAFF: CANCELLATION,
    Kind.MONTHLY_REPORT: REPORT,
    Kind.INVITATION: INVITATION,
    Kind.WELCOME: WELCOME,
}


def variables_of(kind: str) -> dict[str, Variable]:
    """What there is to put into this kind of message, by name."""
    audience = KINDS[kind].audience
    known: dict[str, Variable] = dict(ORGANIZATION)
    if audience is Audience.STAFF:
        known |= STAFF
    if audience is Audience.GUEST:
        known |= STAY
    elif audience is Audience.STAFF and kind != Kind.MONTHLY_REPORT:
        known |= STAY | DESK
    return known | _MORE.get(kind, {})


def links_of(kind: str) -> set[str]:
    """The variables that are addresses."""
    return {name for name, variable in variables_of(kind).items() if variable.is_link}


def examples_of(kind: str) -> dict[str, str]:
    """Made-up values, for where there is no booking to show."""
    return {name: variable.example for name, variable in variables_of(kind).items()}
