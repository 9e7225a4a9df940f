from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

from villaops.tenancy import SUPPORT_ROLE

# Tables made later by this role get the same rights from the default privileges.
GRANTS = f"""
    GRANT USAGE ON SCHEMA public TO {SUPPORT_ROLE};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {SUPPORT_ROLE};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {SUPPORT_ROLE};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {SUPPORT_ROLE};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {SUPPORT_ROLE};
"""


class Migration(migrations.Migration):
    dependencies: list[tuple[str, str]] = []
    # Everything else of ours comes after accounts.
    run_before = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(GRANTS, migrations.RunSQL.noop), TrigramExtension()]
