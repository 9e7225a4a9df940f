"""The analytics page as a table for other programs, and as a report on paper.

Both are made of what the page and the API are made of; no figure is counted here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from analytics import reports
from analytics.api_reports import FiguresOutput, figures_told, revenue_told
from analytics.asked import Asked
from analytics.checks import checked
from analytics.figures import HUNDREDTH, DayOccupancy, Figures
from analytics.page import Overview, Whole, channels, overview
from analytics.page_charts import PART_NAMES, compared_words
from analytics.paper import on_paper
from analytics.report import bars_of
from analytics.summary import PropertySummary, summaries
from bookings.exports import Row, harmless

# So many names can be read below a drawing.
MOST_LABELS = 8
# The names of the API; what a part does not have is empty.
HEADS = ("block", "name", "period_start", "period_end", "currency", *FiguresOutput.model_fields)


@dataclass(frozen=True)
class Figured:
    """What a question comes to: all of it, and by property."""

    whole: Whole
    rows: list[PropertySummary]

    @classmethod
    def of(cls, asked: Asked) -> "Figured":
        """One statement."""
        scope = asked.scope
        found = summaries(scope.organization, scope.start, scope.end, scope.choice)
        return cls(Whole.of(found, scope.currency), found.of(scope.currency))


def table_of(asked: Asked) -> Iterator[Row]:
    """A line for the whole, for the comparison, and for each property, part of the period and
    channel. Four statements at most.
    """
    scope, found = asked.scope, Figured.of(asked)
    own = asked.period
    yield _line(asked, "total", "", own.start, own.end, _all_of(found.whole))
    if beside := asked.comparison:
        before = summaries(scope.organization, beside.start, beside.end, scope.choice)
        told = _all_of(Whole.of(before, scope.currency))
        yield _line(asked, "comparison", asked.compare, beside.start, beside.end, told)
    for row in found.rows:
        told = figures_told(row.figures, row.lead_time)
        yield _line(asked, "property", row.name, own.start, own.end, told)
    for part in reports.revenue(scope, asked.by).items:
        yield _line(asked, asked.by, "", part.start, part.end, revenue_told(part))
    for source in reports.sources(scope).items:
        told = {
            "nights_sold": source.nights_sold,
            "room_revenue": source.room_revenue,
            "adr": source.adr,
        }
        yield _line(asked, "source", source.source, own.start, own.end, told)


def _all_of(whole: Whole) -> dict[str, Any]:
    return figures_told(whole.figures, whole.lead_time)


def _line(
    asked: Asked, block: str, name: str, start: date, end: date, figures: Mapping[str, Any]
) -> Row:
    told = [_exact(figures.get(key)) for key in FiguresOutput.model_fields]
    return [block, harmless(name), start, end, asked.scope.currency, *told]


def _exact(value: Any) -> Any:
    """With its two decimals, as the API writes it."""
    return value.quantize(HUNDREDTH) if isinstance(value, Decimal) else value


def paper_of(asked: Asked) -> str:
    """The page as one file of HTML that is printed, or made a PDF of."""
    return on_paper("analytics/analysis_paper.html", asked.organization, _context(asked))


def _context(asked: Asked) -> dict[str, Any]:
    found: Overview = overview(asked)
    rows, total = channels(asked)
    parts = [line.figures for line in found.lines]
    return {
        "asked": asked,
        "overview": found,
        "properties": Figured.of(asked),
        "channels": rows,
        "channels_total": total,
        "compared": compared_words(asked) if asked.comparison else "",
        "bars": _bars(asked, parts),
        "checked": checked(asked.organization, asked),
    }


def _bars(asked: Asked, parts: Sequence[Figures]) -> dict[str, Any]:
    """Occupancy part by part; weeks and months are called by their first day."""
    drawn = bars_of(
        [DayOccupancy(part.start, part.available, part.sold, part.blocked) for part in parts]
    )
    if asked.by != "day":
        name, step = PART_NAMES[asked.by], -(-len(parts) // MOST_LABELS)
        for number, (bar, part) in enumerate(zip(drawn["bars"], parts, strict=True)):
            bar["label"] = "" if number % step else name(part.start)
    return drawn
