"""What all lists and forms of the administrators' site have in common."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ActionLocation, ShowFacets
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst

from accounts.models import User
from villaops.admin.filters import ChosenFilter, DeletedFilter
from villaops.admin.history import history_of
from villaops.admin.search import LISTED_MATCHES, search
from villaops.errors import DomainError

COUNTED = 10_000
ROWS_PER_ACTION = 200
BOTH_PLACES = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class CappedPaginator(Paginator):
    """Counts to a limit and no further: an exact count reads every row.

    Later pages are reached by search and filters, not by leafing.
    """

    limit = COUNTED
    is_capped = False

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        counted = rows.order_by()[: self.limit + 1].count()
        self.is_capped = counted > self.limit
        return min(counted, self.limit)


class RowAdmin(admin.ModelAdmin):
    """Lists that are as fast with a million rows: newest first, indexed search, capped count."""

    ordering = ("-pk",)  # UUIDv7 keys are ordered by time, and indexed.
    sortable_by = ("made",)
    paginator = CappedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    search_help_text = "Part of it, from three characters on; or an id."
    # Kept with the row by triggers; shown instead of the admin's own log.
    object_history_template = "admin/row_history.html"

    @property
    def media(self) -> forms.Media:
        """Lists have boxes to choose a related row from among their filters."""
        chosen = [entry for entry in self.list_filter if isinstance(entry, tuple)]
        if not chosen:
            return super().media
        return super().media + AutocompleteSelect(None, self.admin_site).media

    @admin.display(description="made", ordering="pk")
    def made(self, row: Any) -> Any:
        """When the row was made; ordering by it is ordering by key."""
        return row.created_at

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        related = self.list_select_related
        return rows.select_related(*related) if isinstance(related, tuple) else rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        columns = [str(column) for column in self.get_search_fields(request)]
        return search(queryset, search_term, columns), False

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> CappedPaginator:
        paginator: Any = super().get_paginator(request, *args, **kwargs)
        if request.GET.get(SEARCH_VAR):
            paginator.limit = LISTED_MATCHES
        return paginator

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        for selected in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                UUID(selected)
            except ValueError as error:
                raise BadRequest("Not an id") from error
        return super().response_action(request, queryset, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        context = extra_context or {}
        if row is not None:
            before = request.GET.get("before", "")
            context["history"] = history_of(
                row,
                before=int(before) if before.isdecimal() and len(before) < 19 else None,
                more=lambda contexts: self.more_history(row, contexts),
            )
        # Django's view asks for the row again, answers when there is none and checks permission.
        return super().history_view(request, object_id, context)

    def more_history(self, row: Any, contexts: list[UUID]) -> dict[UUID, list[str]]:
        """What the row's own events do not tell: sentences by context."""
        return {}


