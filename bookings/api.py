"""The JSON face of bookings."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from pydantic import AfterValidator, Field, Strict, model_validator

from accounts.permissions import Permission
from bookings.drafting import party_of
from bookings.models import MAX_NIGHTS, Booking, Status
from bookings.placing import UnitNotFound
from bookings.querysets import BookingQuerySet
from bookings.services import (
    BookingNotFound,
    book_stay,
    delete_booking,
    update_booking,
)
from guests.api import ONE_GUEST, GuestOutput, guest_output
from guests.models import Guest
from guests.services import GuestNotFound
from properties.api import HOMES, UNITS, PropertyOutput, property_output
from properties.models import Unit
from properties.services import PropertyNotFound
from villaops.api.endpoint import Endpoint, operation
from villaops.api.errors import InvalidInput, rule_error
from villaops.api.reads import (
    Listed,
    ListQuery,
    OrderedBy,
    Owned,
    Page,
    find_each,
    found,
    page,
)
from villaops.api.wire import (
    STORABLE,
    Input,
    Message,
    Moment,
    Money,
    Output,
    Text,
    Total,
    integer,
    optional,
)
from villaops.errors import BrokenRule, NotFound
from villaops.kept import Kept
from villaops.versions import require_version

# --- What travels in -------------------------------------------------------------------------


class BookingChanges(Input):
    property_id: UUID = optional()
    guest_id: UUID = optional()
    unit_id: UUID = optional()
    check_in: date = optional()
    check_out: date = optional()
    num_guests: Annotated[int, integer(1)] = optional()
    adults: Annotated[int, integer(1)] = optional()
    children: Annotated[int, integer(0)] = optional()
    status: Status = optional()
    total_price: Total | None = optional()
    source: Booking.Source = optional()
    special_requests: Text | None = optional()
    cancellation_reason: Annotated[str, Strict(), Field(max_length=500), STORABLE] | None = (
        optional()
    )

    @model_validator(mode="after")
    def _dates_agree(self) -> Self:
        """What the body alone can tell; the verb looks again, against what is stored."""
        if self.check_in and self.check_out:
            if self.check_out <= self.check_in:
                raise ValueError("check_out must be after check_in")
            if (self.check_out - self.check_in).days > MAX_NIGHTS:
                raise ValueError(f"A stay has at most {MAX_NIGHTS} nights")
        return self


def _holding(status: Status) -> Status:
    if status in (Status.CANCELLED, Status.NO_SHOW):
        raise ValueError(f"A new booking cannot be {status}")
    return status


class BookingInput(BookingChanges):
    property_id: UUID
    guest_id: UUID
    check_in: date
    check_out: date
    status: Annotated[Status, AfterValidator(_holding)] = optional()

    @model_validator(mode="after")
    def _party_agrees(self) -> Self:
        try:
            party_of(self.num_guests, self.adults, self.children)
        except BrokenRule as error:
            raise ValueError(error.message) from error
        return self


class BookingPath(Input):
    id: UUID


class BookingQuery(ListQuery):
    ordering: Annotated[
        Text,
        OrderedBy(
            "created_at",
            "updated_at",
            "status",
            "reference",
            "check_in",
            "check_out",
            "total_price",
        ),
    ] = "-created_at"
    property_id: UUID = optional()
    guest_id: UUID = optional()
    status: Text = optional()
    source: Text = optional()
    check_in_from: date = optional()
    check_in_to: date = optional()
    start_date: date = optional()
    end_date: date = optional()
    search: Text = optional()


# Parameters that are no field of a booking -> what they ask of it.
LOOKUPS = {
    "check_in_from": "check_in__gte",
    "check_in_to": "check_in__lte",
    "start_date": "check_out__gt",
    "end_date": "check_in__lte",
}

# --- What travels out ------------------------------------------------------------------------


class BookingOutput(Output):
    id: UUID
    property_id: UUID
    guest_id: UUID | None
    unit_id: UUID
    unit_ids: list[UUID]
    reference: str
    check_in: date
    check_out: date
    nights: int
    num_guests: int
    adults: int
    children: int
    status: Status
    total_price: Money | None
    currency: str
    balance_due: Money | None
    source: Booking.Source
    special_requests: str | None
    cancellation_reason: str | None
    cancelled_at: Moment | None
    created_at: Moment
    updated_at: Moment


class GuestNameOutput(Output):
    """A guest as those see them who may not read guests."""

    id: UUID
    name: str
    created_at: Moment


class BookingDetailOutput(BookingOutput):
    property: PropertyOutput
    guest: GuestOutput | GuestNameOutput | None


def _facts(booking: Any, *, prices: bool) -> dict[str, Any]:
    return {
        "id": booking.pk,
        "property_id": booking.property_id,
        "guest_id": booking.guest_id,
        "unit_id": booking.unit_id,
        "unit_ids": booking.unit_ids,
        "reference": booking.reference,
        "check_in": booking.check_in,
        "check_out": booking.check_out,
        "nights": booking.nights_count(),
        "num_guests": booking.num_guests(),
        "adults": booking.adults,
        "children": booking.children,
        "status": Status(booking.status),
        "total_price": booking.total_price if prices else None,
        "currency": booking.currency,
        # Known when payments are.
        "balance_due": None,
        "source": Booking.Source(booking.source),
        "special_requests": booking.special_requests,
        "cancellation_reason": booking.cancellation_reason,
        "cancelled_at": booking.cancelled_at,
        "created_at": booking.created_at,
        "updated_at": booking.updated_at,
    }


# --- Reads -----------------------------------------------------------------------------------


def _matching(
    *, organization: Any, search: Any = "", search_no_emails: Any = "", **filters: Any
) -> BookingQuerySet:
    rows = Booking.objects.for_organization(organization)
    rows = rows.matching(search).matching(search_no_emails, emails=False)
    return rows.filter(**{LOOKUPS.get(name, name): value for name, value in filters.items()})


def _with_units(*, organization: Any, pk: Any) -> BookingQuerySet:
    return Booking.objects.for_organization(organization).filter(pk=pk).with_unit_ids()


def _whole(*, organization: Any, pk: Any) -> BookingQuerySet:
    """A booking with its property and guest."""
    units = Unit.objects.for_organization(organization).filter(property=OuterRef("property"))
    count = units.order_by().values("property").annotate(n=Count("pk"))
    rows = Booking.objects.for_organization(organization).filter(pk=pk)
    return (
        rows.select_related("property", "guest")
        .with_unit_ids()
        .annotate(unit_count=Coalesce(Subquery(count.values("n")), 0))
    )


BOOKINGS = Listed(_matching, BookingQuerySet.with_unit_ids)
BOOKING, WITH_UNITS = Kept(_whole), Kept(_with_units)
ONE_BOOKING = Owned(Booking)

# --- Endpoints -------------------------------------------------------------------------------


class BookingEndpoint(Endpoint):
    tag = "Bookings"

    def booking(self, path: BookingPath) -> Booking:
        return ONE_BOOKING.find(self.access.organization, path.id, BookingNotFound)

    def output(self) -> Callable[[Booking], BookingOutput]:
        prices = self.access.can(Permission.READ_PRICES)
        return lambda booking: BookingOutput(**_facts(booking, prices=prices))

    def shown(self, pk: UUID) -> BookingOutput:
        """The booking read anew, with its units."""
        given = {"organization": self.access.organization.pk, "pk": pk}
        booking = found(WITH_UNITS.first(**given), BookingNotFound)
        return self.versioned(booking, self.output()(booking))

    def referenced(self, body: BookingChanges, stored: Booking | None = None) -> dict[str, Any]:
        """The objects that the body names: property, guest, unit of the booking's property."""
        asked: dict[str, tuple[Owned[Any], UUID, type[NotFound]]] = {
            "property": (HOMES, body.property_id, PropertyNotFound),
            "guest": (ONE_GUEST, body.guest_id, GuestNotFound),
            "unit": (UNITS, body.unit_id, UnitNotFound),
        }
        wanted = {name: one for name, one in asked.items() if one[1]}
        if not wanted:
            return {}
        named = dict(
            zip(wanted, find_each(self.access.organization, *wanted.values()), strict=True)
        )
        home_id = body.property_id or (stored.property_id if stored else None)
        if "unit" in named and named["unit"].property_id != home_id:
            raise UnitNotFound
        return named

    def wishes(self, body: BookingChanges, stored: Booking | None = None) -> dict[str, Any]:
        """What the body asks for, in the words of the verbs."""
        plain = {
            name: value
            for name, value in body.given().items()
            if name not in ("property_id", "guest_id", "unit_id")
        }
        return plain | self.referenced(body, stored)


