"""What the pages share: icons, badges, money, dates and the navigation."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.access import Access
from accounts.permissions import Permission
from villaops import written
from villaops.form_keys import form_key_field
from villaops.templatetags.once import compile_address, once
from villaops.toasts import toasts_for

register = template.Library()

# Tone and icon of every state a row may be in; the word comes from the model's own choices.
BADGES: dict[str, tuple[str, str]] = {
    "pending": ("waiting", "clock"),
    "confirmed": ("info", "check"),
    "checked_in": ("good", "bed"),
    "checked_out": ("calm", "door-exit"),
    "cancelled": ("bad", "x"),
    "no_show": ("odd", "user-x"),
    "active": ("good", "circle-check"),
    "maintenance": ("waiting", "tool"),
    "inactive": ("calm", "ban"),
    "owner_stay": ("odd", "key"),
    "out_of_order": ("bad", "tool"),
    "house_use": ("info", "home"),
    "other": ("calm", "lock"),
}

PROPERTY_ICONS = {
    "villa": "pool",
    "hotel": "building-skyscraper",
    "guesthouse": "home-heart",
    "apartment": "building",
}


@register.simple_tag
def form_key() -> SafeString:
    """Beside `csrf_token` in a form that makes something: sent twice, it does so once."""
    return form_key_field()


# A page has a hundred of them, always the same few.
@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """An icon of static/img/icons.svg; screen readers are told by the text beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("img/icons.svg"),
        name,
    )


register.tag("icon", once(register.tags["icon"]))
register.tag("url", compile_address)


@register.filter
def property_icon(property_type: str) -> str:
    """The icon's name for a kind of property."""
    return PROPERTY_ICONS.get(property_type, "building")


@register.simple_tag
def status_badge(value: str, label: str) -> SafeString:
    """A state as icon and word."""
    return badge(*BADGES[value], label)


@register.simple_tag
@lru_cache(maxsize=1024)
def badge(tone: str, icon_name: str, label: str) -> SafeString:
    """Any state as icon and word, in a tone."""
    given = {"tone": tone, "icon_name": icon_name, "label": label}
    return render_to_string("components/status_badge.html", given)


@register.inclusion_tag("components/hold_badge.html")
def hold_badge(booking: Any) -> dict[str, Any]:
    """Until when a pending booking is held, or that its hold has expired; nothing without one.

    The time is the property's own.
    """
    if booking.is_expired_hold():
        return {"is_expired": True}
    until = booking.hold_expires_at
    return {"until": until and until.astimezone(ZoneInfo(booking.property.time_zone))}


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """`1,290.00 USD`: the code, because two dollars may stand on one page; a dash for no amount."""
    return "–" if amount is None else written.money(amount, currency)


@register.filter
def number(value: Decimal | float, digits: int) -> str:
    """`66.7`, with so many digits after the point."""
    return written.number(value, digits)


@register.filter
def day(value: date | None) -> SafeString | str:
    """`Sat 21 Nov 2026`, readable by machines."""
    return _date(value, written.day, written.in_force())


@register.filter
def short_day(value: date | None) -> SafeString | str:
    """`Sat 21 Nov`, where the year goes without saying."""
    return _date(value, written.short_day, written.in_force())


@register.filter(expects_localtime=True)
def moment(value: datetime | None) -> SafeString | str:
    """`21 Nov 2026, 14:05` in the zone in force."""
    return _time(value, written.moment)


@register.filter
def short_moment(value: datetime | None) -> SafeString | str:
    """`Tue 24 Nov, 18:00` in its own zone."""
    return _time(value, written.short_moment)


# In titles, headings and drawings, which have no room for `<time>`.
register.filter("day_text", written.day)
register.filter("short_day_text", written.short_day)
register.filter("long_day", written.long_day)
register.filter("long_short_day", written.long_short_day)
register.filter("month", written.month)
register.filter("weekday", written.weekday)


@register.filter
def time_of_day(value: str | None) -> str:
    """`14:00`; empty for none."""
    return written.time_of_day(value) if value else ""


# The rows of a list share their days. Not for moments: equal ones may be in different zones.
@lru_cache(maxsize=4096)
def _date(value: date | None, write: Callable[[date], str], _locale: str) -> SafeString | str:
    return _time(value, write)


def _time[Day: date](value: Day | None, write: Callable[[Day], str]) -> SafeString | str:
    if value is None:
        return "–"
    spoken = written.language()
    return format_html(
        '<time datetime="{}"{}>{}</time>',
        value.isoformat(),
        format_html(' lang="{}"', spoken) if spoken else "",
        write(value).replace(" ", written.NO_BREAK_SPACE),
    )


# The same few numbers on every row.
@register.filter
@lru_cache(maxsize=1024)
def nights(number: int) -> str:
    """`1 night`, `3 nights`."""
    return ngettext("%(n)s night", "%(n)s nights", number) % {"n": number}


@register.filter
@lru_cache(maxsize=1024)
def guests(number: int) -> str:
    """`1 guest`, `3 guests`."""
    return ngettext("%(n)s guest", "%(n)s guests", number) % {"n": number}


@register.filter
@lru_cache(maxsize=1024)
def units(number: int) -> str:
    """`1 unit`, `3 units`."""
    return ngettext("%(n)s unit", "%(n)s units", number) % {"n": number}


