"""The forms of properties and units."""

from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from properties.models import Property, Unit
from villaops.forms import DayInput, HouseForm, TimeInput

MAX_UNITS = 200
ENGLISH = Locale("en")
# Groups and placeholders among the two-letter codes.
NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


def currencies() -> list[tuple[str, str]]:
    """ISO 4217 codes of the money in use, with their names."""
    in_use = {
        code
        for territory in get_global("territory_currencies").values()
        for code, _start, end, tender in territory
        if end is None and tender
    }
    return sorted((code, f"{code} · {ENGLISH.currencies.get(code, code)}") for code in in_use)


def countries() -> list[tuple[str, str]]:
    """ISO 3166-1 alpha-2 codes, by name."""
    named = [
        (code, name)
        for code, name in ENGLISH.territories.items()
        if len(code) == 2
        and code.isalpha()
        and code not in ("EU", "EZ", "UN", "XA", "XB", "ZZ", "QO")
    ]
    return sorted(named, key=lambda country: country[1])


def time_zones() -> list[tuple[str, str]]:
    """IANA zones as people look for them: by region and city."""
    cities = (name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [(name, name.replace("_", " ")) for name in sorted({*cities, "UTC"})]


class LinesField(forms.CharField):
    """A list of texts, one a line; empty lines and repetitions are dropped."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = (line.strip() for line in super().clean(value).splitlines())
        return list(dict.fromkeys(line for line in lines if line))


class PropertyForm(HouseForm):
    """A property's facts."""

    errors_at = {
        "property_slug_taken": "slug",
        "property_has_bookings": "currency",
        "unit_name_taken": "units",
    }

    name = forms.CharField(label=_("Name"), max_length=255)
    property_type = forms.ChoiceField(label=_("Kind"), choices=Property.Type.choices)
    status = forms.ChoiceField(label=_("Status"), choices=Property.Status.choices)
    units = LinesField(
        label=_("Units"),
        required=False,
        max_length=MAX_UNITS * 102,
        help_text=_("What is sold by the night, one a line. Empty: the whole property."),
    )
    location = forms.CharField(
        label=_("Location"), required=False, max_length=255, empty_value=None
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=10_000,
        empty_value=None,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    base_price_per_night = forms.DecimalField(
        label=_("Base price per night"),
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
    )
    currency = forms.ChoiceField(label=_("Currency"))
    max_guests = forms.IntegerField(
        label=_("Guests at most"),
        required=False,
        min_value=1,
        max_value=9999,
        help_text=_("In one booking."),
    )
    bedrooms = forms.IntegerField(label=_("Bedrooms"), required=False, min_value=0, max_value=999)
    bathrooms = forms.DecimalField(
        label=_("Bathrooms"),
        required=False,
        min_value=0,
        max_value=999,
        max_digits=4,
        decimal_places=1,
        widget=forms.NumberInput(attrs={"step": "0.5"}),
    )
    check_in_time = forms.TimeField(label=_("Check-in from"), required=False, widget=TimeInput)
    check_out_time = forms.TimeField(label=_("Check-out until"), required=False, widget=TimeInput)
    time_zone = forms.ChoiceField(label=_("Time zone"))
    check_in_instructions = forms.CharField(
        label=_("Check-in instructions"),
        required=False,
        max_length=4000,
        empty_value=None,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The way, the key, the Wi-Fi. Guests are sent them before they arrive."),
    )
    amenities = LinesField(
        label=_("Amenities"), required=False, max_length=10_000, help_text=_("One a line.")
    )
    address_line1 = forms.CharField(
        label=_("Address"), required=False, max_length=255, empty_value=None
    )
    address_line2 = forms.CharField(
        label=_("Address, second line"), required=False, max_length=255, empty_value=None
    )
    city = forms.CharField(label=_("City"), required=False, max_length=255, empty_value=None)
    country = forms.TypedChoiceField(label=_("Country"), required=False, empty_value=None)
    slug = forms.SlugField(
        label=_("Short name for addresses"),
        required=False,
        max_length=80,
        empty_value=None,
        help_text=_("Small letters and digits joined by hyphens. Empty: made from the name."),
    )

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        property: Property | None = None,
        **kwargs: Any,
    ) -> None:
        defaults = {"currency": organization.currency, "time_zone": organization.time_zone}
        facts = (name for name in self.base_fields if name != "units")
        initial = {name: getattr(property, name) for name in facts} if property else defaults
        super().__init__(*args, initial=initial, **kwargs)
        self._offer("currency", currencies())
        self._offer("time_zone", time_zones())
        self._offer("country", [("", "–"), *countries()])
        if property:
            del self.fields["units"]
            self.fields["slug"].required = True
            self.fields["slug"].help_text = _("Small letters and digits joined by hyphens.")

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Offer the choices and what is stored now, be it rare."""
        now = self.initial.get(name)
        rare = [(now, now)] if now and now not in dict(choices) else []
        self.offer(name, [*rare, *choices])

    def clean_units(self) -> list[dict[str, str]] | None:
        names = self.cleaned_data["units"]
        if len(names) > MAX_UNITS:
            raise forms.ValidationError(_("At most %d units at once.") % MAX_UNITS)
        if any(len(name) > 100 for name in names):
            raise forms.ValidationError(_("A unit's name has at most 100 letters."))
        return [{"name": name} for name in names] or None

    def clean_bathrooms(self) -> Any:
        # The field's own step_size breaks on numbers far beyond max_value.
        bathrooms = self.cleaned_data["bathrooms"]
        if bathrooms is not None and bathrooms * 2 % 1:
            raise forms.ValidationError(_("Bathrooms come in halves."))
        return bathrooms

    def clean_check_in_time(self) -> str | None:
        return _hour(self.cleaned_data["check_in_time"])

    def clean_check_out_time(self) -> str | None:
        return _hour(self.cleaned_data["check_out_time"])

    def clean_amenities(self) -> list[str] | None:
        return self.cleaned_data["amenities"] or None


def _hour(time: Any) -> str | None:
    return f"{time:%H:%M}" if time else None


class UnitForm(HouseForm):
    """A unit's facts."""

    errors_at = {"unit_name_taken": "name", "unit_has_bookings": "available_to"}

    name = forms.CharField(label=_("Name"), max_length=100)
    position = forms.IntegerField(
        label=_("Position"),
        required=False,
        min_value=-9999,
        max_value=99_999,
        help_text=_("Units are listed and filled in this order. Empty: last."),
    )
    status = forms.ChoiceField(
        label=_("Status"),
        choices=Unit.Status.choices,
        help_text=_("An inactive unit keeps its bookings and takes no new ones."),
    )
    available_from = forms.DateField(
        label=_("On offer from"),
        required=False,
        widget=DayInput,
        help_text=_("First night on offer. Empty: no beginning."),
    )
    available_to = forms.DateField(
        label=_("On offer until"),
        required=False,
        widget=DayInput,
        help_text=_("First night no longer on offer. Empty: no end."),
    )

    def __init__(self, *args: Any, unit: Unit | None = None, **kwargs: Any) -> None:
        initial = {name: getattr(unit, name) for name in self.base_fields} if unit else {}
        super().__init__(*args, initial=initial, **kwargs)
        if unit:
            self.fields["position"].required = True
            self.fields["position"].help_text = _("Units are listed and filled in this order.")

    def clean(self) -> dict[str, Any]:
        unit = super().clean() or self.cleaned_data
        start, end = unit.get("available_from"), unit.get("available_to")
        if start and end and end <= start:
            self.add_error("available_to", _("The end of the offer is after its beginning."))
        return unit


class UnitNameForm(HouseForm):
    """A unit's name alone, changed where it stands."""

    errors_at = {"unit_name_taken": "name"}

    name = forms.CharField(label=_("New name"), max_length=100)
