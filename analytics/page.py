"""The analytics page: what each of its parts shows, read from the reports the API answers with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import reports
from analytics.asked import Asked
from analytics.figures import Figures, total_of
from analytics.reports import Pickup, Source, change
from analytics.summary import ZERO, LeadTime, Summaries, Summary, ratio, summaries, together
from bookings.models import Booking
from villaops import written

DASH = "–"

type Amount = Decimal | int | None


@dataclass(frozen=True)
class Whole:
    """The figures of all that was asked about."""

    figures: Summary
    lead_time: LeadTime

    @classmethod
    def of(cls, found: Summaries, currency: str) -> "Whole":
        """Of the properties that sell in the currency."""
        return cls(together(found.of(currency)), found.lead_times.get(currency, LeadTime()))


@dataclass(frozen=True)
class Kind:
    """A figure that has a card: what it is, how it is counted, and what its rise means."""

    key: str
    label: Promise
    formula: Promise
    value: Callable[[Whole], Amount]
    unit: str
    # Which rows stand behind it.
    behind: str = "nights"
    # Whether more of it is better; None where that depends.
    more_is_better: bool | None = True


KINDS = (
    Kind(
        "occupancy",
        gettext_lazy("Occupancy"),
        gettext_lazy("Nights sold / nights available."),
        lambda whole: whole.figures.occupancy_rate,
        "%",
    ),
    Kind(
        "adjusted_occupancy",
        gettext_lazy("Adjusted occupancy"),
        gettext_lazy("Nights sold / (nights available - owner nights - nights out of order)."),
        lambda whole: whole.figures.adjusted_occupancy_rate,
        "%",
    ),
    Kind(
        "adr",
        gettext_lazy("ADR"),
        gettext_lazy("Average daily rate: room revenue / nights sold, totals of the period."),
        lambda whole: whole.figures.adr,
        "money",
    ),
    Kind(
        "revpar",
        gettext_lazy("RevPAR"),
        gettext_lazy("Revenue per available unit night: room revenue / nights available."),
        lambda whole: whole.figures.revpar,
        "money",
    ),
    Kind(
        "revenue",
        gettext_lazy("Room revenue"),
        gettext_lazy("Agreed prices of the nights sold, accommodation only."),
        lambda whole: whole.figures.room_revenue,
        "money",
    ),
    Kind(
        "alos",
        gettext_lazy("Length of stay"),
        gettext_lazy("Nights of the stays that arrive in the period / arrivals."),
        lambda whole: whole.figures.alos,
        "nights",
        behind="bookings",
        more_is_better=None,
    ),
    Kind(
        "lead_time",
        gettext_lazy("Lead time"),
        gettext_lazy("Days from creation to arrival, at the property; mean of the arrivals."),
        lambda whole: whole.lead_time.mean,
        "days",
        behind="bookings",
        more_is_better=None,
    ),
    Kind(
        "cancellations",
        gettext_lazy("Cancellations"),
        gettext_lazy("Cancelled / all bookings whose arrival is in the period."),
        lambda whole: whole.figures.cancellation_rate,
        "%",
        behind="bookings",
        more_is_better=False,
    ),
)


@dataclass(frozen=True)
class Card:
    """A figure in words, what it was, and what is behind it."""

    kind: Kind
    text: str
    note: str
    left_out: list[str]
    # Of the comparison; empty without one.
    was: str = ""
    change: str = ""
    # Whether the change is one to be glad of.
    is_better: bool | None = None
    # The rows whose sum or ratio it is.
    url: str = ""


@dataclass(frozen=True)
class Line:
    """A part of the period, and the same nights of the comparison."""

    figures: Figures
    before: Figures | None

    @property
    def change(self) -> Decimal | None:
        """Of the room revenue, in percent."""
        return change(self.figures.revenue, self.before.revenue if self.before else None)


@dataclass(frozen=True)
class Overview:
    """What the page begins with."""

    cards: list[Card]
    lines: list[Line]
    total: Line
    other_currencies: list[str]


def overview(asked: Asked) -> Overview:
    """The cards, and the period part by part. Four statements; two without a comparison."""
    (cards, others), lines = cards_of(asked), lines_of(asked)
    return Overview(cards, lines, whole_line(asked, lines), others)


def cards_of(asked: Asked) -> tuple[list[Card], list[str]]:
    """The cards, and the currencies they leave out. A statement each for period and comparison."""
    scope, beside = asked.scope, asked.comparison
    found = summaries(scope.organization, scope.start, scope.end, scope.choice)
    now, before = Whole.of(found, scope.currency), None
    if beside:
        compared = summaries(
            scope.organization, beside.start, beside.end, scope.choice, medians=False
        )
        before = Whole.of(compared, scope.currency)
    others = [code for code in found.currencies() if code != scope.currency]
    left_out = _("Left out: what sells in %s.") % ", ".join(others) if others else ""
    return [_card(asked, kind, now, before, left_out) for kind in KINDS], others


def lines_of(asked: Asked) -> list[Line]:
    """The period by day, week or month, each part beside the nights as far away as the
    comparison's first is from the period's own. Two statements.
    """
    items = reports.revenue(asked.scope, asked.by).items
    if asked.comparison is None:
        return [Line(item, None) for item in items]
    nights = reports.revenue(asked.scope_of(asked.comparison), "day").items
    return [Line(item, _same_nights(item, asked, nights)) for item in items]


def _same_nights(item: Figures, asked: Asked, nights: list[Figures]) -> Figures:
    """The sum of the comparison's nights, by day, that stand beside a part of the period."""
    first, last = (day - asked.period.start for day in (item.start, item.end))
    beside = nights[first.days : last.days]
    return total_of(beside, beside[0].start, beside[-1].end)


