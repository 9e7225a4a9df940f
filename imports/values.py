"""What stands in a cell, read the way people write it. Each reader raises Unreadable in words."""

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar gennaio gen janvier janv enero ene",
            "feb february februar febbraio fevrier fevr febrero",
            "mar march marz mrz marzo mars",
            "apr april aprile avril abril abr",
            "may mai maggio mag mayo",
            "jun june juni giugno giu juin junio",
            "jul july juli luglio lug juillet juil julio",
            "aug august agosto ago aout",
            "sep sept september settembre set septembre septiembre",
            "oct october oktober okt ottobre ott octobre octubre",
            "nov november novembre noviembre",
            "dec december dezember dez dicembre dic decembre diciembre",
        ),
        1,
    )
    for name in names.split()
}
ISO_DAY = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?$")
NUMBER_DAY = re.compile(r"^(\d{1,2})([./-])\s?(\d{1,2})[./-]\s?(\d{4}|\d{2})(?:[ T,].*)?$")
WORD_DAY = re.compile(
    r"^(?:\w+,?\s+)??(\d{1,2})\.?(?:st|nd|rd|th)?[\s.-]+([^\W\d]+)\.?,?[\s.-]+(\d{4})$"
)
WORD_FIRST = re.compile(r"^(?:\w+,\s+)?([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$")
AMOUNT = re.compile(r"[\d.,'\s\u00a0\u202f\u2019]*\d[\d.,'\s\u00a0\u202f\u2019]*")
THOUSANDS = re.compile(r"['\s\u00a0\u202f\u2019]")
NIGHTS = re.compile(
    r"(\d{4}-\d\d-\d\d) x(\d{1,3}) (.+?) at (\d{1,12}\.\d\d|-)(?:; ?(?=\d{4}-\d\d-\d\d x)|$)"
)
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class Unreadable(ValueError):
    """The cell says something else than its column asks for."""


@dataclass(frozen=True)
class Manners:
    """How a file writes what can be written in two ways."""

    # 03/04/2026 is the 3rd of April.
    day_first: bool = True
    # 1.234 is a thousand, and 1,5 one and a half.
    decimal_comma: bool = False

    @classmethod
    def kept(cls, kept: Mapping[str, Any]) -> "Manners":
        """As an import remembers them."""
        return cls(bool(kept.get("day_first", True)), bool(kept.get("decimal_comma", False)))

    def to_keep(self) -> dict[str, Any]:
        """For an import to remember."""
        return asdict(self)


def guess_manners(rows: Iterable[Sequence[str]], *, day_first: bool) -> Manners:
    """How the first rows write dates and amounts; `day_first` where they do not tell."""
    seen: Counter[str] = Counter()
    for cell in (cell.strip() for row in rows for cell in row):
        match = NUMBER_DAY.match(cell)
        if match:
            first, sign, second = int(match[1]), match[2], int(match[3])
            seen["day"] += first > 12 or sign == "."
            seen["month"] += second > 12
        elif re.fullmatch(r"\D{0,4}[\d.' ]+,\d{1,2}\D{0,4}", cell):
            seen["comma"] += 1
        elif re.fullmatch(r"\D{0,4}[\d,' ]+\.\d{1,2}\D{0,4}", cell):
            seen["point"] += 1
    if seen["day"] or seen["month"]:
        day_first = seen["day"] >= seen["month"]
    return Manners(day_first, seen["comma"] > seen["point"])


def folded(text: str) -> str:
    """For comparing: in small letters, without accents, signs as single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", " ", plain).strip()


def plain(text: str) -> str:
    """The cell's text, without what exports put in front of what looks like a formula."""
    text = text.replace("\0", "").strip()
    if text.startswith("'") and text[1:].lstrip().startswith(FORMULA_SIGNS):
        return text[1:]
    if text.startswith('="') and text.endswith('"'):
        return text[2:-1]
    return text


# --- Readers ---------------------------------------------------------------------------------


def read_day(text: str, manners: Manners) -> dt.date:
    """A date, in any of the usual ways; a time of day behind it is dropped."""
    try:
        if match := ISO_DAY.match(text):
            return dt.date(int(match[1]), int(match[2]), int(match[3]))
        if match := NUMBER_DAY.match(text):
            first, second, year = int(match[1]), int(match[3]), int(match[4])
            day, month = (first, second) if manners.day_first else (second, first)
            if month > 12 >= day:
                day, month = month, day
            return dt.date(year + 2000 if year < 100 else year, month, day)
        if match := WORD_DAY.match(text):
            return dt.date(int(match[3]), _month(match[2]), int(match[1]))
        if match := WORD_FIRST.match(text):
            return dt.date(int(match[3]), _month(match[1]), int(match[2]))
    except (ValueError, KeyError):
        pass
    raise Unreadable(_("This is no date. Write it like 2026-11-21 or 21.11.2026."))