class ReadOnlyAdmin(RowAdmin):
    """Rows to look at: there is no verb yet that changes them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RefusableForm(forms.ModelForm):
    """A form that is shown again with what was typed when the verb has refused it."""

    refusal: ClassVar[DomainError | None] = None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal:
            errors = self.refusal.data.get("errors")
            if isinstance(errors, ValidationError) and hasattr(errors, "error_dict"):
                for field, messages_ in errors.error_dict.items():
                    self.add_error(field if field in self.fields else None, messages_)
            else:
                self.add_error(None, self.refusal.explanation)
        return cleaned


class VerbAdmin(RowAdmin):
    """Rows that are changed by verbs, and shown again with what was typed when one refuses.

    New rows are not made here but by the organization's people, in the dashboard or over the API.
    """

    form = RefusableForm

    def update(self, row: Any, by: User, changes: dict[str, Any]) -> Any:
        """Call the verb that changes descriptive facts."""
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form again when the verb has refused what was saved."""
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Give what was changed, and nothing else, to the verb."""
        changes = {
            name: _null_for_empty(obj, name, form.cleaned_data[name]) for name in form.changed_data
        }
        if changes:
            self.update(obj, acting(request), changes)


class TenantAdmin(VerbAdmin):
    """An organization's rows that are deleted softly. Everything is done by verbs."""

    delete_confirmation_template = "admin/delete_softly.html"
    list_filter: ClassVar[Any] = (("organization", ChosenFilter), DeletedFilter)
    actions: Sequence[Any] = ("restore", "delete_selected")

    # --- What each app says of its rows ---

    def delete(self, row: Any, by: User) -> Any:
        """Call the verb that deletes softly."""
        raise NotImplementedError

    def bring_back(self, row: Any, by: User) -> Any:
        """Call the verb that restores."""
        raise NotImplementedError

    def get_lock_order(self) -> tuple[str, ...]:
        """How rows are ordered when a verb is called on each: as all verbs lock them."""
        return ("pk",)

    # --- Permissions ---

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A deleted row is restored first."""
        return super().has_change_permission(request, obj) and not (obj and obj.deleted_at)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.deleted_at)

    # --- Columns ---

    @admin.display(description="deleted", empty_value="")
    def deleted(self, row: Any) -> Any:
        """When it was deleted."""
        return row.deleted_at

    # --- Deleting and restoring ---

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only the rows themselves: what goes with them is the verb's affair, and is kept."""
        names = [str(row) for row in objs]
        return names, {self.opts.verbose_name_plural: len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete(obj, acting(request))

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Ask whether it is meant, then delete each."""
        if "confirmed" in request.POST:
            self.on_each(
                request, queryset, lambda row: self.delete(row, acting(request)), "deleted"
            )
            return None
        rows = self._chosen(request, queryset)
        if rows is None:
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": f"Delete {self.opts.verbose_name_plural}",
            "rows": rows,
            "opts": self.opts,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/delete_selected_softly.html", context)

    @admin.action(
        permissions=["change"],
        description="Restore",
        description_plural="Restore selected %(verbose_name_plural)s",
        location=BOTH_PLACES,
    )
    def restore(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Restore each; one that is not deleted stays as it is."""
        self.on_each(
            request,
            queryset.filter(deleted_at__isnull=False),
            lambda row: self.bring_back(row, acting(request)),
            "restored",
        )

    # --- Verbs on many rows ---

    def on_each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        verb: Callable[[Any], Any],
        done: str,
    ) -> None:
        """Call the verb on each row, and say how often it worked and who refused why."""
        rows = self._chosen(request, queryset)
        if rows is None:
            return
        count = 0
        for row in rows:
            try:
                verb(row)
                count += 1
            except DomainError as refusal:
                self.message_user(request, f"{row}: {refusal.explanation}", messages.ERROR)
        if count or not rows:
            name = self.opts.verbose_name if count == 1 else self.opts.verbose_name_plural
            self.message_user(
                request,
                f"{count} {name} {done}." if count else f"No {name} to be {done}.",
                messages.SUCCESS if count else messages.WARNING,
            )

    def _chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any] | None:
        """The chosen rows in the order they are locked in, or None and a message if too many."""
        rows = list(queryset.order_by(*self.get_lock_order())[: ROWS_PER_ACTION + 1])
        if len(rows) <= ROWS_PER_ACTION:
            return rows
        self.message_user(
            request, f"Choose at most {ROWS_PER_ACTION} rows at a time.", messages.ERROR
        )
        return None


def verb_action(
    name: str,
    verb: Callable[[Any, User, HttpRequest], Any],
    *,
    label: str,
    done: str,
) -> Callable[[TenantAdmin, HttpRequest, QuerySet[Any]], None]:
    """An action, on the list and on the form, that calls a verb on each chosen row."""

    @admin.action(
        permissions=["change"],
        description=label,
        description_plural=f"{label} selected %(verbose_name_plural)s",
        location=BOTH_PLACES,
    )
    def act(model_admin: TenantAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        model_admin.on_each(
            request, queryset, lambda row: verb(row, acting(request), request), done
        )

    act.__name__ = name
    return act


def rows_of(row: Model, *lists: tuple[str, str]) -> str:
    """Links to the lists of what belongs to a row: (app_model, filter)."""
    links = (
        (reverse(f"admin:{name}_changelist"), parameter, row.pk, _plural(name))
        for name, parameter in lists
    )
    return format_html(
        '<ul class="row-links">{}</ul>',
        format_html_join("", '<li><a href="{}?{}={}">{}</a></li>', links),
    )


def _plural(name: str) -> str:
    from django.apps import apps

    return capfirst(apps.get_model(name.replace("_", "."))._meta.verbose_name_plural)


def acting(request: HttpRequest) -> Any:
    return request.user


def _null_for_empty(row: Model, name: str, value: Any) -> Any:
    """Text columns that may be null never hold an empty text."""
    return None if value == "" and row._meta.get_field(name).null else value
