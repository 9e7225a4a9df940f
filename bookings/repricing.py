"""What a changed stay would cost: nights that stay keep their price, new ones cost the base price.

Nothing here asks the database. What a new stay would cost is in `bookings.stay_quotes`.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Repricing:
    """The total before and after a change, each in its currency; None where there is none."""

    old: Decimal | None
    old_currency: str
    new: Decimal | None
    currency: str

    def changes_money(self) -> bool:
        """Whether somebody must decide between the two."""
        return self.currency != self.old_currency or (self.new is not None and self.new != self.old)

    def difference(self) -> Decimal | None:
        """What is to be paid more; None where the two cannot be compared."""
        if self.new is None or self.old is None or self.currency != self.old_currency:
            return None
        return self.new - self.old


def total_of(
    kept: Iterable[tuple[dt.date, Decimal | None]],
    wanted: Iterable[dt.date],
    base_price: Decimal | None,
) -> Decimal | None:
    """The total of unit nights on the dates wanted (one date for each unit).

    A date that was held before keeps its price, unit by unit; others cost the base price. None
    when a price that is needed is missing.
    """
    before: dict[dt.date, list[Decimal | None]] = {}
    for night, price in kept:
        before.setdefault(night, []).append(price)
    total = Decimal(0)
    for night, units in Counter(wanted).items():
        prices = before.get(night, [])[:units]
        prices += [base_price] * (units - len(prices))
        for price in prices:
            if price is None:
                return None
            total += price
    return total
