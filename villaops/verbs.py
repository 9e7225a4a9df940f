"""What every verb has in common: atomic, retried once on a deadlock, typed errors.

Model.full_clean() would ask the database one question per constraint before the statement that
asks them all again. Verbs clean the fields in Python and let the constraints answer in the
statement itself; their names lead back to the typed error.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, models, transaction
from psycopg.errors import DeadlockDetected

from villaops.errors import BrokenRule, DomainError

ErrorsByConstraint = Mapping[str, type[DomainError]]


def verb[**P, R](
    *, constraints: ErrorsByConstraint | None = None, races: frozenset[str] = frozenset()
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a verb: all of it happens or nothing.

    `constraints` maps constraint names to the errors they mean. A violated check constraint that
    is not named there becomes a BrokenRule with the constraint's own sentence; any other violation
    is a bug and passes through.

    The loser of a race, in a deadlock or over one of the constraints named in `races`, has written
    nothing and tries once more: it then sees what the winner wrote, and can say more than
    PostgreSQL, which names no key of a table with row-level security.
    """
    known = constraints or {}

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except (IntegrityError, OperationalError) as error:
                if not _lost_a_race(error, races):
                    raise _translated(error, known) from error
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except IntegrityError as error:
                raise _translated(error, known) from error

        return run

    return decorate


def one_at_a_time(name: str) -> None:
    """Let transactions that name the same wait for each other, until the first has ended.

    For what has no row to lock yet, or must not tell whether it has.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _violated(error: Exception) -> str:
    """The name of the constraint that refused, as PostgreSQL reports it."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""


def _lost_a_race(error: Exception, races: frozenset[str]) -> bool:
    return isinstance(error.__cause__, DeadlockDetected) or _violated(error) in races


def _translated(error: Exception, known: ErrorsByConstraint) -> Exception:
    name = _violated(error)
    if name in known:
        return known[name]()
    sentence = _sentences().get(name)
    return BrokenRule(sentence, constraint=name) if sentence else error


def _sentences() -> dict[str, str]:
    """The sentence of each check constraint of our models, by its name."""
    from django.apps import apps

    return {
        constraint.name: str(constraint.violation_error_message)
        for model in apps.get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    }


def clean(instance: models.Model) -> None:
    """Check the fields and the row's own rules in Python, without a query.

    Relations are left to the foreign keys, uniqueness and checks to their constraints.
    """
    relations = {field.name for field in instance._meta.fields if field.is_relation}
    try:
        instance.clean_fields(exclude=relations)
        instance.clean()
    except ValidationError as error:
        raise BrokenRule("; ".join(error.messages), errors=error) from error


def apply_changes(instance: models.Model, changes: Mapping[str, Any]) -> set[str]:
    """Set the given fields and return the names of those whose value became another."""
    changed = {name for name, value in changes.items() if getattr(instance, name) != value}
    for name in changed:
        setattr(instance, name, changes[name])
    return changed
