"""What the tape chart reads: places, bars, and whether anything has happened since.

The bars are one statement whose JSON PostgreSQL builds: a season of a large house is thousands of
them, and making a row of Python of each would cost more than finding them.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from accounts.access import Access
from accounts.permissions import Permission
from bookings.models import MAX_NIGHTS, Block, Booking, Night
from bookings.querysets import HOLDING
from properties.models import Property, Unit
from villaops.clock import today_in

MAX_DAYS = 400
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EVER = (dt.date(1, 1, 1), dt.date(9999, 12, 31))

# A stay's nights in one unit without a gap are a bar: within them the night minus its number is
# the same date. A stay that ends on the first day still shows there until noon.
#
# The nights of each stay are looked up by themselves, and no two lists of stays are joined: as a
# prepared statement this is planned without knowing the dates, and such joins took seconds then.
# The text is put together here, since json_build_object takes four times as long; to_json quotes
# what people typed.
_BARS = """
WITH stay AS MATERIALIZED (
    SELECT b.id, b.property_id, b.check_in, b.check_out, b.is_placed,
        concat('","from":"', b.check_in, '","to":"', b.check_out, '","status":"', b.status,
            '","name":', to_json(coalesce(g.name, '')), ',"reference":', to_json(b.reference),
            ',"guests":', b.adults + b.children, ',"source":', to_json(b.source),
            CASE WHEN b.hold_expires_at IS NOT NULL THEN ',"is_held":true' END,
            ',"seen":"', {seen_stay}, '"}}') AS rest
    FROM bookings_booking b
    LEFT JOIN guests_guest g ON g.organization_id = b.organization_id AND g.id = b.guest_id
    WHERE b.organization_id = %(organization)s AND b.deleted_at IS NULL
        AND b.status = ANY(%(holding)s) AND b.check_in < %(end)s AND b.check_out >= %(start)s
        AND b.check_in >= %(start)s::date - {longest}
        AND (%(holder)s::uuid IS NULL OR b.id = %(holder)s)
), bar AS (
    SELECT lying.first, s.id, concat('{{"id":"', s.id, '","kind":"booking","unit":',
        coalesce('"' || lying.unit_id || '"', 'null'), ',"property":"', s.property_id,
        '","start":"', lying.first, '","end":"', lying.last, s.rest) AS bar
    FROM stay s CROSS JOIN LATERAL (
        SELECT unit_id, min(night) AS first, max(night) + 1 AS last
        FROM (
            SELECT unit_id, night,
                night - row_number() OVER (PARTITION BY unit_id ORDER BY night)::int AS island
            FROM bookings_night
            WHERE organization_id = %(organization)s AND booking_id = s.id
        ) numbered
        GROUP BY unit_id, island
        UNION ALL
        SELECT NULL, s.check_in, s.check_out WHERE NOT s.is_placed
    ) lying
    WHERE lying.first < %(end)s AND lying.last >= %(start)s
    UNION ALL
    SELECT k.start, k.id, concat('{{"id":"', k.id, '","kind":"block","unit":"', k.unit_id,
        '","property":"', u.property_id, '","start":"', k.start, '","end":"', k."end",
        '","from":"', k.start, '","to":"', k."end", '","reason":"', k.reason,
        '","name":', to_json(coalesce(k.note, '')),
        ',"reference":"","guests":0,"source":"","seen":"', {seen_block}, '"}}')
    FROM bookings_block k
    JOIN properties_unit u ON u.organization_id = k.organization_id AND u.id = k.unit_id
    WHERE k.organization_id = %(organization)s AND k.deleted_at IS NULL
        AND k.start < %(end)s AND k."end" >= %(start)s
        AND (%(holder)s::uuid IS NULL OR k.id = %(holder)s)
)
SELECT concat('[', string_agg(bar, ',' ORDER BY first, id), ']'), {as_of} FROM bar
"""

# How many rows of history there are since an anchor. The anchor lies some minutes back, because
# an event carries the time its transaction began: one that commits late still raises the number.
# Every verb that changes nights saves their booking or block; names are told by the others.
_COUNT = "(SELECT count(*) FROM {table} WHERE organization_id = %(organization)s"
_TELLING = (
    "bookings_bookingevent",
    "bookings_blockevent",
    "guests_guestevent",
    "properties_propertyevent",
    "properties_unitevent",
)
_EVENTS = " + ".join(
    _COUNT.format(table=table) + " AND pgh_created_at > {anchor})" for table in _TELLING
)
# A stay that leaves for a property which a limited member does not see takes its history along;
# they are told because they see one stay less. Events weigh a thousand, so that none makes up for
# it, such as the one of a stay that appears.
_STAYS_OF_LIMITED = """CASE WHEN tenancy_properties() IS NULL THEN 0 ELSE (
    SELECT count(*) FROM bookings_booking
    WHERE organization_id = %(organization)s AND deleted_at IS NULL
        AND property_id = ANY ((SELECT tenancy_properties())::uuid[])
) END"""
_HAPPENED = f"1000 * ({_EVENTS}) - {_STAYS_OF_LIMITED}"
_ANCHOR = "(now() - interval '5 minutes')"
_MICROSECONDS = "(extract(epoch FROM {moment}) * 1000000)::bigint::text"

_BARS_SQL = _BARS.format(
    # No stay is longer: years of past ones need not be looked at.
    longest=MAX_NIGHTS,
    seen_stay=_MICROSECONDS.format(moment="b.updated_at"),
    seen_block=_MICROSECONDS.format(moment="k.updated_at"),
    as_of=f"{_MICROSECONDS.format(moment=_ANCHOR)} || '.' || ({_HAPPENED.format(anchor=_ANCHOR)})",
)
_HAPPENED_SQL = "SELECT " + _HAPPENED.format(anchor="%(anchor)s")


def places(access: Access) -> list[dict[str, Any]]:
    """The properties by name, each with its units by position; prices where the role may.

    A unit that is no longer offered is there as long as it holds nights.
    """
    nights = Night.objects.filter(organization=OuterRef("organization"), unit=OuterRef("pk"))
    units = (
        Unit.objects.for_organization(access.organization)
        .filter(Q(status=Unit.Status.ACTIVE) | Exists(nights))
        .order_by("position", "id")
    )
    by_home: dict[UUID, list[dict[str, str]]] = {}
    for unit in units:
        entry = {"id": str(unit.pk), "name": unit.name, "status": unit.status}
        by_home.setdefault(unit.property_id, []).append(entry)
    prices = access.can(Permission.READ_PRICES)
    return [
        {
            "id": str(home.pk),
            "name": home.name,
            "currency": home.currency,
            "base_price": _amount(home.base_price_per_night) if prices else None,
            "today": today_in(home.time_zone).isoformat(),
            "check_in_time": home.check_in_time,
            "check_out_time": home.check_out_time,
            "units": by_home.get(home.pk, []),
        }
        for home in Property.objects.for_organization(access.organization).order_by("name", "id")
    ]


def bars_between(organization_id: UUID, start: dt.date, end: dt.date) -> tuple[str, str]:
    """The bars that overlap [start, end) as JSON, and the moment they were read at."""
    return _bars(organization_id, start, end, None)


def bars_of(holder: Booking | Block) -> str:
    """The bars of one booking or block as JSON; none when it holds nothing any more."""
    return _bars(holder.organization_id, *_EVER, holder.pk)[0]


def has_changed(organization_id: UUID, as_of: str) -> bool:
    """Whether the chart would look different since `as_of`. Raises ValueError when it is none."""
    anchor, happened = (int(part) for part in as_of.split("."))
    # Beyond what a date can be, it was not us who wrote it.
    if not 0 <= anchor < 10**17:
        raise ValueError(as_of)
    with connection.cursor() as cursor:
        cursor.execute(
            _HAPPENED_SQL,
            {
                "organization": organization_id,
                "anchor": _EPOCH + dt.timedelta(microseconds=anchor),
            },
        )
        return bool(cursor.fetchone()[0] != happened)


def version_of(holder: Booking | Block) -> str:
    """What a bar says as `seen`: changes with every change of its row."""
    return str((holder.updated_at - _EPOCH) // dt.timedelta(microseconds=1))


def _bars(
    organization_id: UUID, start: dt.date, end: dt.date, holder: UUID | None
) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            _BARS_SQL,
            {
                "organization": organization_id,
                "holding": list(HOLDING),
                "start": start,
                "end": end,
                "holder": holder,
            },
        )
        bars, as_of = cursor.fetchone()
        return bars, as_of


def _amount(price: Any) -> str | None:
    return None if price is None else f"{price:.2f}"
