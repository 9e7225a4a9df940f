"""How a property stands tonight, in words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from analytics.figures import Outlook
from properties.models import Property


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
