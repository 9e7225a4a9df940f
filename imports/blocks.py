"""Rows that are blocks: nights of a unit taken out of sale, each through its verb."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from bookings.blocks import block_nights
from bookings.models import MAX_BLOCKED_DAYS, Block, Night
from bookings.nights import DatesTaken
from bookings.taking_over import TakenByRow
from imports.lines import Line, Outcome, Work
from imports.stays import Houses
from properties.models import Unit
from villaops.errors import DomainError


def take(work: Work, lines: Sequence[Line], houses: Houses) -> Outcome:
    """Block the nights of the lines that can be, or only find out (`is_check`)."""
    outcome = Outcome()
    for line in lines:
        unit = _unit(line, houses)
        start, end = _dates(line)
        block = None
        if not (line.problems or unit is None or start is None or end is None):
            if line.key in work.seen or _is_there(line, unit, start, end):
                outcome.there_already += 1
                continue
            work.seen[line.key] = line.number
            block = _made(work, line, unit, start, end)
        outcome.rows.append(work.row(line, block_id=block and block.pk))
    return outcome


def _unit(line: Line, houses: Houses) -> Unit | None:
    home = houses.find(line)
    if home is None:
        return None
    if not line.values.get("unit") and len(houses.units[home.pk]) == 1:
        return next(iter(houses.units[home.pk].values()))
    found = houses.find_units(line, home)
    if len(found) == 1:
        return found[0]
    if not line.problems:
        line.refuse("unit", _("Name one unit."))
    return None


def _dates(line: Line) -> tuple[dt.date | None, dt.date | None]:
    values, wrong = line.values, {problem["column"] for problem in line.problems}
    start, end, nights = (values.get(name) for name in ("first_night", "free_on", "nights"))
    if start and end is None and nights:
        end = start + dt.timedelta(days=nights)
    if start is None and "first_night" not in wrong:
        line.refuse("first_night", _("The first night is missing."))
    if end is None and not wrong & {"free_on", "nights"}:
        line.refuse("free_on", _("The day on which it is free again is missing."))
    if start and end and end <= start:
        line.refuse("free_on", _("This day is not after the first night."))
    elif start and end and (end - start).days > MAX_BLOCKED_DAYS:
        line.refuse("free_on", _("A block has at most %s nights.") % MAX_BLOCKED_DAYS)
    return start, end


def _is_there(line: Line, unit: Unit, start: dt.date, end: dt.date) -> bool:
    blocks = Block.objects.for_organization(unit.organization_id).filter(unit=unit)
    reason = line.values.get("reason", Block.Reason.OTHER)
    return blocks.filter(start=start, end=end, reason=reason, deleted_at=None).exists()


def _made(work: Work, line: Line, unit: Unit, start: dt.date, end: dt.date) -> Block | None:
    """The block; None where it was refused, or is only asked for."""
    try:
        if work.is_check:
            _check_free(work, unit, start, end)
            work.claims.add(unit.pk, start.toordinal(), end.toordinal(), line.number)
            return None
        with transaction.atomic():
            return block_nights(
                unit=unit,
                start=start,
                end=end,
                by=work.by,
                reason=line.values.get("reason", Block.Reason.OTHER),
                note=line.values.get("note"),
            )
    except DomainError as error:
        is_taken = isinstance(error, DatesTaken)
        line.refuse("first_night" if is_taken else "", error.explanation)
        return None


def _check_free(work: Work, unit: Unit, start: dt.date, end: dt.date) -> None:
    """Raise DatesTaken as the verb would, or for an earlier row."""
    taken = Night.objects.of_units([unit.pk], start, end).in_the_way()
    for night in taken.select_related("booking", "block", "unit")[:1]:
        raise DatesTaken(night.night, night.booking or night.block, night.unit)
    claimed = work.claims.first(unit, start, end)
    if claimed:
        raise TakenByRow(claimed[0], unit, claimed[1])
