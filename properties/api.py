"""The JSON face of properties and their units."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, Strict, model_validator

from accounts.permissions import Permission
from bookings.placing import UnitNotFound
from properties.models import Property, Unit
from properties.querysets import PropertyQuerySet, UnitQuerySet
from properties.services import (
    PropertyNotFound,
    add_unit,
    create_property,
    delete_property,
    delete_unit,
    update_property,
    update_unit,
)
from villaops.api.endpoint import Endpoint, operation
from villaops.api.reads import Listed, ListQuery, OrderedBy, Owned, Page, found, page
from villaops.api.wire import (
    INTEGER_MAX,
    SLUG_SHAPE,
    STORABLE,
    Country,
    Currency,
    HalfSteps,
    Input,
    Latitude,
    Longitude,
    Message,
    Moment,
    Money,
    Name,
    Number,
    Output,
    Price,
    Text,
    TimeOfDay,
    TimeZone,
    integer,
    optional,
)
from villaops.clock import today_in
from villaops.kept import Kept

Line = Annotated[str, Strict(), Field(max_length=255), STORABLE]
UnitName = Annotated[str, Strict(), Field(min_length=1, max_length=100), STORABLE]
PropertySlug = Annotated[str, Strict(), Field(max_length=80), SLUG_SHAPE]


# --- What travels ----------------------------------------------------------------------------


class UnitChanges(Input):
    name: UnitName = optional()
    position: Annotated[int, integer(-INTEGER_MAX - 1)] = optional()
    status: Unit.Status = optional()
    available_from: date | None = optional()
    available_to: date | None = optional()

    @model_validator(mode="after")
    def _offers_something(self) -> Self:
        if self.available_from and self.available_to and self.available_to <= self.available_from:
            raise ValueError("available_to must be after available_from")
        return self


class UnitInput(UnitChanges):
    name: UnitName


class UnitOutput(Output):
    id: UUID
    property_id: UUID
    name: str
    position: int
    status: Unit.Status
    available_from: date | None
    available_to: date | None
    created_at: Moment
    updated_at: Moment


class PropertyChanges(Input):
    name: Name = optional()
    property_type: Property.Type = optional()
    description: Text | None = optional()
    location: Line | None = optional()
    max_guests: Annotated[int, integer(1)] | None = optional()
    base_price_per_night: Price | None = optional()
    amenities: list[Text] | None = optional()
    status: Property.Status = optional()
    slug: PropertySlug = optional()
    currency: Currency = optional()
    time_zone: TimeZone = optional()
    check_in_time: TimeOfDay | None = optional()
    check_out_time: TimeOfDay | None = optional()
    address_line1: Line | None = optional()
    address_line2: Line | None = optional()
    city: Line | None = optional()
    country: Country | None = optional()
    latitude: Latitude | None = optional()
    longitude: Longitude | None = optional()
    bedrooms: Annotated[int, integer(0, 999)] | None = optional()
    bathrooms: HalfSteps | None = optional()


class PropertyInput(PropertyChanges):
    name: Name
    property_type: Property.Type
    units: Annotated[list[UnitInput], Field(min_length=1, max_length=200)] = optional()


class PropertyOutput(Output):
    id: UUID
    organization_id: UUID
    owner_id: UUID | None
    name: str
    property_type: Property.Type
    description: str | None
    location: str | None
    max_guests: int | None
    base_price_per_night: Money | None
    amenities: list[str] | None
    status: Property.Status
    slug: str
    currency: str
    time_zone: str
    check_in_time: str | None
    check_out_time: str | None
    address_line1: str | None
    address_line2: str | None
    city: str | None
    country: str | None
    latitude: Number | None
    longitude: Number | None
    bedrooms: int | None
    bathrooms: Number | None
    unit_count: int
    created_at: Moment
    updated_at: Moment


class PropertyPath(Input):
    id: UUID


class UnitPath(PropertyPath):
    unit_id: UUID


class PropertyQuery(ListQuery):
    ordering: Annotated[
        Text, OrderedBy("created_at", "updated_at", "name", "status", "base_price_per_night")
    ] = "-created_at"
    status: Text = optional()
    property_type: Text = optional()


class UnitQuery(ListQuery):
    ordering: Annotated[
        Text, OrderedBy("created_at", "updated_at", "name", "status", "position")
    ] = "position"


def property_output(home: Property, unit_count: int) -> PropertyOutput:
    """The property as the wire shows it, wherever it appears."""
    return PropertyOutput(
        id=home.pk,
        organization_id=home.organization_id,
        owner_id=home.owner_id,
        name=home.name,
        property_type=Property.Type(home.property_type),
        description=home.description,
        location=home.location,
        max_guests=home.max_guests,
        base_price_per_night=home.base_price_per_night,
        amenities=home.amenities,
        status=Property.Status(home.status),
        slug=home.slug,
        currency=home.currency,
        time_zone=home.time_zone,
        check_in_time=home.check_in_time,
        check_out_time=home.check_out_time,
        address_line1=home.address_line1,
        address_line2=home.address_line2,
        city=home.city,
        country=home.country,
        latitude=home.latitude,
        longitude=home.longitude,
        bedrooms=home.bedrooms,
        bathrooms=home.bathrooms,
        unit_count=unit_count,
        created_at=home.created_at,
        updated_at=home.updated_at,
    )


def unit_output(unit: Unit) -> UnitOutput:
    return UnitOutput(
        id=unit.pk,
        property_id=unit.property_id,
        name=unit.name,
        position=unit.position,
        status=Unit.Status(unit.status),
        available_from=unit.available_from,
        available_to=unit.available_to,
        created_at=unit.created_at,
        updated_at=unit.updated_at,
    )


# --- Reads -----------------------------------------------------------------------------------


def _homes(*, organization: Any, **filters: Any) -> PropertyQuerySet:
    return Property.objects.for_organization(organization).filter(**filters)


def _counted(*, organization: Any, pk: Any) -> PropertyQuerySet:
    return _homes(organization=organization, pk=pk).with_unit_count()


def _units(*, organization: Any, home: Any) -> UnitQuerySet:
    return Unit.objects.for_organization(organization).filter(property=home)


HOMES, UNITS, COUNTED = Owned(Property), Owned(Unit), Kept(_counted)
PROPERTIES_LISTED = Listed(_homes, PropertyQuerySet.with_unit_count)
UNITS_LISTED = Listed(_units)

# --- Properties ------------------------------------------------------------------------------


class PropertyEndpoint(Endpoint):
    tag = "Properties"

    def home(self, path: PropertyPath) -> Property:
        return HOMES.find(self.access.organization, path.id, PropertyNotFound)

    def shown(self, pk: UUID) -> PropertyOutput:
        """The property read anew, with its units counted."""
        organization = self.access.organization.pk
        counted: Any = found(COUNTED.first(organization=organization, pk=pk), PropertyNotFound)
        return self.versioned(counted, property_output(counted, counted.unit_count))


class Properties(PropertyEndpoint):
    @operation("list_properties", Permission.READ_PROPERTIES, etag="list", remembered=True)
    def get(self, query: PropertyQuery) -> Page[PropertyOutput]:
        """List properties."""
        return page(
            self.request,
            PROPERTIES_LISTED,
            query,
            lambda home: property_output(home, home.unit_count),
            organization=self.access.organization.pk,
            **query.filters(),
        )

    @operation("create_property", Permission.ADD_PROPERTIES, status=201, errors={409}, etag="row")
    def post(self, body: PropertyInput) -> PropertyOutput:
        """Make a property with its units; one named like it unless some are given."""
        fields = body.given()
        if "units" in fields:
            fields["units"] = [unit.given() for unit in body.units]
        home = create_property(organization=self.access.organization, by=self.by, **fields)
        return self.shown(home.pk)


class PropertyDetail(PropertyEndpoint):
    @operation("get_property", Permission.READ_PROPERTIES, etag="row", remembered=True)
    def get(self, path: PropertyPath) -> PropertyOutput:
        """Show a property."""
        return self.shown(path.id)

    @operation("update_property", Permission.WRITE_PROPERTIES, errors={409}, etag="row")
    def patch(self, path: PropertyPath, body: PropertyChanges) -> PropertyOutput:
        """Change the fields that are sent."""
        update_property(
            property=self.home(path), by=self.by, changes=body.given(), expected=self.expected
        )
        return self.shown(path.id)

    put = patch

    @operation("delete_property", Permission.DELETE_PROPERTIES, etag="row")
    def delete(self, path: PropertyPath) -> Message:
        """Delete a property, its units and bookings; an administrator can restore them."""
        delete_property(property=self.home(path), by=self.by, expected=self.expected)
        return Message(message="Property deleted")


# --- Units -----------------------------------------------------------------------------------


class UnitEndpoint(PropertyEndpoint):
    tag = "Units"

    def unit(self, path: UnitPath) -> Unit:
        home = self.home(path)
        unit = UNITS.find(self.access.organization, path.unit_id, UnitNotFound)
        if unit.property_id != home.pk:
            raise UnitNotFound
        unit.property = home
        return unit

    def shown_unit(self, unit: Unit) -> UnitOutput:
        return self.versioned(unit, unit_output(unit))


class Units(UnitEndpoint):
    @operation("list_units", Permission.READ_PROPERTIES, etag="list", remembered=True)
    def get(self, path: PropertyPath, query: UnitQuery) -> Page[UnitOutput]:
        """List the units of a property."""
        home, organization = self.home(path).pk, self.access.organization.pk
        return page(
            self.request, UNITS_LISTED, query, unit_output, organization=organization, home=home
        )

    @operation("create_unit", Permission.WRITE_PROPERTIES, status=201, errors={409}, etag="row")
    def post(self, path: PropertyPath, body: UnitInput) -> UnitOutput:
        """Add a unit to a property."""
        return self.shown_unit(add_unit(property=self.home(path), by=self.by, **body.given()))


class UnitDetail(UnitEndpoint):
    @operation("get_unit", Permission.READ_PROPERTIES, etag="row", remembered=True)
    def get(self, path: UnitPath) -> UnitOutput:
        """Show a unit."""
        return self.shown_unit(self.unit(path))

    @operation("update_unit", Permission.WRITE_PROPERTIES, errors={409}, etag="row")
    def patch(self, path: UnitPath, body: UnitChanges) -> UnitOutput:
        """Change the fields that are sent."""
        unit = self.unit(path)
        today = today_in(unit.property.time_zone)
        changes, expected = body.given(), self.expected
        return self.shown_unit(
            update_unit(unit=unit, by=self.by, on=today, changes=changes, expected=expected)
        )

    put = patch

    @operation("delete_unit", Permission.DELETE_PROPERTIES, errors={409}, etag="row")
    def delete(self, path: UnitPath) -> Message:
        """Delete a unit without bookings; an administrator can restore it."""
        unit = self.unit(path)
        today = today_in(unit.property.time_zone)
        delete_unit(unit=unit, by=self.by, on=today, expected=self.expected)
        return Message(message="Unit deleted")
