"""What reading needs: one object or its 404, a page of a list, its limit, skip and ordering."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from annotated_types import GroupedMetadata
from django.core.signing import BadSignature, Signer
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest
from pydantic import AfterValidator, Field

from villaops.api.endpoint import query_of
from villaops.api.wire import Input, Output, Text, integer, optional
from villaops.errors import NotFound


class Page[Item](Output):
    """One page of a list; `total` counts all matches."""

    items: list[Item]
    total: int
    next: str | None
    previous: str | None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """What the schema calls it: BookingPage and not Page_BookingOutput_."""
        return f"{params[0].__name__.removesuffix('Output')}Page"


CURSOR = Field(
    description="Pages by key instead of by number: empty for the first, then as in `next`."
)


class ListQuery(Input):
    """What every list takes; a list adds its filters and what it can be ordered by."""

    limit: Annotated[int, integer(1, 100)] = 20
    skip: Annotated[int, integer(0)] = 0
    ordering: Text = "-created_at"
    cursor: Annotated[Text, CURSOR] = optional()

    def filters(self) -> dict[str, Any]:
        """The filters that were given, by name."""
        return {
            name: value
            for name, value in self.given().items()
            if name not in ListQuery.model_fields
        }

    def problems(self) -> Iterable[tuple[str, str, Any]]:
        if "cursor" not in self.model_fields_set:
            return
        if "skip" in self.model_fields_set:
            yield "cursor", "A list is paged by cursor or by skip, not by both", self.cursor
        elif self.cursor:
            try:
                read_cursor(self.cursor, self.ordering)
            except BadCursor as error:
                yield "cursor", str(error), self.cursor


class OrderedBy(GroupedMetadata):
    """The fields that `ordering` may name, each with or without `-`, separated by commas."""

    def __init__(self, *fields: str) -> None:
        self.fields = fields

    def __iter__(self) -> Iterator[object]:
        yield AfterValidator(self._check)
        term = f"-?({'|'.join(self.fields)})"
        pattern = f"^{term}(,{term})*$"
        yield Field(json_schema_extra={"description": self._sentence(), "pattern": pattern})

    def _check(self, text: str) -> str:
        if any(term.removeprefix("-") not in self.fields for term in text.split(",")):
            raise ValueError(self._sentence())
        return text

    def _sentence(self) -> str:
        return f"Any of {', '.join(self.fields)}, separated by commas, with - to descend"


def find[M: Model](rows: QuerySet[M, Any], missing: type[NotFound]) -> M:
    """The one row, or the error that says there is none."""
    row = rows.first()
    if row is None:
        raise missing
    return row


def page[M: Model, Item](
    request: HttpRequest,
    rows: QuerySet[M, Any],
    query: ListQuery,
    shape: Callable[[Any], Item],
    bring: Callable[[Any], QuerySet[M, Any]] | None = None,
) -> Page[Item]:
    """One page of `rows` in two statements: all matches counted, the page's rows read.

    What `bring` adds to a row is worked out for the rows of the page only, and not for those
    that are skipped: they are found by their keys first.
    """
    total = rows.count()
    by = Ordering(rows, query.ordering)
    if "cursor" not in query.model_fields_set:
        there = _brought(rows, by, slice(query.skip, query.skip + query.limit), bring)
        return page_after(request, [shape(row) for row in there], total, query.skip, query.limit)
    if query.cursor:
        rows = rows.filter(by.after(*read_cursor(query.cursor, query.ordering)))
    # One row more says whether there is a next page.
    found = list(by.with_keys(_brought(rows, by, slice(query.limit + 1), bring)))
    shown, more = found[: query.limit], found[query.limit :]
    following = {"cursor": by.cursor(shown[-1])} if more else None
    return Page(
        items=[shape(row) for row in shown],
        total=total,
        next=_url(request, following),
        previous=None,
    )


def page_after[Item](
    request: HttpRequest, items: list[Item], total: int, skip: int, limit: int
) -> Page[Item]:
    """The page that begins after `skip` of all matches, with the addresses of those beside it."""
    return Page(
        items=items,
        total=total,
        next=_url(request, {"skip": skip + limit} if skip + limit < total else None),
        previous=_url(request, {"skip": max(0, skip - limit)} if skip else None),
    )


def _brought[M: Model](
    rows: QuerySet[M, Any],
    by: "Ordering",
    part: slice,
    bring: Callable[[Any], QuerySet[M, Any]] | None,
) -> QuerySet[M, Any]:
    found = rows.order_by(*by.terms)[part]
    if bring is None:
        return found
    everything = rows.model._default_manager.filter(pk__in=found.values("pk"))
    return bring(everything).order_by(*by.terms)


def _url(request: HttpRequest, change: Mapping[str, Any] | None) -> str | None:
    """This list's address with another `skip` or `cursor`, everything else kept."""
    if change is None:
        return None
    query = urlencode({**query_of(request), **change})
    return request.build_absolute_uri(f"{request.path}?{query}")