class Bookings(BookingEndpoint):
    @operation("list_bookings", Permission.READ_BOOKINGS, etag="list", remembered=True)
    def get(self, query: BookingQuery) -> Page[BookingOutput]:
        """List bookings; `search` looks into guest name, e-mail and reference."""
        if not self.access.can(Permission.READ_PRICES) and "total_price" in query.ordering:
            # The order would tell what the column does not.
            raise InvalidInput(
                [rule_error(["query", "ordering"], "Prices are not yours to see", query.ordering)]
            )
        given = query.filters()
        search = given.pop("search", "")
        if search:
            may_know = self.access.can(Permission.READ_GUESTS)
            given["search" if may_know else "search_no_emails"] = search
        organization = self.access.organization.pk
        return page(
            self.request, BOOKINGS, query, self.output(), organization=organization, **given
        )

    @operation("create_booking", Permission.WRITE_BOOKINGS, status=201, errors={409}, etag="row")
    def post(self, body: BookingInput) -> BookingOutput:
        """Book a stay, in the unit named or the first free one."""
        wishes = self.wishes(body)
        # Kept only while cancelled, which a new booking is not.
        wishes.pop("cancellation_reason", None)
        unit = wishes.pop("unit", None)
        booking = book_stay(by=self.by, units=[unit] if unit else None, **wishes)
        return self.versioned(booking, self.output()(booking))