def whole_line(asked: Asked, lines: list[Line]) -> Line:
    """What the parts add up to."""
    period, beside = asked.period, asked.comparison
    before = [line.before for line in lines if line.before]
    return Line(
        total_of([line.figures for line in lines], period.start, period.end),
        total_of(before, beside.start, beside.end) if beside else None,
    )


# --- Cards -------------------------------------------------------------------------------------


def _card(asked: Asked, kind: Kind, now: Whole, before: Whole | None, left_out: str) -> Card:
    currency = asked.scope.currency
    behind = reverse(f"analysis:{kind.behind}", args=[asked.organization.slug])
    value = kind.value(now)
    card = Card(
        kind,
        in_words(value, kind.unit, currency),
        _note(kind, now),
        [*_left_out(kind, now), *([left_out] if left_out else [])],
        url=f"{behind}?{asked.query(figure=kind.key)}",
    )
    if before is None:
        return card
    base = kind.value(before)
    moved = change(value, base)
    better = None if not moved else (moved > 0) == kind.more_is_better
    return replace(
        card,
        was=in_words(base, kind.unit, currency),
        change=signed(moved),
        is_better=None if kind.more_is_better is None else better,
    )


def _note(kind: Kind, now: Whole) -> str:
    """The numbers that a ratio is made of."""
    found = now.figures
    left = found.available_nights - found.owner_nights - found.out_of_order_nights
    notes: Mapping[str, tuple[str, Amount, Amount]] = {
        "occupancy": (_("%s of %s nights"), found.nights_sold, found.available_nights),
        "adjusted_occupancy": (_("%s of %s nights"), found.nights_sold, left),
        "alos": (_("%s nights, %s arrivals"), found.stay_nights, found.arrivals),
        "cancellations": (_("%s of %s bookings"), found.cancelled_bookings, found.bookings),
    }
    if kind.key == "lead_time":
        return _("Median %s") % in_words(now.lead_time.median, "days", "")
    if kind.key not in notes:
        return _("%s nights sold") % written.number(found.nights_sold, 0)
    words, *numbers = notes[kind.key]
    return words % tuple(written.number(number or 0, 0) for number in numbers)


