"""Search in lists of any size: one indexed look-up for each column, their ids put together.

Django's own search makes one condition of all columns, `a LIKE .. OR guest.b LIKE ..`. No index
answers an OR over several tables, so that PostgreSQL would join and read everything. Here each
column is asked on its own, through its trigram index on UPPER(column), and rows of other tables
lead back to ours through the index that begins with the organization.

The ids are read first and once, for both the count and the page. As part of these statements,
`ORDER BY id DESC LIMIT 50` would tempt PostgreSQL to walk through all rows from the newest on and
compare each: quick when a text is in many rows, half a second on 100,000 bookings when it is rare.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, QuerySet, TextField
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

# A text of fewer letters has no trigram in the middle of a word, but has one at its beginning.
SHORTEST_PART = 3
# So many are listed; one more is found, so that the list can say that there are more.
LISTED_MATCHES = 1_000
MATCHES = LISTED_MATCHES + 1


def search[M: Model](queryset: QuerySet[M], text: str, columns: Sequence[str]) -> QuerySet[M]:
    """The rows with the text in one of the columns, in any case, or the row whose id it is.

    A text shorter than three characters has to be the beginning. The newest MATCHES are found.
    """
    text = text.replace("\x00", "").strip()
    if not text:
        return queryset
    if identity := _uuid(text):
        return queryset.filter(pk=identity)
    found = {match["pk"] for match in matching_ids(queryset, text, columns)}
    newest = sorted(found, reverse=True)[:MATCHES]
    # One array rather than thousands of parameters. The text is ours, the ids are a parameter.
    ids = RawSQL("SELECT unnest(%s::uuid[])", [newest])
    return queryset.filter(pk__in=ids)


def matching_ids(queryset: QuerySet[Any], text: str, columns: Sequence[str]) -> QuerySet[Any]:
    """For each column the newest matches among the rows that pass the filters already set.

    Living and deleted rows are asked for apart: they have indexes of their own.
    """
    parts = [queryset]
    if any(field.name == "deleted_at" for field in queryset.model._meta.fields):
        parts = [queryset.filter(deleted_at__isnull=living) for living in (True, False)]
    first, *others = [_newest(part, column, text) for part in parts for column in columns]
    return first.union(*others, all=True).order_by() if others else first


def lookup_for(text: str) -> str:
    """How a text is compared, so that an index on trigrams answers."""
    return "icontains" if len(text) >= SHORTEST_PART else "istartswith"


def is_owned(model: type[Model]) -> bool:
    """Whether its rows belong to an organization."""
    try:
        model._meta.get_field("organization")
    except FieldDoesNotExist:
        return False
    return True


def _newest(queryset: QuerySet[Any], column: str, text: str) -> QuerySet[Any]:
    found = {f"{column}{LOOKUP_SEP}{lookup_for(text)}": text} | _same_organization(
        queryset.model, column
    )
    # Ordered as text, which is the same order, so that the primary key's index does not tempt.
    newest_first = Cast("pk", TextField()).desc()
    return queryset.filter(**found).order_by(newest_first).values("pk")[:MATCHES]


def _same_organization(model: type[Model], column: str) -> dict[str, F]:
    """Join by organization too: true anyway, and what the indexes begin with."""
    conditions = {}
    path = ""
    for step in column.split(LOOKUP_SEP)[:-1]:
        related: Any = model._meta.get_field(step).related_model
        if is_owned(model) and is_owned(related):
            conditions[f"{path}{step}__organization"] = F(f"{path}organization")
        model, path = related, f"{path}{step}{LOOKUP_SEP}"
    return conditions


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
