"""What a role may do: data, with a description a manager can read."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices


class Permission(StrEnum):
    """One thing a person may be allowed to do in an organization."""

    READ_ORGANIZATION = "organization.read"
    EDIT_ORGANIZATION = "organization.edit"
    READ_MEMBERS = "member.read"
    MANAGE_MEMBERS = "member.manage"
    MANAGE_OWNERS = "owner.manage"
    MANAGE_API_KEYS = "api_key.manage"
    PAY = "billing.pay"
    READ_AUDIT = "audit.read"
    READ_PROPERTIES = "property.read"
    ADD_PROPERTIES = "property.add"
    WRITE_PROPERTIES = "property.write"
    DELETE_PROPERTIES = "property.delete"
    READ_GUESTS = "guest.read"
    WRITE_GUESTS = "guest.write"
    DELETE_GUESTS = "guest.delete"
    READ_BOOKINGS = "booking.read"
    READ_PRICES = "price.read"
    WRITE_BOOKINGS = "booking.write"
    DELETE_BOOKINGS = "booking.delete"
    READ_OCCUPANCY = "occupancy.read"
    READ_ANALYTICS = "analytics.read"
    CHAT = "chat"


class Role(TextChoices):
    """What a membership gives its user in the organization."""

    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    STAFF = "staff", "Staff"
    HOUSEKEEPER = "housekeeper", "Housekeeper"
    ACCOUNTANT = "accountant", "Accountant"
    VIEWER = "viewer", "Viewer"


class Scope(TextChoices):
    """What an API key is for."""

    READ = "read", "Read"
    WRITE = "write", "Read and write"


@dataclass(frozen=True)
class RoleRights:
    """A role in words and in permissions."""

    description: str
    permissions: frozenset[Permission]


P = Permission

_EVERYBODY = frozenset({P.READ_ORGANIZATION, P.READ_MEMBERS, P.READ_PROPERTIES, P.READ_BOOKINGS})
_VIEWER = _EVERYBODY | {P.READ_GUESTS, P.READ_PRICES, P.READ_OCCUPANCY, P.READ_ANALYTICS}
_STAFF = _VIEWER - {P.READ_ANALYTICS} | {P.WRITE_GUESTS, P.WRITE_BOOKINGS, P.CHAT}
_MANAGER = (
    _STAFF
    | _VIEWER
    | {
        P.READ_AUDIT,
        P.ADD_PROPERTIES,
        P.WRITE_PROPERTIES,
        P.DELETE_PROPERTIES,
        P.DELETE_GUESTS,
        P.DELETE_BOOKINGS,
        P.MANAGE_MEMBERS,
    }
)

ROLES: dict[Role, RoleRights] = {
    Role.OWNER: RoleRights(
        "Everything, including the organization itself, API keys and payment.",
        frozenset(Permission),
    ),
    Role.MANAGER: RoleRights(
        "Runs the houses: properties, bookings, guests, figures and members.", _MANAGER
    ),
    Role.STAFF: RoleRights(
        "Takes and changes bookings and guests; cannot delete them or change properties.", _STAFF
    ),
    Role.HOUSEKEEPER: RoleRights(
        "Sees who comes and goes and where; no prices and no contact details.", _EVERYBODY
    ),
    Role.ACCOUNTANT: RoleRights(
        "Reads everything, prices and figures included; changes nothing.", _VIEWER
    ),
    Role.VIEWER: RoleRights("Reads everything, changes nothing.", _VIEWER),
}

# Not for members who are limited to some properties, whatever their role.
ORGANIZATION_WIDE = frozenset({P.READ_AUDIT, P.ADD_PROPERTIES})

# What keys are for; a permission that is not here is for people only.
KEY_SCOPES: dict[Permission, Scope] = {
    P.READ_ORGANIZATION: Scope.READ,
    P.READ_PROPERTIES: Scope.READ,
    P.READ_GUESTS: Scope.READ,
    P.READ_BOOKINGS: Scope.READ,
    P.READ_PRICES: Scope.READ,
    P.READ_OCCUPANCY: Scope.READ,
    P.READ_ANALYTICS: Scope.READ,
    P.ADD_PROPERTIES: Scope.WRITE,
    P.WRITE_PROPERTIES: Scope.WRITE,
    P.DELETE_PROPERTIES: Scope.WRITE,
    P.WRITE_GUESTS: Scope.WRITE,
    P.DELETE_GUESTS: Scope.WRITE,
    P.WRITE_BOOKINGS: Scope.WRITE,
    P.DELETE_BOOKINGS: Scope.WRITE,
}
# The role that comes nearest to what a key may do: where the wire asks for one.
ROLE_OF_SCOPE = {Scope.READ: Role.VIEWER, Scope.WRITE: Role.MANAGER}


def allows(role: str, permission: Permission) -> bool:
    """Whether the role has the permission."""
    return permission in ROLES[Role(role)].permissions


def key_allows(scopes: Collection[str], permission: Permission) -> bool:
    """Whether a key of these scopes may do what the permission is for; write includes read."""
    needed = KEY_SCOPES.get(permission)
    return needed in scopes or (needed == Scope.READ and Scope.WRITE in scopes)
