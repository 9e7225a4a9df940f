"""The verbs of properties and their units."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now
from django.utils.text import slugify

from accounts.models import Organization, User
from bookings.blocks import restore_block
from bookings.models import Block, Booking, Night, NightEvent
from bookings.placing import UnitNotFound
from bookings.services import delete_bookings, restore_booking
from properties.models import Property, Unit
from villaops.errors import Conflict, NotFound, PermissionDenied
from villaops.tenancy import property_limit
from villaops.verbs import apply_changes, clean, verb
from villaops.versions import Expected, require_version

MAX_SLUG, ROOM_FOR_A_NUMBER, MAX_UNIT_NAME = 80, 6, 100


class PropertyNotFound(NotFound):
    code = "property_not_found"
    message = "Property not found"


class PropertySlugTaken(Conflict):
    code = "property_slug_taken"
    message = "Property slug already taken"
    explanation = "Another property has this short name already."


class PropertyHasBookings(Conflict):
    code = "property_has_bookings"
    message = "Property has bookings"
    explanation = "The currency cannot change once the property has had bookings."


class UnitNameTaken(Conflict):
    code = "unit_name_taken"
    message = "Unit name already taken"
    explanation = "Another unit of this property has this name already."


class UnitHasBookings(Conflict):
    code = "unit_has_bookings"
    message = "Unit has bookings"
    explanation = "Nights of this unit are booked from today on. Move those stays first."


class PropertyNeedsUnit(Conflict):
    code = "property_needs_unit"
    message = "A property needs at least one unit"
    explanation = "A property needs at least one unit."


class PropertyDeleted(Conflict):
    """The property of a unit to restore is itself deleted."""

    code = "restore_property_first"
    message = "Restore its property first"


CONSTRAINTS = {"property_slug_taken": PropertySlugTaken, "unit_name_taken": UnitNameTaken}


# --- Properties ------------------------------------------------------------------------------


@verb(constraints=CONSTRAINTS)
def create_property(
    *,
    organization: Organization,
    by: User | None,
    units: Sequence[Mapping[str, Any]] | None = None,
    **fields: Any,
) -> Property:
    """Make a property with its units: one named like the property when none are given.

    Slug, currency and time zone default to one made from the name and to the organization's.
    Raises PermissionDenied for whoever is limited to some properties, PropertySlugTaken,
    UnitNameTaken, BrokenRule.
    """
    if property_limit() is not None:
        raise PermissionDenied
    given = {name: value for name, value in fields.items() if value is not None}
    home = Property(
        **{
            "organization": organization,
            "owner": by,
            "slug": given.get("slug") or _free_slug(organization, str(given["name"])),
            "currency": organization.currency,
            "time_zone": organization.time_zone,
            **given,
        }
    )
    clean(home)
    home.save(force_insert=True)
    plans = units or [{"name": home.name[:MAX_UNIT_NAME]}]
    Unit.objects.bulk_create(
        [_new_unit(home, {"position": n, **plan}) for n, plan in enumerate(plans)]
    )
    return home


@verb(constraints=CONSTRAINTS)
def update_property(
    *, property: Property, by: User | None, changes: Mapping[str, Any], expected: Expected = None
) -> Property:
    """Change facts of a property. Agreed bookings keep their prices.

    Raises ResourceChanged unless it is still what was `expected`, PropertySlugTaken,
    PropertyHasBookings (on another currency), BrokenRule.
    """
    home = _lock(property)
    require_version(home, expected)
    changed = apply_changes(home, changes)
    if "currency" in changed and _was_ever_booked(home):
        raise PropertyHasBookings
    if changed:
        clean(home)
        home.save()
    return home


@verb()
def delete_property(*, property: Property, by: User | None, expected: Expected = None) -> None:
    """Delete softly, together with its units, bookings and blocks; their nights are free.

    Raises ResourceChanged unless it is still what was `expected`.
    """
    home = _lock(property)
    require_version(home, expected)
    home.deleted_at = Now()
    home.save()
    delete_bookings(Booking.objects.filter(property=home), home.deleted_at)
    Night.objects.filter(unit__property=home).delete()
    for rows in (Block.objects.filter(unit__property=home), Unit.objects.filter(property=home)):
        rows.filter(deleted_at=None).update(deleted_at=home.deleted_at, updated_at=Now())


@verb(constraints=CONSTRAINTS)
def restore_property(*, property: Property, by: User | None) -> Property:
    """Bring a deleted property back with the units, blocks and bookings deleted together with it.

    A booking whose guest has been deleted since stays deleted. Raises PropertySlugTaken.
    """
    home = _lock(property)
    gone_at = home.deleted_at
    if gone_at is None:
        return home
    home.deleted_at = None
    home.save()
    Unit.objects.filter(property=home, deleted_at=gone_at).update(deleted_at=None, updated_at=Now())
    for block in Block.objects.filter(unit__property=home, deleted_at=gone_at).order_by("pk"):
        restore_block(block=block, by=by)
    stays = Booking.objects.filter(property=home, deleted_at=gone_at).order_by("pk")
    for booking in stays.filter(Q(guest=None) | Q(guest__deleted_at=None)):
        restore_booking(booking=booking, by=by)
    return home


def _was_ever_booked(home: Property) -> bool:
    """Whether there are bookings, or were: what was on the books on a past day has the property's
    currency, and so has a deleted booking that may be restored.
    """
    nights = NightEvent.objects.filter(
        organization=home.organization_id, unit__property=home, booking__isnull=False
    )
    return Booking.objects.filter(property=home).exists() or nights.exists()


def _free_slug(organization: Organization, name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", slugify(name))
    base = words[: MAX_SLUG - ROOM_FOR_A_NUMBER].strip("-") or "property"
    alike = set(
        Property.objects.for_organization(organization)
        .filter(slug__startswith=base)
        .values_list("slug", flat=True)
    )
    if base not in alike:
        return base
    return next(f"{base}-{n}" for n in range(2, len(alike) + 3) if f"{base}-{n}" not in alike)


def _lock(property: Property) -> Property:
    """The row as it is now, and nobody else's until we are done. It or its units may change."""
    return Property.objects.select_for_update(no_key=True).get(
        organization_id=property.organization_id, pk=property.pk
    )


