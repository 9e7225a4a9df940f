"""The forms of imports."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imports.columns import OF_KIND
from imports.models import Import, Kind
from imports.values import Manners
from villaops.forms import HouseForm

KINDS = {
    Kind.BOOKINGS: _("Bookings, with their guests"),
    Kind.GUESTS: _("Guests"),
    Kind.PROPERTIES: _("Properties and units, a row for each unit"),
    Kind.BLOCKS: _("Blocked nights"),
}
DATES = (("day", _("Day first: 31/12/2026")), ("month", _("Month first: 12/31/2026")))
AMOUNTS = (("point", _("1,234.50")), ("comma", _("1.234,50")))


class FileForm(HouseForm):
    """A file, and what is in it."""

    errors_at = {"bad_file": "file"}

    kind = forms.ChoiceField(
        label=_("What is in the file?"),
        choices=list(KINDS.items()),
        initial=Kind.BOOKINGS,
        widget=forms.RadioSelect,
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV or Excel (.xlsx), at most 50 MB, the names of the columns in its first row."
        ),
        error_messages={"empty": _("The file is empty.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )


class ColumnsForm(HouseForm):
    """Which column of the file is which, and how it writes what can be written in two ways."""

    dates = forms.ChoiceField(label=_("Dates"), choices=DATES)
    amounts = forms.ChoiceField(label=_("Amounts"), choices=AMOUNTS)

    def __init__(self, *args: Any, imported: Import, **kwargs: Any) -> None:
        manners = Manners.kept(imported.manners)
        initial = {
            "dates": "day" if manners.day_first else "month",
            "amounts": "comma" if manners.decimal_comma else "point",
        } | imported.mapping
        super().__init__(*args, initial=initial, **kwargs)
        choices = [
            ("", _("Not in the file")),
            *((str(place), head or f"({place + 1})") for place, head in enumerate(imported.header)),
        ]
        self.names = [column.name for column in OF_KIND[imported.kind]]
        for column in OF_KIND[imported.kind]:
            field = forms.TypedChoiceField(
                label=column.label, choices=choices, coerce=int, empty_value=None, required=False
            )
            # Whether it is needed is said of several together.
            field.is_needed = True  # type: ignore[attr-defined]
            field.widget.attrs["class"] = "form-select"
            self.fields[column.name] = field

    def columns(self) -> list[forms.BoundField]:
        """The fields that name columns."""
        return [self[name] for name in self.names]

    def mapping(self) -> dict[str, int]:
        """What was chosen, once it is valid."""
        given = self.cleaned_data
        return {name: given[name] for name in self.names if given.get(name) is not None}

    def manners(self) -> Manners:
        """How dates and amounts are written, once it is valid."""
        given = self.cleaned_data
        return Manners(given["dates"] == "day", given["amounts"] == "comma")
