"""What a person asks of the analytics pages, as the address of each of them says it.

`preset`, or `from` and `to` (exclusive, as in the API); `compare`; `property` and `unit`, each as
often as one likes; `currency`; `by`; `since`, the days whose pickup is told. Forms for people send
`last`, the last night, for `to`. Dates win over a preset that means others, so that a link shows
what it showed.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import Any, Literal, cast
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from analytics.reports import A_YEAR_OF_WEEKS, Interval, Scope
from properties.models import Property, Unit
from villaops.clock import today_in
from villaops.forms import DayInput, HouseForm

ONE_DAY = dt.timedelta(days=1)
MAX_DAYS = 3660
# So many parts of a period can still be drawn, and their table read.
MOST_PARTS = 125
DAYS_OF: Mapping[Interval, int] = {"day": 1, "week": 7, "month": 30}

type Comparing = Literal["previous", "year", "none"]

COMPARISONS: Mapping[Comparing, Any] = {
    "previous": _("Period before"),
    "year": _("Same weekdays last year"),
    "none": _("Nothing"),
}
INTERVALS: Mapping[Interval, Any] = {"day": _("Day"), "week": _("Week"), "month": _("Month")}


@dataclass(frozen=True)
class Period:
    """The nights [start, end)."""

    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """How many."""
        return (self.end - self.start).days

    @property
    def last(self) -> dt.date:
        """The last night."""
        return self.end - ONE_DAY

    def before(self) -> "Period":
        """As many nights, just before."""
        return Period(self.start - dt.timedelta(days=self.days), self.start)

    def last_year(self) -> "Period":
        """The same weekdays, 364 days earlier."""
        return Period(self.start - A_YEAR_OF_WEEKS, self.end - A_YEAR_OF_WEEKS)


# --- Presets -----------------------------------------------------------------------------------


def _month(day: dt.date, later: int = 0, length: int = 1) -> Period:
    """So many months, the first so much later than the day's own."""
    return Period(_first_of(day, later), _first_of(day, later + length))


