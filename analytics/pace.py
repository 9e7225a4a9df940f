"""How the nights of a period came on the books: what was recorded at the end of one day after
another, beside the same weekdays of the year before, as many days out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise, zip_longest
from zoneinfo import ZoneInfo

from analytics.asked import Asked, Period
from analytics.reports import A_YEAR_OF_WEEKS, Scope, end_of
from analytics.statements import HAPPENED, KNOWN_HOMES, KNOWN_UNITS, REPLACED, rows_of
from analytics.summary import ZERO

# So long before its first night a period is watched, on so many days.
EARLY = timedelta(days=182)
MOST_POINTS = 40

# What came on the books and went between the moments, so that what is on them at one is the sum of
# all before it, as in PICKUP, in one reading.
PACE = f"""
WITH home AS MATERIALIZED ({KNOWN_HOMES}), room AS MATERIALIZED ({KNOWN_UNITS}),
happened AS (
    SELECT width_bucket(e.pgh_created_at, %(moments)s::timestamptz[]) AS number,
        e.pgh_label AS label, count(e.booking_id) AS nights, coalesce(sum(e.price), 0) AS revenue
    FROM bookings_nightevent e WHERE {HAPPENED}
    GROUP BY 1, 2
), replaced AS (
    SELECT width_bucket(e.pgh_created_at, %(moments)s::timestamptz[]) AS number,
        count(*) AS nights, coalesce(sum(was.price), 0) AS revenue
    FROM {REPLACED}
    GROUP BY 1
)
SELECT number, sum(CASE label WHEN 'delete' THEN -nights ELSE nights END)::int,
    sum(CASE label WHEN 'delete' THEN -revenue ELSE revenue END)
FROM (
    SELECT * FROM happened UNION ALL SELECT number, 'delete', nights, revenue FROM replaced
) step
GROUP BY number
"""  # noqa: S608 - parts of our own


@dataclass(frozen=True)
class Books:
    """Unit nights on the books, and their agreed prices."""

    nights: int
    revenue: Decimal


@dataclass(frozen=True)
class Point:
    """The end of a day: what was on the books for the period; and for the same weekdays a year
    before, 364 days earlier. `now` is None on a day that is still to come; `picked_up`, what came
    on the books since the day before it in the curve, less what went, on the first one too.
    """

    day: date
    now: Books | None
    picked_up: Books | None
    year_ago: Books


def pace(asked: Asked) -> list[Point]:
    """The curve of the period beside the year before's, oldest day first. Two statements."""
    days = days_watched(asked.period, asked.today)
    now = on_books(asked.scope, [day for day in days if day <= asked.today])
    gained = [
        Books(after.nights - before.nights, after.revenue - before.revenue)
        for before, after in pairwise(now)
    ]
    year_ago = on_books(
        asked.scope_of(asked.period.last_year()), [day - A_YEAR_OF_WEEKS for day in days]
    )
    return [Point(*row) for row in zip_longest(days, now, [None, *gained][: len(now)], year_ago)]


def days_watched(period: Period, today: date) -> list[date]:
    """From half a year before the first night to the last, in equal steps; and today."""
    first = min(period.start, today) - EARLY
    last = max(period.last, first)
    step = -(-((last - first).days + 1) // MOST_POINTS)
    # Whole weeks compare like with like.
    step = -(-step // 7) * 7
    days = {last - timedelta(days=back) for back in range(0, (last - first).days + 1, step)}
    return sorted(days | ({today} if first <= today <= last else set()))


def on_books(scope: Scope, days: Sequence[date]) -> list[Books]:
    """What was on the books for the period at the end of each of the days, which are in order, as
    the organization's clocks have it. One statement; none without days.
    """
    if not days:
        return []
    zone = ZoneInfo(scope.organization.time_zone)
    moments = [end_of(day, zone) for day in days]
    rows = rows_of(PACE, scope.values(moments=moments, moment_to=moments[-1]))
    added = {number: (nights, revenue) for number, nights, revenue in rows}
    steps = [added.get(number, (0, ZERO)) for number in range(len(days))]
    nights = accumulate(step[0] for step in steps)
    revenue = accumulate(step[1] for step in steps)
    return [Books(*sums) for sums in zip(nights, revenue, strict=True)]