def _left_out(kind: Kind, now: Whole) -> list[str]:
    """What one might think was counted, and was not; or the other way round."""
    found = now.figures
    if kind.key == "occupancy":
        return [_("Blocked nights stay among those available.")]
    if kind.key == "adjusted_occupancy":
        taken = _("Taken out: %(owner)s owner nights, %(broken)s out of order.")
        return [taken % {"owner": found.owner_nights, "broken": found.out_of_order_nights}]
    if kind.key == "alos":
        return [_("Stays that began earlier are left out; those that arrive count whole.")]
    if kind.key == "lead_time":
        return [_("Cancelled bookings and no-shows are left out. The same day is 0.")]
    if kind.key == "cancellations":
        return [_("Deleted bookings are left out; the date of arrival decides.")]
    said = [_("Taxes, fees, extras and cancellation charges are left out.")]
    if found.unpriced_nights:
        unpriced = written.number(found.unpriced_nights, 0)
        said.append(_("%s nights without a price count as sold for nothing.") % unpriced)
    return said


def in_words(value: Amount, unit: str, currency: str) -> str:
    """The figure as the API has it, to the hundredth; a dash for none."""
    if value is None:
        return DASH
    if unit == "money":
        return written.money(Decimal(value), currency)
    words = {"%": "%", "nights": _("nights"), "days": _("days")}[unit]
    return f"{written.number(value, 2)}{written.NO_BREAK_SPACE}{words}"


def signed(moved: Decimal | None) -> str:
    """`+3.25 %`; a dash where there is nothing to compare."""
    if moved is None:
        return DASH
    sign = "+" if moved > 0 else "\N{MINUS SIGN}" if moved < 0 else "±"
    return f"{sign}{written.number(abs(moved), 2)}{written.NO_BREAK_SPACE}%"


# --- Channels ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Channel:
    """What came through a source, its part of all, and what did in the comparison."""

    label: str
    found: Source
    total: Source
    # Its room revenue there; None without one, and of a source that brought nothing then.
    before: Decimal | None

    @property
    def nights_share(self) -> Decimal | None:
        """Of all nights sold, in percent."""
        return ratio(self.found.nights_sold * 100, self.total.nights_sold)

    @property
    def revenue_share(self) -> Decimal | None:
        """Of all room revenue, in percent."""
        return ratio(self.found.room_revenue * 100, self.total.room_revenue)

    @property
    def change(self) -> Decimal | None:
        """Of the room revenue, in percent."""
        return change(self.found.room_revenue, self.before)


def channels(asked: Asked) -> tuple[list[Channel], Channel]:
    """The sources, the one that brought most first, and all of them. Two statements."""
    found = reports.sources(asked.scope)
    total, earlier, whole = found.total(), {}, None
    if asked.comparison:
        earlier = reports.earned(asked.scope_of(asked.comparison))
        whole = sum(earlier.values(), ZERO)
    rows = [
        Channel(str(Booking.Source(one.source).label), one, total, earlier.get(one.source))
        for one in found.items
    ]
    return rows, Channel(_("All"), total, total, whole)


# --- Pickup ------------------------------------------------------------------------------------


def pickup(asked: Asked) -> tuple[date, Pickup]:
    """The day at whose end it begins, and what came on the books since. One statement."""
    since = asked.today - timedelta(days=asked.since)
    return since, reports.pickup(asked.scope, since, asked.today)


def blocks_of(found: Pickup) -> list[dict[str, Any]]:
    """Its parts in the order in which they add up."""
    words = {
        "on_books_from": _("On the books then"),
        "new": _("New"),
        "changed": _("Changed"),
        "lost": _("Lost"),
        "on_books_to": _("On the books now"),
        "net": _("Pickup"),
    }
    return [
        {"label": label, "books": getattr(found, name), "is_sum": name in ("on_books_to", "net")}
        for name, label in words.items()
    ]
