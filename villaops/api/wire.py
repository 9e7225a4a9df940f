"""What travels over the wire: the types of contract section 1, as pydantic models.

Input is lax exactly where the contract is; output is exact. Every face of the API builds its
bodies from these, so that a rule of the wire is written once.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Self
from zoneinfo import available_timezones

from annotated_types import GroupedMetadata
from babel import Locale
from babel.numbers import list_currencies
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    PlainSerializer,
    Strict,
    WithJsonSchema,
)
from pydantic_core import PydanticKnownError

TENTH = Decimal("0.1")
CENT = Decimal("0.01")
MICRODEGREE = Decimal("0.000001")
INTEGER_MAX = 2_147_483_647
PRICE_MAX = Decimal("99999999.99")
TOTAL_MAX = Decimal("9999999999.99")
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Input(BaseModel):
    """What a client sends; unknown and read-only fields are ignored."""

    model_config = ConfigDict(extra="ignore")

    def given(self) -> dict[str, Any]:
        """The fields that were sent, by name: all that an update may touch."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    def problems(self) -> Iterable[tuple[str, str, Any]]:
        """What is wrong between fields that are well-formed each: the field to name, a sentence,
        what was sent.
        """
        return ()


class Output(BaseModel):
    """What a client gets: every declared key, in this order."""

    model_config = ConfigDict(extra="forbid")

    def to_keep(self) -> Self:
        """What may be given out a second time, and be kept until then."""
        return self


class Message(Output):
    """The answer to a deed that leaves nothing to show."""

    message: str


def optional() -> Any:
    """The default of a field that may be left out, which is not the same as null.

    Read such fields through `Input.given()`. A factory, so that the schema shows no default.
    """
    return Field(default_factory=lambda: None)


# --- Text ------------------------------------------------------------------------------------


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("NUL characters are not allowed")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        # Half of a surrogate pair is no character, and has no UTF-8.
        raise PydanticKnownError("string_unicode") from error
    return text


# Lengths have to stand before it, or they lose their own error types.
STORABLE = AfterValidator(_storable)

Text = Annotated[str, Strict(), STORABLE]
Name = Annotated[str, Strict(), Field(min_length=1, max_length=255), STORABLE]
Email = Annotated[EmailStr, STORABLE]


@dataclass(frozen=True)
class Shape(GroupedMetadata):
    """A text of the given shape, as a whole; `sentence` says what is asked for."""

    pattern: str
    sentence: str

    def __iter__(self) -> Iterator[object]:
        yield AfterValidator(self._check)
        yield Field(json_schema_extra={"pattern": self.pattern})

    def _check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text, re.ASCII):
            raise ValueError(self.sentence)
        return text


SLUG_SHAPE = Shape(SLUG, "A slug is lower-case letters and digits in words joined by hyphens")


def one_of(names: frozenset[str], what: str) -> AfterValidator:
    """A text that has to be on a list too long for an enum."""

    def check(text: str) -> str:
        if text not in names:
            raise ValueError(f"Input should be {what}")
        return text

    return AfterValidator(check)


def _like(pattern: str, example: str) -> Any:
    """What the schema can say of a text on such a list."""
    return Field(json_schema_extra={"pattern": pattern, "examples": [example]})


# Babel's territories hold groupings and reserved codes too, which ISO 3166-1 does not list.
_NO_COUNTRIES = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"]
)
COUNTRIES = (
    frozenset(code for code in map(str, Locale("en").territories) if re.fullmatch("[A-Z]{2}", code))
    - _NO_COUNTRIES
)
CURRENCIES = frozenset(list_currencies())

Country = Annotated[
    Text, one_of(COUNTRIES, "an ISO 3166-1 alpha-2 country code"), _like("^[A-Z]{2}$", "ID")
]
Currency = Annotated[
    Text, one_of(CURRENCIES, "an ISO 4217 currency code"), _like("^[A-Z]{3}$", "USD")
]
TimeZone = Annotated[
    Text,
    one_of(frozenset(available_timezones()), "an IANA time zone"),
    _like("^[A-Za-z0-9_+/-]+$", "Asia/Makassar"),
]

