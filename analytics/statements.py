"""The statements that the reports of the API and the analytics page are made of.

Each reads nights by date, in the index that begins with organization and night, and is one
statement whatever the number of properties. A night belongs to the date it is slept on, and to the
property of its unit; a property sells in one currency, so that its nights are not counted twice.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from villaops.kept import planned_with_values

# Which properties and units of the organization a report is about: those chosen, or all. A property
# none of whose units is chosen is none of them.
CHOSEN = """
    (%(properties)s::uuid[] IS NULL OR id = ANY(%(properties)s::uuid[]))
    AND (%(units)s::uuid[] IS NULL OR id IN (
        SELECT property_id FROM properties_unit
        WHERE organization_id = %(organization)s AND id = ANY(%(units)s::uuid[])))
"""
CHOSEN_UNIT = "(%(units)s::uuid[] IS NULL OR u.id = ANY(%(units)s::uuid[]))"
# A stay is the unit's in which it begins.
CHOSEN_STAY = """
    (%(units)s::uuid[] IS NULL OR b.is_placed AND b.unit_id = ANY(%(units)s::uuid[]))
"""
# The properties a report is about: of those chosen the ones that sell in the currency.
HOMES = f"""
    SELECT id, name, time_zone FROM properties_property
    WHERE organization_id = %(organization)s AND deleted_at IS NULL
        AND currency = %(currency)s AND {CHOSEN}
"""  # noqa: S608 - parts of our own
# The currencies that a report leaves out.
OTHERS = f"""
    SELECT coalesce(array_agg(DISTINCT currency::text), '{{}}') FROM properties_property
    WHERE organization_id = %(organization)s AND deleted_at IS NULL
        AND currency <> %(currency)s AND {CHOSEN}
"""  # noqa: S608 - parts of our own
# Few rows, whatever the number of units: most are on offer for good.
OFFERS = f"""
    SELECT u.available_from AS first, u.available_to AS last, count(*) AS units
    FROM properties_unit u JOIN home ON home.id = u.property_id
    WHERE u.organization_id = %(organization)s AND u.deleted_at IS NULL AND {CHOSEN_UNIT}
    GROUP BY u.available_from, u.available_to
"""  # noqa: S608 - parts of our own
# Unit nights on offer in [{first}, {last}).
AVAILABLE = """
    SELECT coalesce(sum(units * greatest(0,
        least(coalesce(offer.last, {last}), {last})
        - greatest(coalesce(offer.first, {first}), {first}))), 0)::int
    FROM offer
"""
SOLD = f"""
    bookings_night n
    JOIN properties_unit u
        ON u.organization_id = n.organization_id AND u.id = n.unit_id AND {CHOSEN_UNIT}
    JOIN home ON home.id = u.property_id
"""

# The calendar intervals of the period, clipped to it; and the first day of a night's own.
PARTS = """
    SELECT greatest(begun::date, %(start)s::date) AS first,
        least((begun + ('1 ' || %(interval)s)::interval)::date, %(end)s::date) AS last
    FROM generate_series(
        date_trunc(%(interval)s, %(start)s::date::timestamp), %(end)s::date - interval '1 day',
        ('1 ' || %(interval)s)::interval) begun
"""
PART_OF_NIGHT = "greatest(date_trunc(%(interval)s, night::timestamp)::date, %(start)s)"
# Days from a booking's creation, on the property's calendar, to its arrival.
LEAD = "greatest(0, b.check_in - (b.created_at AT TIME ZONE home.time_zone)::date)"
# The same where the midnights are known from so many days before the period on.
LONG_BEFORE = 400
LEAD_BY_MIDNIGHTS = f"""
    CASE WHEN b.created_at < midnights[1] THEN {LEAD} ELSE greatest(0, b.check_in
        - (%(start)s::date - {LONG_BEFORE + 1} + width_bucket(b.created_at, midnights))) END
