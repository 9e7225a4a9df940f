"""What is sent by itself: switched on and off, and moved, everywhere or at one property."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Organization, User
from messaging.kinds import AUTOMATED, KINDS
from messaging.models import Automation
from properties.models import Property
from villaops.errors import BrokenRule
from villaops.verbs import clean, verb


@dataclass(frozen=True)
class Setting:
    """Whether and when a kind is sent. `is_own`: said here, and not taken over or our default."""

    is_on: bool
    offset_days: int | None
    hour: int | None
    is_own: bool = False


def default_setting(kind: str) -> Setting:
    """Before anybody says otherwise."""
    timing = KINDS[kind].timing
    return Setting(True, timing.days if timing else None, timing.hour if timing else None)


def settings_of(organization: Organization, property_id: UUID | None) -> dict[str, Setting]:
    """Every automation by kind, as it is everywhere or at one property. One statement."""
    found: dict[tuple[str, UUID | None], Automation] = {
        (one.kind, one.property_id): one
        for one in Automation.objects.for_organization(organization)
        if one.property_id in (None, property_id)
    }
    settings = {}
    for kind in AUTOMATED:
        setting = default_setting(kind)
        places: Iterable[UUID | None] = dict.fromkeys([None, property_id])
        for place in places:
            if row := found.get((kind, place)):
                setting = _setting(row, setting, is_own=place == property_id)
            elif place == property_id:
                setting = Setting(setting.is_on, setting.offset_days, setting.hour)
        settings[kind] = setting
    return settings


def _setting(row: Automation, before: Setting, *, is_own: bool) -> Setting:
    days = before.offset_days if row.offset_days is None else row.offset_days
    hour = before.hour if row.hour is None else row.hour
    return Setting(row.is_on, days, hour, is_own)


def is_on(organization: Organization, property_id: UUID | None, kind: str) -> bool:
    """Whether a kind is sent there."""
    return settings_of(organization, property_id)[kind].is_on


@verb()
def set_automation(
    *,
    organization: Organization,
    kind: str,
    property: Property | None,
    is_on: bool,
    by: User | None,
    offset_days: int | None = None,
    hour: int | None = None,
) -> Automation:
    """Say whether and when a kind is sent, everywhere (no property) or at one.

    Raises BrokenRule for a kind that is always sent, and for a time where there is none.
    """
    if kind not in AUTOMATED:
        raise BrokenRule("This is always sent.")
    own = Automation.objects.select_for_update(no_key=True).filter(
        organization=organization, kind=kind, property=property
    )
    row = own.first() or Automation(organization=organization, kind=kind, property=property)
    row.is_on, row.offset_days, row.hour = is_on, offset_days, hour
    clean(row)
    row.save()
    return row


@verb()
def follow_organization(
    *, organization: Organization, kind: str, property: Property | None, by: User | None
) -> None:
    """Forget what was said for a property, so that it goes as everywhere; without one, as we do."""
    Automation.objects.filter(organization=organization, kind=kind, property=property).delete()
