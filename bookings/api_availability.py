"""The JSON face of availability: what is free for a stay."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import model_validator

from accounts.permissions import Permission
from bookings.availability import Free, Wanted, free_properties
from bookings.models import MAX_NIGHTS
from properties.models import Property
from villaops.api.endpoint import Endpoint, operation
from villaops.api.reads import Page, page_after
from villaops.api.wire import Input, Money, Output, Text, integer, optional


class AvailabilityQuery(Input):
    check_in: date
    check_out: date
    guests: Annotated[int, integer(1)] = 1
    property_type: Text = optional()
    city: Text = optional()
    limit: Annotated[int, integer(1, 100)] = 20
    skip: Annotated[int, integer(0)] = 0

    @model_validator(mode="after")
    def _is_a_stay(self) -> Self:
        if self.check_out <= self.check_in:
            raise ValueError("check_out must be after check_in")
        if (self.check_out - self.check_in).days > MAX_NIGHTS:
            raise ValueError(f"A stay has at most {MAX_NIGHTS} nights")
        return self


class AvailabilityOutput(Output):
    property_id: UUID
    property_name: str
    property_type: Property.Type
    city: str | None
    max_guests: int | None
    unit_id: UUID
    unit_name: str
    free_units: int
    nights: int
    price_per_night: Money | None
    total_price: Money | None
    currency: str


class Availability(Endpoint):
    tag = "Bookings"

    @operation("list_availability", Permission.READ_BOOKINGS, remembered=True)
    def get(self, query: AvailabilityQuery) -> Page[AvailabilityOutput]:
        """Properties with a unit that is free for the whole stay, the cheapest first."""
        wanted = Wanted(
            query.check_in, query.check_out, query.guests, query.property_type, query.city
        )
        found, total = free_properties(
            self.access.organization, wanted, limit=query.limit, skip=query.skip
        )
        shows_prices = self.access.can(Permission.READ_PRICES)
        items = [_output(one, wanted.nights, shows_prices=shows_prices) for one in found]
        return page_after(self.request, items, total, query.skip, query.limit)


def _output(one: Free, nights: int, *, shows_prices: bool) -> AvailabilityOutput:
    def price(amount: Decimal | None) -> Decimal | None:
        return amount if shows_prices else None

    known = {name: value for name, value in vars(one).items() if name != "price_per_night"}
    return AvailabilityOutput(
        **known,
        nights=nights,
        price_per_night=price(one.price_per_night),
        total_price=price(one.total(nights)),
    )
