"""How a property stands tonight, in words, and over the nights to come, as a strip of bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from analytics.figures import DayOccupancy, Outlook, percent
from properties.models import Property

BAR_STEP, BAR_WIDTH, BAR_HEIGHT = 20, 14, 64
SATURDAY = 5


@dataclass(frozen=True)
class Tonight:
    """Tone, icon and words of a badge."""

    tone: str
    icon: str
    words: str


def tonight_at(home: Property, outlook: Outlook) -> Tonight:
    """Whether anybody sleeps there, and whether anybody still could."""
    sold, blocked = outlook.sold_tonight, outlook.blocked_tonight
    offered = max(outlook.offered_tonight, sold + blocked)
    if sold and offered == 1:
        return Tonight("info", "bed", _("Occupied tonight"))
    if sold:
        words = {"sold": sold, "offered": offered}
        return Tonight("info", "bed", _("%(sold)d of %(offered)d occupied tonight") % words)
    if blocked and blocked == offered:
        return Tonight("odd", "lock", _("Blocked tonight"))
    if not offered or not home.is_open():
        return Tonight("calm", "ban", _("Not on offer tonight"))
    return Tonight("calm", "moon", _("Free tonight"))


@dataclass(frozen=True)
class Bar:
    """One night, measured for the template to draw: sold at the foot, blocked above it."""

    night: DayOccupancy
    x: int
    sold: int
    blocked: int

    @property
    def sold_y(self) -> int:
        """Where the sold part begins, from above."""
        return BAR_HEIGHT - self.sold

    @property
    def blocked_y(self) -> int:
        """Where the blocked part begins, from above."""
        return self.sold_y - self.blocked

    @property
    def is_weekend(self) -> bool:
        """The nights of Friday and Saturday, on which houses fill."""
        return self.night.day.weekday() in (SATURDAY - 1, SATURDAY)


class Strip:
    """The nights to come of one property, their bars and their sum."""

    def __init__(self, nights: Sequence[DayOccupancy]) -> None:
        self.nights = nights
        self.available = sum(night.available for night in nights)
        self.sold = sum(night.sold for night in nights)
        self.width, self.height, self.bar_width = BAR_STEP * len(nights), BAR_HEIGHT, BAR_WIDTH
        self.bars = [_bar(n, night) for n, night in enumerate(nights)]

    @property
    def rate(self) -> Decimal | None:
        """Nights sold / nights available, percent of 100; None without any on offer."""
        return percent(self.sold, self.available) if self.available else None


def _bar(n: int, night: DayOccupancy) -> Bar:
    most = max(night.available, night.sold + night.blocked, 1)
    return Bar(
        night,
        n * BAR_STEP + (BAR_STEP - BAR_WIDTH) // 2,
        round(BAR_HEIGHT * night.sold / most),
        round(BAR_HEIGHT * night.blocked / most),
    )
