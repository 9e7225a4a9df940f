"""The monthly report: what a past month sold, in figures, a drawing and tables."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext as _

from accounts.models import Organization
from analytics.figures import DayOccupancy, Figures, figures_by_day
from analytics.summary import PropertySummary, Summaries, Summary, summaries, together
from bookings.models import Booking
from villaops import written
from villaops.clock import today_in

ONE_DAY = dt.timedelta(days=1)
OLDEST = 60
DASH = "–"


@dataclass(frozen=True)
class Figure:
    """A figure in words, and by how much it is other than the month before."""

    label: str
    text: str
    # The difference to the month before, and whether it is one to be glad of.
    change: str = ""
    is_up: bool | None = None


@dataclass(frozen=True)
class Section:
    """The properties that sell in one currency."""

    currency: str
    total: Summary
    before: Summary
    rows: list[PropertySummary]
    days: list[DayOccupancy]

    def figures(self) -> list[Figure]:
        """The month in a few words, each beside the month before."""
        now, before = self.total, self.before
        return [
            _points(_("Occupancy"), now.occupancy_rate, before.occupancy_rate),
            _points(
                _("Adjusted occupancy"),
                now.adjusted_occupancy_rate,
                before.adjusted_occupancy_rate,
            ),
            _share(_("Room revenue"), now.room_revenue, before.room_revenue, self.currency),
            _share(_("ADR"), now.adr, before.adr, self.currency),
            _share(_("RevPAR"), now.revpar, before.revpar, self.currency),
            _share(_("Nights sold"), now.nights_sold, before.nights_sold),
            _share(_("Arrivals"), now.arrivals, before.arrivals),
            Figure(_("Nights a stay"), DASH if now.alos is None else written.number(now.alos, 1)),
        ]

    def bars(self) -> dict[str, Any]:
        """The drawing: a bar for each night, as high as the share of units that were sold."""
        return bars_of(self.days)


@dataclass(frozen=True)
class Report:
    """A month of an organization: a section for each currency, its own first."""

    organization: Organization
    month: dt.date
    sections: list[Section]

    @property
    def last(self) -> dt.date:
        """The month's last day."""
        return next_month(self.month) - ONE_DAY


def monthly_report(organization: Organization, month: dt.date) -> Report:
    """The report of the month that begins on the day, beside the one before. Three statements."""
    end = next_month(month)
    now = summaries(organization, month, end)
    before = summaries(organization, previous_month(month), month)
    days = figures_by_day(organization, month, end)
    currencies = sorted(now.currencies(), key=lambda code: (code != organization.currency, code))
    return Report(
        organization,
        month,
        [_section(code, now, before, days.get(code, ())) for code in currencies],
    )


def _section(currency: str, now: Summaries, before: Summaries, days: Sequence[Figures]) -> Section:
    rows = now.of(currency)
    by_day = [DayOccupancy(day.start, day.available, day.sold, day.blocked) for day in days]
    return Section(currency, together(rows), together(before.of(currency)), rows, by_day)


# --- Months ------------------------------------------------------------------------------------


def next_month(month: dt.date) -> dt.date:
    """The first of the month after."""
    return (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def previous_month(month: dt.date) -> dt.date:
    """The first of the month before."""
    return (month.replace(day=1) - ONE_DAY).replace(day=1)


def months_of(organization: Organization) -> list[dt.date]:
    """The months there can be a report of, newest first: past ones since the first stay, or the
    last one alone; five years at most. One statement.
    """
    own = Booking.objects.for_organization(organization).aggregate(first=Min("check_in"))
    month = previous_month(today_in(organization.time_zone))
    first = min(own["first"] or month, month).replace(day=1)
    months = [month]
    while months[-1] > first and len(months) < OLDEST:
        months.append(previous_month(months[-1]))
    return months


# --- Words -------------------------------------------------------------------------------------


def _points(label: str, now: Decimal | None, before: Decimal | None) -> Figure:
    """A percentage, and how many points it has moved."""
    if now is None:
        return Figure(label, DASH)
    text = f"{written.number(now, 1)} %"
    if before is None:
        return Figure(label, text)
    moved = now - before
    return Figure(label, text, _signed(moved, _("points")), _direction(moved))


def _share(
    label: str, now: Decimal | int | None, before: Decimal | int | None, currency: str = ""
) -> Figure:
    """An amount or a count, and by how many percent it has changed."""
    if now is None:
        return Figure(label, DASH)
    text = written.money(Decimal(now), currency) if currency else written.number(now, 0)
    if not before:
        return Figure(label, text)
    moved = (Decimal(now) - before) * 100 / before
    return Figure(label, text, _signed(moved, "%"), _direction(moved))


def _signed(moved: Decimal, unit: str) -> str:
    sign = "+" if moved > 0 else "\N{MINUS SIGN}" if moved < 0 else "±"
    return f"{sign}{written.number(abs(moved), 1)} {unit}"


def _direction(moved: Decimal) -> bool | None:
    return None if not moved else moved > 0


# --- The drawing -------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, FOOT = 640, 140, 44, 22


def bars_of(days: Sequence[DayOccupancy]) -> dict[str, Any]:
    """Where the template draws what, in the drawing's own units."""
    step = (WIDTH - LEFT) / max(1, len(days))
    bars = []
    for number, day in enumerate(days):
        high = float(day.rate) * HEIGHT / 100
        bars.append(
            {
                "x": round(LEFT + number * step + step * 0.14, 2),
                "y": round(HEIGHT - high, 2),
                "width": round(step * 0.72, 2),
                "height": round(high, 2),
                "middle": round(LEFT + (number + 0.5) * step, 2),
                "day": day,
                "label": day.day.day if day.day.day == 1 or day.day.day % 5 == 0 else "",
            }
        )
    lines = [{"share": share, "y": HEIGHT - HEIGHT * share // 100} for share in (0, 50, 100)]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "whole": HEIGHT + FOOT + 10,
        "foot": HEIGHT + FOOT,
        "left": LEFT,
        "bars": bars,
        "lines": lines,
    }
