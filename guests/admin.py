"""Guests, for administrators."""

from typing import Any

from django.contrib import admin

from accounts.models import User
from guests.models import Guest
from guests.services import GuestHasBookings, delete_guest, restore_guest, update_guest
from villaops.admin.rows import TenantAdmin, rows_of
from villaops.errors import Conflict


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
        ("Who they are", {"fields": ["email", "phone", "nationality", "language", "notes"]}),
        ("Record", {"fields": ["id", "created_at", "updated_at"]}),
    ]

    @admin.display(description="see also")
    def their_bookings(self, guest: Guest) -> str:
        """A link to the list of their bookings."""
        return rows_of(guest, ("bookings_booking", "guest"))

    def update(self, row: Guest, by: User, changes: dict[str, Any]) -> Guest:
        return update_guest(guest=row, by=by, changes=changes)

    def delete(self, row: Guest, by: User) -> None:
        """Guests with bookings are refused: the dashboard's box to delete both is not here."""
        try:
            delete_guest(guest=row, by=by)
        except GuestHasBookings as refusal:
            raise Conflict("This guest has bookings. Delete those first.") from refusal

    def bring_back(self, row: Guest, by: User) -> Guest:
        return restore_guest(guest=row, by=by)