"""
CALENDAR = f"""
    SELECT time_zone, array_agg(day::timestamp AT TIME ZONE time_zone ORDER BY day) AS midnights
    FROM (SELECT DISTINCT time_zone FROM home) zone,
        generate_series(%(start)s::date - {LONG_BEFORE}, %(end)s::date, interval '1 day') day
    GROUP BY time_zone
"""  # noqa: S608 - parts of our own
COUNTS = "b.cancelled_at IS NULL AND b.status <> 'no_show'"

REVENUE = f"""
WITH home AS MATERIALIZED ({HOMES}), offer AS MATERIALIZED ({OFFERS}), part AS ({PARTS}),
sold AS (
    -- By date first: there are few, and the part of each is found once.
    SELECT {PART_OF_NIGHT} AS first,
        sum(nights)::int AS nights, coalesce(sum(revenue), 0) AS revenue
    FROM (
        SELECT n.night, count(*) AS nights, sum(n.price) AS revenue
        FROM {SOLD}
        WHERE n.organization_id = %(organization)s AND n.booking_id IS NOT NULL
            AND n.night >= %(start)s AND n.night < %(end)s
        GROUP BY n.night
    ) daily
    GROUP BY 1
)
SELECT part.first, part.last, coalesce(sold.nights, 0),
    ({AVAILABLE.format(first="part.first", last="part.last")}), coalesce(sold.revenue, 0),
    ({OTHERS})
FROM part LEFT JOIN sold ON sold.first = part.first
ORDER BY part.first
"""  # noqa: S608 - parts of our own

# The periods are told as lists of their first and last days.
TRENDS = f"""
WITH home AS MATERIALIZED ({HOMES}), offer AS MATERIALIZED ({OFFERS}),
part AS (
    SELECT * FROM unnest(%(starts)s::date[], %(ends)s::date[])
        WITH ORDINALITY AS part (first, last, number)
)
SELECT sold.nights, ({AVAILABLE.format(first="part.first", last="part.last")}), sold.revenue,
    arriving.stays, ({OTHERS})
FROM part
CROSS JOIN LATERAL (
    SELECT count(*)::int AS nights, coalesce(sum(n.price), 0) AS revenue
    FROM {SOLD}
    WHERE n.organization_id = %(organization)s AND n.booking_id IS NOT NULL
        AND n.night >= part.first AND n.night < part.last
) sold
CROSS JOIN LATERAL (
    SELECT count(*)::int AS stays FROM bookings_booking b JOIN home ON home.id = b.property_id
    WHERE b.organization_id = %(organization)s AND b.deleted_at IS NULL
        AND b.status = ANY(%(holding)s) AND b.check_in >= part.first AND b.check_in < part.last
        AND {CHOSEN_STAY}
) arriving
ORDER BY part.number
"""  # noqa: S608 - parts of our own

# The bookings that nights of the period can be of: those that begin in it, and those whose guests
# are there already. What holds a night holds one on every date of its stay (bookings.triggers).
STAYING = """
    b.organization_id = %(organization)s AND b.deleted_at IS NULL
    AND (b.check_in >= %(start)s AND b.check_in < %(end)s OR b.id = ANY(ARRAY(
        SELECT booking_id FROM bookings_night
        WHERE organization_id = %(organization)s AND night = %(start)s AND booking_id IS NOT NULL)))
"""
# A stay is counted by its first night in its own unit. Those whose first is none of these nights
# are few, and each is a group of its own: to tell all stays apart took as long as all the rest.
SOURCES = f"""
WITH home AS MATERIALIZED ({HOMES}), part AS (
    SELECT b.source,
        CASE WHEN b.check_in < %(start)s
            OR %(units)s::uuid[] IS NOT NULL AND b.unit_id <> ALL(%(units)s::uuid[])
        THEN b.id END AS begun_elsewhere,
        count(*) FILTER (WHERE n.night = b.check_in AND n.unit_id = b.unit_id) AS stays,
        count(*) AS nights, coalesce(sum(n.price), 0) AS revenue
    FROM {SOLD}
    JOIN bookings_booking b ON b.id = n.booking_id AND {STAYING}
    WHERE n.organization_id = %(organization)s AND n.night >= %(start)s AND n.night < %(end)s
    GROUP BY 1, 2
), source AS (
    SELECT source, (sum(stays) FILTER (WHERE begun_elsewhere IS NULL))::int AS begun,
        count(begun_elsewhere)::int AS others, sum(nights)::int AS nights, sum(revenue) AS revenue
    FROM part GROUP BY source
)
SELECT source.source, coalesce(source.begun, 0) + source.others, source.nights, source.revenue,
    others.codes
