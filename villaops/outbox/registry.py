"""Who does what: the handlers of each kind of intent."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from villaops.outbox.models import Intent

# About a day, with the pauses of villaops.outbox.services.
ATTEMPTS = 18

type Step = Callable[["Intent"], None]


class Permanent(Exception):
    """However often it is tried, the answer will be no: the reason, for people."""


class NoHandler(Exception):
    """Nobody does this kind; perhaps a newer release will."""


@dataclass(frozen=True)
class Handler:
    """What is done for one kind, or by one listener of an event.

    `atomic`: in one transaction with being done. `secret`: the payload is emptied once it is done,
    and shown to nobody. `kept`: the row stays, because others refer to it.
    """

    run: Step
    atomic: bool = False
    secret: bool = False
    kept: bool = False
    attempts: int = ATTEMPTS


_handlers: dict[str, Handler] = {}
_listeners: dict[str, list[str]] = {}


def event(kind: str) -> str:
    """Make a kind known that any number of listeners, or none, are told of."""
    _listeners.setdefault(kind, [])
    return kind


def handler(
    kind: str,
    *,
    atomic: bool = False,
    secret: bool = False,
    kept: bool = False,
    attempts: int = ATTEMPTS,
) -> Callable[[Step], Step]:
    """Register a function for a kind of intent; for an event, as one more listener."""

    def register(step: Step) -> Step:
        name = kind
        if kind in _listeners:
            name = f"{kind}/{step.__module__.partition('.')[0]}.{step.__name__}"
            _listeners[kind].append(name)
        if name in _handlers:
            raise ValueError(f"There is a handler for {name} already.")
        _handlers[name] = Handler(step, atomic, secret, kept, attempts)
        return step

    return register


@cache
def load() -> None:
    """Import every app's tasks, where handlers are; a worker has done so, a web process not."""
    autodiscover_modules("tasks")


def listeners(kind: str) -> list[str] | None:
    """The kinds of an event's listeners; None for what is no event."""
    load()
    return _listeners.get(kind)


def handler_of(kind: str) -> Handler:
    """Who does this kind. Raises NoHandler."""
    load()
    try:
        return _handlers[kind]
    except KeyError:
        raise NoHandler(f"Nobody does {kind!r} here.") from None


def secret_kinds() -> list[str]:
    """Kinds whose payload is shown to nobody."""
    load()
    return [kind for kind, one in _handlers.items() if one.secret]


def kept_kinds() -> list[str]:
    """Kinds whose rows others refer to."""
    load()
    return [kind for kind, one in _handlers.items() if one.kept]