class BookingDetail(BookingEndpoint):
    @operation("get_booking", Permission.READ_BOOKINGS, etag="row", remembered=True)
    def get(self, path: BookingPath) -> BookingDetailOutput:
        """Show a booking with its property and guest."""
        booking: Any = found(
            BOOKING.first(organization=self.access.organization.pk, pk=path.id), BookingNotFound
        )
        output = BookingDetailOutput(
            **_facts(booking, prices=self.access.can(Permission.READ_PRICES)),
            property=property_output(booking.property, booking.unit_count),
            guest=self._guest(booking.guest),
        )
        return self.versioned(booking, output)

    def _guest(self, guest: Guest | None) -> GuestOutput | GuestNameOutput | None:
        if guest is None:
            return None
        if self.access.can(Permission.READ_GUESTS):
            return guest_output(guest)
        return GuestNameOutput(id=guest.pk, name=guest.name, created_at=guest.created_at)

    @operation("update_booking", Permission.WRITE_BOOKINGS, errors={409}, etag="row")
    def patch(self, path: BookingPath, body: BookingChanges) -> BookingOutput:
        """Change the fields that are sent, the status included."""
        booking = self.booking(path)
        # The verb looks again, under the row's lock; here because it comes before what is missing
        # of the objects that the body names.
        require_version(booking, self.expected)
        changes = self.wishes(body, booking)
        update_booking(booking=booking, by=self.by, changes=changes, expected=self.expected)
        return self.shown(booking.pk)

    put = patch

    @operation("delete_booking", Permission.DELETE_BOOKINGS, etag="row")
    def delete(self, path: BookingPath) -> Message:
        """Delete a booking; its nights are free, an administrator can restore it."""
        delete_booking(booking=self.booking(path), by=self.by, expected=self.expected)
        return Message(message="Booking deleted")