def _first_of(day: dt.date, later: int) -> dt.date:
    months = day.year * 12 + day.month - 1 + later
    return dt.date(months // 12, months % 12 + 1, 1)


def _quarter(day: dt.date, later: int = 0) -> Period:
    return _month(day, later * 3 - (day.month - 1) % 3, 3)


def _year(day: dt.date, later: int = 0) -> Period:
    return _month(day, later * 12 + 1 - day.month, 12)


def _last_nights(number: int) -> Callable[[dt.date], Period]:
    return lambda day: Period(day - dt.timedelta(days=number), day)


def _next_nights(number: int) -> Callable[[dt.date], Period]:
    return lambda day: Period(day, day + dt.timedelta(days=number))


# Words, and which nights they mean on a day.
PRESETS: Mapping[str, tuple[Any, Callable[[dt.date], Period]]] = {
    "this_month": (_("This month"), _month),
    "last_month": (_("Last month"), lambda day: _month(day, -1)),
    "next_month": (_("Next month"), lambda day: _month(day, 1)),
    "this_quarter": (_("This quarter"), _quarter),
    "last_quarter": (_("Last quarter"), lambda day: _quarter(day, -1)),
    "year_to_date": (
        _("Year to date"),
        lambda day: Period(day.replace(month=1, day=1), day + ONE_DAY),
    ),
    "this_year": (_("This year"), _year),
    "last_year": (_("Last year"), lambda day: _year(day, -1)),
    "last_30": (_("Last 30 nights"), _last_nights(30)),
    "last_90": (_("Last 90 nights"), _last_nights(90)),
    "last_365": (_("Last 365 nights"), _last_nights(365)),
    "next_30": (_("Next 30 nights"), _next_nights(30)),
    "next_90": (_("Next 90 nights"), _next_nights(90)),
    "next_365": (_("Next 365 nights"), _next_nights(365)),
}
USUAL_PRESET = "this_month"
# So many days ago the books are compared with those of today.
SINCE = (1, 7, 14, 30, 90)
USUAL_SINCE = 7
CHECKED = " checked"


def usual_interval(days: int) -> Interval:
    """What a period of so many nights is drawn by."""
    return "day" if days <= 45 else "week" if days <= 190 else "month"


def possible_intervals(days: int) -> list[Interval]:
    """What it can be drawn by."""
    return [name for name, length in DAYS_OF.items() if days <= MOST_PARTS * length]


# --- What was asked ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Home:
    """A property one may ask about."""

    pk: UUID
    name: str
    currency: str


@dataclass(frozen=True)
class Room:
    """A unit of the properties that were asked about."""

    pk: UUID
    name: str
    home: str


@dataclass(frozen=True)
class Asked:
    """A question the analytics pages answer, all of them the same one.

    `comparison` is None where nothing is compared; `preset` is empty when dates were given.
    """

    scope: Scope
    today: dt.date
    preset: str = ""
    compare: Comparing = "previous"
    by: Interval = "month"
    since: int = USUAL_SINCE
    # As asked; the usual one is not named in the address.
    currency: str = ""
    homes: list[Home] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)

    @property
    def organization(self) -> Organization:
        """Whose figures."""
        return self.scope.organization

    @property
    def period(self) -> Period:
        """The nights."""
        return Period(self.scope.start, self.scope.end)

    @property
    def comparison(self) -> Period | None:
        """The nights they are compared with."""
        if self.compare == "none":
            return None
        return self.period.before() if self.compare == "previous" else self.period.last_year()

    def scope_of(self, period: Period) -> Scope:
        """The same, for other nights."""
        return replace(self.scope, start=period.start, end=period.end)

    @cached_property
    def chosen_homes(self) -> list[Home]:
        """The properties that were named; none when it is about all of them."""
        return [home for home in self.homes if home.pk in self.scope.properties]

    @cached_property
    def chosen_rooms(self) -> list[Room]:
        """The units that were named."""
        return [room for room in self.rooms if room.pk in self.scope.units]

    def form(self) -> "QuestionForm":
        """The form that asks this, filled in."""
        sent = QueryDict(self.query(from_=self.period.start, to=None), mutable=True)
        sent.update({"last": str(self.period.last), "compare": self.compare, "by": self.by})
        form = QuestionForm(sent, homes=self.homes, rooms=self.rooms)
        possible = possible_intervals(self.period.days)
        form.offer("by", [(name, words) for name, words in INTERVALS.items() if name in possible])
        return form

    def query(self, **changes: Any) -> str:
        """All of it as the query of an address; with some values changed, or taken out by None.

        A list is a value as often as it has members. `preset` and dates take each other's place:
        `from_` and `to` are the dates.
        """
        dates = {"from": self.period.start, "to": self.period.end}
        said: dict[str, Any] = {
            **({"preset": self.preset} if self.preset else dates),
            "compare": None if self.compare == "previous" else self.compare,
            "property": self.scope.properties,
            "unit": self.scope.units,
            "currency": self.currency,
            "by": None if self.by == usual_interval(self.period.days) else self.by,
            "since": None if self.since == USUAL_SINCE else self.since,
        }
        if "preset" in changes:
            said = {name: value for name, value in said.items() if name not in dates}
        if "from_" in changes:
            said.pop("preset", None)
            changes["from"] = changes.pop("from_")
        said |= changes
        return urlencode({name: value for name, value in said.items() if value}, doseq=True)


class NotUnderstood(Exception):
    """The address makes no sense; `form` says why, beside each value."""

    def __init__(self, form: "QuestionForm") -> None:
        self.form = form
        super().__init__("; ".join(self.messages()))

    def messages(self) -> list[str]:
        """What is wrong, in sentences."""
        return [str(text) for errors in self.form.errors.values() for text in errors]


class Ticks(forms.SelectMultiple):
    """A box to tick for each choice: 200 properties take a template 15 ms."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The boxes, each in its label."""
        chosen = {str(one) for one in value or ()}
        box = f'<label class="tick"><input type="checkbox" name="{escape(name)}" value="'
        return SafeString(
            "".join(
                f'{box}{escape(str(key))}"{CHECKED if str(key) in chosen else ""}>'
                f"{escape(str(label))}</label>"
                for key, label in self.choices
            )
        )


