"""SQL of holds: a pending booking whose time to be confirmed is over gives its nights back.

`now()` is when the transaction began, so that all it reads is of one moment.
"""

# What a cancellation says whose hold ran out.
HOLD_EXPIRED = "Hold expired"

# Both look with the eyes of the organization asked for, at all of its properties, and give the
# context back where that was another one. Without an organization they see what the role sees: all
# of them, or nothing.
#
# Whoever holds the lock of a booking is deciding about it (a confirmation, another release), so it
# is passed by: nobody waits here, and nobody who does not wait can deadlock.
HOLD_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION bookings_hold_has_expired(the_organization uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    context text := coalesce(current_setting('villaops.organization_id', true), '');
    property_limit text := coalesce(current_setting('villaops.property_ids', true), '');
    is_elsewhere boolean := context <> the_organization::text OR property_limit <> '';
    found boolean;
BEGIN
    IF the_organization IS NULL THEN
        RETURN EXISTS (
            SELECT FROM bookings_booking
                WHERE status = 'pending' AND deleted_at IS NULL AND hold_expires_at <= now());
    END IF;
    IF is_elsewhere THEN
        PERFORM set_config('villaops.organization_id', the_organization::text, true),
            set_config('villaops.property_ids', '', true);
    END IF;
    found := EXISTS (
        SELECT FROM bookings_booking WHERE organization_id = the_organization
            AND status = 'pending' AND deleted_at IS NULL AND hold_expires_at <= now());
    IF is_elsewhere THEN
        PERFORM set_config('villaops.organization_id', context, true),
            set_config('villaops.property_ids', property_limit, true);
    END IF;
    RETURN found;
END $$;

CREATE OR REPLACE FUNCTION bookings_release_expired_holds(the_organization uuid)
RETURNS SETOF uuid
LANGUAGE plpgsql AS $$
DECLARE
    context text := coalesce(current_setting('villaops.organization_id', true), '');
    property_limit text := coalesce(current_setting('villaops.property_ids', true), '');
    act text := coalesce(current_setting('pghistory.context_id', true), '');
    who text := coalesce(current_setting('pghistory.context_metadata', true), '');
    expired uuid[];
BEGIN
    -- As nearly always.
    IF NOT bookings_hold_has_expired(the_organization) THEN
        RETURN;
    END IF;
    IF the_organization IS NOT NULL THEN
        PERFORM set_config('villaops.organization_id', the_organization::text, true);
    END IF;
    PERFORM set_config('villaops.property_ids', '', true),
        set_config('pghistory.context_id', gen_random_uuid()::text, true),
        set_config('pghistory.context_metadata', '{{"user": null, "door": "job"}}', true);
    expired := ARRAY(
        SELECT id FROM bookings_booking
            WHERE (the_organization IS NULL OR organization_id = the_organization)
                AND status = 'pending' AND deleted_at IS NULL AND hold_expires_at <= now()
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
    IF cardinality(expired) > 0 THEN
        DELETE FROM bookings_night n USING bookings_booking b
            WHERE b.id = ANY (expired) AND n.organization_id = b.organization_id
                AND n.booking_id = b.id;
        -- As bookings.events does it. Plain SQL may have come here, so nobody tells a worker: the
        -- outbox's next sweep finds it.
        INSERT INTO villaops_intent (id, kind, payload, state)
            SELECT gen_random_uuid(), 'booking_event', jsonb_build_object(
                'event', 'hold_expired', 'organization', organization_id, 'booking', id,
                'by', NULL, 'status', '["pending", "cancelled"]'::jsonb,
                'changed', '[]'::jsonb,
                'before', jsonb_build_object('hold_expires_at', hold_expires_at)), 'pending'
            FROM bookings_booking WHERE id = ANY (expired);
        UPDATE bookings_booking SET status = 'cancelled', cancelled_at = now(),
            cancellation_reason = '{HOLD_EXPIRED}', hold_expires_at = NULL, updated_at = now()
            WHERE id = ANY (expired);
    END IF;
    PERFORM set_config('villaops.organization_id', context, true),
        set_config('villaops.property_ids', property_limit, true),
        set_config('pghistory.context_id', act, true),
        set_config('pghistory.context_metadata', who, true);
    RETURN QUERY SELECT unnest(expired);
END $$;
"""  # noqa: S608 - constants

DROP_HOLD_FUNCTIONS = """
DROP FUNCTION bookings_release_expired_holds(uuid);
DROP FUNCTION bookings_hold_has_expired(uuid);
"""

# Before nights are taken, whoever takes them: an expired hold stands in nobody's way.
RELEASE_BEFORE_TAKING = """
    PERFORM bookings_release_expired_holds(
        NULLIF(current_setting('villaops.organization_id', true), '')::uuid);
    RETURN NULL;
"""
