"""Whether figures add up: the same nights, counted by several reports, each in its own way."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organization
from analytics.asked import Asked
from analytics.behind import NightsBehind
from analytics.figures import total_of
from analytics.reports import Scope, revenue, sources
from analytics.summary import summaries, together
from villaops import written


@dataclass(frozen=True)
class Sum:
    """What a report's parts come to. Channels have no nights on offer."""

    parts: str
    nights: int
    revenue: Decimal
    available: int | None = None

    def agrees(self, other: "Sum") -> bool:
        """Whether it is the same, to the night and to the cent."""
        return (self.nights, self.revenue) == (other.nights, other.revenue) and (
            None in (self.available, other.available) or self.available == other.available
        )


@dataclass(frozen=True)
class Checked:
    """Whether all agree, and that in a sentence."""

    holds: bool
    said: str


def checked(organization: Organization, asked: Asked) -> Checked:
    """Compare what properties, months, channels and single nights of the question add up to. Four
    statements.
    """
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
    homes = summaries(scope.organization, scope.start, scope.end, scope.choice).of(scope.currency)
    of_homes = together(homes)
    months = revenue(scope, "month").items
    of_months = total_of(months, scope.start, scope.end)
    channels = sources(scope)
    of_channels = channels.total()
    nights = NightsBehind.of(scope, adjusted=False).totals
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
            ngettext("%d channel", "%d channels", len(channels.items)) % len(channels.items),
            of_channels.nights_sold,
            of_channels.room_revenue,
        ),
        Sum(_("all nights one by one"), nights.sold, nights.revenue),
    ]


def _words(one: Sum, asked: Asked) -> str:
    sold = written.number(one.nights, 0)
    money = written.money(one.revenue, asked.scope.currency)
    return _("%(sold)s nights sold and %(money)s") % {"sold": sold, "money": money}
