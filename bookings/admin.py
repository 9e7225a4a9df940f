"""Bookings and blocks, for administrators."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.options import ActionLocation
from django.db.models import Count, Max, Min, Sum
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from accounts.models import User
from bookings.blocks import release_block, restore_block, update_block
from bookings.models import Block, Booking, Night, NightEvent
from bookings.services import (
    cancel_booking,
    check_in_guest,
    check_out_guest,
    confirm_booking,
    delete_booking,
    mark_no_show,
    restore_booking,
    revive_booking,
    undo_check_in,
    undo_check_out,
    update_booking,
)
from properties.models import Unit
from villaops.admin.filters import ChosenFilter, DeletedFilter
from villaops.admin.history import spoken
from villaops.admin.rows import TenantAdmin, verb_action

NIGHT_WORDS = {"insert": "Taken", "update": "Changed", "delete": "Given back"}


class ReasonForm(ActionForm):
    """The action, and why, for cancelling."""

    reason = forms.CharField(
        label="Reason, if cancelled:", required=False, max_length=500, empty_value=None
    )


def _reason(request: HttpRequest) -> str | None:
    on_form = f"{ActionLocation.CHANGE_FORM.value}-reason"
    return (request.POST.get("reason") or request.POST.get(on_form) or "")[:500] or None


@admin.register(Booking)
class BookingAdmin(TenantAdmin):
    """Bookings of all organizations."""

    action_form = ReasonForm
    list_display = [
        "reference",
        "status",
        "check_in",
        "check_out",
        "property",
        "guest",
        "organization",
        "total",
        "made",
        "deleted",
    ]
    list_filter = (
        ("organization", ChosenFilter),
        ("property", ChosenFilter),
        ("unit", ChosenFilter),
        ("guest", ChosenFilter),
        DeletedFilter,
        "status",
        "source",
    )
    list_select_related = ("organization", "property", "unit", "guest")
    search_fields = ["reference", "guest__name", "guest__email", "property__name"]
    actions = [
        verb_action(
            "confirm",
            lambda booking, by, request: confirm_booking(booking=booking, by=by),
            label="Confirm",
            done="confirmed",
        ),
        verb_action(
            "check_in",
            lambda booking, by, request: check_in_guest(booking=booking, by=by),
            label="Check in",
            done="checked in",
        ),
        verb_action(
            "check_out",
            lambda booking, by, request: check_out_guest(booking=booking, by=by),
            label="Check out",
            done="checked out",
        ),
        verb_action(
            "cancel",
            lambda booking, by, request: cancel_booking(
                booking=booking, by=by, reason=_reason(request)
            ),
            label="Cancel",
            done="cancelled",
        ),
        verb_action(
            "mark_no_show",
            lambda booking, by, request: mark_no_show(booking=booking, by=by),
            label="Mark as no-show",
            done="marked as no-show",
        ),
        verb_action(
            "revive",
            lambda booking, by, request: revive_booking(booking=booking, by=by),
            label="Revive",
            done="revived",
        ),
        verb_action(
            "undo_check_in",
            lambda booking, by, request: undo_check_in(booking=booking, by=by),
            label="Undo check-in of",
            done="confirmed again",
        ),
        verb_action(
            "undo_check_out",
            lambda booking, by, request: undo_check_out(booking=booking, by=by),
            label="Undo check-out of",
            done="checked in again",
        ),
        *TenantAdmin.actions,
    ]
    readonly_fields = [
        "id",
        "reference",
        "organization",
        "property",
        "unit",
        "guest",
        "status",
        "hold_expires_at",
        "cancelled_at",
        "cancellation_reason",
        "total_price",
        "currency",
        "nights_held",
        "created_at",
        "updated_at",
        "deleted_at",
    ]
    fieldsets = [
        (
            None,
            {"fields": ["reference", "organization", "property", "unit", "guest", "deleted_at"]},
        ),
        (
            "Status",
            {"fields": ["status", "hold_expires_at", "cancelled_at", "cancellation_reason"]},
        ),
        (
            "Stay",
            {
                "fields": [
                    "check_in",
                    "check_out",
                    "adults",
                    "children",
                    "source",
                    "special_requests",
                ]
            },
        ),
        ("Price and nights", {"fields": ["total_price", "currency", "nights_held"]}),
        ("Record", {"fields": ["id", "created_at", "updated_at"]}),
    ]

    @admin.display(description="total", empty_value="")
    def total(self, booking: Booking) -> str | None:
        """The total price with its currency."""
        return _amount(booking.total_price, booking.currency)

    @admin.display(description="nights held")
    def nights_held(self, booking: Booking) -> str:
        """Its nights: a line for each run of nights in one unit."""
        nights = (
            Night.objects.for_organization(booking.organization_id)
            .filter(booking=booking)
            .select_related("unit")
            .order_by("unit__position", "unit_id", "night")
        )
        lines = []
        for unit, group in groupby(nights, key=lambda night: night.unit):
            held = list(group)
            price = sum(night.price for night in held if night.price is not None)
            lines.append(
                (
                    unit.name,
                    _nights(held[0].night, held[-1].night, len(held)),
                    _amount(price, booking.currency) if held[0].price is not None else "",
                )
            )
        if not lines:
            return "none"
        return format_html(
            '<ul class="row-links">{}</ul>',
            format_html_join("", "<li>{}: {} {}</li>", lines),
        )

    def more_history(self, row: Booking, contexts: list[UUID]) -> dict[UUID, list[str]]:
        """Nights taken, changed and given back: a sentence for each unit."""
        acts = list(
            NightEvent.objects.filter(
                organization=row.organization_id, booking=row, pgh_context_id__in=contexts
            )
            .values("pgh_context_id", "pgh_label", "unit_id")
            .annotate(
                begin=Min("night"), end=Max("night"), count=Count("pgh_id"), total=Sum("price")
            )
            .order_by("-pgh_label", "begin", "unit_id")
        )
        units = Unit.objects.filter(
            organization=row.organization_id, pk__in={act["unit_id"] for act in acts}
        ).in_bulk()
        told: dict[Any, list[str]] = {}
        for act in acts:
            unit = units.get(act["unit_id"])
            sentence = (
                f"{NIGHT_WORDS[act['pgh_label']]} in {unit.name if unit else 'a unit'}:"
                f" {_nights(act['begin'], act['end'], act['count'])}"
            )
            if act["total"] is not None and act["pgh_label"] != "delete":
                sentence += f", for {_amount(act['total'], row.currency)}"
            told.setdefault(act["pgh_context_id"], []).append(f"{sentence}.")
        return told

    def update(self, row: Booking, by: User, changes: dict[str, Any]) -> Booking:
        return update_booking(booking=row, by=by, changes=changes)

    def delete(self, row: Booking, by: User) -> None:
        delete_booking(booking=row, by=by)

    def bring_back(self, row: Booking, by: User) -> Booking:
        return restore_booking(booking=row, by=by)

    def get_lock_order(self) -> tuple[str, ...]:
        return ("property_id", "pk")


@admin.register(Block)
class BlockAdmin(TenantAdmin):
    """Blocks of all organizations. Releasing one is deleting it."""

    list_display = [
        "__str__",
        "unit",
        "home",
        "organization",
        "start",
        "end",
        "reason",
        "made",
        "deleted",
    ]
    list_filter = (
        ("organization", ChosenFilter),
        ("unit__property", ChosenFilter),
        ("unit", ChosenFilter),
        DeletedFilter,
        "reason",
    )
    list_select_related = ("organization", "unit", "unit__property")
    search_fields = ["unit__name", "unit__property__name"]
    readonly_fields = [
        "id",
        "organization",
        "home",
        "unit",
        "created_at",
        "updated_at",
        "deleted_at",
    ]
    fieldsets = [
        (None, {"fields": ["unit", "home", "organization", "deleted_at"]}),
        ("Nights out of sale", {"fields": ["start", "end", "reason", "note"]}),
        ("Record", {"fields": ["id", "created_at", "updated_at"]}),
    ]

    @admin.display(description="property")
    def home(self, block: Block) -> str:
        """The unit's property."""
        return str(block.unit.property)

    def update(self, row: Block, by: User, changes: dict[str, Any]) -> Block:
        return update_block(block=row, by=by, changes=changes)

    def delete(self, row: Block, by: User) -> None:
        release_block(block=row, by=by)

    def bring_back(self, row: Block, by: User) -> Block:
        return restore_block(block=row, by=by)

    def get_lock_order(self) -> tuple[str, ...]:
        return ("unit__property_id", "pk")


def _nights(first: Any, last: Any, count: int) -> str:
    """A run of nights: its first and last, and how many are taken."""
    if first == last:
        return f"night of {spoken(first)}"
    return f"{count} nights, {spoken(first)} to {spoken(last)}"


def _amount(amount: Any, currency: str) -> str | None:
    return None if amount is None else f"{amount:,.2f} {currency}"
