from django.db import migrations

# `pgtrigger.ignore` switches the triggers that keep history as it is off, for whoever sets it.
# This one no setting switches off.
GUARD = """
CREATE FUNCTION history_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    forgotten jsonb := TG_ARGV[0]::jsonb;
    columns text[] := array(SELECT jsonb_object_keys(forgotten));
    told jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        -- An organization ends with its history, once its owner has asked for that.
        IF EXISTS (
            SELECT FROM accounts_organization
            WHERE id = OLD.organization_id AND ends_at IS NOT NULL
        ) THEN
            RETURN OLD;
        END IF;
    ELSE
        told := to_jsonb(NEW);
        IF columns <> '{}' AND told - columns = to_jsonb(OLD) - columns AND NOT EXISTS (
            SELECT FROM jsonb_each_text(forgotten) AS fact
            WHERE NOT CASE WHEN fact.value IS NULL THEN told ->> fact.key IS NULL
                ELSE coalesce(told ->> fact.key LIKE fact.value, false) END
        ) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'History is not rewritten: no % of %', lower(TG_OP), TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("villaops", "0002_limits")]

    operations = [migrations.RunSQL(GUARD, "DROP FUNCTION history_guard()")]
