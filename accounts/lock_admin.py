"""Lock-outs, for administrators to see and to lift."""

from datetime import timedelta
from typing import Any

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.locks import lift_lock
from villaops.admin.rows import ReadOnlyAdmin, acting
from villaops.tenancy import Door

admin.site.unregister(AccessAttempt)


@admin.register(AccessAttempt)
class LockAdmin(ReadOnlyAdmin):
    """Wrong passwords, counted by e-mail (known or not) and address at every door together."""

    list_display = ["username", "ip_address", "failures_since_start", "is_locked", "attempt_time"]
    search_fields = ["username"]
    search_help_text = "Part of the e-mail."
    ordering = ("-attempt_time",)
    sortable_by = ("attempt_time",)
    fields = ["username", "ip_address", "failures_since_start", "is_locked", "attempt_time"]
    readonly_fields = ["is_locked"]
    actions = ["lift"]

    @admin.display(boolean=True, description="locked")
    def is_locked(self, row: AccessAttempt) -> bool:
        """Whether the right password is refused too."""
        ends = row.attempt_time + (get_cool_off() or timedelta())
        return 0 < settings.AXES_FAILURE_LIMIT <= row.failures_since_start and timezone.now() < ends

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        # A short table without an index for parts of words.
        return queryset.filter(username__icontains=search_term), False

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> Any:
        # Keys are numbers here, no UUIDs.
        return admin.ModelAdmin.response_action(self, request, queryset, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """It keeps none: the audit log does."""
        return redirect("admin:axes_accessattempt_change", object_id)

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Whose role among administrators is to delete these."""
        return bool(request.user.has_perm("axes.delete_accessattempt"))

    @admin.action(permissions=["lift"], description="Lift selected locks")
    def lift(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        """Forget the failures, so that the right password opens at once."""
        for row in queryset.order_by("pk"):
            email = row.username or ""
            lift_lock(email=email, address=row.ip_address, by=acting(request), door=Door.ADMIN)
            self.message_user(
                request, f"{row.username} at {row.ip_address} may try again.", messages.SUCCESS
            )
