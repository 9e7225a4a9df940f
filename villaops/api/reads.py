"""What reading needs: one object or its 404, a page of a list, its limit, skip and ordering."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any
from urllib.parse import urlencode

from annotated_types import GroupedMetadata
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest
from pydantic import AfterValidator, Field

from villaops.api.endpoint import query_of
from villaops.api.wire import Input, Output, Text, integer
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


class ListQuery(Input):
    """What every list takes; a list adds its filters and what it can be ordered by."""

    limit: Annotated[int, integer(1, 100)] = 20
    skip: Annotated[int, integer(0)] = 0
    ordering: Text = "-created_at"

    def filters(self) -> dict[str, Any]:
        """The filters that were given, by name."""
        return {
            name: value
            for name, value in self.given().items()
            if name not in ListQuery.model_fields
        }


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
    terms = _terms(rows, query.ordering)
    found = rows.order_by(*terms)[query.skip : query.skip + query.limit]
    if bring:
        everything = rows.model._default_manager.filter(pk__in=found.values("pk"))
        found = bring(everything).order_by(*terms)
    return Page(
        items=[shape(row) for row in found],
        total=total,
        next=_url(request, query.skip + query.limit) if query.skip + query.limit < total else None,
        previous=_url(request, max(0, query.skip - query.limit)) if query.skip else None,
    )


def _terms(rows: QuerySet[Any, Any], ordering: str) -> list[Any]:
    """Rows without a value come last either way; equal rows in the order of their ids."""
    terms: list[Any] = []
    for term in ordering.split(","):
        name = term.removeprefix("-")
        # What was annotated may be absent too.
        nullable = name in rows.query.annotations or rows.model._meta.get_field(name).null
        if not nullable:
            terms.append(term)
        elif term.startswith("-"):
            terms.append(F(name).desc(nulls_last=True))
        else:
            terms.append(F(name).asc(nulls_last=True))
    return [*terms, "id"]


def _url(request: HttpRequest, skip: int) -> str:
    """This list's address with another `skip`, everything else kept."""
    query = urlencode({**query_of(request), "skip": skip})
    return request.build_absolute_uri(f"{request.path}?{query}")
