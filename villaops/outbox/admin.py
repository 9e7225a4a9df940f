"""The outbox for administrators: what waits, what was given up and why, and once more."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html

from villaops.admin.rows import ReadOnlyAdmin
from villaops.outbox import registry
from villaops.outbox.models import Intent
from villaops.outbox.services import resend


@admin.register(Intent)
class IntentAdmin(ReadOnlyAdmin):
    """Intents of all kinds. Payloads with links and codes in them are shown to nobody."""

    list_display = ["kind", "state", "attempts", "next_at", "made", "done_at", "why"]
    list_filter = ["state"]
    fields = [
        "id",
        "kind",
        "key",
        "state",
        "attempts",
        "next_at",
        "queued_at",
        "created_at",
        "done_at",
        "last_error",
        "told",
    ]
    actions = ["send_again"]

    @admin.display(description="last error")
    def why(self, intent: Intent) -> str:
        return intent.last_error[:80]

    @admin.display(description="payload")
    def told(self, intent: Intent) -> str:
        if intent.kind in registry.secret_kinds():
            return "Not shown: there may be a link or a code in it."
        return format_html("<pre>{}</pre>", json.dumps(intent.payload, indent=2))

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """Whose role among administrators is to change these."""
        return bool(request.user.has_perm("villaops.change_intent"))

    @admin.action(permissions=["send_again"], description="Send selected entries again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[Intent]) -> None:
        """Those that were given up or cancelled; the others are on their way, or arrived."""
        sent = [resend(intent.pk) for intent in queryset.order_by("pk")]
        if any(sent):
            self.message_user(request, f"{sum(sent)} on the way again.", messages.SUCCESS)
        if not all(sent):
            left = "were not given up, or what they said is no longer kept"
            self.message_user(request, f"{sent.count(False)} {left}.", messages.WARNING)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """It keeps none: the row says where it stands."""
        return redirect("admin:villaops_intent_change", object_id)