# --- In which order, and from where on -------------------------------------------------------

# Signed, so that whatever gets past the signature is what we wrote, and no guess at a key.
_signer = Signer(salt="villaops.api.cursor")


class BadCursor(ValueError):
    """No cursor of ours, or not one of this ordering."""


def read_cursor(sent: str, ordering: str) -> tuple[list[Any], str]:
    """The key of the last row shown: its values in this ordering, and its id. Raises BadCursor."""
    try:
        of, values, pk = _signer.unsign_object(sent)
    except BadSignature as error:
        raise BadCursor("Not a cursor of this list") from error
    if of != ordering:
        raise BadCursor("A cursor of another ordering")
    return values, pk


class Ordering:
    """How a list is sorted. Rows without a value come last either way; equal rows by their ids."""

    def __init__(self, rows: QuerySet[Any, Any], ordering: str) -> None:
        self.ordering = ordering
        self.names = [term.removeprefix("-") for term in ordering.split(",")]
        self.descends = [term.startswith("-") for term in ordering.split(",")]
        # What was annotated may be absent too, and is not there to be read unless asked for.
        self.annotated = [name in rows.query.annotations for name in self.names]
        self.nullable = [
            annotated or rows.model._meta.get_field(name).null
            for name, annotated in zip(self.names, self.annotated, strict=True)
        ]

    @property
    def terms(self) -> list[Any]:
        """For `order_by`."""
        terms: list[Any] = []
        for name, descends, nullable in zip(self.names, self.descends, self.nullable, strict=True):
            if not nullable:
                terms.append(f"-{name}" if descends else name)
            elif descends:
                terms.append(F(name).desc(nulls_last=True))
            else:
                terms.append(F(name).asc(nulls_last=True))
        return [*terms, "id"]

    def after(self, values: list[Any], pk: str) -> Q:
        """The rows that come after the one with these values and this id.

        `(a, b, id) > (x, y, z)` says it only where every column ascends and none is ever null. What
        PostgreSQL can use of an index here is `a >= x`, which follows from the rest and is said all
        the same: it begins to read there, and drops the few equal rows it has shown.
        """
        found = Q(id__gt=pk)
        for name, descends, nullable, value in reversed(
            list(zip(self.names, self.descends, self.nullable, values, strict=True))
        ):
            if value is None:
                # The last ones: nothing but equals is left.
                found &= Q(**{f"{name}__isnull": True})
                continue
            beyond, bound = ("lt", "lte") if descends else ("gt", "gte")
            found = Q(**{f"{name}__{bound}": value}) & (
                Q(**{f"{name}__{beyond}": value}) | Q(**{name: value}) & found
            )
            if nullable:
                found |= Q(**{f"{name}__isnull": True})
        return found

    def with_keys[M: Model](self, rows: QuerySet[M, Any]) -> QuerySet[M, Any]:
        """The rows with what a cursor is made of."""
        missing = {f"key_{n}": F(name) for n, name in enumerate(self.names) if self.annotated[n]}
        return rows.annotate(**missing) if missing else rows

    def cursor(self, row: Any) -> str:
        """What `next` says: the key of the last row shown."""
        values = [
            getattr(row, f"key_{n}" if self.annotated[n] else name)
            for n, name in enumerate(self.names)
        ]
        told = [value if value is None else str(value) for value in values]
        return _signer.sign_object([self.ordering, told, str(row.pk)])
