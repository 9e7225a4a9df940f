"""What a gesture on the tape chart does, in plain words: before it is done, and after."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.models import Block, Booking, Status
from bookings.nights import Holding
from properties.models import Unit
from villaops import written


@dataclass(frozen=True)
class Words:
    """`sentence` asks, `said` tells."""

    sentence: str
    said: str


def stay_words(before: Booking, held: Holding, after: Booking, now_held: Holding) -> Words:
    """What became of a stay."""
    who = after.guest.name if after.guest else after.reference
    if after.status != before.status:
        return _status_words(who, before, after)
    if before.is_placed and not after.is_placed:
        return Words(
            _("%(who)s has no unit then; %(nights)s become free.")
            % {"who": who, "nights": nights_in_words(before.nights_count())},
            _("%s has no unit now.") % who,
        )
    where = _where(after, now_held) if now_held else ""
    if before.property_id != after.property_id:
        where = f"{after.property.name}, {where}" if where else after.property.name
    moved = {unit for _n, unit in held} != {unit for _n, unit in now_held}
    when = _("%(start)s to %(end)s, %(nights)s") % {
        "start": _day(after.check_in),
        "end": _day(after.check_out),
        "nights": nights_in_words(after.nights_count()),
    }
    stayed = (before.check_in, before.check_out) == (after.check_in, after.check_out)
    said = _("Now %s.") % when
    if moved or before.property_id != after.property_id:
        said = _("Moved to %s.") % where if stayed else _("Moved to %s.") % f"{where}, {when}"
    parts = [part for part in (where, when) if part]
    return Words(f"{who}: {', '.join(parts)}.", said)


def _status_words(who: str, before: Booking, after: Booking) -> Words:
    status = Status(after.status).label.lower()
    if after.status in (Status.CANCELLED, Status.NO_SHOW) and before.is_placed:
        freed = nights_in_words(before.nights_count())
        return Words(
            _("%(who)s: the stay becomes %(status)s; %(nights)s become free.")
            % {"who": who, "status": status, "nights": freed},
            _("%(who)s is %(status)s. The nights are free again.") % {"who": who, "status": status},
        )
    words = {"who": who, "status": status}
    return Words(_("%(who)s becomes %(status)s.") % words, _("%(who)s is %(status)s.") % words)


def block_words(block: Block, *, released: bool) -> Words:
    """What became of a block."""
    if released:
        return Words(
            _("%(nights)s in %(unit)s go back on sale.")
            % {"nights": nights_in_words(block.days()), "unit": block.unit.name},
            _("Block released."),
        )
    words = _("%(unit)s, %(start)s to %(end)s, %(nights)s") % {
        "unit": block.unit.name,
        "start": _day(block.start),
        "end": _day(block.end),
        "nights": nights_in_words(block.days()),
    }
    return Words(_("Blocked: %s.") % words, _("Blocked: %s.") % words)


def nights_in_words(count: int) -> str:
    """So many nights."""
    return ngettext("%d night", "%d nights", count) % count


def _where(booking: Booking, held: Holding) -> str:
    """The units by the first night spent there."""
    names = dict(
        Unit.objects.filter(
            organization=booking.organization_id, pk__in={unit for _n, unit in held}
        ).values_list("pk", "name")
    )
    return ", ".join(names[unit] for unit in dict.fromkeys(unit for _n, unit in held))


def _day(day: dt.date) -> str:
    return written.short_day(day)
