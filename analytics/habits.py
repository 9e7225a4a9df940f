"""How long before their stay guests book, and for how many nights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from analytics.reports import Scope
from analytics.statements import CHOSEN_STAY, HOMES, LEAD, rows_of
from analytics.summary import ratio

# The first number of each class; the last class has no end.
LEADS = (0, 1, 2, 4, 8, 15, 31, 61, 91, 181)
LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 14, 28)

HABITS = f"""
WITH home AS MATERIALIZED ({HOMES}), arriving AS (
    SELECT width_bucket({LEAD}, %(leads)s::int[]) AS lead,
        width_bucket(b.check_out - b.check_in, %(lengths)s::int[]) AS length
    FROM bookings_booking b JOIN home ON home.id = b.property_id
    WHERE b.organization_id = %(organization)s AND b.deleted_at IS NULL
        AND b.status = ANY(%(holding)s) AND b.check_in >= %(start)s AND b.check_in < %(end)s
        AND {CHOSEN_STAY}
)
SELECT lead, length, count(*)::int FROM arriving GROUP BY GROUPING SETS ((lead), (length))
"""  # noqa: S608 - parts of our own


@dataclass(frozen=True)
class Bar:
    """The stays whose number is from `first` to `last`; to any number, if that is None."""

    first: int
    last: int | None
    stays: int
    of: int

    @property
    def share(self) -> Decimal | None:
        """In percent of all."""
        return ratio(self.stays * 100, self.of)

    @property
    def label(self) -> str:
        """`4–7`, `181+`."""
        if self.last is None:
            return f"{self.first}+"
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True)
class Habits:
    """Of the stays that count and arrive in a period: days from creation to arrival, and nights."""

    leads: list[Bar]
    lengths: list[Bar]


def habits(scope: Scope) -> Habits:
    """The two histograms of the arrivals; formulas as in Summary. One statement."""
    rows = rows_of(HABITS, scope.values(leads=list(LEADS), lengths=list(LENGTHS)))
    leads = {lead: stays for lead, length, stays in rows if length is None}
    lengths = {length: stays for lead, length, stays in rows if lead is None}
    return Habits(_bars(LEADS, leads), _bars(LENGTHS, lengths))


def _bars(firsts: Sequence[int], stays: Mapping[int, int]) -> list[Bar]:
    lasts = [*(first - 1 for first in firsts[1:]), None]
    whole = sum(stays.values())
    return [
        Bar(first, last, stays.get(number, 0), whole)
        for number, (first, last) in enumerate(zip(firsts, lasts, strict=True), start=1)
    ]
