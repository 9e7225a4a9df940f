from django.db import migrations

# What a member who is limited to some properties may see. The policies that call these ask first
# whether there is a limit at all; whoever has none never gets here. The tables are made later:
# bodies of plpgsql are read when they first run, and then under the policies of what they read.
FUNCTIONS = """
CREATE FUNCTION tenancy_properties() RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT NULLIF(current_setting('villaops.property_ids', true), '')::uuid[]
$$;

CREATE FUNCTION tenancy_user() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT NULLIF(current_setting('villaops.user_id', true), '')::uuid
$$;

CREATE FUNCTION tenancy_units() RETURNS uuid[] LANGUAGE plpgsql STABLE COST 1 AS $$
BEGIN
    RETURN array(SELECT id FROM properties_unit);
END $$;

-- A set to look each guest up in: one statement may ask for every guest there is.
CREATE FUNCTION tenancy_guests() RETURNS SETOF uuid LANGUAGE plpgsql STABLE COST 1 AS $$
BEGIN
    RETURN QUERY SELECT DISTINCT guest_id FROM bookings_booking
        WHERE guest_id IS NOT NULL AND deleted_at IS NULL;
END $$;

CREATE FUNCTION tenancy_sees_booking(the_booking uuid) RETURNS boolean
LANGUAGE plpgsql STABLE COST 1 AS $$
BEGIN
    RETURN EXISTS (SELECT FROM bookings_booking WHERE id = the_booking);
END $$;

CREATE FUNCTION tenancy_sees_guest(the_guest uuid) RETURNS boolean
LANGUAGE plpgsql STABLE COST 1 AS $$
BEGIN
    RETURN EXISTS (SELECT FROM guests_guest WHERE id = the_guest);
END $$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION tenancy_sees_guest(uuid);
DROP FUNCTION tenancy_sees_booking(uuid);
DROP FUNCTION tenancy_guests();
DROP FUNCTION tenancy_units();
DROP FUNCTION tenancy_user();
DROP FUNCTION tenancy_properties();
"""


class Migration(migrations.Migration):
    dependencies = [("villaops", "0001_support_role")]

    operations = [migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS)]
