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
from villaops.kept import planned_with_values

MAX_DAYS = 400
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EVER = (dt.date(1, 1, 1), dt.date(9999, 12, 31))

# The stays of [start, end). Those that have begun before hold the night before it, or have no unit
# and so no nights: a year of stays that have long ended need not be looked at.
_STAYS_BETWEEN = """
    SELECT {columns} FROM bookings_booking b
    WHERE {live} AND b.check_in >= %(start)s AND b.check_in < %(end)s
    UNION ALL
    SELECT {columns} FROM bookings_booking b
    WHERE {live} AND b.check_in < %(start)s AND b.id IN (
        SELECT booking_id FROM bookings_night
        WHERE organization_id = %(organization)s AND night = %(start)s::date - 1)
    UNION ALL
    SELECT {columns} FROM bookings_booking b
    WHERE {live} AND NOT b.is_placed AND b.check_in < %(start)s AND b.check_out >= %(start)s
        AND b.check_in >= %(start)s::date - {longest}
"""
_ONE_STAY = "SELECT {columns} FROM bookings_booking b WHERE {live} AND b.id = %(holder)s"
# Stays with a night in another unit than their first. Of those that lie within the days asked for
# all nights are read at once; few reach beyond, each of which is looked at by itself.
_MOVED_BETWEEN = """
    SELECT s.id FROM bookings_night n JOIN stay s ON s.id = n.booking_id
    WHERE n.organization_id = %(organization)s AND n.night >= %(start)s AND n.night < %(end)s
        AND n.unit_id <> s.unit_id
    UNION
    SELECT s.id FROM stay s
    WHERE (s.check_in < %(start)s OR s.check_out > %(end)s) AND {moves}
"""
_ONE_MOVED = "SELECT s.id FROM stay s WHERE {moves}"
_MOVES = """EXISTS (
        SELECT FROM bookings_night n
        WHERE n.organization_id = %(organization)s AND n.booking_id = s.id
            AND n.unit_id <> s.unit_id
        OFFSET 0)
"""

# A stay's nights in one unit without a gap are a bar: within them the night minus its number is
# the same date. A stay that ends on the first day still shows there until noon. Most stays are one
# bar and need no look at their nights.
#
# The text is put together here, since json_build_object takes four times as long; to_json quotes
# what people typed. Where a bar is follows from its unit; a part says when the whole stay is.
_BARS = """
WITH stay AS MATERIALIZED (
    SELECT b.*, coalesce(g.name, '') AS guest_name
    FROM ({stays}) b
    LEFT JOIN LATERAL (
        SELECT name FROM guests_guest
        WHERE organization_id = %(organization)s AND id = b.guest_id OFFSET 0
    ) g ON true
), moved AS MATERIALIZED ({moved}),
bar AS (
    SELECT check_in AS first, id, {whole} AS bar FROM stay s
    WHERE id NOT IN (SELECT id FROM moved)
    UNION ALL
    SELECT part.first, s.id, {part} FROM moved JOIN stay s ON s.id = moved.id CROSS JOIN LATERAL (
        SELECT unit_id, min(night) AS first, max(night) + 1 AS last
        FROM (
            SELECT unit_id, night,
                night - row_number() OVER (PARTITION BY unit_id ORDER BY night)::int AS island
            FROM bookings_night
            WHERE organization_id = %(organization)s AND booking_id = moved.id
        ) numbered
        GROUP BY unit_id, island
    ) part
    WHERE part.first < %(end)s AND part.last >= %(start)s
    UNION ALL
    SELECT k.start, k.id, concat('{{"id":"', k.id, '","kind":"block","unit":"', k.unit_id,
        '","start":"', k.start, '","end":"', k."end", '","reason":"', k.reason,
        '","name":', to_json(coalesce(k.note, '')),
        ',"reference":"","guests":0,"source":"","seen":"', {seen_block}, '"}}')
    FROM bookings_block k
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
# A double rounds to the microsecond for this century, and is quicker than `extract`'s numeric.
_MICROSECONDS = "(date_part('epoch', {moment}) * 1000000)::bigint::text"

_BAR = """concat('{{"id":"', s.id, '","kind":"booking","unit":', {place},
        ',"start":"', {first}, '","end":"', {last}, {of} '","status":"', s.status,
        '","name":', to_json(s.guest_name), ',"reference":', to_json(s.reference),
        ',"guests":', s.adults + s.children, ',"source":"', s.source, '"',
        CASE WHEN s.hold_expires_at IS NOT NULL THEN ',"is_held":true' END,
        ',"seen":"', {seen}, '"}}')"""
_LIVE = """b.organization_id = %(organization)s AND b.deleted_at IS NULL
        AND b.status = ANY(%(holding)s)"""
_COLUMNS = """b.id, b.property_id, b.unit_id, b.guest_id, b.check_in, b.check_out, b.is_placed,
        b.status, b.reference, b.adults, b.children, b.source, b.hold_expires_at, b.updated_at"""


def _statement(stays: str, moved: str) -> str:
    seen = _MICROSECONDS.format(moment="s.updated_at")
    return _BARS.format(
        # No stay is longer: years of past ones need not be looked at.
        stays=stays.format(columns=_COLUMNS, live=_LIVE, longest=MAX_NIGHTS),
        moved=moved.format(moves=_MOVES),
        whole=_BAR.format(
            place="CASE WHEN s.is_placed THEN '\"' || s.unit_id ELSE"
            " 'null,\"property\":\"' || s.property_id END, '\"'",
            first="s.check_in",
            last="s.check_out",
            of="",
            seen=seen,
        ),
        part=_BAR.format(
            place="'\"', part.unit_id, '\"'",
            first="part.first",
            last="part.last",
            of="""'","from":"', s.check_in, '","to":"', s.check_out,""",
            seen=seen,
        ),
        seen_block=_MICROSECONDS.format(moment="k.updated_at"),
        as_of=f"{_MICROSECONDS.format(moment=_ANCHOR)} || '.'"
        f" || ({_HAPPENED.format(anchor=_ANCHOR)})",
    )


_BARS_SQL = _statement(_STAYS_BETWEEN, _MOVED_BETWEEN)
_BARS_OF_ONE_SQL = _statement(_ONE_STAY, _ONE_MOVED)
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
    statement = _BARS_OF_ONE_SQL if holder else _BARS_SQL
    with planned_with_values(), connection.cursor() as cursor:
        cursor.execute(
            statement,
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