FROM ({OTHERS}) others (codes) LEFT JOIN source ON true
ORDER BY source.revenue DESC, source.source
"""  # noqa: S608 - parts of our own

# What each channel brought, told by bookings: the prices of a stay's nights add up to its total,
# so that nights are read of those stays alone that are not wholly among what is asked about.
EARNED = f"""
WITH home AS MATERIALIZED ({HOMES})
SELECT b.source, coalesce(sum(
    CASE WHEN %(units)s::uuid[] IS NULL AND b.check_in >= %(start)s AND b.check_out <= %(end)s
    THEN b.total_price
    ELSE (
        SELECT sum(n.price) FROM bookings_night n
        WHERE n.organization_id = %(organization)s AND n.booking_id = b.id
            AND n.night >= %(start)s AND n.night < %(end)s
            AND (%(units)s::uuid[] IS NULL OR n.unit_id = ANY(%(units)s::uuid[]))
    ) END), 0)
FROM bookings_booking b JOIN home ON home.id = b.property_id
WHERE {STAYING} AND b.is_placed AND b.status = ANY(%(holding)s)
GROUP BY b.source
"""  # noqa: S608 - parts of our own

# What was on the books at a moment: of each unit's night the last thing that had happened to it.
# Nobody rewrites what triggers noted, so the answer for a moment that has passed stays the same,
# whatever has become of bookings, units and properties since: deleted ones are not left out.
KNOWN_HOMES = f"""
    SELECT id FROM properties_property
    WHERE organization_id = %(organization)s AND currency = %(currency)s AND {CHOSEN}
"""  # noqa: S608 - parts of our own
KNOWN_UNITS = f"""
    SELECT u.id FROM properties_unit u JOIN home ON home.id = u.property_id
    WHERE u.organization_id = %(organization)s AND {CHOSEN_UNIT}
"""  # noqa: S608 - parts of our own
# What happened to unit nights of the period before a moment, all of it in night_event_on_books. Who
# takes a night adds its price to the books, who gives it back takes off what it was; what an update
# took the place of is looked up. So nothing is sorted to find the last of each; nor is each night's
# unit looked for among those that count, where all do.
HAPPENED = """
    e.organization_id = %(organization)s AND e.night >= %(start)s AND e.night < %(end)s
    AND e.pgh_created_at < %(moment_to)s
    AND (NOT EXISTS (
            SELECT FROM properties_unit
            WHERE organization_id = %(organization)s AND id NOT IN (SELECT id FROM room))
        OR e.unit_id IN (SELECT id FROM room))
"""
REPLACED = f"""
    bookings_nightevent e CROSS JOIN LATERAL (
        SELECT earlier.booking_id, earlier.price FROM bookings_nightevent earlier
        WHERE earlier.organization_id = %(organization)s
            AND earlier.night = e.night AND earlier.unit_id = e.unit_id
            AND earlier.pgh_id < e.pgh_id AND earlier.pgh_created_at < %(moment_to)s
        ORDER BY earlier.pgh_id DESC LIMIT 1
    ) was
    WHERE {HAPPENED} AND e.pgh_label = 'update' AND was.booking_id IS NOT NULL
