from django.db import migrations

from villaops.tenancy.operations import drop_of_support, owned_by_support

# A part of a reference, looked for in the trigram index as guests_matching looks for a part of a
# name, and for the same reason: see there, and decision 18.
FUNCTION = r"""
CREATE FUNCTION bookings_referred_to(the_text text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    pattern text := '%' || replace(replace(replace(
        upper(the_text), '\', '\\'), '%', '\%'), '_', '\_') || '%';
    mine uuid := NULLIF(current_setting('villaops.organization_id', true), '')::uuid;
    properties uuid[] := tenancy_properties();
BEGIN
    RETURN QUERY SELECT id FROM bookings_booking
        WHERE organization_id = mine AND upper(reference) LIKE pattern
            AND (properties IS NULL OR property_id = ANY(properties));
END $$;
"""
NAME = "bookings_referred_to(text)"


class Migration(migrations.Migration):
    dependencies = [("bookings", "0013_expected"), ("guests", "0012_searching")]

    operations = [
        migrations.RunSQL(FUNCTION + owned_by_support(NAME), drop_of_support(NAME)),
    ]
