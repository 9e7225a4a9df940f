"""The forms of bookings and blocks."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from bookings.drafting import MAX_TOTAL
from bookings.models import MAX_NIGHTS, Block, Booking, Status
from guests.models import Guest
from properties.models import Property, Unit
from villaops.forms import CountInput, DayInput, HouseForm, MomentInput

STATUSES_TO_BOOK = (Status.PENDING, Status.CONFIRMED, Status.CHECKED_IN)
NEW_GUEST = "new"
# How long a pending booking is held: so many hours, until a moment, or without an end.
HOLD_CHOICES = (
    ("", _("Until somebody decides")),
    ("24", _("For 24 hours")),
    ("48", _("For 48 hours")),
    ("168", _("For 7 days")),
    ("until", _("Until a day and time …")),
)
HOLD_FIELDS = ("hold", "hold_until")
MAX_PERIOD = 800


@dataclass(frozen=True)
class Place:
    """Where a stay is to be: a property, and a unit of it or the first free one."""

    property: Property
    unit: Unit | None = None


class PlaceField(forms.TypedChoiceField):
    """A unit, or a property's first free unit, in one list; so the two can never disagree."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=self._place, empty_value=None, **kwargs)
        self._places: dict[str, Place] = {}

    def key_of(self, property_id: str) -> str | None:
        """The property's first choice, to begin a form with."""
        own = (key for key, place in self._places.items() if str(place.property.pk) == property_id)
        return next(own, None)

    def offer(self, properties: Iterable[Property], *, current: Booking | None = None) -> None:
        """Offer the open ones of the properties (read `with_units`), and where `current` is now."""
        choices: list[tuple[str, Any]] = [("", _("Choose …"))]
        first_free = str(_("%s · first free unit"))
        for home in properties:
            group = self._group(home, current, first_free)
            if len(group) == 1 and len(home.units_in_order) == 1:  # type: ignore[attr-defined]
                choices.append((group[0][0], home.name))
            elif group:
                choices.append((home.name, group))
        self.choices = choices

    def _group(
        self, home: Property, current: Booking | None, first_free: str
    ) -> list[tuple[str, str]]:
        stays_here = current is not None and current.property_id == home.pk
        if not home.is_open() and not stays_here:
            return []
        units = [
            unit
            for unit in home.units_in_order  # type: ignore[attr-defined]
            if unit.status == Unit.Status.ACTIVE or (current and current.unit_id == unit.pk)
        ]
        group = []
        if len(units) > 1 and not stays_here:
            group.append((f"p:{home.pk}", first_free % home.name))
            self._places[f"p:{home.pk}"] = Place(home)
        for unit in units:
            group.append((f"u:{unit.pk}", f"{home.name} · {unit.name}"))
            self._places[f"u:{unit.pk}"] = Place(home, unit)
        return group

    def _place(self, key: str) -> Place:
        if key not in self._places:
            raise ValueError(key)
        return self._places[key]


