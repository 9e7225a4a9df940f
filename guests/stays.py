"""What guests' stays add up to."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, overload
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from bookings.models import Booking
from bookings.querysets import HOLDING, BookingQuerySet
from guests.models import Guest
from guests.querysets import GuestQuerySet

BY_NAME = {"name": ("name", "id"), "-name": ("-name", "id")}
# What else they may be sorted by: which figure of which of their stays.
BY_STAYS = {
    "stays": ("coalesce(stays, 0)", "TRUE"),
    "last": ("latest", "NOT (status IN ('pending', 'confirmed') AND check_in >= %(on)s)"),
    "next": ("first", "status IN ('pending', 'confirmed') AND check_in >= %(on)s"),
}
# The ways to sort the list of guests, each with its natural direction.
ORDERS = (*BY_NAME, *(sign + name for name in BY_STAYS for sign in ("", "-")))


class SortedByStays(Sequence[Guest]):
    """The guests of an organization by what their stays add up to, for a paginator.

    All stays are read at once: looking for those of each of 20,000 guests took twice as long.
    """

    def __init__(
        self, guests: GuestQuerySet, *, organization: UUID, on: dt.date, order: str, count: int
    ) -> None:
        self.guests, self.order, self._count = guests, order, count
        self._values: dict[str, Any] = {
            "organization": organization,
            "on": on,
            "holding": list(HOLDING),
        }

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, part: int) -> Guest: ...
    @overload
    def __getitem__(self, part: slice) -> list[Guest]: ...
    def __getitem__(self, part: slice | int) -> list[Guest] | Guest:
        """Two statements: which guests they are, and what is shown of them."""
        if isinstance(part, int):
            return self[part : part + 1][0]
        ids = self._ids(part.start or 0, self._count if part.stop is None else part.stop)
        found = with_stays(self.guests, self._values["on"]).in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]

    def _ids(self, first: int, last: int) -> list[UUID]:
        key, which = BY_STAYS[self.order.removeprefix("-")]
        direction = "DESC" if self.order.startswith("-") else "ASC"
        wanted, given = self.guests.order_by().values_list("pk", "name").query.sql_with_params()
        names = {f"given_{number}": value for number, value in enumerate(given)}
        statement = f"""
            SELECT guest.id
            FROM ({wanted % tuple(f"%({name})s" for name in names)}) guest (id, name)
            LEFT JOIN (
                SELECT guest_id, count(*) AS stays, max(check_in) AS latest, min(check_in) AS first
                FROM bookings_booking
                WHERE organization_id = %(organization)s AND deleted_at IS NULL
                    AND status = ANY(%(holding)s) AND {which}
                GROUP BY guest_id
            ) theirs ON theirs.guest_id = guest.id
            ORDER BY {key} {direction} NULLS LAST, guest.name, guest.id
            LIMIT %(limit)s OFFSET %(offset)s
        """  # noqa: S608 - parts of our own
        values = self._values | names | {"limit": last - first, "offset": first}
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return [pk for (pk,) in cursor.fetchall()]


def with_stays(guests: GuestQuerySet, on: dt.date) -> GuestQuerySet:
    """Adds how often they stay (cancelled and no-show aside), and when last and next.

    `last_stay` is the latest arrival that was, `next_stay` the first that is still to be: an
    arrival of the day is the next one until the guest has checked in.
    """
    theirs = (
        Booking.objects.filter(
            organization=OuterRef("organization"),
            guest=OuterRef("pk"),
            status__in=HOLDING,
            deleted_at=None,
        )
        .order_by()
        .values("guest")
    )
    to_come = Q(status__in=("pending", "confirmed"), check_in__gte=on)
    return guests.annotate(
        stay_count=Coalesce(Subquery(theirs.annotate(n=Count("*")).values("n")), Value(0)),
        last_stay=Subquery(theirs.exclude(to_come).annotate(day=Max("check_in")).values("day")),
        next_stay=Subquery(theirs.filter(to_come).annotate(day=Min("check_in")).values("day")),
    )


@dataclass
class StayFigures:
    """Bookings of any status; of those that count (neither cancelled nor no-show): stays, nights
    and, by currency, accommodation revenue.
    """

    bookings: int = 0
    stays: int = 0
    nights: int = 0
    revenue: list[tuple[str, Decimal]] = field(default_factory=list)


def figures_of(guest: Guest) -> StayFigures:
    """Nights sold (unit nights) and their prices, as in terms.md: room revenue without taxes, fees
    and cancellation charges. Nights without a price add nothing. One statement.
    """
    figures = StayFigures()
    rows = (
        stays_of(guest)
        .order_by()
        .values("currency")
        .annotate(
            bookings=Count("pk", distinct=True),
            stays=Count("pk", distinct=True, filter=Q(status__in=HOLDING)),
            night_count=Count("nights__night"),
            revenue=Sum("nights__price"),
        )
        .order_by("currency")
    )
    for row in rows:
        figures.bookings += row["bookings"]
        figures.stays += row["stays"]
        figures.nights += row["night_count"]
        if row["revenue"] is not None:
            figures.revenue.append((row["currency"], row["revenue"]))
    return figures


def stays_of(guest: Guest) -> BookingQuerySet:
    """The guest's bookings, deleted ones aside."""
    return Booking.objects.for_organization(guest.organization_id).filter(guest=guest)
