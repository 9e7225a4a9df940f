"""Taking an import back: only while nothing that came later depends on what it made."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import ngettext

from accounts.models import User
from bookings.models import Block, Booking, BookingNote, Night
from bookings.services import delete_bookings
from guests.models import Guest
from imports.models import Import, Row, State
from messaging.models import Message
from properties.models import Property, Unit
from villaops.tenancy import Door, organization_context

LOT = 500
SHOWN = 20


@dataclass(frozen=True)
class Reason:
    """Why an import cannot be undone, and some of what stands in the way."""

    said: str
    examples: list[str]


def reasons_against(imported: Import) -> list[Reason]:
    """What depends on the import by now; empty when it can be undone."""
    rows = Row.objects.filter(organization=imported.organization_id, imported=imported).made()
    own = {"organization": imported.organization_id}
    bookings = Booking.objects.filter(**own, pk__in=rows.values("booking_id"), deleted_at=None)
    guests = Guest.objects.filter(**own, pk__in=rows.values("guest_id"), deleted_at=None)
    homes = Property.objects.filter(**own, pk__in=rows.values("property_id"), deleted_at=None)
    units = Unit.objects.filter(**own, pk__in=rows.values("unit_id"), deleted_at=None)
    blocks = Block.objects.filter(**own, pk__in=rows.values("block_id"), deleted_at=None)
    of_import = Q(pk__in=rows.values("booking_id"))
    reasons = [
        _reason(
            ngettext,
            "%d booking was changed since.",
            "%d bookings were changed since.",
            _changed(bookings, rows, "booking_id"),
            "reference",
        ),
        _reason(
            ngettext,
            "%d booking has notes or messages.",
            "%d bookings have notes or messages.",
            bookings.filter(
                Exists(BookingNote.objects.filter(booking=OuterRef("pk"), deleted_at=None))
                | Exists(Message.objects.filter(booking=OuterRef("pk")))
            ),
            "reference",
        ),
        _reason(
            ngettext,
            "%d guest was changed since.",
            "%d guests were changed since.",
            _changed(guests, rows, "guest_id"),
            "name",
        ),
        _reason(
            ngettext,
            "%d guest has other bookings.",
            "%d guests have other bookings.",
            guests.filter(
                Exists(
                    Booking.objects.filter(guest=OuterRef("pk"), deleted_at=None).exclude(of_import)
                )
            ),
            "name",
        ),
        _reason(
            ngettext,
            "%d block was changed since.",
            "%d blocks were changed since.",
            _changed(blocks, rows, "block_id"),
            "start",
        ),
        _reason(
            ngettext,
            "%d property has bookings or blocks.",
            "%d properties have bookings or blocks.",
            homes.filter(_is_used("unit__property")),
            "name",
        ),
        _reason(
            ngettext,
            "%d unit has bookings or blocks.",
            "%d units have bookings or blocks.",
            units.filter(_is_used("unit")),
            "name",
        ),
    ]
    return [reason for reason in reasons if reason]


def _changed(things: QuerySet[Any], rows: QuerySet[Row], name: str) -> QuerySet[Any]:
    """Those that are no longer as the import made them."""
    mine = rows.filter(**{name: OuterRef("pk")}).values("created_at")
    return things.filter(Exists(mine.filter(created_at__lt=OuterRef("updated_at"))))


def _is_used(through: str) -> Q:
    """Whether something happens there."""
    booking = {"property": OuterRef("pk")} if "property" in through else {"unit": OuterRef("pk")}
    return Q(
        Exists(Booking.objects.filter(**booking, deleted_at=None))
        | Exists(Block.objects.filter(**{through: OuterRef("pk")}, deleted_at=None))
        | Exists(Night.objects.filter(**{through: OuterRef("pk")}))
    )


def _reason(
    words: Callable[[str, str, int], str],
    one: str,
    many: str,
    found: QuerySet[Any],
    name: str,
) -> Reason | None:
    count = found.count()
    if not count:
        return None
    examples = [str(example) for example in found.values_list(name, flat=True)[:SHOWN]]
    return Reason(words(one, many, count) % count, examples)


def undo_some(
    imported: Import,
    *,
    by: User | None,
    door: Door,
    until: float,
    told: Callable[[Import], object] | None,
) -> bool:
    """Take back what the import made, the last rows first; return whether there is more.

    What it made and something new depends on stays, and the import says so.
    """
    while True:
        with organization_context(imported.organization, by=by, door=door):
            now = Import.objects.select_for_update().defer("memory", "sample").get(pk=imported.pk)
            if now.state != State.UNDOING:
                return False
            rows = list(
                Row.objects.filter(organization=now.organization_id, imported=now)
                .made()
                .order_by("-number")[:LOT]
            )
            if not rows:
                _end(now)
                return False
            _take_back(now, rows)
        if told:
            told(now)
        if monotonic() > until:
            return True


def _take_back(imported: Import, rows: list[Row]) -> None:
    own = {"organization": imported.organization_id}
    mine = Row.objects.filter(pk__in=[row.pk for row in rows])
    bookings = Booking.objects.filter(**own, pk__in=[row.booking_id for row in rows])
    changed = set(_changed(bookings, mine, "booking_id").values_list("pk", flat=True))
    delete_bookings(bookings.exclude(pk__in=changed), Now())
    blocks = Block.objects.filter(**own, pk__in=[row.block_id for row in rows])
    gone = _delete(blocks, ~Exists(_changed(blocks.filter(pk=OuterRef("pk")), mine, "block_id")))
    Night.objects.filter(**own, block__in=gone).delete()
    stays = Booking.objects.filter(guest=OuterRef("pk"), deleted_at=None)
    _delete(Guest.objects.filter(**own, pk__in=[row.guest_id for row in rows]), ~Exists(stays))
    unused = ~_is_used("unit__property")
    homes = Property.objects.filter(**own, pk__in=[row.property_id for row in rows])
    gone = _delete(homes, unused)
    Unit.objects.filter(**own, property__in=gone, deleted_at=None).update(
        deleted_at=Now(), updated_at=Now()
    )
    _delete(Unit.objects.filter(**own, pk__in=[row.unit_id for row in rows]), ~_is_used("unit"))
    mine.delete()
    Import.objects.filter(pk=imported.pk).update(
        made=max(0, imported.made - len(rows)), updated_at=Now()
    )


def _delete(things: QuerySet[Any], condition: Any) -> list[Any]:
    ids = list(things.filter(condition, deleted_at=None).values_list("pk", flat=True))
    things.filter(pk__in=ids).update(deleted_at=Now(), updated_at=Now())
    return ids


def _end(imported: Import) -> None:
    Row.objects.filter(organization=imported.organization_id, imported=imported).delete()
    Import.objects.filter(pk=imported.pk).update(
        state=State.UNDONE, finished_at=Now(), position=0, made=0, guests_made=0, updated_at=Now()
    )