"""  # noqa: S608 - parts of our own
PICKUP = f"""
WITH home AS MATERIALIZED ({KNOWN_HOMES}), room AS MATERIALIZED ({KNOWN_UNITS}),
happened AS (
    SELECT e.booking_id, e.pgh_created_at >= %(moment_from)s AS is_new,
        CASE e.pgh_label WHEN 'delete' THEN -1 ELSE 1 END AS nights,
        CASE e.pgh_label WHEN 'delete' THEN -e.price ELSE e.price END AS price
    FROM bookings_nightevent e WHERE {HAPPENED} AND e.booking_id IS NOT NULL
    UNION ALL
    SELECT was.booking_id, e.pgh_created_at >= %(moment_from)s, -1, -was.price FROM {REPLACED}
), stay AS (
    SELECT sum(nights)::int AS nights, sum(price) AS revenue,
        sum(nights) FILTER (WHERE is_new)::int AS nights_since,
        sum(price) FILTER (WHERE is_new) AS revenue_since
    FROM happened GROUP BY booking_id
), compared AS (
    SELECT *, CASE
        WHEN nights_since IS NULL OR nights_since = 0 AND coalesce(revenue_since, 0) = 0 THEN NULL
        WHEN nights = 0 THEN 'lost'
        WHEN nights = nights_since THEN 'new'
        ELSE 'changed'
    END AS kind
    FROM stay
)
SELECT
    (count(*) FILTER (WHERE nights > 0) - count(*) FILTER (WHERE kind = 'new')
        + count(*) FILTER (WHERE kind = 'lost'))::int,
    coalesce(sum(nights) - coalesce(sum(nights_since), 0), 0)::int,
    coalesce(sum(revenue), 0.00) - coalesce(sum(revenue_since), 0.00),
    count(*) FILTER (WHERE nights > 0)::int,
    coalesce(sum(nights), 0)::int, coalesce(sum(revenue), 0.00),
    count(*) FILTER (WHERE kind = 'new')::int,
    coalesce(sum(nights_since) FILTER (WHERE kind = 'new'), 0)::int,
    coalesce(sum(revenue_since) FILTER (WHERE kind = 'new'), 0.00),
    count(*) FILTER (WHERE kind = 'lost')::int,
    coalesce(-sum(nights_since) FILTER (WHERE kind = 'lost'), 0)::int,
    coalesce(-sum(revenue_since) FILTER (WHERE kind = 'lost'), 0.00),
    count(*) FILTER (WHERE kind = 'changed')::int,
    coalesce(sum(nights_since) FILTER (WHERE kind = 'changed'), 0)::int,
    coalesce(sum(revenue_since) FILTER (WHERE kind = 'changed'), 0.00), ({OTHERS})
