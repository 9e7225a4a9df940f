"""Filters that cost the same whatever the number of rows to choose from."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Field, Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.forms import ModelChoiceField
from django.http import HttpRequest

from villaops.admin.search import is_owned


class DeletedFilter(admin.SimpleListFilter):
    """Rows that were deleted and can be restored, or the others."""

    title = "deletion"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Not deleted"), ("yes", "Deleted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() == "no")


class ChosenFilter(admin.FieldListFilter):
    """One related row, found by typing: a list of links would be as long as the related table."""

    template = "admin/filter_by_choice.html"

    def __init__(
        self,
        field: Field,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[Model],
        model_admin: Any,
        field_path: str,
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        # Links and people may give an id in the address: the parameter is named like the field.
        chosen = self.used_parameters.get(field_path)
        choices: Any = ModelChoiceField(
            field.related_model._default_manager.all(),  # type: ignore[union-attr]
            required=False,
            widget=AutocompleteSelect(
                field,
                model_admin.admin_site,
                attrs={"aria-label": f"Choose {self.title}", "id": f"filter-{field_path}"},
            ),
        )
        self.widget = choices.widget
        self.value = chosen[0] if isinstance(chosen, list) else chosen
        self.kept: list[tuple[str, str]] = []
        self.clear_url = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The chosen row's, asked for with its organization: what the indexes begin with."""
        found: Any = super().queryset(request, queryset)
        related: Any = self.field.related_model
        if not self.value or not (is_owned(queryset.model) and is_owned(related)):
            return found
        owner = related._default_manager.filter(pk=self.value).values("organization")
        step = f"{self.field_path.rpartition(LOOKUP_SEP)[0]}{LOOKUP_SEP}".removeprefix(LOOKUP_SEP)
        return found.filter(**{"organization": owner[:1], f"{step}organization": owner[:1]})

    def expected_parameters(self) -> list[str | None]:
        return [self.field_path]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """No links; what the form needs to keep the search and the other filters."""
        self.kept = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name != self.field_path
            for value in values
        ]
        self.clear_url = changelist.get_query_string(remove=[self.field_path])
        return iter(())

    def select(self) -> str:
        """The box to type in, with the chosen row in it."""
        return self.widget.render(self.field_path, self.value, {"required": False})
