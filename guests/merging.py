"""Two guests who are one person: merge them, and tell them apart again.

Lock order: the two guests by id, then their bookings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Now

from accounts.models import User
from bookings.models import Booking
from guests.models import Guest, GuestMerge
from guests.services import CONSTRAINTS, GuestNotFound, GuestStaysElsewhere, has_unseen
from villaops.errors import BrokenRule, Conflict
from villaops.tenancy import every_property
from villaops.verbs import apply_changes, clean, verb

KEEP, MERGE, BOTH = "keep", "merge", "both"
FIELDS = ("name", "email", "phone", "nationality", "notes")


class SameGuest(BrokenRule):
    code = "same_guest"
    message = "A guest cannot be merged with themselves"


class GuestAnonymized(Conflict):
    code = "guest_anonymized"
    message = "Guest is anonymized"
    explanation = "Nothing is known of this guest any more, so there is nothing to merge or undo."


class MergeUndone(Conflict):
    code = "merge_undone"
    message = "Merge is undone already"
    explanation = "This merge is undone already."


class LaterMergeFirst(Conflict):
    """A later merge stands on this one."""

    code = "later_merge_first"
    message = "Undo the later merge first"
    explanation = "A later merge builds on this one. Undo that one first."


class SurvivorDeleted(Conflict):
    code = "survivor_deleted"
    message = "The guest who stayed is deleted"
    explanation = "The guest who stayed is deleted. An administrator can restore them first."


@dataclass(frozen=True)
class FieldPreview:
    """One field of both guests, and whose value stays unless somebody says otherwise."""

    name: str
    keep: str | None
    merge: str | None
    choice: str

    def differs(self) -> bool:
        """Whether there is something to choose."""
        return self.merge is not None and self.keep is not None and self.keep != self.merge


def preview_merge(*, keep: Guest, merge: Guest) -> list[FieldPreview]:
    """Field by field what would stay: the survivor's own value, the other's where it has none, and
    both notes.
    """
    return [
        FieldPreview(
            name, getattr(keep, name), getattr(merge, name), _usual_choice(name, keep, merge)
        )
        for name in FIELDS
    ]


def _usual_choice(name: str, keep: Guest, merge: Guest) -> str:
    mine, theirs = getattr(keep, name), getattr(merge, name)
    if not mine and theirs:
        return MERGE
    return BOTH if name == "notes" and mine and theirs and mine != theirs else KEEP


@verb(constraints=CONSTRAINTS)
def merge_guests(
    *, keep: Guest, merge: Guest, by: User | None, fields: Mapping[str, str] | None = None
) -> GuestMerge:
    """Make one guest of two: `merge` is deleted, their bookings, deleted ones too, go to `keep`.

    `fields` says whose value stays: "keep", "merge" or, for notes, "both"; what is not named goes
    as in `preview_merge`. Old addresses of `merge` lead to `keep` from now on.

    Returns what `undo_merge` needs. Raises SameGuest, GuestNotFound when one of them is deleted
    meanwhile, GuestStaysElsewhere, GuestAnonymized.
    """
    if keep.pk == merge.pk:
        raise SameGuest
    keep, merge = _lock(keep, merge)
    _refuse_unseen(keep, merge)
    # Once their bookings are the other's, a limited member does not see `merge` any more.
    with every_property():
        return _merge(keep, merge, by, fields or {})


def _merge(keep: Guest, merge: Guest, by: User | None, fields: Mapping[str, str]) -> GuestMerge:
    if keep.deleted_at or merge.deleted_at or keep.organization_id != merge.organization_id:
        raise GuestNotFound
    if keep.anonymized_at or merge.anonymized_at:
        raise GuestAnonymized
    changes = _values(keep, merge, fields)
    before = {name: getattr(keep, name) for name in changes}
    changed = apply_changes(keep, changes)
    clean(keep)
    theirs = Booking.objects.filter(organization=merge.organization_id, guest=merge)
    moved = list(theirs.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    theirs.update(guest=keep, updated_at=Now())
    # Deleted first: the survivor may take their e-mail.
    merge.deleted_at, merge.merged_into = Now(), keep
    merge.save()
    if changed:
        keep.save()
    return GuestMerge.objects.create(
        organization_id=keep.organization_id,
        keep=keep,
        merged=merge,
        bookings=moved,
        before={name: before[name] for name in sorted(changed)},
        after={name: changes[name] for name in sorted(changed)},
        by=by,
    )


def _values(keep: Guest, merge: Guest, fields: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for name in FIELDS:
        mine, theirs = getattr(keep, name), getattr(merge, name)
        choice = fields.get(name) or _usual_choice(name, keep, merge)
        if choice == BOTH:
            values[name] = "\n\n".join(dict.fromkeys(part for part in (mine, theirs) if part))
        else:
            values[name] = theirs if choice == MERGE else mine
    return {name: value or None for name, value in values.items()}


@verb(constraints=CONSTRAINTS)
def undo_merge(*, merge: GuestMerge, by: User | None) -> Guest:
    """Tell two merged guests apart again.

    The other guest is there again with the bookings that came along and are still the survivor's;
    what was booked since stays. Values of the survivor go back unless changed since.

    Returns the other guest. Raises GuestStaysElsewhere, MergeUndone, GuestAnonymized,
    SurvivorDeleted, LaterMergeFirst, GuestEmailTaken when somebody has one of the e-mails
    meanwhile.
    """
    _refuse_unseen(merge.keep, merge.merged)
    # A limited member does not see whoever has no bookings of their own.
    with every_property():
        return _undo(merge)


def _undo(merge: GuestMerge) -> Guest:
    keep, merged = _lock(merge.keep, merge.merged)
    merge = GuestMerge.objects.select_for_update().get(
        organization_id=merge.organization_id, pk=merge.pk
    )
    if merge.undone_at:
        raise MergeUndone
    if keep.anonymized_at or merged.anonymized_at:
        raise GuestAnonymized
    if keep.deleted_at:
        raise LaterMergeFirst if keep.merged_into_id else SurvivorDeleted
    later = GuestMerge.objects.filter(
        organization=merge.organization_id, keep=keep, undone_at=None, pk__gt=merge.pk
    )
    if any(set(other.before) & set(merge.before) for other in later):
        raise LaterMergeFirst
    untouched = {
        name: old for name, old in merge.before.items() if getattr(keep, name) == merge.after[name]
    }
    if apply_changes(keep, untouched):
        keep.save()
    merged.deleted_at = merged.merged_into = None
    merged.save()
    Booking.objects.filter(
        organization=merge.organization_id, guest=keep, pk__in=merge.bookings
    ).update(guest=merged, updated_at=Now())
    merge.undone_at = Now()
    merge.save(update_fields=["undone_at"])
    return merged


def _refuse_unseen(one: Guest, other: Guest) -> None:
    if has_unseen(Booking.objects.filter(organization=one.organization_id, guest__in=[one, other])):
        raise GuestStaysElsewhere


def _lock(one: Guest, other: Guest) -> tuple[Guest, Guest]:
    """Both guests, read anew and locked by id, so that two people who merge the same two wait for
    each other.
    """
    ids = [one.pk, other.pk]
    rows = Guest.objects.select_for_update().filter(organization_id=one.organization_id, pk__in=ids)
    locked = {guest.pk: guest for guest in rows.order_by("pk")}
    if len(locked) < len(ids):
        raise GuestNotFound
    return locked[one.pk], locked[other.pk]
