"""A row's history in words: when, who, through which door, what from and to."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime

from accounts.models import User
from villaops.tenancy import Door

EVENTS_ON_A_PAGE = 100
# Columns that change with every write, or never.
SILENT = frozenset({"id", "created_at", "updated_at"})
NOTHING = "nothing"

# What the events do not tell: sentences by context, of the contexts on the page.
type MoreSentences = Callable[[list[UUID]], Mapping[UUID, list[str]]]


@dataclass(frozen=True)
class Entry:
    """What one act, one transaction, did to the row."""

    at: dt.datetime
    who: str
    door: str
    sentences: list[str]


@dataclass(frozen=True)
class History:
    """A page of it, newest first; `older` is where the next page begins."""

    entries: list[Entry]
    older: int | None


def history_of(
    row: Any, *, before: int | None = None, more: MoreSentences | None = None
) -> History:
    """The newest events of the row, or the newest before an event's id.

    A constant number of statements: the events, the users, one for each table referred to.
    """
    found = row.events.order_by("-pgh_id")
    if before:
        found = found.filter(pgh_id__lt=before)
    # One event more, to compare the oldest one shown with what was before it.
    events = list(found[: EVENTS_ON_A_PAGE + 1])[::-1]
    shown = events[-EVENTS_ON_A_PAGE:]
    older = shown[0].pgh_id if len(events) > len(shown) else None
    words = _Words(type(row), events)
    previous = events[0] if older else None
    contexts = [event.pgh_context_id for event in shown if event.pgh_context_id]
    added = more(list(dict.fromkeys(contexts))) if more else {}
    entries = []
    for context_id, act in groupby(shown, key=lambda event: event.pgh_context_id or event.pgh_id):
        sentences = []
        for event in act:
            sentences += words.told(previous, event)
            previous = event
        sentences += added.get(context_id, [])
        if sentences:
            entries.append(words.entry(event, sentences))
    return History(entries[::-1], older)


class _Words:
    """Names of what events only know by id, and sentences made with them."""

    def __init__(self, model: type[Model], events: list[Any]) -> None:
        self.fields = [
            field
            for field in model._meta.concrete_fields
            if field.name not in SILENT and events and _has(events[0], field)
        ]
        self.names = {
            field.name: _names(field, {getattr(event, field.attname) for event in events})
            for field in self.fields
            if field.is_relation
        }
        users: Any = {(event.pgh_context or {}).get("user") for event in events} - {None, ""}
        self.users = (
            {
                str(pk): email
                for pk, email in User.objects.filter(pk__in=users).values_list("pk", "email")
            }
            if users
            else {}
        )

    def entry(self, event: Any, sentences: list[str]) -> Entry:
        context = event.pgh_context or {}
        user, door = context.get("user"), context.get("door", "")
        who = self.users.get(user, "a user who is gone") if user else "nobody signed in"
        return Entry(
            event.pgh_created_at,
            who,
            str(dict(Door.choices).get(door, door or "database")),
            sentences,
        )

    def told(self, old: Any, new: Any) -> list[str]:
        """What happened between two events of the row."""
        if new.pgh_label == "delete":
            return ["Removed for good."]
        if old is None or new.pgh_label == "insert":
            return ["Made.", *self._facts(new)]
        return list(self._changes(old, new))

    def _facts(self, event: Any) -> Iterator[str]:
        for field in self.fields:
            value = self._value(field, event)
            if value != NOTHING:
                yield f"{capfirst(field.verbose_name)}: {value}"

    def _changes(self, old: Any, new: Any) -> Iterator[str]:
        for field in self.fields:
            if getattr(old, field.attname) == getattr(new, field.attname):
                continue
            if field.name == "deleted_at":
                yield "Deleted." if new.deleted_at else "Restored."
            else:
                yield (
                    f"{capfirst(field.verbose_name)}:"
                    f" {self._value(field, old)} → {self._value(field, new)}"
                )

    def _value(self, field: Any, event: Any) -> str:
        value = getattr(event, field.attname)
        if value is None or value == "" or value == []:
            return NOTHING
        if field.is_relation:
            return self.names[field.name].get(value, f"{value} (gone)")
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        return spoken(value)


def spoken(value: Any) -> str:
    """A value as people write it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case dt.datetime():
            return date_format(localtime(value), "DATETIME_FORMAT")
        case dt.date():
            return date_format(value, "DATE_FORMAT")
        case list():
            return ", ".join(str(part) for part in value)
    return str(value)


def _names(field: Any, ids: set[Any]) -> dict[Any, str]:
    wanted = ids - {None}
    if not wanted:
        return {}
    rows = field.related_model._default_manager.filter(pk__in=wanted)
    return {row.pk: str(row) for row in rows}


def _has(event: Model, field: Field) -> bool:
    try:
        event._meta.get_field(field.name)
    except FieldDoesNotExist:
        return False
    return True