@register.filter
def can(access: Access, permission: str) -> bool:
    """Whether the person's role has the permission: `{% if access|can:"booking.write" %}`."""
    return access.can(permission)


@register.filter
def word_of(value: str, words: Mapping[str, Any]) -> Any:
    """`get_FOO_display` of a row, where a list has the words of all values."""
    return words.get(value, value)


@register.filter
def spaced(word: str) -> str:
    """`private_pool` as people write it."""
    return word.replace("_", " ")


@register.filter
def initials(name: str) -> str:
    """At most two letters that stand for a person."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


# There is one of each place.
@dataclass(frozen=True, eq=False)
class NavigationItem:
    """A place of the dashboard."""

    label: Any
    icon: str
    url_name: str
    # The namespaces, or names, of its pages.
    section: str
    permission: Permission
    key: str = ""
    # The bar at the foot of a phone holds six; there the switcher above leads to the others.
    on_phones: bool = True
    # Nor does it hold this for those who may enter a place with more of the same.
    spare_to: Permission | None = None

    def is_on_phones(self, access: Access) -> bool:
        """Whether the bar has it."""
        return self.on_phones and not (self.spare_to and access.can(self.spare_to))


NAVIGATION = (
    NavigationItem(
        _("Today"), "calendar-event", "today", "today", Permission.READ_BOOKINGS, key="g t"
    ),
    NavigationItem(
        _("Calendar"), "table", "calendar:page", "calendar", Permission.READ_BOOKINGS, key="g c"
    ),
    NavigationItem(
        _("Bookings"),
        "notebook",
        "bookings:list",
        "bookings",
        Permission.READ_BOOKINGS,
        key="g b",
    ),
    NavigationItem(
        _("Guests"), "users", "guests:list", "guests", Permission.READ_GUESTS, key="g g"
    ),
    NavigationItem(
        _("Properties"),
        "home-2",
        "properties:list",
        "properties",
        Permission.READ_PROPERTIES,
        key="g p",
    ),
    NavigationItem(
        _("Analytics"),
        "chart-line",
        "analysis:page",
        "analysis",
        Permission.READ_ANALYTICS,
        key="g a",
    ),
    NavigationItem(
        _("Occupancy"),
        "chart-bar",
        "analytics:occupancy",
        "analytics",
        Permission.READ_OCCUPANCY,
        key="g o",
        spare_to=Permission.READ_ANALYTICS,
    ),
    NavigationItem(
        _("Messages"),
        "mail",
        "messages:log",
        "messages",
        Permission.READ_GUESTS,
        key="g m",
        on_phones=False,
    ),
    NavigationItem(
        _("Settings"),
        "settings",
        "organization:settings",
        "organization audit",
        Permission.READ_ORGANIZATION,
        key="g s",
        on_phones=False,
    ),
)

# Has a key as the places have.
NEW_BOOKING = NavigationItem(
    _("New booking"), "plus", "bookings:create", "", Permission.WRITE_BOOKINGS, key="n"
)


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> SafeString:
    """The places this role may enter, with the one we are in."""
    access = context["access"]
    match = context["request"].resolver_match
    here = match.namespace or match.url_name
    items = tuple(
        (item, here in item.section.split(), item.is_on_phones(access))
        for item in NAVIGATION
        if access.can(item.permission)
    )
    return _navigation(access.organization.slug, items, get_language())


# The same on every page of an organization for all who have the same rights.
@lru_cache(maxsize=1024)
def _navigation(
    slug: str, items: Iterable[tuple[NavigationItem, bool, bool]], _language: str | None
) -> SafeString:
    told = [
        {
            "label": item.label,
            "icon": item.icon,
            "url": reverse(item.url_name, args=[slug]),
            "is_current": is_current,
            "on_phones": on_phones,
        }
        for item, is_current, on_phones in items
    ]
    return render_to_string("components/navigation.html", {"items": told})


@register.inclusion_tag("components/messages.html", takes_context=True)
def toasts(context: Context, *, oob: bool = False) -> dict[str, Any]:
    """What was just done; `oob=True` in an htmx fragment adds it to the page's own list."""
    request = context["request"]
    # Parts of a page that are fetched behind a person's back show them no toast (live-regions.js).
    is_seen = "X-Live" not in request.headers
    # Undo comes back to the page the person sees, not to the address of a fragment of it.
    here = request.headers.get("HX-Current-URL", "") if oob else request.get_full_path()
    return {
        "toasts": toasts_for(request) if is_seen else [],
        "here": urlsplit(here)._replace(scheme="", netloc="").geturl(),
        "csrf_token": context.get("csrf_token"),
        "oob": oob,
    }


@register.simple_tag(takes_context=True)
def palette(context: Context) -> SafeString:
    """The command palette, and the sheet of the keys this role has a use for."""
    access = context["access"]
    items = tuple(item for item in (*NAVIGATION, NEW_BOOKING) if access.can(item.permission))
    return _palette(access.organization.slug, items, get_language())


@lru_cache(maxsize=1024)
def _palette(slug: str, items: Iterable[NavigationItem], _language: str | None) -> SafeString:
    shortcuts = [
        {
            "label": item.label,
            "key": item.key,
            "keys": item.key.split(),
            "url": reverse(item.url_name, args=[slug]),
        }
        for item in items
    ]
    return render_to_string("components/palette.html", {"slug": slug, "shortcuts": shortcuts})