FROM compared
"""  # noqa: S608 - parts of our own

# One row a property of any currency, and one a currency for what no sum of properties gives.
#
# Property by property and unit by unit, each in an index that has its nights or stays in one piece:
# what is added up is neither joined nor sorted nor kept, and takes a property of 5,000 as long as
# one of 200. Stays that count are told from others by what is quickest to read: every status that
# is neither cancelled nor a no-show holds nights, and what is cancelled has its moment.
#
# A day of the calendar is looked for among the midnights of its time zone: asking PostgreSQL for
# the local time of each stay took three times as long. Few stays are booked before the first.
#
# Who asks for nights, for stays or for no medians need not wait for the others.
SUMMARY = f"""
WITH home AS MATERIALIZED (
    SELECT id, name, currency, time_zone FROM properties_property
    WHERE organization_id = %(organization)s AND deleted_at IS NULL AND {CHOSEN}
), calendar AS MATERIALIZED ({CALENDAR}), figure AS MATERIALIZED (
    SELECT * FROM home JOIN calendar USING (time_zone)
    CROSS JOIN LATERAL (
        SELECT sum(slept.nights)::int AS sold, sum(slept.nights - slept.priced)::int AS unpriced,
            sum(slept.revenue) AS revenue,
            sum(greatest(0, least(coalesce(u.available_to, %(end)s), %(end)s)
                - greatest(coalesce(u.available_from, %(start)s), %(start)s)))
                FILTER (WHERE u.deleted_at IS NULL)::int AS available,
            sum(taken.owner)::int AS owner, sum(taken.out_of_order)::int AS out_of_order
        FROM properties_unit u
        CROSS JOIN LATERAL (
            SELECT count(booking_id) AS nights, count(price) AS priced, sum(price) AS revenue
            FROM bookings_night
            WHERE organization_id = %(organization)s AND unit_id = u.id
                AND night >= %(start)s AND night < %(end)s AND %(nights)s
        ) slept
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE k.reason = 'owner_stay') AS owner,
                count(*) FILTER (WHERE k.reason = 'out_of_order') AS out_of_order
            FROM bookings_block k
            JOIN bookings_night n ON n.organization_id = k.organization_id AND n.block_id = k.id
            WHERE k.organization_id = %(organization)s AND k.unit_id = u.id
                AND k.deleted_at IS NULL AND k.start < %(end)s AND k."end" > %(start)s
                AND n.night >= %(start)s AND n.night < %(end)s
        ) taken
        WHERE u.organization_id = %(organization)s AND u.property_id = home.id AND {CHOSEN_UNIT}
    ) room
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS bookings, count(lead)::int AS arrivals,
            coalesce(sum(nights), 0)::int AS stay_nights, count(cancelled_at)::int AS cancelled,
            sum(lead) AS lead, avg(lead) AS mean,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY lead) FILTER (WHERE %(medians)s) AS median,
            array_agg(lead) FILTER (WHERE %(medians)s) AS leads
        FROM (
            SELECT b.cancelled_at,
                CASE WHEN {COUNTS} THEN b.check_out - b.check_in END AS nights,
                CASE WHEN {COUNTS} THEN {LEAD_BY_MIDNIGHTS} END AS lead
            FROM bookings_booking b
            WHERE b.organization_id = %(organization)s AND b.property_id = home.id
                AND b.deleted_at IS NULL
                AND b.check_in >= %(start)s AND b.check_in < %(end)s AND {CHOSEN_STAY}
                AND %(stays)s
            OFFSET 0 -- or each of these would be worked out for every figure it is part of
        ) beginning
    ) stay
)
SELECT id, name, currency, coalesce(sold, 0), coalesce(available, 0), coalesce(owner, 0),
    coalesce(out_of_order, 0), coalesce(revenue, 0), coalesce(unpriced, 0), arrivals, stay_nights,
    bookings, cancelled, mean, median::numeric
FROM figure
UNION ALL
SELECT NULL, NULL, sold_in.currency, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, known.mean, known.median::numeric
FROM (SELECT DISTINCT currency FROM home) sold_in CROSS JOIN LATERAL (
    SELECT (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY each)
            FROM figure CROSS JOIN unnest(leads) each WHERE figure.currency = sold_in.currency
        ) AS median, sum(lead)::numeric / nullif(sum(arrivals), 0) AS mean
    FROM figure WHERE figure.currency = sold_in.currency
) known
ORDER BY 2, 1
"""  # noqa: S608 - parts of our own

# A date counts once, however many units of a property are slept in.
OCCUPANCY = """
SELECT home.id, home.name, used.days
FROM properties_property home
CROSS JOIN LATERAL (
    SELECT count(DISTINCT n.night)::int AS days
    FROM properties_unit u JOIN bookings_night n ON n.unit_id = u.id
    WHERE u.organization_id = %(organization)s AND u.property_id = home.id
        AND n.organization_id = %(organization)s AND n.booking_id IS NOT NULL
        AND n.night >= %(start)s AND n.night < %(end)s
) used
WHERE home.organization_id = %(organization)s AND home.deleted_at IS NULL
    AND (%(property)s::uuid IS NULL OR home.id = %(property)s)
ORDER BY home.name, home.id
"""


def rows_of(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one of these; which plan is good depends on how long the period is."""
    with planned_with_values(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