class QuestionForm(HouseForm):
    """The question as a form. Values are checked against what the organization has."""

    preset = forms.ChoiceField(
        required=False, choices=[("", ""), *((key, words) for key, (words, _of) in PRESETS.items())]
    )
    last = forms.DateField(label=_("Last night"), required=False, widget=DayInput)
    to = forms.DateField(label=_("Until"), required=False, widget=DayInput)
    compare = forms.ChoiceField(
        label=_("Compare with"), required=False, choices=list(COMPARISONS.items())
    )
    property = forms.MultipleChoiceField(label=_("Properties"), required=False, widget=Ticks)
    unit = forms.MultipleChoiceField(label=_("Units"), required=False, widget=Ticks)
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    by = forms.ChoiceField(label=_("Drawn by"), required=False, choices=list(INTERVALS.items()))

    since = forms.ChoiceField(required=False, choices=[(str(days), days) for days in SINCE])

    def __init__(self, data: QueryDict, *, homes: list[Home], rooms: list[Room]) -> None:
        super().__init__(data)
        first = forms.DateField(label=_("First night"), required=False, widget=DayInput)
        first.widget.attrs["class"] = "form-control"
        # A word of Python's.
        self.fields = {"from": first, **self.fields}
        self.homes, self.rooms = homes, rooms
        # A link outlives what it names.
        gone = {
            "property": _("A property that this link names is not here any more."),
            "unit": _("A unit that this link names is not here any more."),
            "currency": _("Nothing here sells in this currency."),
        }
        for name, said in gone.items():
            self.fields[name].error_messages["invalid_choice"] = said
        self.offer("property", [(str(home.pk), home.name) for home in homes])
        self.offer("unit", [(str(room.pk), room.name) for room in rooms])
        codes = sorted({home.currency for home in homes})
        self.offer("currency", [("", _("Usual")), *((code, code) for code in codes)])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        first, end = given.get("from"), given.get("to")
        if last := given.get("last"):
            if last == dt.date.max:
                self.add_error("last", self.too_long())
                return given
            end = last + ONE_DAY
        is_unclear = not self.errors.keys().isdisjoint(("from", "to", "last"))
        if is_unclear or (first is None and end is None):
            return given
        at = "last" if "last" in self.data else "to"
        if first is None or end is None:
            self.add_error("from" if first is None else at, _("Both ends of the period, please."))
        elif end <= first:
            self.add_error(at, _("The last night must not be before the first."))
        elif (end - first).days > MAX_DAYS:
            self.add_error(at, self.too_long())
        elif first.year < 1900:
            self.add_error("from", _("Nobody kept books then."))
        else:
            given["period"] = Period(first, end)
        return given

    @staticmethod
    def too_long() -> str:
        """What is said of more nights than there may be."""
        return _("At most %d nights.") % MAX_DAYS


def asked_of(request: HttpRequest, organization: Organization) -> Asked:
    """What the address asks. Two statements at most. Raises NotUnderstood."""
    return asked_in(request.GET, organization)


def asked_in(sent: QueryDict, organization: Organization) -> Asked:
    """The same, from the query alone."""
    homes = homes_of(organization)
    form = QuestionForm(sent, homes=homes, rooms=_rooms_of(organization, sent, homes))
    if not form.is_valid():
        raise NotUnderstood(form)
    given = form.cleaned_data
    today = today_in(organization.time_zone)
    preset, period = _period(given, today)
    scope = Scope(
        organization,
        period.start,
        period.end,
        _currency(given, homes, organization),
        tuple(UUID(pk) for pk in given["property"]),
        tuple(UUID(pk) for pk in given["unit"]),
    )
    by = cast(Interval, given["by"] or usual_interval(period.days))
    possible = possible_intervals(period.days)
    return Asked(
        scope,
        today,
        preset,
        cast(Comparing, given["compare"] or "previous"),
        by if by in possible else possible[0],
        int(given["since"] or USUAL_SINCE),
        given["currency"],
        homes,
        form.rooms,
    )


def homes_of(organization: Organization) -> list[Home]:
    """The properties by name. One statement."""
    homes = Property.objects.for_organization(organization).order_by("name", "id")
    return [Home(*row) for row in homes.values_list("pk", "name", "currency")]


def _rooms_of(organization: Organization, sent: QueryDict, homes: Iterable[Home]) -> list[Room]:
    """The units of the properties that were named, or else of all if any of them is named."""
    known = {str(home.pk): home.pk for home in homes}
    named = [known[pk] for pk in sent.getlist("property") if pk in known]
    if not named and "unit" not in sent:
        return []
    units = Unit.objects.for_organization(organization).in_order()
    if named:
        units = units.filter(property__in=named)
    return [Room(*row) for row in units.values_list("pk", "name", "property__name")]


def _period(given: Mapping[str, Any], today: dt.date) -> tuple[str, Period]:
    """The preset's name, if the nights are those it means today, and the nights."""
    preset, dates = given["preset"], given.get("period")
    if dates is None:
        preset = preset or USUAL_PRESET
        return preset, PRESETS[preset][1](today)
    return (preset if preset and PRESETS[preset][1](today) == dates else ""), dates


def _currency(given: Mapping[str, Any], homes: list[Home], organization: Organization) -> str:
    """The one that was asked for; else the organization's, if it is among them, or the first's."""
    if given["currency"]:
        return str(given["currency"])
    codes = [home.currency for home in homes if str(home.pk) in given["property"]]
    codes = codes or [home.currency for home in homes]
    return organization.currency if organization.currency in codes or not codes else codes[0]
