"""How the analytics page writes what the API answers: to the hundredth, a dash for no value."""

import json
from decimal import Decimal

from django import template

from analytics.charts import Chart
from analytics.page import DASH, signed
from villaops import written

register = template.Library()
register.filter("plain_day", written.plain_day)


@register.filter
def amount(value: Decimal | None) -> str:
    """`1,290.00`, where the currency stands at the head."""
    return DASH if value is None else _with_minus(written.number(value, 2))


@register.filter
def count(value: int) -> str:
    """`1,380`."""
    return _with_minus(written.number(value, 0))


def _with_minus(text: str) -> str:
    """With the sign that is as wide as a plus; pickup may be negative."""
    return text.replace("-", "\N{MINUS SIGN}")


@register.filter
def rate(value: Decimal | None) -> str:
    """`66.67 %`."""
    return DASH if value is None else f"{written.number(value, 2)}{written.NO_BREAK_SPACE}%"


register.filter("signed", signed)


@register.filter
def drawing(chart: Chart) -> str:
    """What a chart is drawn from, as text: htmx lets no script element into a page, JSON or not."""
    return json.dumps(chart, separators=(",", ":"))
