"""What the charts of the pages of figures are drawn from, as charts.js reads it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from analytics.figures import DayOccupancy, Figures, PropertyOccupancy
from villaops import written

type Chart = dict[str, Any]


def chart_of_days(days: Sequence[DayOccupancy], *, by_month: bool) -> Chart:
    """Occupancy by day, or by month when each of the days stands for one."""
    name = written.month if by_month else written.short_plain_day
    rates = [day.rate if day.available else None for day in days]
    return chart(
        [name(day.day) for day in days],
        [series("bar", _("Occupancy"), rates, "accent")],
        unit="%",
    )


def chart_of_properties(rows: Sequence[PropertyOccupancy]) -> Chart:
    """Occupancy by property, lying bars."""
    rates = [row.occupancy_rate for row in rows]
    return chart(
        [row.property_name for row in rows],
        [series("bar", _("Occupancy"), rates, "accent")],
        unit="%",
        lying=True,
    )


def chart_of_revenue(months: Sequence[Figures], currency: str) -> Chart:
    """Room revenue as bars, nights sold as a line on an axis of its own."""
    nights = series("line", _("Nights sold"), [month.sold for month in months], "warning-ink")
    return chart(
        _names(months),
        [
            nights | {"axis": "second", "unit": _("nights")},
            series("bar", _("Room revenue"), [month.revenue for month in months], "accent"),
        ],
        unit=currency,
    )


def chart_of_rates(months: Sequence[Figures], currency: str) -> Chart:
    """ADR and RevPAR; the second is dashed, so that color is not needed to tell them apart."""
    revpar = series("line", _("RevPAR"), [month.revpar for month in months], "warning-ink")
    return chart(
        _names(months),
        [
            series("line", _("ADR"), [month.adr for month in months], "accent"),
            revpar | {"dash": [6, 4]},
        ],
        unit=currency,
    )


def chart(labels: Sequence[str], series: Sequence[Chart], **rest: Any) -> Chart:
    """What is drawn over the labels."""
    return {"labels": labels, "series": series, **rest}


def series(kind: str, label: str, values: Sequence[Decimal | int | None], color: str) -> Chart:
    """Bars or a line, in a color of the style sheets."""
    numbers = [None if value is None else float(value) for value in values]
    return {"type": kind, "label": label, "values": numbers, "color": color}


def _names(months: Sequence[Figures]) -> list[str]:
    return [written.month(month.start) for month in months]
