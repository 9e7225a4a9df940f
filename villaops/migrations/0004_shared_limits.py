from django.db import migrations

# What processes count together where there is no Redis. Not worth a backup: a crash empties both.
TABLES = """
CREATE UNLOGGED TABLE villaops_throttle (
    key text PRIMARY KEY,
    requests integer NOT NULL,
    ends timestamptz NOT NULL
);
CREATE INDEX villaops_throttle_ends ON villaops_throttle (ends);
CREATE UNLOGGED TABLE villaops_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX villaops_cache_expires ON villaops_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("villaops", "0003_history_guard")]

    operations = [
        migrations.RunSQL(TABLES, "DROP TABLE villaops_throttle; DROP TABLE villaops_cache"),
    ]
