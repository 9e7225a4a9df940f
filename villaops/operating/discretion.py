"""What may be told of an exception outside: where it happened and of which kind, not its words.

The words quote what it stumbled over: "Key (email)=(emma@example.com) already exists".
"""

import traceback
from types import TracebackType
from typing import Any

import psycopg

# Their words are about code.
ABOUT_CODE = (AttributeError, ImportError, NameError, NotImplementedError, RecursionError)
LONGEST_CHAIN = 5


def name_of(kind: type[BaseException]) -> str:
    return (
        kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    )


def words_of(error: BaseException) -> str:
    """What may be said besides the kind; empty when nothing may."""
    if isinstance(error, ABOUT_CODE):
        return str(error)
    if isinstance(error, psycopg.Error):
        found = error.diag
        facts = (found.sqlstate or error.sqlstate, found.table_name, found.constraint_name)
        return " ".join(fact for fact in facts if fact)
    if isinstance(error, OSError):
        return error.strerror or ""
    code: Any = getattr(error, "code", None)
    return code if isinstance(code, str) and code.isidentifier() else ""


def discreet_traceback(error: BaseException, trace: TracebackType | None = None) -> str:
    """The traceback as Python writes it, causes first, with the exceptions' words left out."""
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(parts) < LONGEST_CHAIN:
        seen.add(id(current))
        frames = traceback.format_tb(trace or current.__traceback__)
        said = ": ".join(part for part in (name_of(type(current)), words_of(current)) if part)
        parts.insert(0, "Traceback (most recent call last):\n" + "".join(frames) + said)
        trace = None
        following = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or following
    return "\n\n".join(parts)
