"""Properties and units, for administrators."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import User
from properties.models import Property, Unit
from properties.services import (
    delete_property,
    delete_unit,
    restore_property,
    restore_unit,
    update_property,
    update_unit,
)
from villaops.admin.filters import ChosenFilter, DeletedFilter
from villaops.admin.rows import TenantAdmin, rows_of, verb_action
from villaops.clock import today_in


def _property_status(status: Property.Status) -> Callable[[Property, User, HttpRequest], Property]:
    def change(home: Property, by: User, request: HttpRequest) -> Property:
        return update_property(property=home, by=by, changes={"status": status})

    return change


def _unit_status(status: Unit.Status) -> Callable[[Unit, User, HttpRequest], Unit]:
    def change(unit: Unit, by: User, request: HttpRequest) -> Unit:
        return _update_unit(unit, by, {"status": status})

    return change


def _update_unit(unit: Unit, by: User, changes: dict[str, Any]) -> Unit:
    today = today_in(unit.property.time_zone)
    return update_unit(unit=unit, by=by, on=today, changes=changes)


@admin.register(Property)
class PropertyAdmin(TenantAdmin):
    """Properties of all organizations."""

    list_display = ["name", "organization", "property_type", "status", "city", "made", "deleted"]
    list_filter = (("organization", ChosenFilter), DeletedFilter, "status", "property_type")
    list_select_related = ("organization", "owner")
    search_fields = ["name"]
    actions = [
        verb_action(
            "activate", _property_status(Property.Status.ACTIVE), label="Activate", done="active"
        ),
        verb_action(
            "put_in_maintenance",
            _property_status(Property.Status.MAINTENANCE),
            label="Put in maintenance",
            done="in maintenance",
        ),
        verb_action(
            "deactivate",
            _property_status(Property.Status.INACTIVE),
            label="Deactivate",
            done="inactive",
        ),
        *TenantAdmin.actions,
    ]
    readonly_fields = [
        "id",
        "organization",
        "owner",
        "status",
        "base_price_per_night",
        "currency",
        "created_at",
        "updated_at",
        "deleted_at",
        "its_rows",
    ]
    fieldsets = [
        (None, {"fields": ["name", "organization", "owner", "status", "deleted_at", "its_rows"]}),
        (
            "What it is",
            {
                "fields": [
                    "property_type",
                    "slug",
                    "description",
                    "max_guests",
                    "bedrooms",
                    "bathrooms",
                    "amenities",
                    "check_in_time",
                    "check_out_time",
                    "check_in_instructions",
                    "time_zone",
                ]
            },
        ),
        (
            "Where it is",
            {
                "fields": [
                    "location",
                    "address_line1",
                    "address_line2",
                    "city",
                    "country",
                    "latitude",
                    "longitude",
                ]
            },
        ),
        ("Price", {"fields": ["base_price_per_night", "currency"]}),
        ("Record", {"fields": ["id", "created_at", "updated_at"]}),
    ]

    @admin.display(description="see also")
    def its_rows(self, home: Property) -> str:
        """Links to the lists of what belongs to it."""
        return rows_of(
            home,
            ("properties_unit", "property"),
            ("bookings_booking", "property"),
            ("bookings_block", "unit__property"),
        )

    def update(self, row: Property, by: User, changes: dict[str, Any]) -> Property:
        return update_property(property=row, by=by, changes=changes)

    def delete(self, row: Property, by: User) -> None:
        delete_property(property=row, by=by)

    def bring_back(self, row: Property, by: User) -> Property:
        return restore_property(property=row, by=by)


@admin.register(Unit)
class UnitAdmin(TenantAdmin):
    """Units of all organizations."""

    list_display = ["name", "property", "organization", "status", "made", "deleted"]
    list_filter = (
        ("organization", ChosenFilter),
        ("property", ChosenFilter),
        DeletedFilter,
        "status",
    )
    list_select_related = ("organization", "property")
    search_fields = ["name", "property__name"]
    actions = [
        verb_action("activate", _unit_status(Unit.Status.ACTIVE), label="Activate", done="active"),
        verb_action(
            "deactivate", _unit_status(Unit.Status.INACTIVE), label="Deactivate", done="inactive"
        ),
        *TenantAdmin.actions,
    ]
    readonly_fields = [
        "id",
        "organization",
        "property",
        "status",
        "created_at",
        "updated_at",
        "deleted_at",
        "its_rows",
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "name",
                    "property",
                    "organization",
                    "status",
                    "deleted_at",
                    "its_rows",
                ]
            },
        ),
        ("What it is", {"fields": ["position", "available_from", "available_to"]}),
        ("Record", {"fields": ["id", "created_at", "updated_at"]}),
    ]

    @admin.display(description="see also")
    def its_rows(self, unit: Unit) -> str:
        """Links to the lists of what belongs to it."""
        return rows_of(unit, ("bookings_booking", "unit"), ("bookings_block", "unit"))

    def update(self, row: Unit, by: User, changes: dict[str, Any]) -> Unit:
        return _update_unit(row, by, changes)

    def delete(self, row: Unit, by: User) -> None:
        delete_unit(unit=row, by=by, on=today_in(row.property.time_zone))

    def bring_back(self, row: Unit, by: User) -> Unit:
        return restore_unit(unit=row, by=by)

    def get_lock_order(self) -> tuple[str, ...]:
        return ("property_id", "pk")
