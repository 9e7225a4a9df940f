"""What reading needs: one object or its 404, a page of a list, its limit, skip and ordering."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from annotated_types import GroupedMetadata
from django.core.signing import BadSignature, Signer
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest
from pydantic import AfterValidator, Field

from villaops.api.endpoint import query_of
from villaops.api.wire import Input, Output, Text, integer, optional
from villaops.errors import NotFound
from villaops.kept import MOST_SHAPES, Given, Kept, first_of_each, planned_with_values


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


def found[M: Model](row: M | None, missing: type[NotFound]) -> M:
    """The row, or the error that says there is none."""
    if row is None:
        raise missing
    return row


def find[M: Model](rows: QuerySet[M, Any], missing: type[NotFound]) -> M:
    """The one row, or the error that says there is none."""
    return found(rows.first(), missing)


class Owned[M: Model]:
    """An organization's rows of a model, each found by its id, deleted ones aside."""

    def __init__(self, model: type[M]) -> None:
        self._rows: Any = model._default_manager
        self.one: Kept[M] = Kept(self._with_id)

    def find(self, organization: Model, pk: UUID, missing: type[NotFound]) -> M:
        """The row of this id, or the error that says there is none."""
        return found(self.one.first(organization=organization.pk, pk=pk), missing)

    def _with_id(self, *, organization: Any, pk: Any) -> QuerySet[M, Any]:
        rows: QuerySet[M, Any] = self._rows.for_organization(organization).filter(pk=pk)
        return rows


def find_each(organization: Model, *wanted: tuple[Owned[Any], UUID, type[NotFound]]) -> list[Any]:
    """The rows of these ids in one statement, or the error that says which is the first missing."""
    rows = first_of_each(
        *((owned.one, {"organization": organization.pk, "pk": pk}) for owned, pk, _ in wanted)
    )
    return [found(row, missing) for row, (_, _, missing) in zip(rows, wanted, strict=True)]


def page[M: Model, Item](
    request: HttpRequest,
    listed: "Listed[M]",
    query: ListQuery,
    shape: Callable[[Any], Item],
    **given: Any,
) -> Page[Item]:
    """One page of a list in two statements: all matches counted, the page's rows read."""
    if "cursor" in query.model_fields_set:
        return _page_after_key(request, listed, query, shape, given)
    with planned_with_values(if_so=bool(query.filters())):
        total = listed.count(given)
        rows = listed.part(given, query.ordering, query.skip, query.limit)
    return page_after(request, [shape(row) for row in rows], total, query.skip, query.limit)


def _page_after_key[M: Model, Item](
    request: HttpRequest,
    listed: "Listed[M]",
    query: ListQuery,
    shape: Callable[[Any], Item],
    given: Mapping[str, Any],
) -> Page[Item]:
    key = read_cursor(query.cursor, query.ordering) if query.cursor else None
    with planned_with_values():
        total = listed.count(given)
        # One row more says whether there is a next page.
        rows = listed.after(given, query.ordering, key, query.limit + 1)
    shown, more = rows[: query.limit], rows[query.limit :]
    following = {"cursor": listed.cursor(given, query.ordering, shown[-1])} if more else None
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


class Listed[M: Model]:
    """A list, whose statements are made once for each combination of filters and each ordering.

    build: makes the rows of the values that are given, by name (`villaops.kept`).
    bring: what it adds to a row is worked out for the rows of the page only, and not for those that
    are skipped: they are found by their keys first.
    """

    def __init__(
        self,
        build: Callable[..., QuerySet[M, Any]],
        bring: Callable[[Any], QuerySet[M, Any]] | None = None,
    ) -> None:
        self._build = build
        self._bring = bring
        self._all = Kept(build)
        self._parts = Kept(self._part)
        self._after = Kept(self._following)
        self._ordering = lru_cache(MOST_SHAPES)(self._ordered)

    def count(self, given: Mapping[str, Any]) -> int:
        """How many rows match."""
        return self._all.count(**given)

    def part(self, given: Mapping[str, Any], ordering: str, skip: int, limit: int) -> list[M]:
        """So many rows after so many."""
        return self._parts.all(ordering, skip, limit, **given)

    def after(
        self, given: Mapping[str, Any], ordering: str, key: "Key | None", limit: int
    ) -> list[M]:
        """So many rows after the one with the key, with what a cursor is made of."""
        if key is None:
            return self._after.all(ordering, None, limit, **given)
        values, pk = key
        known = {f"key_{n}": value for n, value in enumerate(values) if value is not None}
        are_there = tuple(value is not None for value in values)
        return self._after.all(ordering, are_there, limit, key=pk, **known, **given)

    def cursor(self, given: Mapping[str, Any], ordering: str, row: M) -> str:
        """What `next` says when this was the last row."""
        return self._ordering(ordering, tuple(given)).cursor(row)

    def _ordered(self, ordering: str, names: tuple[str, ...]) -> "Ordering":
        return Ordering(self._build(**{name: Given(name) for name in names}), ordering)

    def _part(self, ordering: str, skip: int, limit: int, **given: Any) -> QuerySet[M, Any]:
        rows = self._build(**given)
        return self._brought(rows, Ordering(rows, ordering), slice(skip, skip + limit))

    def _following(
        self, ordering: str, are_there: tuple[bool, ...] | None, limit: int, **given: Any
    ) -> QuerySet[M, Any]:
        pk = given.pop("key", None)
        values = [given.pop(f"key_{n}", None) for n in range(len(are_there or ()))]
        rows = self._build(**given)
        by = Ordering(rows, ordering)
        if are_there is not None:
            rows = rows.filter(by.after(values, pk))
        return by.with_keys(self._brought(rows, by, slice(limit)))

    def _brought(self, rows: QuerySet[M, Any], by: "Ordering", part: slice) -> QuerySet[M, Any]:
        there = rows.order_by(*by.terms)[part]
        if self._bring is None:
            return there
        everything = rows.model._default_manager.filter(pk__in=there.values("pk"))
        return self._bring(everything).order_by(*by.terms)


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


# The values that a row is sorted by, and its id.
type Key = tuple[list[Any], str]


def read_cursor(sent: str, ordering: str) -> Key:
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

    def after(self, values: list[Any], pk: Any) -> Q:
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
