"""Reports over nights: revenue by interval, trends, sources, pickup. One statement each."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Organization
from analytics.figures import Figures
from analytics.statements import EARNED, PICKUP, REVENUE, SOURCES, TRENDS, rows_of
from analytics.summary import ZERO, Choice, Summary, ratio
from bookings.querysets import HOLDING
from properties.models import Property

ONE_DAY = timedelta(days=1)
# The same weekdays, a year before.
A_YEAR_OF_WEEKS = timedelta(days=364)

type Interval = Literal["day", "week", "month"]


@dataclass(frozen=True)
class Scope:
    """What a report is about: [start, end) of what is chosen, where it sells in the currency."""

    organization: Organization
    start: date
    end: date
    currency: str
    # All, unless some are named.
    properties: tuple[UUID, ...] = ()
    units: tuple[UUID, ...] = ()

    @classmethod
    def usual(
        cls,
        organization: Organization,
        start: date,
        end: date,
        property: Property | None = None,
        currency: str | None = None,
    ) -> Self:
        """In the currency that is named; else the property's, or the organization's."""
        own = property.currency if property else organization.currency
        chosen = (property.pk,) if property else ()
        return cls(organization, start, end, currency or own, chosen)

    @property
    def choice(self) -> Choice:
        """The properties and units alone."""
        return Choice(self.properties, self.units)

    def values(self, **more: Any) -> dict[str, Any]:
        """For a statement."""
        return {
            "organization": self.organization.pk,
            **self.choice.values(),
            "currency": self.currency,
            "start": self.start,
            "end": self.end,
            "holding": list(HOLDING),
            **more,
        }


@dataclass(frozen=True)
class Revenue:
    """The figures of each calendar interval, clipped to the period."""

    items: list[Figures]
    other_currencies: list[str]


def revenue(scope: Scope, interval: Interval) -> Revenue:
    """Nights and what they brought by day, week (ISO 8601: from Monday) or month."""
    rows = rows_of(REVENUE, scope.values(interval=interval))
    items = [
        Figures(first, last, available, sold, money)
        for first, last, sold, available, money, _others in rows
    ]
    return Revenue(items, rows[0][-1] if rows else [])


@dataclass(frozen=True)
class Trend:
    """A period and its figures."""

    start: date
    end: date
    figures: Summary


@dataclass(frozen=True)
class Trends:
    """The period, the one of the same length just before, and the same weekdays a year ago."""

    current: Trend
    previous: Trend
    last_year: Trend
    other_currencies: list[str]


def trends(scope: Scope) -> Trends:
    """Nights sold and available, room revenue and arrivals of the three periods."""
    length = scope.end - scope.start
    periods = [
        (scope.start, scope.end),
        (scope.start - length, scope.start),
        (scope.start - A_YEAR_OF_WEEKS, scope.end - A_YEAR_OF_WEEKS),
    ]
    starts, ends = zip(*periods, strict=True)
    rows = rows_of(TRENDS, scope.values(starts=list(starts), ends=list(ends)))
    found = [
        Trend(
            *period,
            Summary(
                nights_sold=sold, available_nights=available, room_revenue=money, arrivals=stays
            ),
        )
        for period, (sold, available, money, stays, _others) in zip(periods, rows, strict=True)
    ]
    return Trends(found[0], found[1], found[2], rows[0][-1])


def change(now: Decimal | int | None, base: Decimal | int | None) -> Decimal | None:
    """By how much percent of `base` it has become another; None where there is nothing to compare.

    STR/CoStar: (this - last) / last x 100.
    """
    return None if now is None or not base else ratio((Decimal(now) - base) * 100, base)


@dataclass(frozen=True)
class Source:
    """What came through one channel: stays with nights in the period, and these nights."""

    source: str
    bookings: int
    nights_sold: int
    room_revenue: Decimal

    @property
    def adr(self) -> Decimal | None:
        """Average daily rate: room revenue / nights sold."""
        return ratio(self.room_revenue, self.nights_sold)


@dataclass(frozen=True)
class Sources:
    """The channels, the one that brought most first."""

    items: list[Source]
    other_currencies: list[str]

    def total(self) -> Source:
        """All of them."""
        return Source(
            "total",
            sum(one.bookings for one in self.items),
            sum(one.nights_sold for one in self.items),
            sum((one.room_revenue for one in self.items), ZERO),
        )


def sources(scope: Scope) -> Sources:
    """Through which channels the nights of the period were sold."""
    rows = rows_of(SOURCES, scope.values())
    return Sources([Source(*row[:-1]) for row in rows if row[0] is not None], rows[0][-1])


def earned(scope: Scope) -> dict[str, Decimal]:
    """The room revenue of each channel alone, of those with stays there; told by bookings."""
    return dict(rows_of(EARNED, scope.values()))


@dataclass(frozen=True)
class OnBooks:
    """Stays with nights in the period, these nights, and their agreed prices."""

    bookings: int = 0
    nights: int = 0
    revenue: Decimal = ZERO


@dataclass(frozen=True)
class Pickup:
    """What was on the books for the period at two moments, and what came between.

    `new`: stays on the books at the second only; `lost`: at the first only, negative; `changed`:
    at both, by what they changed, which is no number of bookings: `changed_bookings` says of how
    many. on_books_to - on_books_from = new + lost + changed.
    """

    on_books_from: OnBooks
    on_books_to: OnBooks
    new: OnBooks
    lost: OnBooks
    changed: OnBooks
    changed_bookings: int
    other_currencies: list[str]

    @property
    def net(self) -> OnBooks:
        """The difference."""
        return difference(self.on_books_to, self.on_books_from)


def difference(one: OnBooks, other: OnBooks) -> OnBooks:
    """One less the other."""
    parts: Iterable[str] = (part.name for part in fields(OnBooks))
    return OnBooks(**{name: getattr(one, name) - getattr(other, name) for name in parts})


def pickup(scope: Scope, as_of_from: date, as_of_to: date) -> Pickup:
    """What was recorded at the ends of two days, as the organization's clocks have it.

    Read from the history that triggers keep, which nobody changes: so of stays that were called
    off, moved, priced anew or deleted since, too.
    """
    zone = ZoneInfo(scope.organization.time_zone)
    moments = {"moment_from": end_of(as_of_from, zone), "moment_to": end_of(as_of_to, zone)}
    ((*counts, others),) = rows_of(PICKUP, scope.values(**moments))
    books = [OnBooks(*counts[n : n + 3]) for n in range(0, len(counts), 3)]
    before, after, new, lost, changed = books
    gone, by = difference(OnBooks(), lost), replace(changed, bookings=0)
    return Pickup(before, after, new, gone, by, changed.bookings, others)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the day after, there."""
    after = day + ONE_DAY
    return datetime(after.year, after.month, after.day, tzinfo=zone)
