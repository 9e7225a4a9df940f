"""The columns the list of bookings can show, sort by and export."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext_lazy as _

from bookings.models import Status

# As a stay goes through them, not as they are spelled.
_STATUS_ORDER = Case(
    *(When(status=status, then=Value(n)) for n, status in enumerate(Status)),
    default=Value(len(Status)),
    output_field=IntegerField(),
)


@dataclass(frozen=True)
class Column:
    """A column: its name in the address, how it is sorted by, and the words for both directions."""

    key: str
    label: Any
    sort: str
    # Fields, and arithmetic of fields.
    by: tuple[Any, ...]
    ascending: Any
    descending: Any
    is_number: bool = False
    in_default: bool = True
    is_price: bool = False
    # The first click on the head sorts so.
    begins_descending: bool = False

    def ordering(self, *, descending: bool) -> list[OrderBy]:
        """What the rows are ordered by; rows without a value come last either way."""
        last: dict[str, Any] = {"nulls_last": True} if self.key in ("guest", "total") else {}
        return [by.desc(**last) if descending else by.asc(**last) for by in self.by]


COLUMNS = (
    Column(
        "guest", _("Guest"), "guest", (F("guest__name"),), _("Guest, A to Z"), _("Guest, Z to A")
    ),
    Column(
        "reference",
        _("Reference"),
        "reference",
        (F("reference"),),
        _("Reference, A to Z"),
        _("Reference, Z to A"),
        in_default=False,
    ),
    Column(
        "where",
        _("Where"),
        "where",
        (F("property__name"), F("unit__position")),
        _("Property, A to Z"),
        _("Property, Z to A"),
    ),
    Column(
        "arrival",
        _("Arrival"),
        "check_in",
        (F("check_in"),),
        _("Earliest arrival first"),
        _("Latest arrival first"),
    ),
    Column(
        "departure",
        _("Departure"),
        "check_out",
        (F("check_out"),),
        _("Earliest departure first"),
        _("Latest departure first"),
    ),
    Column(
        "nights",
        _("Nights"),
        "nights",
        (F("check_out") - F("check_in"),),
        _("Shortest stay first"),
        _("Longest stay first"),
        is_number=True,
        begins_descending=True,
    ),
    Column(
        "party",
        _("Guests"),
        "party",
        (F("adults") + F("children"),),
        _("Smallest party first"),
        _("Largest party first"),
        is_number=True,
        in_default=False,
        begins_descending=True,
    ),
    Column(
        "source",
        _("Source"),
        "source",
        (F("source"),),
        _("Source, A to Z"),
        _("Source, Z to A"),
    ),
    Column(
        "status",
        _("Status"),
        "status",
        (_STATUS_ORDER,),
        _("Status, pending first"),
        _("Status, no-show first"),
    ),
    Column(
        "total",
        _("Total"),
        "total",
        (F("total_price"),),
        _("Lowest total first"),
        _("Highest total first"),
        is_number=True,
        is_price=True,
        begins_descending=True,
    ),
    Column(
        "created",
        _("Booked on"),
        "created_at",
        (F("created_at"),),
        _("Oldest booking first"),
        _("Newest booking first"),
        in_default=False,
        begins_descending=True,
    ),
)

# The guest's name leads to the booking, so it always stands there.
FIXED = "guest"
DEFAULT_SORT = "-check_in"


def columns_for(*, prices: bool) -> list[Column]:
    """The columns a reader may see."""
    return [column for column in COLUMNS if prices or not column.is_price]


def chosen_columns(keys: Iterable[str], *, prices: bool) -> list[Column]:
    """The columns asked for, in the list's own order; the usual ones where that names none."""
    offered = columns_for(prices=prices)
    asked = {column.key for column in offered} & set(keys)
    if not asked:
        return [column for column in offered if column.in_default]
    return [column for column in offered if column.key in asked | {FIXED}]


def orderings(columns: Iterable[Column]) -> list[tuple[str, Any]]:
    """Every way to sort by the columns, with words for it, the usual one first."""
    ways: list[tuple[str, Any]] = []
    for column in columns:
        pair = [(column.sort, column.ascending), (f"-{column.sort}", column.descending)]
        ways += reversed(pair) if column.begins_descending else pair
    return sorted(ways, key=lambda way: way[0] != DEFAULT_SORT)


def ordering_of(sort: str, columns: Sequence[Column]) -> list[Any]:
    """What to order by for a sort of `orderings`, one booking never equal to another."""
    column = next(column for column in columns if column.sort == sort.removeprefix("-"))
    return [*column.ordering(descending=sort.startswith("-")), "id"]
