"""What tests are built from: plain functions over the verbs, each with the least it needs.

Those that make tenant rows are called inside an organization's context (fixture `inside`).
"""

import itertools
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.permissions import Role
from accounts.services import create_organization
from bookings.models import Booking
from bookings.services import book_stay
from guests.models import Guest
from guests.services import create_guest
from imports.models import Import, Row
from messaging.kinds import Kind
from messaging.models import Message
from properties.models import Property, Unit
from properties.services import create_property
from villaops.outbox import Intent
from villaops.tenancy import Door, organization_context

PASSWORD = "correct horse battery"
_number = itertools.count(1)

DAY = date(2026, 3, 1)


def make_user(email: str | None = None, **fields: Any) -> User:
    """A person with PASSWORD."""
    user = User(email=email or f"person{next(_number)}@example.com", name="A Person")
    for name, value in fields.items():
        setattr(user, name, value)
    user.set_password(PASSWORD)
    user.save()
    return user


def make_organization(name: str = "Sea Houses", **fields: Any) -> Organization:
    """An organization with an owner of its own."""
    owner = fields.pop("by", None) or make_user()
    organization = create_organization(name=name, by=owner, door=Door.COMMAND, **fields)
    owner.default_organization = organization
    owner.save()
    return organization


def make_member(organization: Organization, role: Role = Role.OWNER, **fields: Any) -> User:
    """A new user with a role in the organization, which is their default one."""
    user = make_user(default_organization=organization, **fields)
    with organization_context(organization, by=None, door=Door.COMMAND):
        Membership(organization=organization, user=user, role=role).save()
    return user


def make_property(organization: Organization, *, units: int = 1, **fields: Any) -> Property:
    """A villa for four at 100.00 a night; with several units, named Room 1, Room 2, ..."""
    plans = [{"name": f"Room {n + 1}"} for n in range(units)] if units > 1 else None
    given = {
        "name": f"Villa {next(_number)}",
        "property_type": Property.Type.VILLA,
        "max_guests": 4,
        "base_price_per_night": 100,
    }
    return create_property(organization=organization, by=None, units=plans, **given | fields)


def make_message(booking: Booking, kind: str = Kind.THANK_YOU, **intent: Any) -> Message:
    """A message to the booking's guest, sent unless its intent stands elsewhere."""
    guest = booking.guest
    assert guest
    given = {"state": "sent", "done_at": timezone.now()} | intent
    return Message.objects.create(
        organization=booking.organization,
        kind=kind,
        key=f"{kind}:{next(_number)}",
        address=guest.email,
        guest=guest,
        booking=booking,
        property=booking.property,
        subject=f"{Kind(kind).label}, {guest.name}",
        html="<p>Thank you</p>",
        text="Thank you",
        intent=Intent.objects.create(kind="message", payload={"to": "nobody"}, **given),
    )


def make_import(organization: Organization, **fields: Any) -> Import:
    """One of bookings that was checked, with a row that is wrong; its file is gone."""
    given: dict[str, Any] = {
        "kind": "bookings",
        "name": "bookings-of-the-old-system.csv",
        "state": "checked",
        "header": ["Villa", "Arrival", "Departure", "Total"],
        "header_hash": f"{next(_number):032}",
        "sample": [["Casa Mare", "2026-03-01", "2026-03-04", "300.00"], ["", "soon", "", ""]],
        "mapping": {"property": 0, "check_in": 1, "check_out": 2},
        "total": 3,
        "position": 3,
        "made": 1,
        "refused": 1,
    }
    imported = Import.objects.create(organization=organization, **given | fields)
    problem = {"column": "check_in", "value": "soon", "said": "This is no date."}
    Row.objects.create(organization=organization, imported=imported, number=3, problems=[problem])
    return imported


def units_of(home: Property) -> list[Unit]:
    """The property's units by position."""
    return list(Unit.objects.filter(property=home, deleted_at=None).order_by("position", "id"))


def make_guest(organization: Organization, **fields: Any) -> Guest:
    """A guest with an e-mail of their own."""
    given = {"name": "Emma Thompson", "email": f"guest{next(_number)}@example.com"}
    return create_guest(organization=organization, by=None, **given | fields)


def make_booking(home: Property, start: date = DAY, nights: int = 3, **fields: Any) -> Booking:
    """A pending stay from the date on, of a new guest unless one is given."""
    guest = fields.pop("guest", None) or make_guest(home.organization)
    return book_stay(
        property=home,
        guest=guest,
        check_in=start,
        check_out=start + timedelta(days=nights),
        by=None,
        **fields,
    )
