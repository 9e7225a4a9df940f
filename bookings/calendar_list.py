"""The tape chart as a page to read: each unit with its stays, blocks and free nights in order."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import calendar
from bookings.models import MOVES, Block, Status
from bookings.views import BUTTONS, Move
from properties.models import Property, Unit
from villaops.forms import DayInput, HouseForm

DAYS = 14
# A stay with its buttons is almost 2 KB: a page of busy units shows fewer of them.
STAYS_PER_PAGE = 40
MOST_UNITS = 15


@dataclass(frozen=True)
class Span:
    """Nights [start, end) of a unit: a stay's, a block's or nobody's."""

    kind: str
    start: dt.date
    end: dt.date
    id: UUID | None = None
    name: str = ""
    state: str = ""
    label: str = ""
    # Of a stay without a unit: the property's name.
    place: str = ""

    def buttons(self) -> list[tuple[str, Move]]:
        """Where a stay may be moved to from here, each with its button; the next step first."""
        targets = [to for to in MOVES.get(self.state, ()) if (self.state, to) in BUTTONS]
        moves = [(to, BUTTONS[self.state, to]) for to in targets]
        return sorted(moves, key=lambda move: not move[1].is_next_step)

    def may_cancel(self) -> bool:
        """Whether the stay can still be called off."""
        return Status.CANCELLED in MOVES.get(self.state, ())


@dataclass(frozen=True)
class Row:
    """A unit and what happens there."""

    unit: Unit
    spans: list[Span]
    is_open: bool


class ListFilter(HouseForm):
    """Which days and which property."""

    start = forms.DateField(label=gettext_lazy("From"), required=False, widget=DayInput)
    days = forms.TypedChoiceField(
        label=gettext_lazy("Days"),
        required=False,
        coerce=int,
        choices=[(7, "7"), (14, "14"), (31, "31")],
    )
    property = forms.ChoiceField(label=gettext_lazy("Property"), required=False)

    def __init__(self, *args: Any, properties: Iterable[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        homes = cast(forms.ChoiceField, self.fields["property"])
        # Read when the form is shown or the address names one, and not for its other fields.
        homes.choices = lambda: [("", _("All properties")), *((str(pk), n) for pk, n in properties)]

    def value(self, name: str) -> Any:
        """What was asked for, as far as it makes sense."""
        self.is_valid()
        return self.cleaned_data.get(name)


def listed(
    organization_id: UUID, start: dt.date, end: dt.date, home: str | None, number: str | None
) -> dict[str, Any]:
    """One page of units with their spans, and the stays without a unit."""
    units = Unit.objects.for_organization(organization_id).select_related("property").in_order()
    if home:
        units = units.filter(property__pk=home)
    ids = list(units.values_list("pk", flat=True))
    shown = {str(pk) for pk in ids}
    by_unit: dict[str, list[dict[str, Any]]] = {}
    waiting = []
    places = dict(
        Property.objects.for_organization(organization_id).values_list("pk", "name").order_by("pk")
    )
    for bar in json.loads(calendar.bars_between(organization_id, start, end)[0]):
        if bar["unit"] in shown:
            by_unit.setdefault(bar["unit"], []).append(bar)
        elif bar["unit"] is None and home in (None, "", bar["property"]):
            waiting.append(_span(bar, places[UUID(bar["property"])]))
    busiest = max((len(bars) for bars in by_unit.values()), default=1)
    size = max(min(STAYS_PER_PAGE // busiest, MOST_UNITS), 1)
    page = Paginator(ids, size).get_page(number)
    rows = [
        Row(
            unit,
            _with_free([_span(bar) for bar in by_unit.get(str(unit.pk), [])], start, end),
            unit.status == Unit.Status.ACTIVE and unit.property.is_open(),
        )
        for unit in units.filter(pk__in=list(page))
    ]
    return {"page": page, "rows": rows, "unassigned": waiting}


def _span(bar: dict[str, Any], place: str = "") -> Span:
    is_stay = bar["kind"] == "booking"
    state = bar["status"] if is_stay else bar["reason"]
    label = Status(state).label if is_stay else Block.Reason(state).label
    start, end = (dt.date.fromisoformat(bar[name]) for name in ("start", "end"))
    name = bar["name"] or bar["reference"]
    return Span(bar["kind"], start, end, UUID(bar["id"]), name, state, label, place)


def _with_free(taken: list[Span], start: dt.date, end: dt.date) -> list[Span]:
    """The spans in order, with those that nobody holds between them."""
    spans, free_from = [], start
    for span in sorted(taken, key=lambda span: span.start):
        if span.start > free_from:
            spans.append(Span("free", free_from, span.start))
        spans.append(span)
        free_from = max(free_from, span.end)
    if free_from < end:
        spans.append(Span("free", free_from, end))
    return spans
