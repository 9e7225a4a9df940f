"""Who books what: an organization with villas, guests with an address each, a key for clients."""

from dataclasses import dataclass
from datetime import timedelta

from accounts.api_keys import create_api_key
from accounts.models import Organization, User
from accounts.permissions import Scope
from accounts.services import create_organization
from bench.drills.clients import Stay
from guests.models import Guest
from properties.models import Property
from properties.services import create_property
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context

VILLAS = 10
DOMAIN = "drills.example"


@dataclass(frozen=True)
class Estate:
    """What there is before anything breaks."""

    organization: Organization
    secret: str
    stays: list[Stay]


def build(stays: int) -> Estate:
    """Make an organization whose clients want so many stays, none in another's way."""
    owner = User(email=f"owner@{DOMAIN}", name="Owner", email_verified=True)
    owner.set_unusable_password()
    owner.save()
    organization = create_organization(name="Drill Houses", by=owner, door=Door.COMMAND)
    with organization_context(organization, by=owner, door=Door.COMMAND):
        homes = [_villa(organization, owner, number) for number in range(VILLAS)]
        guests = Guest.objects.bulk_create(
            Guest(organization=organization, name=f"Guest {number}", email=f"g{number}@{DOMAIN}")
            for number in range(stays)
        )
        key = create_api_key(
            organization=organization, name="Drills", scopes=[Scope.WRITE], by=owner
        )
        return Estate(
            organization,
            key.secret,
            [_stay(homes, guest, number) for number, guest in enumerate(guests)],
        )


def _villa(organization: Organization, owner: User, number: int) -> Property:
    return create_property(
        organization=organization,
        by=owner,
        name=f"Villa {number}",
        property_type=Property.Type.VILLA,
        max_guests=4,
        base_price_per_night=100,
    )


def _stay(homes: list[Property], guest: Guest, number: int) -> Stay:
    nights, villa = divmod(number, VILLAS)
    first = today_in(homes[villa].time_zone) + timedelta(days=60 + 2 * nights)
    body: dict[str, str | int] = {
        "property_id": str(homes[villa].pk),
        "guest_id": str(guest.pk),
        "check_in": first.isoformat(),
        "check_out": (first + timedelta(days=2)).isoformat(),
        "num_guests": 2,
        "status": "confirmed",
    }
    return Stay(key=f"drill-{number}", body=body, email=guest.email or "")
