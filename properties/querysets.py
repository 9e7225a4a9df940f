"""Named reads of properties and units."""

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db.models import Count, Prefetch, Q

from villaops.tenancy.querysets import TenantQuerySet

if TYPE_CHECKING:
    from properties.models import Property, Unit  # noqa: F401 - the rows' type


class PropertyQuerySet(TenantQuerySet["Property"]):
    def with_unit_count(self) -> Self:
        """Adds `unit_count`: how many units the property has, deleted ones aside."""
        return self.annotate(unit_count=Count("units", filter=Q(units__deleted_at=None)))

    def with_units(self) -> Self:
        """Brings `units_in_order`: the property's units by position, deleted ones aside."""
        from properties.models import Unit

        units = Unit.objects.filter(deleted_at=None).order_by("position", "id")
        return self.prefetch_related(Prefetch("units", units, to_attr="units_in_order"))


class UnitQuerySet(TenantQuerySet["Unit"]):
    def in_order(self) -> Self:
        """By position within the property."""
        return self.order_by("property__name", "property_id", "position", "id")

    def on_offer(self, check_in: dt.date, check_out: dt.date) -> Self:
        """Active units on offer for every night of the stay [check_in, check_out)."""
        return self.filter(
            Q(available_from=None) | Q(available_from__lte=check_in),
            Q(available_to=None) | Q(available_to__gte=check_out),
            status="active",
            deleted_at=None,
        )
