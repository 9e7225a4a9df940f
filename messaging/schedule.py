"""What will be sent by the clock, computed from bookings and automations: nothing is stored ahead.

So a stay that moves takes its messages along, and one that is cancelled has none.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload
from uuid import UUID

from django.db import connection

from messaging.kinds import KINDS, Kind, Timing
from messaging.models import MAX_OFFSET_DAYS
from villaops.kept import planned_with_values

# The end of the time for each: afterwards it would come too late to be of use. And the statuses a
# stay may have now for it to be planned, and must have for it to be sent.
_RULES: Mapping[str, tuple[str, Sequence[str], Sequence[str]]] = {
    Kind.PRE_ARRIVAL: (
        "(b.check_in + 1)::timestamp AT TIME ZONE p.time_zone",
        ["confirmed"],
        ["confirmed"],
    ),
    Kind.CHECK_OUT_REMINDER: (
        "(b.check_out + 1)::timestamp AT TIME ZONE p.time_zone",
        ["confirmed", "checked_in"],
        ["checked_in"],
    ),
    Kind.THANK_YOU: (
        "due.at + interval '3 days'",
        ["confirmed", "checked_in", "checked_out"],
        ["checked_out"],
    ),
}


_OF_KIND = """
    SELECT b.organization_id, b.id AS booking_id, '@kind@' AS kind, due.at AS due_at,
        b.status = ANY (@sent@) AS is_ready,
        b.reference, b.status, b.check_in, b.check_out, b.guest_id, g.name AS guest_name,
        b.property_id, p.name AS property_name, p.time_zone,
        EXISTS (
            SELECT FROM messaging_skip s WHERE s.organization_id = b.organization_id
                AND s.booking_id = b.id AND s.kind = '@kind@'
        ) AS is_skipped
    FROM bookings_booking b
    JOIN properties_property p ON p.organization_id = b.organization_id AND p.id = b.property_id
    JOIN guests_guest g ON g.organization_id = b.organization_id AND g.id = b.guest_id
    LEFT JOIN messaging_automation everywhere
        ON everywhere.organization_id = b.organization_id AND everywhere.kind = '@kind@'
        AND everywhere.property_id IS NULL
    LEFT JOIN messaging_automation here
        ON here.organization_id = b.organization_id AND here.kind = '@kind@'
        AND here.property_id = b.property_id
    CROSS JOIN LATERAL (
        SELECT (
            @day@ + @sign@ * coalesce(here.offset_days, everywhere.offset_days, @days@)::int
            + make_time(coalesce(here.hour, everywhere.hour, @hour@)::int, 0, 0)
        ) AT TIME ZONE p.time_zone AS at
    ) AS due
    WHERE b.deleted_at IS NULL AND b.status = ANY (@planned@)
        AND coalesce(here.is_on, everywhere.is_on, true)
        AND g.deleted_at IS NULL AND g.anonymized_at IS NULL
        AND g.email NOT LIKE '%%@guest.example'
        -- So that an index finds the stays; what is due is said more exactly below.
        AND @day@ BETWEEN (%(now)s::timestamptz AT TIME ZONE 'UTC')::date - @before@
            AND (%(until)s::timestamptz AT TIME ZONE 'UTC')::date + @after@
        AND due.at < %(until)s AND @end@ > %(now)s AND @in_time@
        AND NOT EXISTS (
            SELECT FROM messaging_message m WHERE m.organization_id = b.organization_id
                AND m.key = '@kind@:' || b.id::text
        )
        AND NOT EXISTS (
            SELECT FROM messaging_optout x WHERE x.organization_id = b.organization_id
                AND x.kind = '@kind@' AND lower(x.address) = lower(g.email)
        )