class StayFields(HouseForm):
    """What a new and a changed booking have in common."""

    errors_at = {
        "not_held": "hold",
        "dates_taken": "check_in",
        "property_not_open": "place",
        "unit_not_open": "place",
        "unit_not_found": "place",
    }

    place = PlaceField(label=_("Where"))
    check_in = forms.DateField(label=_("Check-in"), widget=DayInput)
    check_out = forms.DateField(label=_("Check-out"), widget=DayInput)
    adults = forms.IntegerField(
        label=_("Adults"), min_value=1, max_value=9999, initial=1, widget=CountInput
    )
    children = forms.IntegerField(
        label=_("Children"), min_value=0, max_value=9999, initial=0, widget=CountInput
    )
    source = forms.ChoiceField(label=_("Source"), choices=Booking.Source.choices)
    total_price = forms.DecimalField(
        label=_("Total price"),
        required=False,
        min_value=0,
        max_value=MAX_TOTAL,
        max_digits=12,
        decimal_places=2,
    )
    special_requests = forms.CharField(
        label=_("Special requests"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        empty_value=None,
    )

    hold = forms.ChoiceField(
        label=_("Hold the nights"),
        required=False,
        choices=HOLD_CHOICES,
        help_text=_("A booking that is not confirmed by then gives its nights back by itself."),
    )
    hold_until = forms.DateTimeField(
        label=_("Hold until"),
        required=False,
        widget=MomentInput,
        help_text=_("As the clocks show it at the property."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Needed once "Until a day and time" is chosen, so it is not marked as optional.
        for name in ("hold", "hold_until"):
            self.fields[name].is_needed = True  # type: ignore[attr-defined]
        self.fields["check_in"].widget.attrs["data-range-start"] = ""
        self.fields["check_out"].widget.attrs["data-range-end"] = ""

    @property
    def place_field(self) -> PlaceField:
        """The field that knows the places."""
        return cast(PlaceField, self.fields["place"])

    def clean(self) -> dict[str, Any]:
        stay = super().clean() or self.cleaned_data
        check_in, check_out = stay.get("check_in"), stay.get("check_out")
        if check_in and check_out:
            if check_out <= check_in:
                self.add_error("check_out", _("The check-out must be after the check-in."))
            elif (check_out - check_in).days > MAX_NIGHTS:
                self.add_error("check_out", _("A stay has at most %d nights.") % MAX_NIGHTS)
        place = stay.get("place")
        party = (stay.get("adults") or 0) + (stay.get("children") or 0)
        if place and place.property.max_guests and party > place.property.max_guests:
            self.add_error(
                "adults",
                _("%(home)s takes at most %(max)d guests.")
                % {"home": place.property.name, "max": place.property.max_guests},
            )
        if place:
            stay["hold_expires_at"] = self._hold_expires_at(place.property)
        return stay

    def _hold_expires_at(self, home: Property) -> dt.datetime | None:
        """The end of the hold that was chosen, or an error beside its field."""
        hold, until = (self.cleaned_data.get(name) for name in ("hold", "hold_until"))
        now = timezone.now()
        if hold != "until":
            return now + dt.timedelta(hours=int(hold)) if hold else None
        if until is None:
            if "hold_until" not in self.errors:
                self.add_error("hold_until", self.fields["hold_until"].error_messages["required"])
            return None
        ends = timezone.make_naive(until).replace(tzinfo=ZoneInfo(home.time_zone))
        if ends <= now:
            self.add_error("hold_until", _("A hold ends in the future."))
        return ends


class QuoteForm(HouseForm):
    """The dates of a stay that is being thought about."""

    check_in = forms.DateField(widget=DayInput)
    check_out = forms.DateField(widget=DayInput)


class PeriodForm(HouseForm):
    """What the range picker asks about: a place, and dates it shows."""

    place = forms.CharField(required=False, max_length=64)
    start = forms.DateField(widget=DayInput)
    end = forms.DateField(widget=DayInput)

    def clean(self) -> dict[str, Any]:
        period = super().clean() or self.cleaned_data
        start, end = period.get("start"), period.get("end")
        if start and end and not 0 < (end - start).days <= MAX_PERIOD:
            self.add_error("end", _("Ask about at most %d days.") % MAX_PERIOD)
        return period


class NewBookingForm(StayFields):
    """A booking for a guest we know, or for one entered here."""

    errors_at = {**StayFields.errors_at, "guest_email_taken": "new_email"}

    find = forms.CharField(label=_("Find a guest"), required=False, max_length=200)
    guest = forms.ChoiceField(label=_("Guest"), widget=forms.RadioSelect)
    new_name = forms.CharField(label=_("Name"), required=False, max_length=255)
    new_email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    new_phone = forms.CharField(label=_("Phone"), required=False, max_length=50, empty_value=None)
    status = forms.ChoiceField(
        label=_("Status"), choices=[(status.value, status.label) for status in STATUSES_TO_BOOK]
    )

    field_order = ["place", "check_in", "check_out", "adults", "children", "guest"]

    def __init__(
        self, *args: Any, properties: Iterable[Property], guests: Iterable[Guest], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.guests = {str(guest.pk): guest for guest in guests}
        self.place_field.offer(properties)
        known = [(pk, guest.name) for pk, guest in self.guests.items()]
        self.offer("guest", [*known, (NEW_GUEST, _("New guest"))])
        self.fields["guest"].error_messages["required"] = _("Choose a guest, or New guest.")
        # Needed once "New guest" is chosen, so they are not marked as optional.
        for name in ("new_name", "new_email"):
            self.fields[name].is_needed = True  # type: ignore[attr-defined]
        self.fields["total_price"].help_text = _("Empty: nights × the property's base price.")
        self.fields["find"].widget.attrs |= {"placeholder": _("Name or e-mail"), "type": "search"}

    def clean(self) -> dict[str, Any]:
        stay = super().clean()
        if stay.get("status") != Status.PENDING:
            stay["hold_expires_at"] = None
        if stay.get("guest") == NEW_GUEST:
            for name in ("new_name", "new_email"):
                if not stay.get(name) and name not in self.errors:
                    self.add_error(name, self.fields[name].error_messages["required"])
        return stay

    @property
    def chosen_guest(self) -> Guest | None:
        """The known guest; None for a new one."""
        return self.guests.get(self.cleaned_data["guest"])


class EditBookingForm(StayFields):
    """A booking's facts, changed together. The status has buttons of its own."""

    def __init__(
        self, *args: Any, booking: Booking, properties: Iterable[Property], **kwargs: Any
    ) -> None:
        others = ("place", *HOLD_FIELDS)
        initial = {name: getattr(booking, name) for name in self.base_fields if name not in others}
        initial["place"] = f"u:{booking.unit_id}"
        if booking.hold_expires_at:
            at_home = booking.hold_expires_at.astimezone(ZoneInfo(booking.property.time_zone))
            initial |= {"hold": "until", "hold_until": at_home.replace(tzinfo=None, second=0)}
        super().__init__(*args, initial=initial, **kwargs)
        self.booking = booking
        if booking.status != Status.PENDING:
            for name in HOLD_FIELDS:
                del self.fields[name]
        self.place_field.offer(properties, current=booking)
        self.fields["total_price"].help_text = _(
            "In %s. It stays as it is when dates change, unless you change it."
        ) % (booking.currency)

    def clean(self) -> dict[str, Any]:
        stay = super().clean()
        place = stay.get("place")
        has_new_total = "total_price" in self.changed_data
        if place and place.property.currency != self.booking.currency and not has_new_total:
            self.add_error(
                "total_price",
                _("Prices there are in %s. Enter the new total in it.") % place.property.currency,
            )
        return stay

    def changes(self) -> dict[str, Any]:
        """What is to become different, as update_booking wants it."""
        others = ("place", *HOLD_FIELDS)
        changes = {
            name: self.cleaned_data[name] for name in self.changed_data if name not in others
        }
        if set(HOLD_FIELDS) & set(self.changed_data):
            changes["hold_expires_at"] = self.cleaned_data["hold_expires_at"]
        place = self.cleaned_data["place"]
        if place.property.pk != self.booking.property_id:
            changes["property"] = place.property
        if place.unit and place.unit.pk != self.booking.unit_id:
            changes["unit"] = place.unit
        return changes


class CancelForm(HouseForm):
    """Why a booking is cancelled."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        empty_value=None,
        help_text=_("Kept with the booking. The guest does not see it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NoteForm(HouseForm):
    """What staff tell each other about a booking."""

    text = forms.CharField(
        label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class MoveForm(HouseForm):
    """Another unit of the property, from a night on."""

    errors_at = {
        "dates_taken": "unit",
        "unit_not_open": "unit",
        "no_nights_to_move": "from_night",
    }

    unit = forms.ChoiceField(label=_("To"))
    from_night = forms.DateField(label=_("From the night of"), widget=DayInput)

    def __init__(self, *args: Any, booking: Booking, units: Iterable[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.booking = booking
        self.units = {str(unit.pk): unit for unit in units}
        self.offer("unit", [(pk, unit.name) for pk, unit in self.units.items()])

    def clean_unit(self) -> Unit:
        return self.units[self.cleaned_data["unit"]]

    def clean_from_night(self) -> Any:
        night = self.cleaned_data["from_night"]
        if not self.booking.check_in <= night < self.booking.check_out:
            raise forms.ValidationError(_("This night is not part of the stay."))
        return night


class BlockForm(HouseForm):
    """Nights of a unit to take out of sale."""

    errors_at = {"dates_taken": "start", "unit_not_found": "unit"}

    unit = forms.ChoiceField(label=_("Unit"))
    start = forms.DateField(label=_("First night"), widget=DayInput)
    end = forms.DateField(
        label=_("Free again on"), widget=DayInput, help_text=_("The night of this day is on sale.")
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=Block.Reason.choices)
    note = forms.CharField(label=_("Note"), required=False, max_length=500, empty_value=None)

    def __init__(
        self, *args: Any, units: Iterable[Unit], block: Block | None = None, **kwargs: Any
    ) -> None:
        if block:
            facts = {name: getattr(block, name) for name in self.base_fields}
            kwargs["initial"] = {**facts, "unit": str(block.unit_id)}
        super().__init__(*args, **kwargs)
        self.units = {str(unit.pk): unit for unit in units}
        self.offer("unit", [(pk, unit.name) for pk, unit in self.units.items()])
        self.fields["start"].widget.attrs["data-range-start"] = ""
        self.fields["end"].widget.attrs["data-range-end"] = ""

    def clean_unit(self) -> Unit:
        return self.units[self.cleaned_data["unit"]]

    def changes(self) -> dict[str, Any]:
        """What is to become different, as update_block wants it."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def clean(self) -> dict[str, Any]:
        block = super().clean() or self.cleaned_data
        start, end = block.get("start"), block.get("end")
        if start and end and end <= start:
            self.add_error("end", _("The unit is free again after the first night."))
        return block


def guests_to_offer(organization: Organization, find: str, chosen: UUID | None) -> list[Guest]:
    """The guest chosen so far, then at most eight that match; without a search the newest ones."""
    own = Guest.objects.for_organization(organization)
    first = list(own.filter(pk=chosen)) if chosen else []
    # PostgreSQL has no NUL in text; what is typed comes here before any form has looked at it.
    found = (
        own.matching(find.replace("\0", ""))
        .order_by("-created_at", "id")
        .exclude(pk__in=[g.pk for g in first])
    )
    return [*first, *found[:8]]
