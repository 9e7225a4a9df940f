"""The clock on the wall: which day it is somewhere. Doors read it; verbs are told."""

from datetime import date
from zoneinfo import ZoneInfo

from django.utils import timezone


def today_in(time_zone: str) -> date:
    """Today's date in an IANA time zone."""
    return timezone.now().astimezone(ZoneInfo(time_zone)).date()
