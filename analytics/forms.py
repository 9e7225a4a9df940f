"""The form of a period."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from properties.models import Property
from villaops.forms import DayInput, HouseForm

MAX_DAYS = 3660


class PeriodForm(HouseForm):
    """From which night to which, both counted; of all properties or one; in which currency."""

    first = forms.DateField(label=_("First night"), widget=DayInput)
    last = forms.DateField(label=_("Last night"), widget=DayInput)
    property = forms.ChoiceField(label=_("Property"), required=False)
    currency = forms.ChoiceField(label=_("Currency"), required=False)

    def __init__(
        self, *args: Any, properties: Iterable[Property], prices: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.properties = {str(home.pk): home for home in properties}
        names = [(pk, home.name) for pk, home in self.properties.items()]
        self.offer("property", [("", _("All properties")), *names])
        currencies = sorted({home.currency for home in self.properties.values()})
        self.offer("currency", [("", _("Usual")), *((code, code) for code in currencies)])
        if not prices or len(currencies) < 2:
            del self.fields["currency"]

    def clean_property(self) -> Property | None:
        return self.properties.get(self.cleaned_data["property"])

    def clean(self) -> dict[str, Any]:
        period = super().clean() or self.cleaned_data
        first, last = period.get("first"), period.get("last")
        if first and last:
            if last < first:
                self.add_error("last", _("The last night must not be before the first."))
            elif (last - first).days >= MAX_DAYS or last == dt.date.max:
                self.add_error("last", _("At most %d nights.") % MAX_DAYS)
        return period
