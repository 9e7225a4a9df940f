"""SQL that keeps nights, bookings and blocks in agreement, whoever writes.

Checked when the transaction commits: a booking that holds its nights has a row for every date of
its stay in at least one unit of its property, none outside it, the first in its own unit, and the
prices of all rows add up to its total; one that does not hold them has none. Blocks alike.
"""

import pgtrigger

from bookings.querysets import HOLDING

_HOLDING = ", ".join(f"'{status}'" for status in HOLDING)

# The functions look with the eyes of the row's own organization, at all of its properties, whatever
# context is open when the transaction commits, and give the context back.
CHECK_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION bookings_check_booking(the_booking uuid, the_organization uuid)
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    context text := coalesce(current_setting('villaops.organization_id', true), '');
    property_limit text := coalesce(current_setting('villaops.property_ids', true), '');
    b record;
    n record;
    problem text;
    is_elsewhere boolean := context <> the_organization::text OR property_limit <> '';
BEGIN
    IF is_elsewhere THEN
        PERFORM set_config('villaops.organization_id', the_organization::text, true),
            set_config('villaops.property_ids', '', true);
    END IF;
    SELECT *, deleted_at IS NULL AND is_placed AND status IN ({_HOLDING}) AS holds INTO b
        FROM bookings_booking WHERE organization_id = the_organization AND id = the_booking;
    SELECT count(*) AS rows, count(DISTINCT night) AS dates, min(night) AS first,
            max(night) AS last, count(price) AS priced, coalesce(sum(price), 0) AS total,
            bool_and(u.property_id = b.property_id) AS at_home,
            bool_or(held.unit_id = b.unit_id AND night = b.check_in) AS starts_in_unit INTO n
        FROM bookings_night held
        JOIN properties_unit u
            ON u.organization_id = held.organization_id AND u.id = held.unit_id
        WHERE held.organization_id = the_organization AND held.booking_id = the_booking;
    IF is_elsewhere THEN
        PERFORM set_config('villaops.organization_id', context, true),
            set_config('villaops.property_ids', property_limit, true);
    END IF;
    IF b.id IS NULL THEN
        RETURN;
    ELSIF NOT b.holds THEN
        IF n.rows > 0 THEN problem := 'it holds none, yet has some'; END IF;
    ELSIF n.rows = 0 OR n.dates <> b.check_out - b.check_in
            OR n.first <> b.check_in OR n.last <> b.check_out - 1 THEN
        problem := 'they are not exactly those of its dates';
    ELSIF NOT n.at_home THEN
        problem := 'some are of another property''s unit';
    ELSIF NOT n.starts_in_unit THEN
        problem := 'the first is not in its unit';
    ELSIF b.total_price IS NULL AND n.priced > 0 THEN
        problem := 'some have a price, the booking has none';
    ELSIF b.total_price IS NOT NULL AND (n.priced <> n.rows OR n.total <> b.total_price) THEN
        problem := 'their prices do not add up to its total';
    END IF;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'Nights of booking %: %', the_booking, problem
            USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_holds_its_nights';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION bookings_check_block(the_block uuid, the_organization uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    context text := coalesce(current_setting('villaops.organization_id', true), '');
    property_limit text := coalesce(current_setting('villaops.property_ids', true), '');
    b record;
    n record;
BEGIN
    PERFORM set_config('villaops.organization_id', the_organization::text, true),
        set_config('villaops.property_ids', '', true);
    SELECT * INTO b
        FROM bookings_block WHERE organization_id = the_organization AND id = the_block;
    SELECT count(*) AS rows, min(night) AS first, max(night) AS last,
            bool_and(unit_id = b.unit_id) AS in_unit INTO n
        FROM bookings_night WHERE organization_id = the_organization AND block_id = the_block;
    PERFORM set_config('villaops.organization_id', context, true),
        set_config('villaops.property_ids', property_limit, true);
    IF b.id IS NOT NULL AND (CASE
        WHEN b.deleted_at IS NOT NULL THEN n.rows > 0
        ELSE n.rows <> b."end" - b.start OR n.first <> b.start OR n.last <> b."end" - 1
            OR NOT n.in_unit
    END) THEN
        RAISE EXCEPTION 'Nights of block % are not exactly those of its dates', the_block
            USING ERRCODE = 'check_violation', CONSTRAINT = 'block_holds_its_nights';
    END IF;
END $$;
"""

DROP_CHECK_FUNCTIONS = """
DROP FUNCTION bookings_check_booking(uuid, uuid);
DROP FUNCTION bookings_check_block(uuid, uuid);
"""

# A stay of n nights queues NIGHT_BELONGS n times, and one that is new BOOKING_HOLDS before; the
# first run looks at the whole stay and leaves a note so that the others need not. NIGHTS_CHANGED
# takes the note away with the next change of any night; a change of the booking looks anyway.
BOOKING_HOLDS = """
    PERFORM bookings_check_booking(NEW.id, NEW.organization_id);
    PERFORM set_config('villaops.nights_checked', NEW.id::text, true);
    RETURN NULL;
"""
NIGHT_BELONGS = """
    IF TG_OP <> 'INSERT' AND current_setting('villaops.nights_checked', true)
            IS DISTINCT FROM coalesce(OLD.booking_id, OLD.block_id)::text THEN
        IF OLD.booking_id IS NOT NULL THEN
            PERFORM bookings_check_booking(OLD.booking_id, OLD.organization_id);
        ELSE
            PERFORM bookings_check_block(OLD.block_id, OLD.organization_id);
        END IF;
        PERFORM set_config('villaops.nights_checked',
            coalesce(OLD.booking_id, OLD.block_id)::text, true);
    END IF;
    IF TG_OP <> 'DELETE' AND current_setting('villaops.nights_checked', true)
            IS DISTINCT FROM coalesce(NEW.booking_id, NEW.block_id)::text THEN
        IF NEW.booking_id IS NOT NULL THEN
            PERFORM bookings_check_booking(NEW.booking_id, NEW.organization_id);
        ELSE
            PERFORM bookings_check_block(NEW.block_id, NEW.organization_id);
        END IF;
        PERFORM set_config('villaops.nights_checked',
            coalesce(NEW.booking_id, NEW.block_id)::text, true);
    END IF;
    RETURN NULL;
"""

NIGHTS_CHANGED = """
    PERFORM set_config('villaops.nights_checked', '', true);
    RETURN NULL;
"""


def night_history() -> list[pgtrigger.Trigger]:
    """Triggers that write a row to bookings_nightevent for each night taken, changed or given back.

    One statement each, however many nights: a stay of 730 nights is one insert more.
    """
    return [
        _night_event("insert", pgtrigger.Insert, pgtrigger.Referencing(new="rows")),
        _night_event("update", pgtrigger.Update, pgtrigger.Referencing(old="before", new="rows")),
        _night_event("delete", pgtrigger.Delete, pgtrigger.Referencing(old="rows")),
    ]


def _night_event(
    label: str, operation: pgtrigger.Operation, referencing: pgtrigger.Referencing
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=f"night_{label}_history",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        func=f"""
            INSERT INTO bookings_nightevent (pgh_created_at, pgh_label, pgh_context, pgh_context_id,
                organization_id, unit_id, night, booking_id, block_id, price)
            SELECT now(), '{label}',
                NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb,
                NULLIF(current_setting('pghistory.context_id', true), '')::uuid,
                organization_id, unit_id, night, booking_id, block_id, price
            FROM rows ORDER BY unit_id, night;
            RETURN NULL;
        """,
    )
