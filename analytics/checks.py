"""Whether figures add up: the same nights, counted by several reports, each in its own way."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organization
from analytics.asked import Asked
from analytics.figures import total_of
from analytics.reports import Scope, earned, revenue
from analytics.summary import ZERO, summaries, together
from villaops import written


@dataclass(frozen=True)
class Sum:
    """What a report's parts come to. Channels are told by bookings, which tell no nights."""

    parts: str
    nights: int | None
    revenue: Decimal
    available: int | None = None

    def agrees(self, other: "Sum") -> bool:
        """Whether it is the same, to the night and to the cent."""
        nights = ((self.nights, other.nights), (self.available, other.available))
        return self.revenue == other.revenue and all(
            None in (one, same) or one == same for one, same in nights
        )


@dataclass(frozen=True)
class Checked:
    """Whether all agree, and that in a sentence."""

    holds: bool
    said: str


def checked(organization: Organization, asked: Asked) -> Checked:
    """Compare what properties, months and channels of the question add up to. Three statements."""
    sums = sums_of(asked.scope)
    whole = sums[0]
    wrong = [one for one in sums if not one.agrees(whole)]
    if not wrong:
        said = _("Checked: %(parts)s add up to the same %(whole)s.")
        parts = [one.parts for one in sums]
        together = _("%(some)s and %(last)s") % {"some": ", ".join(parts[:-1]), "last": parts[-1]}
        return Checked(True, said % {"parts": together, "whole": _words(whole, asked)})
    said = _("These figures do not add up: %(sums)s. Please tell us: this must not happen.")
    return Checked(
        False,
        said % {"sums": "; ".join(f"{one.parts}: {_words(one, asked)}" for one in [whole, *wrong])},
    )


def sums_of(scope: Scope) -> list[Sum]:
    """What each report comes to; of the properties first."""
    homes = summaries(scope.organization, scope.start, scope.end, scope.choice, stays=False).of(
        scope.currency
    )
    of_homes = together(homes)
    months = revenue(scope, "month").items
    of_months = total_of(months, scope.start, scope.end)
    channels = earned(scope)
    return [
        Sum(
            ngettext("%d property", "%d properties", len(homes)) % len(homes),
            of_homes.nights_sold,
            of_homes.room_revenue,
            of_homes.available_nights,
        ),
        Sum(
            ngettext("%d month", "%d months", len(months)) % len(months),
            of_months.sold,
            of_months.revenue,
            of_months.available,
        ),
        Sum(
            ngettext("%d channel", "%d channels", len(channels)) % len(channels),
            None,
            sum(channels.values(), ZERO),
        ),
    ]


def _words(one: Sum, asked: Asked) -> str:
    money = written.money(one.revenue, asked.scope.currency)
    if one.nights is None:
        return money
    sold = written.number(one.nights, 0)
    return _("%(sold)s nights sold and %(money)s") % {"sold": sold, "money": money}
