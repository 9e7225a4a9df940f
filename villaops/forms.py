"""What every form of the dashboard has in common: its look, and how a verb's refusal reaches it."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from villaops.errors import DomainError

CLASS_OF_WIDGET: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


class Renderer(TemplatesSetting):
    """Fields are drawn by our own component.

    Django renders two templates for each option of a select: twenty milliseconds for the two
    hundred houses to choose from. Ours are drawn without.
    """

    field_template_name = "components/field.html"

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        """The form, field or widget as HTML."""
        if template_name == forms.Select.template_name:
            return _select(context["widget"])
        return super().render(template_name, context, request)


def _select(widget: Mapping[str, Any]) -> SafeString:
    """A widget's choices as Django's own template draws them."""
    groups = format_html_join(
        "\n",
        "{}",
        ((_group(name, options),) for name, options, _index in widget["optgroups"]),
    )
    attributes = flatatt({"name": widget["name"], **widget["attrs"]})
    return format_html("<select{}>{}</select>", attributes, groups)


def _group(name: str | None, options: Iterable[Mapping[str, Any]]) -> SafeString:
    drawn = format_html_join(
        "\n",
        '<option value="{}"{}>{}</option>',
        (
            (one["value"], flatatt(one["attrs"]) if one["attrs"] else "", one["label"])
            for one in options
        ),
    )
    return format_html('<optgroup label="{}">{}</optgroup>', name, drawn) if name else drawn


class DayInput(forms.DateInput):
    """The browser's own date field: no script, and the reader's own way to write a date."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """The browser's own time field."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a date and a time of day."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class CountInput(forms.NumberInput):
    """How many of something few, with a button for one less and one more beside it."""


class HouseForm(forms.Form):
    """A form that looks like the house and takes a verb's refusal.

    `errors_at` names the field that a refusal (by its code) is about; others stand above the form.
    """

    default_renderer = Renderer
    errors_at: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._focused = False
        for field in self.fields.values():
            look = next(look for kind, look in CLASS_OF_WIDGET if isinstance(field.widget, kind))
            field.widget.attrs.setdefault("class", look)

    def offer(self, name: str, choices: Iterable[Any]) -> None:
        """Give a field the choices there are today."""
        cast(forms.ChoiceField, self.fields[name]).choices = list(choices)

    def add_error(self, field: str | None, error: Any) -> None:
        """Add the error; the first field with one gets the focus when the page is shown again."""
        super().add_error(field, error)
        if field and not self._focused:
            self.fields[field].widget.attrs["autofocus"] = self._focused = True

    def refuse(self, error: DomainError) -> None:
        """Show what a verb refused, beside the field it is about."""
        invalid = error.data.get("errors")
        if isinstance(invalid, ValidationError) and hasattr(invalid, "error_dict"):
            for name, errors in invalid.error_dict.items():
                self.add_error(name if name in self.fields else None, errors)
            return
        field = self.errors_at.get(error.code)
        self.add_error(field if field in self.fields else None, error.explanation)
