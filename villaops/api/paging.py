"""Lists: the envelope, limit and skip, ordering."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from django.db.models import F, Model, QuerySet
from django.http import HttpRequest
from pydantic import AfterValidator, Field

from villaops.api.endpoint import query_of
from villaops.api.wire import Input, Output, Text, integer


class Page[Item](Output):
    """One page of a list; `total` counts all matches."""

    items: list[Item]
    total: int
    next: Annotated[str | None, Field(json_schema_extra={"format": "uri"})]
    previous: Annotated[str | None, Field(json_schema_extra={"format": "uri"})]


class ListQuery(Input):
    """What every list takes; a list adds its filters and what it can be ordered by."""

    limit: Annotated[int, integer(1, 100)] = 20
    skip: Annotated[int, integer(0)] = 0
    ordering: Text = "-created_at"


def ordered_by(*fields: str) -> AfterValidator:
    """The fields that `ordering` may name, each with or without `-`, separated by commas."""

    def check(text: str) -> str:
        for term in text.split(","):
            if term.removeprefix("-") not in fields:
                raise ValueError(f"Input should be any of {', '.join(fields)}, with - to descend")
        return text

    return AfterValidator(check)


def page[M: Model, Item](
    request: HttpRequest,
    rows: QuerySet[M, Any],
    query: ListQuery,
    shape: Callable[[Any], Item],
) -> Page[Item]:
    """One page of `rows` in two statements: all matches counted, the page's rows read."""
    total = rows.count()
    found = rows.order_by(*_terms(rows, query.ordering))[query.skip : query.skip + query.limit]
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
        nullable = rows.model._meta.get_field(name).null
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
