from django.db import migrations

# How often an organization's rows have changed: the sum of its numbers (docs/decisions/0019).
#
# A transaction raises one of them that no other transaction is raising at the moment, and adds one
# if there is none. So nobody ever waits here, and there are never more numbers than were raised at
# one time.
EDITIONS = """
-- A trigger instead of a foreign key takes them along with their organization: Django, which does
-- not know of this table, could not truncate the other one.
CREATE TABLE villaops_edition (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid NOT NULL,
    number bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 50);

CREATE INDEX edition_of_organization ON villaops_edition (organization_id);

CREATE FUNCTION edition_of(organization uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(number), 0)::bigint FROM villaops_edition
    WHERE organization_id = organization
$$;

CREATE FUNCTION edition_raise(organization uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- The one that this transaction has raised already; a savepoint taken back takes it back too.
    mine bigint := NULLIF(current_setting('villaops.edition', true), '');
BEGIN
    IF mine IS NOT NULL THEN
        UPDATE villaops_edition SET number = number + 1
        WHERE id = mine AND organization_id = organization;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    UPDATE villaops_edition SET number = number + 1
    WHERE id = (
        SELECT id FROM villaops_edition WHERE organization_id = organization
        LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id INTO mine;
    IF NOT FOUND THEN
        INSERT INTO villaops_edition (organization_id) VALUES (organization)
        RETURNING id INTO mine;
    END IF;
    PERFORM set_config('villaops.edition', mine::text, true);
END $$;

CREATE FUNCTION edition_of_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM edition_raise(organization_id)
    FROM (SELECT DISTINCT organization_id FROM changed) one;
    RETURN NULL;
END $$;

CREATE FUNCTION edition_of_itself() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM villaops_edition WHERE organization_id = OLD.id;
    ELSE
        PERFORM edition_raise(NEW.id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER edition AFTER UPDATE OR DELETE ON accounts_organization
    FOR EACH ROW EXECUTE FUNCTION edition_of_itself();
"""
DROP_EDITIONS = """
DROP TRIGGER edition ON accounts_organization;
DROP FUNCTION edition_of_itself;
DROP FUNCTION edition_of_rows;
DROP FUNCTION edition_raise;
DROP FUNCTION edition_of;
DROP TABLE villaops_edition;
"""

# Whatever an answer that is remembered may tell of. History is written by these tables' triggers.
TABLES = [
    "bookings_block",
    "bookings_booking",
    "bookings_night",
    "guests_guest",
    "properties_property",
    "properties_unit",
]
# Of each kind of statement one: a trigger of several may not see the rows.
KINDS = {"insert": "NEW", "update": "NEW", "delete": "OLD"}


def raised_by(table: str) -> migrations.RunSQL:
    """Any statement that changes rows of the table raises their organizations' editions."""
    return migrations.RunSQL(
        [
            f"CREATE TRIGGER edition_{kind} AFTER {kind} ON {table}"
            f" REFERENCING {seen} TABLE AS changed"
            " FOR EACH STATEMENT EXECUTE FUNCTION edition_of_rows()"
            for kind, seen in KINDS.items()
        ],
        [f"DROP TRIGGER edition_{kind} ON {table}" for kind in KINDS],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_locale_shape"),
        ("bookings", "0008_history_guard"),
        ("guests", "0010_history_guard"),
        ("properties", "0006_history_guard"),
        ("villaops", "0007_kept_answers"),
    ]

    operations = [
        migrations.RunSQL(EDITIONS, DROP_EDITIONS),
        *(raised_by(table) for table in TABLES),
    ]
