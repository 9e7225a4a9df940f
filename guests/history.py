"""A guest's history in plain words, read from the rows that triggers wrote.

Rows of one context (one click, one request) are one entry.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from guests.models import Guest
from villaops.languages import LANGUAGES
from villaops.tenancy import Door

# So many acts are told on a profile; the export has all of them.
TOLD = 50
WORDS = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "nationality": gettext_lazy("Nationality"),
    "language": gettext_lazy("Language"),
}


@dataclass
class Entry:
    """What one act did to the guest: who, when, through which door."""

    at: dt.datetime
    who: str
    door: str
    sentences: list[str] = field(default_factory=list)
    # The merge that can be undone from here.
    undo: UUID | None = None


@dataclass
class _Act:
    """The rows of one context."""

    at: dt.datetime
    context: dict[str, Any]
    events: list[Any] = field(default_factory=list)
    merges: list[Any] = field(default_factory=list)


def history_of(guest: Guest, *, most: int | None = TOLD) -> list[Entry]:
    """The newest acts on the guest, newest first. Three statements, however long the history."""
    acts = _acts(guest, most)
    ids = {act.context["user"] for act in acts if act.context.get("user")}
    users = {str(user.pk): user.name for user in User.objects.filter(pk__in=ids)}
    entries = []
    before = None
    for act in acts:
        entry = Entry(
            act.at,
            users.get(act.context.get("user") or "", _("System")),
            str(dict(Door.choices).get(act.context.get("door", ""), "")),
        )
        entry.sentences += _merges(act, guest, entry)
        for event in act.events:
            entry.sentences += _changes(before, event)
            before = event
        if entry.sentences:
            entries.append(entry)
    return entries[::-1][:most]


def _acts(guest: Guest, most: int | None) -> list[_Act]:
    # One event more, to compare the oldest one shown with what was before it.
    limit = most + 1 if most else None
    events = list(guest.events.order_by("-pgh_id")[:limit])
    merges = apps.get_model("guests", "GuestMergeEvent").objects.filter(
        organization=guest.organization_id, keep=guest.pk
    )
    merges = list(merges.select_related("pgh_obj__merged").order_by("-pgh_id")[:limit])
    acts: dict[Any, _Act] = {}
    for event in sorted(events + merges, key=lambda row: (row.pgh_created_at, row.pgh_id)):
        act = acts.setdefault(
            event.pgh_context_id or (type(event), event.pgh_id),
            _Act(event.pgh_created_at, event.pgh_context or {}),
        )
        (act.events if hasattr(event, "anonymized_at") else act.merges).append(event)
    return list(acts.values())


def _merges(act: _Act, guest: Guest, entry: Entry) -> Iterator[str]:
    for event in act.merges:
        merge = event.pgh_obj
        # Who was once taken for a person that is forgotten would tell who that was.
        name = _("another guest") if guest.anonymized_at else merge.merged.name
        if event.pgh_label != "insert":
            yield _("Merge with %s undone.") % name
            continue
        count = len(merge.bookings)
        yield ngettext(
            "Merged with %(name)s; %(count)s booking came along.",
            "Merged with %(name)s; %(count)s bookings came along.",
            count,
        ) % {"name": name, "count": count}
        if not merge.undone_at and not guest.anonymized_at:
            entry.undo = merge.pk


def _changes(old: Any, new: Any) -> Iterator[str]:
    if new.pgh_label == "insert":
        yield _("Added.")
        return
    if old is None:
        return
    if new.anonymized_at and not old.anonymized_at:
        yield _("Anonymized: everything personal was removed.")
        return
    if new.deleted_at and not old.deleted_at:
        yield _("Merged into another guest.") if new.merged_into_id else _("Deleted.")
    if old.deleted_at and not new.deleted_at:
        yield _("Separated again.") if old.merged_into_id else _("Restored.")
    yield from _fields(old, new)


def _value(name: str, value: Any) -> Any:
    return LANGUAGES.get(value, value) if name == "language" else value


def _fields(old: Any, new: Any) -> Iterator[str]:
    for name, word in WORDS.items():
        was, is_now = (_value(name, getattr(one, name)) for one in (old, new))
        if was == is_now:
            continue
        if was and is_now:
            yield _("%(field)s changed from %(old)s to %(new)s.") % {
                "field": word,
                "old": was,
                "new": is_now,
            }
        elif is_now:
            yield _("%(field)s added: %(new)s.") % {"field": word, "new": is_now}
        else:
            yield _("%(field)s removed; it was %(old)s.") % {"field": word, "old": was}
    if old.notes != new.notes:
        yield _("Notes changed.") if new.notes else _("Notes removed.")
