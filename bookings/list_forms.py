"""What a person may ask of the list of bookings, and keep of it."""

from collections.abc import Iterable
from datetime import date
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from bookings.list_columns import (
    DEFAULT_SORT,
    Column,
    chosen_columns,
    columns_for,
    ordering_of,
    orderings,
)
from bookings.models import Booking, Status
from villaops.forms import DayInput, HouseForm

# An address with nothing in it shows the person's default view; this word asks for every booking.
EVERYTHING = "view=all"

# What the filter by unit asks for.
WITHOUT_UNIT = "none"


class BookingFilter(HouseForm):
    """What the list of bookings shows. Nonsense in the address is ignored, never an error."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200, widget=forms.SearchInput)
    status = forms.ChoiceField(label=_("Status"), required=False)
    property = forms.ChoiceField(label=_("Property"), required=False)
    source = forms.ChoiceField(label=_("Source"), required=False)
    unit = forms.ChoiceField(
        label=_("Unit"),
        required=False,
        choices=[("", _("Any")), (WITHOUT_UNIT, _("Without a unit"))],
    )
    start = forms.DateField(label=_("Stays from"), required=False, widget=DayInput)
    end = forms.DateField(label=_("Stays until"), required=False, widget=DayInput)
    sort = forms.ChoiceField(label=_("Sort"), required=False)

    def __init__(
        self, data: QueryDict, *, properties: Iterable[tuple[UUID, str]], prices: bool
    ) -> None:
        super().__init__(data)
        self.offered = columns_for(prices=prices)
        # The address says `columns=a,b`; a form of checkboxes says `columns=a&columns=b`.
        asked = ",".join(data.getlist("columns")).split(",")
        self.columns = chosen_columns(asked, prices=prices)
        self._usual_columns = chosen_columns((), prices=prices)
        self.offer("status", [("", _("All")), *Status.choices])
        homes = cast(forms.ChoiceField, self.fields["property"])
        # Read when the form is shown or the address names one, and not for its other fields.
        homes.choices = lambda: [("", _("All properties")), *((str(pk), n) for pk, n in properties)]
        self.offer("source", [("", _("All sources")), *Booking.Source.choices])
        self.offer("sort", orderings(self.offered))
        self.fields["q"].widget.attrs["placeholder"] = _("Guest, e-mail or reference")
        self.is_valid()

    def value(self, name: str) -> Any:
        """The cleaned value, or None when it is empty or makes no sense."""
        return self.cleaned_data.get(name) or None

    def sorting(self) -> str:
        """The way it is sorted."""
        return self.value("sort") or DEFAULT_SORT

    def ordering(self) -> list[Any]:
        """What to order the rows by."""
        return ordering_of(self.sorting(), self.offered)

    def next_sort(self, column: Column) -> str:
        """What a click on the column's head sorts by: the other way, or the column's usual one."""
        descending = column.begins_descending
        if self.sorting().removeprefix("-") == column.sort:
            descending = not self.sorting().startswith("-")
        return f"-{column.sort}" if descending else column.sort

    def narrows(self) -> bool:
        """Whether some bookings are left out."""
        return any(self.value(name) for name in self.fields if name != "sort")

    def columns_in_address(self) -> str | None:
        """The columns as the address says them; it does not name the usual ones."""
        if self.columns == self._usual_columns:
            return None
        return ",".join(column.key for column in self.columns)

    def query(self, **changes: str | None) -> str:
        """All of it as the query of an address, as short as can be, with some values changed."""
        values = {name: _in_address(self.value(name)) for name in self.fields}
        values["columns"] = self.columns_in_address()
        values |= changes
        if values["sort"] == DEFAULT_SORT:
            values["sort"] = None
        return urlencode({name: value for name, value in values.items() if value}, safe=",")

    def address(self, **changes: str | None) -> str:
        """The link to the list with some values changed."""
        return f"?{self.query(**changes) or EVERYTHING}"

    def address_of_usual_columns(self) -> str:
        """The link back to the usual columns."""
        return self.address(columns=None)

    def query_dict(self) -> QueryDict:
        """The query, to turn pages with."""
        return QueryDict(self.query())

    def kept_fields(self) -> list[tuple[str, Any]]:
        """What the form that chooses columns must send along to keep the rest."""
        return list(QueryDict(self.query(columns=None)).items())


def _in_address(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, date) else value


class RenameViewForm(HouseForm):
    """A view's name."""

    errors_at = {"view_name_taken": "name"}

    name = forms.CharField(label=_("Name"), max_length=60)


class SaveViewForm(RenameViewForm):
    """What the list shows now, to be kept under a name."""

    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=5000)
    is_default = forms.BooleanField(label=_("Begin with this view"), required=False)
    replace = forms.BooleanField(label=_("Replace my view of that name"), required=False)