# --- Units -----------------------------------------------------------------------------------


@verb(constraints=CONSTRAINTS)
def add_unit(*, property: Property, by: User | None, **fields: Any) -> Unit:
    """Add a unit, last unless a position is given. Raises UnitNameTaken, BrokenRule."""
    home = _lock(property)
    last = _units(home).aggregate(last=Max("position"))["last"]
    unit = _new_unit(home, {"position": 0 if last is None else last + 1} | fields)
    unit.save(force_insert=True)
    return unit


@verb(constraints=CONSTRAINTS)
def update_unit(
    *,
    unit: Unit,
    by: User | None,
    on: date,
    changes: Mapping[str, Any],
    expected: Expected = None,
) -> Unit:
    """Change a unit. `on` is today at the property.

    Raises ResourceChanged unless it is still what was `expected`, UnitNameTaken, UnitHasBookings
    when booked nights from `on` on would fall outside the new offer, BrokenRule.
    """
    _lock(unit.property)
    unit = Unit.objects.select_for_update(no_key=True).get(
        organization_id=unit.organization_id, pk=unit.pk
    )
    require_version(unit, expected)
    changed = apply_changes(unit, changes)
    if not changed:
        return unit
    clean(unit)
    if changed & {"available_from", "available_to"} and _booked_outside_offer(unit, on):
        raise UnitHasBookings
    unit.save()
    return unit


@verb()
def reorder_units(*, property: Property, by: User | None, units: Sequence[UUID]) -> list[UUID]:
    """Let the named units take one another's places, in this order; the others keep theirs.

    Bookings without a wish are given the first free unit in this order; agreed stays do not move.
    Positions are counted anew from 0. Returns the named units in the order they had. Raises
    UnitNotFound.
    """
    home = _lock(property)
    rows = list(_units(home).select_for_update(no_key=True).order_by("position", "id"))
    wanted = {pk: n for n, pk in enumerate(dict.fromkeys(units))}
    places = [n for n, unit in enumerate(rows) if unit.pk in wanted]
    if len(places) < len(wanted):
        raise UnitNotFound
    before = [rows[n].pk for n in places]
    moving = sorted((rows[n] for n in places), key=lambda unit: wanted[unit.pk])
    for n, unit in zip(places, moving, strict=True):
        rows[n] = unit
    changed = [unit for n, unit in enumerate(rows) if unit.position != n]
    for n, unit in enumerate(rows):
        unit.position, unit.updated_at = n, Now()
    Unit.objects.bulk_update(changed, ["position", "updated_at"])
    return before


@verb()
def delete_unit(*, unit: Unit, by: User | None, on: date, expected: Expected = None) -> None:
    """Delete softly, together with its blocks. `on` is today at the property.

    Raises ResourceChanged unless it is still what was `expected`, PropertyNeedsUnit for the last
    one, UnitHasBookings when nights from `on` on are booked.
    """
    home = _lock(unit.property)
    unit = Unit.objects.select_for_update(no_key=True).get(
        organization_id=unit.organization_id, pk=unit.pk
    )
    require_version(unit, expected)
    if not _units(home).exclude(pk=unit.pk).exists():
        raise PropertyNeedsUnit
    if _booked(unit, on).exists():
        raise UnitHasBookings
    unit.deleted_at = Now()
    unit.save()
    Night.objects.filter(unit=unit, booking=None).delete()
    Block.objects.filter(unit=unit, deleted_at=None).update(
        deleted_at=unit.deleted_at, updated_at=Now()
    )


@verb(constraints=CONSTRAINTS)
def restore_unit(*, unit: Unit, by: User | None) -> Unit:
    """Bring a deleted unit back with the blocks deleted together with it.

    Raises PropertyDeleted, UnitNameTaken.
    """
    home = _lock(unit.property)
    if home.deleted_at:
        raise PropertyDeleted
    gone_at, unit.deleted_at = unit.deleted_at, None
    unit.save()
    for block in Block.objects.filter(unit=unit, deleted_at=gone_at).exclude(deleted_at=None):
        restore_block(block=block, by=by)
    return unit


def _new_unit(home: Property, fields: Mapping[str, Any]) -> Unit:
    given = {name: value for name, value in fields.items() if value is not None}
    unit = Unit(organization_id=home.organization_id, property=home, **given)
    clean(unit)
    return unit


def _units(home: Property) -> QuerySet[Unit]:
    return Unit.objects.for_organization(home.organization_id).filter(property=home)


def _booked_outside_offer(unit: Unit, on: date) -> bool:
    booked = _booked(unit, on)
    return bool(
        (unit.available_from and booked.filter(night__lt=unit.available_from).exists())
        or (unit.available_to and booked.filter(night__gte=unit.available_to).exists())
    )


def _booked(unit: Unit, on: date) -> QuerySet[Any]:
    """The unit's booked nights from the day on."""
    return unit.nights.filter(night__gte=on, booking__isnull=False)