def _month(name: str) -> int:
    return MONTHS[folded(name)]


def read_amount(text: str, manners: Manners) -> Decimal:
    """An amount of money, currency signs aside, rounded to cents."""
    match = AMOUNT.search(text)
    if not match or re.search(r"[^\W\d_]{4,}|\d\D{4,}\d", text):
        raise Unreadable(_("This is no amount. Write it like 1234.50."))
    if re.match(r"^\s*[-(\u2212]", text) or "-" in text[: match.start()]:
        raise Unreadable(_("An amount cannot be negative."))
    number = _with_point(THOUSANDS.sub("", match[0]), manners)
    try:
        amount = Decimal(number)
    except InvalidOperation:
        raise Unreadable(_("This is no amount. Write it like 1234.50.")) from None
    if amount >= 10**12:
        raise Unreadable(_("This amount is too large."))
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _with_point(text: str, manners: Manners) -> str:
    """The digits with a point where the decimals begin, and nothing else."""
    signs = [sign for sign in ".," if sign in text]
    if not signs:
        return text
    last = max(signs, key=text.rfind)
    if len(signs) == 1:
        head, _sign, tail = text.rpartition(last)
        groups = last in head or (
            len(tail) == 3
            and head not in ("", "0")
            and last == ("." if manners.decimal_comma else ",")
        )
        if groups:
            return text.replace(last, "")
    return text.replace("." if last == "," else ",", "").replace(last, ".")


def read_count(text: str, manners: Manners) -> int:
    """A whole number from 0."""
    match = re.fullmatch(r"\+?(\d{1,6})(?:[.,]0+)?", text)
    if not match:
        raise Unreadable(_("This is no whole number."))
    return int(match[1])


def read_decimal(text: str, manners: Manners) -> Decimal:
    """A number with a point or comma, and a sign: a coordinate, bathrooms."""
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > 10**6:
        raise Unreadable(_("This is no number."))
    return number


def read_text(longest: int) -> Any:
    """Text of so many characters at most."""

    def read(text: str, manners: Manners) -> str:
        if len(text) > longest:
            raise Unreadable(
                ngettext(
                    "This is too long: at most %(count)d character.",
                    "This is too long: at most %(count)d characters.",
                    longest,
                )
                % {"count": longest}
            )
        return text

    return read


def read_list(text: str, manners: Manners) -> list[str]:
    """Texts with a semicolon between them, or commas."""
    sign = ";" if ";" in text else ","
    return [part.strip() for part in text.split(sign) if part.strip()]


def read_nights(text: str, manners: Manners) -> list[tuple[dt.date, int, str, Decimal | None]]:
    """Where a stay was on which nights: from when, how many, in which unit, for how much each.

    As `written_nights` writes them: `2026-03-01 x2 Room 1 at 80.00; 2026-03-03 x1 Room 2 at -`.
    """
    found = []
    place = 0
    while place < len(text):
        match = NIGHTS.match(text, place)
        try:
            if not match:
                raise ValueError
            day, count, unit, price = match.groups()
            amount = None if price == "-" else Decimal(price)
            found.append((dt.date.fromisoformat(day), int(count), unit.strip(), amount))
        except ValueError:
            example = "2026-03-01 x2 Room 1 at 80.00; 2026-03-03 x1 Room 2 at 95.00"
            raise Unreadable(_("Write the nights like this: %s") % example) from None
        place = match.end()
    return found


def written_nights(runs: Iterable[tuple[dt.date, int, str, Decimal | None]]) -> str:
    """As `read_nights` reads them."""
    return "; ".join(
        f"{start} x{count} {unit} at {'-' if price is None else price}"
        for start, count, unit, price in runs
    )


def read_choice(words: Mapping[str, str], *, otherwise: str | None = None) -> Any:
    """One of a few, by any of its words. `otherwise`: what unknown ones are."""

    def read(text: str, manners: Manners) -> str:
        found = words.get(folded(text), otherwise)
        if found is None:
            known = ", ".join(dict.fromkeys(words.values()))
            raise Unreadable(_("This is not known here. Use one of: %s.") % known)
        return found

    return read
