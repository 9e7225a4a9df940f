"""Guests, for administrators."""

from typing import Any

from django.contrib import admin

from accounts.models import User
from guests.models import Guest
from guests.services import delete_guest, restore_guest, update_guest
from villaops.admin.rows import TenantAdmin, rows_of


@admin.register(Guest)
class GuestAdmin(TenantAdmin):
    """Guests of all organizations."""

    list_display = ["name", "email", "phone", "organization", "made", "deleted"]
    list_select_related = ("organization",)
    search_fields = ["name", "email"]
    readonly_fields = [
        "id",
        "organization",
        "created_at",
        "updated_at",
        "deleted_at",
        "their_bookings",
    ]
    fieldsets = [
        (None, {"fields": ["name", "organization", "deleted_at", "their_bookings"]}),
        ("Who they are", {"fields": ["email", "phone", "nationality", "notes"]}),
        ("Record", {"fields": ["id", "created_at", "updated_at"]}),
    ]

    @admin.display(description="their rows")
    def their_bookings(self, guest: Guest) -> str:
        """A link to the list of their bookings."""
        return rows_of(guest, ("bookings_booking", "guest"))

    def update(self, row: Guest, by: User, changes: dict[str, Any]) -> Guest:
        return update_guest(guest=row, by=by, changes=changes)

    def delete(self, row: Guest, by: User) -> None:
        """Guests with bookings are refused: delete those first, knowingly."""
        delete_guest(guest=row, by=by)

    def bring_back(self, row: Guest, by: User) -> Guest:
        return restore_guest(guest=row, by=by)
