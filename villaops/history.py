"""History: every insert, update and delete of a tracked row, written by triggers.

Who did it and through which door travel in the event's `pgh_context`, as
`{"user": <id or null>, "door": "web"}`, from the settings `villaops.tenancy` makes in the same
statement that opens the context. Events of one context share `pgh_context_id`.
"""

from collections.abc import Callable
from typing import Any

import pghistory
from django.db import models


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
