"""History: every insert, update and delete of a tracked row, written by triggers.

Who did it and through which door travel in the event's `pgh_context`, as
`{"user": <id or null>, "door": "web"}`, from the settings `villaops.tenancy` makes in the same
statement that opens the context. Events of one context share `pgh_context_id`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pghistory
import pgtrigger
from django.apps import apps
from django.db import connection, models
from django.db.models import OuterRef, Subquery, UUIDField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast


def keep_history[M: models.Model](
    *, exclude: list[str] | None = None, **options: Any
) -> Callable[[type[M]], type[M]]:
    """Track a model: its events are rows nobody can change, kept when the row itself is gone."""
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=exclude,
        context_field=pghistory.ContextJSONField(),
        context_id_field=pghistory.ContextUUIDField(),
        append_only=True,
        **{"obj_field": pghistory.ObjForeignKey(related_name="events"), **options},
    )


def events_by_time(name: str) -> dict[str, Any]:
    """An index for charts that ask every other second whether anything has happened."""
    return {"indexes": [models.Index(fields=["organization", "pgh_created_at"], name=name)]}


def with_who[Q: models.QuerySet[Any]](events: Q) -> Q:
    """Adds `who`: the name of the person who did it, None where it was nobody or they are gone."""
    users = apps.get_model("accounts", "User").objects.filter(pk=OuterRef("user_id"))
    return events.alias(
        user_id=Cast(KeyTextTransform("user", "pgh_context"), UUIDField())
    ).annotate(who=Subquery(users.values("name")))


@contextmanager
def rewriting(*tracked: type[models.Model]) -> Iterator[None]:
    """Let a verb take what was known of a person out of these models' history.

    Somebody who asks to be forgotten is the one reason, and the database takes no other: which
    columns may be emptied stands in the migrations (villaops.tenancy.operations.HistoryTable), and
    all else is refused by a trigger that no setting switches off.

    Not `pgtrigger.ignore`, which sends two statements in one; servers that prepare statements take
    one at a time.
    """
    guards = [
        trigger.get_pgid(event)
        for event, trigger in pgtrigger.registered()
        if trigger.name == "append_only"
        and any(event._meta.label == f"{model._meta.label}Event" for model in tracked)
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s::text[]::text, true)", [guards])
        yield
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{}', true)")
