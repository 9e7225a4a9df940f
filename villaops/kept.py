"""Querysets whose SQL is made once, for what is read again and again.

To build a queryset and to turn it into SQL takes Django most of the time of a read, and the outcome
is the same but for the values: docs/decisions/0015-kept-statements.md has figures. Here a queryset
is built with a `Given` where each value goes, and its SQL is kept with the place of each.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, islice
from types import SimpleNamespace
from typing import Any, cast

from django.db import connection, connections
from django.db.models import BooleanField, Expression, F, Func, Model, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql import InsertQuery

# Of each list: its orderings, combinations of filters, and first pages.
MOST_SHAPES = 256


class Given(Expression):
    """A value that is known only when a kept queryset is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, tuple["Given"]]:  # type: ignore[override]
        """A place, and instead of its value the name of it."""
        return "%s", (self,)


class IsAnyOf(Func):
    """Whether the field is one of a list of values: what `__in` is for a `Given`."""

    template, arg_joiner = "%(expressions)s)", " = ANY("
    output_field = BooleanField()

    def __init__(self, field: str, values: Given) -> None:
        super().__init__(F(field), values)


@dataclass(frozen=True, eq=False)
class _Statement:
    """A queryset's SQL, and what Django needs to make objects of its rows."""

    queryset: Any
    select: Any
    klass_info: Any
    annotation_col_map: Any
    sql: str
    places: tuple[Any, ...]
    converters: Mapping[int, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, queryset: QuerySet[Any, Any]) -> "_Statement":
        # The compiler itself is not kept: it holds the connection of the thread that asked first.
        compiler = queryset.query.get_compiler(connection.alias)
        sql, places = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        return cls(
            queryset,
            compiler.select,
            compiler.klass_info,
            compiler.annotation_col_map,
            sql,
            tuple(places),
            converters,
        )

    def counting(self) -> "_Statement":
        """How many rows it has."""
        sql = f"SELECT count(*) FROM ({self.sql}) matching"  # noqa: S608 - Django's own
        return replace(self, sql=sql, converters={})

    def bound(self, values: Mapping[str, Any]) -> list[Any]:
        """What goes into its places."""
        return [values[one.name] if isinstance(one, Given) else one for one in self.places]

    def rows(self, values: Mapping[str, Any]) -> list[Any]:
        return self.converted(_fetched(self.sql, self.bound(values)))

    def converted(self, found: list[Any]) -> list[Any]:
        if not self.converters:
            return found
        compiler = self.queryset.query.get_compiler(connection.alias)
        return list(compiler.apply_converters(found, self.converters))

    def objects(self, rows: list[Any]) -> list[Any]:
        """As the queryset would give them: its iterator, told that it has asked already."""
        asked = SimpleNamespace(
            select=self.select,
            klass_info=self.klass_info,
            annotation_col_map=self.annotation_col_map,
            execute_sql=lambda **_: rows,
            results_iter=lambda results: results,
        )
        queryset = SimpleNamespace(
            db=connection.alias,
            model=self.queryset.model,
            query=SimpleNamespace(get_compiler=lambda using: asked),
            _fetch_mode=self.queryset._fetch_mode,
            _known_related_objects={},
        )
        return list(ModelIterable(cast("Any", queryset)))


class Kept[M: Model]:
    """What `build(*shape, **values)` gives, without building it again.

    build: makes the queryset; whatever its SQL depends on beyond the presence of a value is part of
    the shape. It gets a `Given` for each value, and must do nothing with it but put it there.
    Prefetching is not for these.
    """

    def __init__(self, build: Callable[..., QuerySet[M, Any]]) -> None:
        self._build = build
        self._statement = lru_cache(MOST_SHAPES)(self._made)

    def all(self, *shape: Hashable, **values: Any) -> list[M]:
        """The rows; one statement."""
        statement = self.statement(*shape, **values)
        return statement.objects(statement.rows(values))

    def first(self, *shape: Hashable, **values: Any) -> M | None:
        """The first row, or None."""
        return next(iter(self.all(*shape, **values)), None)

    def count(self, *shape: Hashable, **values: Any) -> int:
        """How many rows there are; one statement."""
        [[total]] = self._statement(shape, tuple(values), counts=True).rows(values)
        return int(total)

    def statement(self, *shape: Hashable, **values: Any) -> _Statement:
        """What asks for the rows."""
        return self._statement(shape, tuple(values))

    def _made(
        self, shape: tuple[Hashable, ...], names: tuple[str, ...], *, counts: bool = False
    ) -> _Statement:
        queryset = self._build(*shape, **{name: Given(name) for name in names})
        if counts:
            return _Statement.of(queryset.order_by().values("pk")).counting()
        return _Statement.of(queryset)


