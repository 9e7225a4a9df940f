"""SQL that keeps a stay and its guest in agreement: a booking that is there has a guest who is.

Booking somebody and deleting them at the same instant: one waits for the other here, whoever
writes, and the second sees what the first did. A booking locks its guest's row against being
deleted (a plain foreign key would lock only its key). It does so when it is made, is given another
guest or is there again: a save writes every column, and most saves say nothing about the guest. A
guest who is deleted is looked at again when the transaction commits, after their bookings were
deleted or moved in it.
"""

BOOKING_TRIGGERS = """
CREATE TRIGGER booking_guest_is_there
    AFTER INSERT ON bookings_booking
    FOR EACH ROW WHEN (NEW.guest_id IS NOT NULL AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION guests_check_booking();

CREATE TRIGGER booking_new_guest_is_there
    AFTER UPDATE OF guest_id, deleted_at ON bookings_booking
    FOR EACH ROW WHEN (
        NEW.guest_id IS NOT NULL AND NEW.deleted_at IS NULL
        AND (OLD.guest_id IS DISTINCT FROM NEW.guest_id OR OLD.deleted_at IS NOT NULL)
    )
    EXECUTE FUNCTION guests_check_booking();
"""

DROP_BOOKING_TRIGGERS = """
DROP TRIGGER IF EXISTS booking_guest_is_there ON bookings_booking;
DROP TRIGGER IF EXISTS booking_new_guest_is_there ON bookings_booking;
"""

# They look at all properties, also for those who are limited to some.
CHECK_FUNCTIONS = """
CREATE OR REPLACE FUNCTION guests_check_booking() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    property_limit text := coalesce(current_setting('villaops.property_ids', true), '');
    is_there boolean;
BEGIN
    PERFORM set_config('villaops.property_ids', '', true);
    PERFORM 1 FROM guests_guest
        WHERE organization_id = NEW.organization_id AND id = NEW.guest_id AND deleted_at IS NULL
        FOR SHARE;
    is_there := FOUND;
    PERFORM set_config('villaops.property_ids', property_limit, true);
    IF NOT is_there THEN
        RAISE EXCEPTION 'The guest of booking % is deleted', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_guest_is_there';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION guests_check_guest() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    context text := coalesce(current_setting('villaops.organization_id', true), '');
    property_limit text := coalesce(current_setting('villaops.property_ids', true), '');
    is_expected boolean;
BEGIN
    PERFORM set_config('villaops.organization_id', NEW.organization_id::text, true),
        set_config('villaops.property_ids', '', true);
    SELECT EXISTS (
        SELECT FROM bookings_booking booking
        JOIN guests_guest guest
            ON guest.organization_id = booking.organization_id AND guest.id = booking.guest_id
        WHERE booking.organization_id = NEW.organization_id AND booking.guest_id = NEW.id
            AND booking.deleted_at IS NULL AND guest.deleted_at IS NOT NULL
    ) INTO is_expected;
    PERFORM set_config('villaops.organization_id', context, true),
        set_config('villaops.property_ids', property_limit, true);
    IF is_expected THEN
        RAISE EXCEPTION 'Guest % is deleted and has bookings', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'guest_deleted_without_bookings';
    END IF;
    RETURN NULL;
END $$;
"""

GUEST_TRIGGER = """
CREATE CONSTRAINT TRIGGER guest_deleted_without_bookings
    AFTER UPDATE OF deleted_at ON guests_guest
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION guests_check_guest();
"""

AGREEMENT = CHECK_FUNCTIONS + GUEST_TRIGGER

DROP_AGREEMENT = """
DROP TRIGGER guest_deleted_without_bookings ON guests_guest;
DROP FUNCTION guests_check_guest();
DROP FUNCTION guests_check_booking();
"""
