"""What every form of the dashboard has in common: its look, and how a verb's refusal reaches it."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.choices import BaseChoiceIterator
from django.utils.safestring import SafeString

from villaops.errors import DomainError

CLASS_OF_WIDGET: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


# Of Django's templates those that draw nothing but one `<input>`.
INPUTS = {
    f"django/forms/widgets/{name}.html"
    for name in (
        *("text", "number", "email", "url", "search", "tel", "password", "hidden"),
        *("date", "time", "datetime", "checkbox", "checkbox_option", "radio_option"),
    )
}


class Renderer(TemplatesSetting):
    """Fields are drawn by our own component.

    Django renders two templates for each option of a select and each box to tick: twenty
    milliseconds for the two hundred houses to choose from. Ours are drawn without.
    """

    field_template_name = "components/field.html"

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        """The form, field or widget as HTML."""
        if template_name == forms.Select.template_name:
            return _select(context["widget"])
        if template_name in INPUTS and not context["widget"].get("wrap_label"):
            return _input(context["widget"])
        return super().render(template_name, context, request)


def _select(widget: Mapping[str, Any]) -> SafeString:
    """A widget's choices as Django's own template draws them."""
    groups = "\n".join(_group(name, options) for name, options, _index in widget["optgroups"])
    name = _escaped(widget["name"])
    return SafeString(f'<select name="{name}"{_attributes(widget)}>{groups}</select>')


def _group(name: str | None, options: Iterable[Mapping[str, Any]]) -> str:
    drawn = "\n".join(_option(one) for one in options)
    return f'<optgroup label="{_escaped(name)}">{drawn}</optgroup>' if name else drawn


def _option(one: Mapping[str, Any]) -> str:
    value, label = _escaped(one["value"]), _escaped(one["label"])
    return f'<option value="{value}"{_attributes(one)}>{label}</option>'


def _input(widget: Mapping[str, Any]) -> SafeString:
    value = "" if widget["value"] is None else f' value="{_escaped(widget["value"])}"'
    kind, name = _escaped(widget["type"]), _escaped(widget["name"])
    return SafeString(f'<input type="{kind}" name="{name}"{value}{_attributes(widget)}>')


def _attributes(widget: Mapping[str, Any]) -> str:
    return "".join(
        f" {_escaped(name)}" if value is True else f' {_escaped(name)}="{_escaped(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _escaped(value: Any) -> str:
    """What `conditional_escape` does, at a third of its price."""
    text = str(value)
    return text if isinstance(text, SafeString) else escape(text)


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


class Choices(list[tuple[str, Any]], BaseChoiceIterator):
    """Values and labels as they are: Django would look at each of two hundred for whether it is
    more of them, for the field and again for what draws it.
    """


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

    def offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        """Give a field the choices there are today."""
        cast(forms.ChoiceField, self.fields[name]).choices = Choices(choices)

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