"""


def _of_kind(kind: str, timing: Timing) -> str:
    end, planned, sent = _RULES[kind]
    comes_after = timing.sign > 0
    parts = {
        "kind": kind,
        "day": f"b.{timing.anchor}",
        "sign": timing.sign,
        "days": timing.days,
        "hour": timing.hour,
        "planned": _texts(planned),
        "sent": _texts(sent),
        "end": end,
        "before": MAX_OFFSET_DAYS + 5 if comes_after else 3,
        "after": 2 if comes_after else MAX_OFFSET_DAYS + 2,
        # What was entered afterwards is history; only an arrival is still to come then.
        "in_time": "true" if kind == Kind.PRE_ARRIVAL else "b.created_at <= due.at",
    }
    statement = _OF_KIND
    for name, value in parts.items():
        statement = statement.replace(f"@{name}@", str(value))
    return statement


def _texts(words: Sequence[str]) -> str:
    return "ARRAY[" + ", ".join(f"'{word}'" for word in words) + "]"


_PLANNED = " UNION ALL ".join(
    _of_kind(kind, about.timing) for kind, about in KINDS.items() if about.timing
)
_COUNT = """
    SELECT count(*) FROM (@planned@) AS planned WHERE organization_id = %(organization)s::uuid
"""
_PAGE = """
    SELECT * FROM (@planned@) AS planned WHERE organization_id = %(organization)s::uuid
    ORDER BY due_at, guest_name, booking_id, kind LIMIT %(many)s OFFSET %(first)s
"""
_OVERDUE = """
    SELECT booking_id, kind FROM (@planned@) AS planned
    WHERE organization_id = %(organization)s::uuid AND booking_id = ANY (%(bookings)s::uuid[])
        AND NOT is_skipped
"""
_DUE = """
    SELECT * FROM (@planned@) AS planned WHERE is_ready AND NOT is_skipped
    ORDER BY organization_id, due_at
"""


@dataclass(frozen=True)
class Planned:
    """A message that will go out, unless something comes between."""

    organization_id: UUID
    booking_id: UUID
    kind: str
    due_at: dt.datetime
    # Whether the stay has come as far as it must.
    is_ready: bool
    reference: str
    status: str
    check_in: dt.date
    check_out: dt.date
    guest_id: UUID
    guest_name: str
    property_id: UUID
    property_name: str
    time_zone: str
    is_skipped: bool

    def kind_label(self) -> str:
        """In words."""
        return str(Kind(self.kind).label)


def key_of(kind: str, booking_id: UUID) -> str:
    """Each of these goes out once for a booking, ever."""
    return f"{kind}:{booking_id}"


class Schedule:
    """What is planned from now on, in pages: for a Paginator."""

    def __init__(self, organization_id: UUID, *, now: dt.datetime, until: dt.datetime) -> None:
        self.known = {"organization": str(organization_id), "now": now, "until": until}

    def count(self) -> int:
        """How many."""
        return int(_asked(_COUNT, self.known)[0][0])

    @overload
    def __getitem__(self, place: int) -> Planned: ...
    @overload
    def __getitem__(self, place: slice) -> list[Planned]: ...
    def __getitem__(self, place: int | slice) -> Planned | list[Planned]:
        if isinstance(place, int):
            return self[place : place + 1][0]
        start = place.start or 0
        known = self.known | {"first": start, "many": place.stop - start}
        rows = _asked(_PAGE, known)
        return [Planned(*row) for row in rows]


def due(now: dt.datetime) -> list[Planned]:
    """What is to be sent now, of every organization that the context shows; the oldest first."""
    rows = _asked(_DUE, {"now": now, "until": now + dt.timedelta(microseconds=1)})
    return [Planned(*row) for row in rows]


def overdue(
    organization_id: UUID, bookings: Sequence[UUID], now: dt.datetime
) -> list[tuple[UUID, str]]:
    """Of these bookings the messages whose time has come, ready or not. One statement."""
    return _asked(
        _OVERDUE,
        {
            "organization": str(organization_id),
            "bookings": [str(pk) for pk in bookings],
            "now": now,
            "until": now + dt.timedelta(microseconds=1),
        },
    )


def _asked(statement: str, known: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with planned_with_values(), connection.cursor() as cursor:
        cursor.execute(statement.replace("@planned@", _PLANNED), known)
        return list(cursor.fetchall())
