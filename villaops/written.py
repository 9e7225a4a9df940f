"""How days, times, numbers and money are written: as the organization one is in says.

The words of the pages stay English. What machines read (CSV, the API, `<time datetime>`) is never
written with these.
"""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.core import Locale, UnknownLocaleError, get_global
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, get_currency_precision
from django.utils.formats import date_format
from django.utils.translation import get_language

# The house's own way: `Sat 21 Nov 2026`. Plain English is neither British nor American.
OWN = "en"
# A Unicode locale (CLDR), with an underscore as Babel has it: de, de_AT, zh_Hant_TW, es_419.
LOCALE_PATTERN = r"^[a-z]{2,3}(_[A-Z][a-z]{3})?(_([A-Z]{2}|[0-9]{3}))?$"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"

_in_force: ContextVar[str] = ContextVar("written_as_in", default=OWN)


@contextmanager
def written_as_in(locale: str) -> Iterator[None]:
    """Within, all is written as in this locale; what is no locale is as the house's own."""
    token = _in_force.set(locale)
    try:
        yield
    finally:
        _in_force.reset(token)


def in_force() -> str:
    """The locale that all is written as in."""
    return _in_force.get()


@lru_cache(maxsize=128)
def locale_of(code: str) -> Locale | None:
    """The locale; None for the house's own way, and for what Babel does not know."""
    if code == OWN or not re.fullmatch(LOCALE_PATTERN, code):
        return None
    try:
        return Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return None


def browser_locale(code: str) -> str:
    """The locale as browsers name it (BCP 47); empty for the house's own way."""
    locale = locale_of(code)
    if locale is None:
        return ""
    # Babel counts years and writes digits alike everywhere; browsers would count Buddhist years.
    return f"{str(locale).replace('_', '-')}-u-ca-gregory-nu-latn"


def language() -> str:
    """The language of the names of days and months, where it is not the page's."""
    locale = locale_of(_in_force.get())
    return locale.language if locale and locale.language != OWN else ""


# --- Days and times --------------------------------------------------------------------------


def day(value: dt.date) -> str:
    """`Sat 21 Nov 2026`."""
    return _written(value, "D j M Y", "yMMMEd")


def short_day(value: dt.date) -> str:
    """`Sat 21 Nov`."""
    return _written(value, "D j M", "MMMEd")


def plain_day(value: dt.date) -> str:
    """`21 Nov 2026`."""
    return _written(value, "j M Y", "yMMMd")


def short_plain_day(value: dt.date) -> str:
    """`21 Nov`."""
    return _written(value, "j M", "MMMd")


def long_day(value: dt.date) -> str:
    """`Saturday 21 November 2026`."""
    locale = locale_of(_in_force.get())
    if locale is None:
        return date_format(value, "l j F Y")
    return format_date(value, "full", locale=locale)


def spelled_day(value: dt.date) -> str:
    """`Sat 21 November 2026`, in a sentence."""
    return _written(value, "D j F Y", "yMMMMEd")


def long_short_day(value: dt.date) -> str:
    """`Saturday 21 November`."""
    return _written(value, "l j F", "MMMMEEEEd")


def month(value: dt.date) -> str:
    """`Nov 2026`."""
    return _written(value, "M Y", "yMMM")


def weekday(value: dt.date) -> str:
    """`Sat`."""
    locale = locale_of(_in_force.get())
    return date_format(value, "D") if locale is None else format_date(value, "ccc", locale=locale)


def moment(value: dt.datetime) -> str:
    """`21 Nov 2026, 14:05`, in the value's own zone."""
    return f"{plain_day(value.date())}, {_clock(value)}"


def short_moment(value: dt.datetime) -> str:
    """`Tue 24 Nov, 18:00`, in the value's own zone, where the year goes without saying."""
    return f"{short_day(value.date())}, {_clock(value)}"


def time_of_day(value: str) -> str:
    """`14:00`, as properties keep it; `2:00 PM` where people say that."""
    locale = locale_of(_in_force.get())
    return value if locale is None else _time(dt.time.fromisoformat(value), locale)


def _clock(value: dt.datetime) -> str:
    locale = locale_of(_in_force.get())
    return f"{value:%H:%M}" if locale is None else _time(value.time(), locale)


def _time(value: dt.time, locale: Locale) -> str:
    return format_time(value.replace(tzinfo=None), "short", locale=locale)


def _written(value: dt.date, own: str, skeleton: str) -> str:
    # Its day alone: equal moments in two zones may be on different days.
    date = value.date() if isinstance(value, dt.datetime) else value
    return _written_in(_in_force.get(), get_language(), date, own, skeleton)


# The rows of a page share their days.
@lru_cache(maxsize=4096)
def _written_in(code: str, _language: str | None, value: dt.date, own: str, skeleton: str) -> str:
    locale = locale_of(code)
    if locale is None:
        return date_format(value, own)
    try:
        return format_skeleton(skeleton, value, locale=locale)
    except KeyError:
        # A language too rare to have all of them.
        return format_date(value, "medium", locale=locale)


# --- Numbers and money -----------------------------------------------------------------------


def number(value: Decimal | float, digits: int) -> str:
    """With so many digits after the point, a half rounded up; thousands in groups of three."""
    return _number(value, digits, _in_force.get())


# A page of figures has hundreds, most of them seen before; Babel takes its time for each.
@lru_cache(maxsize=8192)
def _number(value: Decimal | float, digits: int, code: str) -> str:
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    pattern = f"#,##0.{'0' * digits}".rstrip(".")
    return format_decimal(exact, format=pattern, locale=locale_of(code) or OWN)


def money(amount: Decimal, currency: str) -> str:
    """`1,290.00 USD`: the code, because two dollars may stand on one page."""
    digits = 2
    if currency in get_global("all_currencies"):
        # Yen have no cents on a bill, but an amount that has some is never shown without them.
        usual = get_currency_precision(currency)
        digits = usual if amount == round(amount, usual) else 2
    return f"{number(amount, digits)}{NO_BREAK_SPACE}{currency}"
