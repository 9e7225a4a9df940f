"""One search over the whole house: bookings, guests, properties, pages and actions."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Case, Q, Value, When
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.access import Access, OrganizationRequest, page
from accounts.permissions import Permission
from bookings.models import Booking, Status
from guests.models import Guest
from properties.models import Property
from villaops import written
from villaops.clock import today_in
from villaops.pages import wants_fragment
from villaops.templatetags.house import NAVIGATION, property_icon

SHOWN = 6
LONGEST = 100
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
YEARS = range(1900, 2200)


@dataclass(frozen=True)
class Result:
    """A place to go."""

    label: Any
    note: Any
    icon: str
    url: str
    key: str = ""


class Group(NamedTuple):
    """Results of one kind."""

    title: str
    results: list[Result]


class Action(NamedTuple):
    """Something one may want to do, and the key that does it."""

    label: Any
    icon: str
    url_name: str
    permission: Permission
    key: str = ""


ACTIONS = (
    Action(
        gettext_lazy("New booking"), "plus", "bookings:create", Permission.WRITE_BOOKINGS, key="n"
    ),
    Action(gettext_lazy("Find free nights"), "search", "availability", Permission.READ_BOOKINGS),
    Action(gettext_lazy("New guest"), "plus", "guests:create", Permission.WRITE_GUESTS),
    Action(gettext_lazy("New property"), "plus", "properties:create", Permission.ADD_PROPERTIES),
)


@page(Permission.READ_ORGANIZATION)
@require_safe
def find(request: OrganizationRequest) -> HttpResponse:
    """What matches the words, in groups; without words the pages and actions there are."""
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    groups = [group for group in _groups(request.access, text) if group.results]
    template = "pages/find.html#options" if wants_fragment(request) else "pages/find.html"
    return render(request, template, {"groups": groups, "text": text})


def _groups(access: Access, text: str) -> Iterator[Group]:
    day = read_day(text, today_in(access.organization.time_zone)) if text else None
    if day:
        yield Group(written.long_day(day), _pages_of(access, day))
    if text:
        yield Group(_("Bookings"), _bookings(access, text, day))
        if access.can(Permission.READ_GUESTS):
            yield Group(_("Guests"), _guests(access, text))
        yield Group(_("Properties"), _properties(access, text))
    yield Group(_("Actions"), _actions(access, text))
    yield Group(_("Pages"), _pages(access, text))


def _bookings(access: Access, text: str, day: dt.date | None) -> list[Result]:
    """Newest stays of the words; or those of the day, arrivals and departures first."""
    own = Booking.objects.for_organization(access.organization).with_guest_and_property()
    if day:
        turning = Case(
            When(check_in=day, then=Value(0)), When(check_out=day, then=Value(1)), default=Value(2)
        )
        held = own.filter(check_in__lte=day, check_out__gte=day).exclude(
            status__in=(Status.CANCELLED, Status.NO_SHOW)
        )
        found = held.order_by(turning, "property__name", "id")
    else:
        emails = access.can(Permission.READ_GUESTS)
        found = own.matching(text, emails=emails).order_by("-check_in", "id")
    return [_booking(access, stay) for stay in found[:SHOWN]]


def _booking(access: Access, stay: Booking) -> Result:
    who = stay.guest.name if stay.guest else _("No guest yet")
    nights = f"{written.short_plain_day(stay.check_in)} – {written.plain_day(stay.check_out)}"
    note = " · ".join((stay.reference, stay.property.name, nights, stay.get_status_display()))
    return Result(who, note, "notebook", _url(access, "bookings:detail", stay.pk))


def _guests(access: Access, text: str) -> list[Result]:
    own = Guest.objects.for_organization(access.organization)
    return [
        Result(guest.name, guest.email, "users", _url(access, "guests:detail", guest.pk))
        for guest in own.matching(text).order_by("name", "id")[:SHOWN]
    ]


def _properties(access: Access, text: str) -> list[Result]:
    own = Property.objects.for_organization(access.organization)
    found = own.filter(Q(name__icontains=text) | Q(city__icontains=text)).order_by("name", "id")
    return [
        Result(
            home.name,
            home.get_property_type_display(),
            property_icon(home.property_type),
            _url(access, "properties:detail", home.pk),
        )
        for home in found[:SHOWN]
    ]


def _pages_of(access: Access, day: dt.date) -> list[Result]:
    """The day itself, on the pages that show one."""
    shown = written.day(day)
    return [
        Result(
            _("Arrivals and departures"),
            shown,
            "calendar-event",
            _url(access, "today") + f"?day={day}",
        ),
        Result(_("Calendar"), shown, "table", _url(access, "calendar:page") + f"?start={day}"),
    ]


def _actions(access: Access, text: str) -> list[Result]:
    return [
        Result(action.label, "", action.icon, _url(access, action.url_name), action.key)
        for action in ACTIONS
        if access.can(action.permission) and _mentions(action.label, text)
    ]


def _pages(access: Access, text: str) -> list[Result]:
    return [
        Result(item.label, "", item.icon, _url(access, item.url_name), item.key)
        for item in NAVIGATION
        if access.can(item.permission) and _mentions(item.label, text)
    ]


def _mentions(label: Any, text: str) -> bool:
    words: Iterable[str] = str(label).casefold().split()
    return all(any(w.startswith(t) for w in words) for t in text.casefold().split())


def _url(access: Access, name: str, *args: Any) -> str:
    return reverse(name, args=[access.organization.slug, *args])


def read_day(text: str, today: dt.date) -> dt.date | None:
    """The date a person means: `2026-11-24`, `24 nov`, `Nov 24 2026`, `24.11.`, `24/11/2026`,
    `today`, `tomorrow`, `yesterday`. Without a year the one nearest to today; None for other text.
    """
    text = text.casefold().strip()
    steps = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if text in steps:
        return today + dt.timedelta(days=steps[text])
    if found := re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?)", text):
        year, month, day = map(int, found.groups())
        return _date(year, month, day)
    if found := re.fullmatch(r"(\d\d?)[./](\d\d?)[./]?(\d{4})?", text):
        return _nearest(int(found[1]), int(found[2]), found[3], today)
    if found := re.fullmatch(r"(\d\d?)\.? ([a-z]{3,9})\.?,?(?: (\d{4}))?", text):
        return _nearest(int(found[1]), _month(found[2]), found[3], today)
    if found := re.fullmatch(r"([a-z]{3,9})\.? (\d\d?)(?:,? (\d{4}))?", text):
        return _nearest(int(found[2]), _month(found[1]), found[3], today)
    return None


def _month(word: str) -> int:
    return MONTHS.index(word[:3]) + 1 if word[:3] in MONTHS else 0


def _nearest(day: int, month: int, year: str | None, today: dt.date) -> dt.date | None:
    years = [int(year)] if year else [today.year - 1, today.year, today.year + 1]
    dates = [found for y in years if (found := _date(y, month, day))]
    return min(dates, key=lambda found: abs(found - today), default=None)


def _date(year: int, month: int, day: int) -> dt.date | None:
    if year not in YEARS:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
