"""What a person may ask of the list of bookings."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, Status
from properties.models import Property
from villaops.forms import DayInput, HouseForm

# What the list may be sorted by, and the words for it.
ORDERINGS = {
    "-check_in": _("Latest arrival first"),
    "check_in": _("Earliest arrival first"),
    "-created_at": _("Newest booking first"),
    "guest": _("Guest, A to Z"),
    "-total": _("Highest total first"),
    "total": _("Lowest total first"),
}


class BookingFilter(HouseForm):
    """What the list of bookings shows. Nonsense in the address is ignored, never an error."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)
    status = forms.ChoiceField(label=_("Status"), required=False)
    property = forms.ChoiceField(label=_("Property"), required=False)
    source = forms.ChoiceField(label=_("Source"), required=False)
    start = forms.DateField(label=_("Stays from"), required=False, widget=DayInput)
    end = forms.DateField(label=_("Stays until"), required=False, widget=DayInput)
    sort = forms.ChoiceField(label=_("Sort"), required=False)

    def __init__(
        self, data: Mapping[str, Any], *, properties: Iterable[Property], prices: bool
    ) -> None:
        super().__init__(data)
        names = [(str(home.pk), home.name) for home in properties]
        self.offer("status", [("", _("All")), *Status.choices])
        self.offer("property", [("", _("All properties")), *names])
        self.offer("source", [("", _("All sources")), *Booking.Source.choices])
        self.offer(
            "sort",
            [(key, words) for key, words in ORDERINGS.items() if prices or "total" not in key],
        )
        self.fields["q"].widget.attrs["placeholder"] = _("Guest, e-mail or reference")
        self.is_valid()

    def value(self, name: str) -> Any:
        """The cleaned value, or None when it is empty or makes no sense."""
        return self.cleaned_data.get(name) or None
