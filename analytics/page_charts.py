"""What the charts of the analytics page are drawn from. A comparison is dashed, so that color is
not needed to tell the two apart.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from analytics.asked import Asked
from analytics.charts import Chart, chart, series
from analytics.habits import Bar
from analytics.pace import Point
from analytics.page import Channel, Line
from analytics.reports import Interval
from villaops import written

DASHED: dict[str, Any] = {"dash": [6, 4]}
# How a part of a period is called in a chart and its table.
PART_NAMES: Mapping[Interval, Callable[[date], str]] = {
    "day": written.short_plain_day,
    "week": written.short_plain_day,
    "month": written.month,
}


def compared_words(asked: Asked) -> str:
    """What the dashed line is."""
    return _("The period before") if asked.compare == "previous" else _("Last year")


def chart_of_revenue_beside(asked: Asked, lines: Sequence[Line]) -> Chart:
    """Room revenue of each part as bars, the comparison's as a line."""
    now = [line.figures.revenue for line in lines]
    drawn = [series("bar", _("Room revenue"), now, "accent")]
    if asked.comparison:
        before = [line.before.revenue if line.before else None for line in lines]
        drawn.insert(0, series("line", compared_words(asked), before, "warning-ink") | DASHED)
    return chart(_names(asked, lines), drawn, unit=asked.scope.currency)


def chart_of_occupancy_beside(asked: Asked, lines: Sequence[Line]) -> Chart:
    """Occupancy of each part, and the comparison's."""
    now = [line.figures.occupancy_rate for line in lines]
    drawn = [series("line", _("Occupancy"), now, "accent")]
    if asked.comparison:
        before = [line.before.occupancy_rate if line.before else None for line in lines]
        drawn.append(series("line", compared_words(asked), before, "warning-ink") | DASHED)
    return chart(_names(asked, lines), drawn, unit="%")


def chart_of_channels(rows: Sequence[Channel]) -> Chart:
    """Shares of revenue and nights, lying bars."""
    return chart(
        [row.label for row in rows],
        [
            series("bar", _("Share of revenue"), [row.revenue_share for row in rows], "accent"),
            series("bar", _("Share of nights"), [row.nights_share for row in rows], "warning-ink"),
        ],
        unit="%",
        lying=True,
    )


def chart_of_bars(bars: Sequence[Bar]) -> Chart:
    """A histogram of stays."""
    stays = series("bar", _("Stays"), [bar.stays for bar in bars], "accent")
    return chart([bar.label for bar in bars], [stays], unit=_("stays"))


def chart_of_pace(points: Sequence[Point]) -> Chart:
    """Nights on the books at the end of each day watched, and a year before."""
    now = [point.now.nights if point.now else None for point in points]
    year_ago = [point.year_ago.nights for point in points]
    return chart(
        [written.short_plain_day(point.day) for point in points],
        [
            series("line", _("On the books"), now, "accent"),
            series("line", _("A year before"), year_ago, "warning-ink") | DASHED,
        ],
        unit=_("nights"),
    )


def chart_of_pickup(points: Sequence[Point]) -> Chart:
    """Nights that came on the books, less those that went, between the days watched."""
    steps = [(point.day, point.picked_up.nights) for point in points if point.picked_up]
    return chart(
        [written.short_plain_day(day) for day, _nights in steps],
        [series("bar", _("Pickup"), [nights for _day, nights in steps], "accent")],
        unit=_("nights"),
    )


def _names(asked: Asked, lines: Sequence[Line]) -> list[str]:
    name = PART_NAMES[asked.by]
    return [name(line.figures.start) for line in lines]