def first_of_each(*asked: tuple[Kept[Any], Mapping[str, Any]]) -> list[Any]:
    """The one row of each, or None, in one statement.

    For querysets of at most one row that have nothing to do with each other.
    """
    statements = [kept.statement(**values) for kept, values in asked]
    pairs = zip(statements, asked, strict=True)
    bound = chain(*(statement.bound(values) for statement, (_, values) in pairs))
    [row] = _fetched(_side_by_side(*statements), list(bound))
    columns = iter(row)
    return [_one_of(one, tuple(islice(columns, len(one.select)))) for one in statements]


def _one_of(statement: _Statement, part: tuple[Any, ...]) -> Any:
    """The object, unless nothing has been joined."""
    if all(value is None for value in part):
        return None
    [found] = statement.objects(statement.converted([part]))
    return found


@lru_cache(MOST_SHAPES)
def _side_by_side(*statements: _Statement) -> str:
    """A row without columns, and joined to it what there is of each."""
    parts = {f"part_{n}": statement.sql for n, statement in enumerate(statements)}
    joined = " ".join(f"LEFT JOIN ({sql}) {name} ON true" for name, sql in parts.items())
    return f"SELECT {', '.join(f'{name}.*' for name in parts)} FROM (SELECT) one {joined}"  # noqa: S608 - Django's own


def _fetched(sql: str, bound: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, bound)
        return cursor.fetchall()


def insert(first: Sequence[Model], *others: Sequence[Model]) -> None:
    """Write new rows, each list of one model and at least one row, in one statement that is kept.

    What `save(force_insert=True)` and `bulk_create` do to rows whose keys and values Python knows,
    without signals; no database default is read back. Several rows travel as an array for each
    column, which columns of arrays cannot. The first list is written first.
    """
    (sql, bound), *more = (_insertion_of(rows) for rows in (first, *others))
    if more:
        named = [f"others_{n} AS ({one})" for n, (one, _) in enumerate(more)]
        # PostgreSQL begins with what is not named.
        sql = f"WITH {', '.join(named)} {sql}"
        bound = [*chain(*(values for _, values in more)), *bound]
    with connection.cursor() as cursor:
        cursor.execute(sql, bound)
    for row in chain(first, *others):
        row._state.adding, row._state.db = False, connection.alias


def _insertion_of(rows: Sequence[Model]) -> tuple[str, list[Any]]:
    """The statement, and what it is given."""
    is_one = len(rows) == 1
    sql, fields = _insertion(type(rows[0]), is_one=is_one)
    # The connection itself: every field asks it several things, and its proxy looks for it anew.
    here = connections[connection.alias]
    columns = [
        [field.get_db_prep_save(field.pre_save(row, True), here) for row in rows]
        for field in fields
    ]
    return sql, [value for [value] in columns] if is_one else columns


@lru_cache(MOST_SHAPES)
def _insertion(model: type[Model], *, is_one: bool) -> tuple[str, Sequence[Any]]:
    """The statement, and the fields whose values it takes."""
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    query = InsertQuery(model)
    query.insert_values(fields, [model()] if is_one else [model(), model()])
    [(sql, places)] = query.get_compiler(connection.alias).as_sql()
    if len(places) != len(fields):
        raise TypeError(f"{model.__name__}: its rows do not fit in arrays")
    return sql, fields


@contextmanager
def planned_with_values(*, if_so: bool = True) -> Iterator[None]:
    """Have PostgreSQL plan the statements inside with their values in sight.

    After some executions it plans a prepared statement once and for all, for values it cannot know:
    a period might be a night or ten years, a text somebody's name or nothing. For periods that has
    taken 70 times as long. Planning anew costs about a millisecond.
    """
    connection.ensure_connection()
    line = connection.connection
    threshold = line.prepare_threshold
    if if_so:
        line.prepare_threshold = None
    try:
        yield
    finally:
        line.prepare_threshold = threshold
