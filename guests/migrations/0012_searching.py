from django.db import migrations

from villaops.tenancy.operations import drop_of_support, owned_by_support

# Under a policy PostgreSQL reads all of an organization's guests to find a few by a part of their
# names: LIKE is not leakproof, so the trigram indexes are of no use (decision 18). This function
# runs as the support role, which has no such policy, and says itself whose guests it looks among:
# the organization's that is open, and of a member who is limited those that LimitedTable shows
# them. Without a context it finds nobody. It gives ids away and nothing else; who reads the guests
# of these ids reads them under the policies.
#
# Planned with its values each time: a text may be a rare name or a single letter.
FUNCTION = r"""
CREATE FUNCTION guests_matching(the_text text, emails boolean) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    pattern text := '%' || replace(replace(replace(
        upper(the_text), '\', '\\'), '%', '\%'), '_', '\_') || '%';
    mine uuid := NULLIF(current_setting('villaops.organization_id', true), '')::uuid;
    me uuid := tenancy_user();
    properties uuid[] := tenancy_properties();
BEGIN
    RETURN QUERY SELECT id FROM guests_guest g
        WHERE organization_id = mine
            AND (upper(name) LIKE pattern OR emails AND upper(email) LIKE pattern)
            AND (properties IS NULL OR created_by_id = me OR EXISTS (
                SELECT FROM bookings_booking
                WHERE organization_id = mine AND guest_id = g.id AND deleted_at IS NULL
                    AND property_id = ANY(properties)));
END $$;
"""
NAME = "guests_matching(text, boolean)"


class Migration(migrations.Migration):
    dependencies = [("guests", "0011_language"), ("bookings", "0013_expected")]

    operations = [
        migrations.RunSQL(FUNCTION + owned_by_support(NAME), drop_of_support(NAME)),
    ]
