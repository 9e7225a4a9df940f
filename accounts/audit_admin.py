"""The audit log for administrators, to read: also what happened to people of no organization."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html

from accounts.audit import SecurityEvent
from accounts.audit_words import ACTIONS, door_of, what
from accounts.models import AuditEntry
from villaops.admin.filters import ChosenFilter
from villaops.admin.rows import ReadOnlyAdmin


class ActionFilter(admin.SimpleListFilter):
    """What was done: a list of our own, since asking the table for one would read all of it."""

    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (action, str(label)) for action, label in (*ACTIONS.items(), *SecurityEvent.choices)
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, of every organization and of none."""

    list_display = ["number", "at", "organization", "user_name", "way", "said", "record_label"]
    list_filter = [("organization", ChosenFilter), ("user", ChosenFilter), ActionFilter]
    list_select_related = ("organization",)
    fields = [
        "organization",
        "number",
        "at",
        "user_name",
        "way",
        "api_key_name",
        "said",
        "record_kind",
        "record_id",
        "record_label",
        "told",
        "link",
    ]

    @admin.display(description="door")
    def way(self, entry: AuditEntry) -> str:
        return door_of(entry)

    @admin.display(description="what")
    def said(self, entry: AuditEntry) -> str:
        return what(entry)

    @admin.display(description="from what to what")
    def told(self, entry: AuditEntry) -> str:
        text = json.dumps(entry.changes, ensure_ascii=False, indent=2) if entry.changes else "-"
        return format_html("<pre>{}</pre>", text)

    @admin.display(description="hash")
    def link(self, entry: AuditEntry) -> str:
        return bytes(entry.hash).hex()

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An entry has none: it is one."""
        return redirect("admin:accounts_auditentry_change", object_id)