# --- Numbers ---------------------------------------------------------------------------------


def integer(minimum: int, maximum: int = INTEGER_MAX) -> Any:
    """The bounds of a whole number; its laxness is pydantic's own."""
    return Field(ge=minimum, le=maximum)


def _cents(maximum: Decimal) -> Callable[[Decimal], Decimal]:
    def check(amount: Decimal) -> Decimal:
        if amount < 0:
            raise PydanticKnownError("greater_than_equal", {"ge": 0})
        # Compared first, because a huge exponent cannot be rounded to cents.
        rounded = amount if amount > maximum + 1 else amount.quantize(CENT, ROUND_HALF_UP)
        if rounded > maximum:
            raise PydanticKnownError("less_than_equal", {"le": float(maximum)})
        # Not the negative zero that "-0" would leave.
        return abs(rounded)

    return check


def _money(maximum: Decimal) -> WithJsonSchema:
    number = {"type": "number", "minimum": 0, "maximum": float(maximum)}
    text = {"type": "string", "pattern": r"^[0-9]{1,8}(\.[0-9]{1,2})?$", "examples": ["250.00"]}
    return WithJsonSchema({"anyOf": [number, text]})


Price = Annotated[Decimal, AfterValidator(_cents(PRICE_MAX)), _money(PRICE_MAX)]
Total = Annotated[Decimal, AfterValidator(_cents(TOTAL_MAX)), _money(TOTAL_MAX)]


def two_decimals(amount: Decimal) -> str:
    """An amount, a percentage or an average as the wire writes it, rounded half-up."""
    return str(amount.quantize(CENT, ROUND_HALF_UP))


Money = Annotated[
    Decimal,
    PlainSerializer(two_decimals, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$", "examples": ["250.00"]}),
]


def _between(low: int, high: int) -> Callable[[Decimal], Decimal]:
    def check(number: Decimal) -> Decimal:
        if number < low:
            raise PydanticKnownError("greater_than_equal", {"ge": low})
        if number > high:
            raise PydanticKnownError("less_than_equal", {"le": high})
        # Rounded once, here; the sum also turns a negative zero into zero.
        return number.quantize(MICRODEGREE, ROUND_HALF_UP) + 0

    return check


def _half_steps(number: Decimal) -> Decimal:
    if number * 2 % 1:
        raise ValueError("Input should be in steps of 0.5")
    return number.quantize(TENTH)


def _number(low: int, high: int, **more: float) -> WithJsonSchema:
    return WithJsonSchema({"type": "number", "minimum": low, "maximum": high, **more})


Latitude = Annotated[Decimal, AfterValidator(_between(-90, 90)), _number(-90, 90)]
Longitude = Annotated[Decimal, AfterValidator(_between(-180, 180)), _number(-180, 180)]
HalfSteps = Annotated[
    Decimal,
    AfterValidator(_between(0, 999)),
    AfterValidator(_half_steps),
    _number(0, 999, multipleOf=0.5),
]
Number = Annotated[
    Decimal, PlainSerializer(float, return_type=float), WithJsonSchema({"type": "number"})
]

# --- Time ------------------------------------------------------------------------------------


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Moment = Annotated[
    datetime,
    PlainSerializer(_in_utc, return_type=datetime),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

_ISO_8601 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def _moment(sent: Any) -> datetime:
    """A date, a time and an offset from UTC; pydantic would take numbers and guess zones."""
    if not isinstance(sent, str) or not _ISO_8601.fullmatch(sent):
        error = "a date, a time and an offset from UTC are needed"
        raise PydanticKnownError("datetime_parsing", {"error": error})
    try:
        return datetime.fromisoformat(sent.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise PydanticKnownError("datetime_parsing", {"error": str(error)}) from error


SentMoment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

# Stored as text: a time of day in no zone, on no date.
TimeOfDay = Annotated[
    str,
    Strict(),
    Shape(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", "Input should be a time of day, HH:MM"),
]
