import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


EXISTING_USERS = """
    INSERT INTO account_emailaddress (user_id, email, verified, "primary")
    SELECT id, lower(email), email_verified, true FROM accounts_user
"""


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("accounts", "0003_people"),
    ]

    operations = [
        migrations.RunSQL(EXISTING_USERS, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="address_kept_in_step",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='\n            DELETE FROM account_emailaddress\n            WHERE user_id = NEW.id AND email <> lower(NEW.email);\n            INSERT INTO account_emailaddress AS address (user_id, email, verified, "primary")\n            VALUES (NEW.id, lower(NEW.email), NEW.email_verified, true)\n            ON CONFLICT (user_id, email) DO UPDATE\n            SET verified = EXCLUDED.verified, "primary" = true\n            WHERE NOT address."primary" OR address.verified <> EXCLUDED.verified;\n            RETURN NULL;\n        ',
                    hash="3f665a00ca9c6c1cf5f4907d74c0b4c9e31c189f",
                    operation='INSERT OR UPDATE OF "email", "email_verified"',
                    pgid="pgtrigger_address_kept_in_step_62e45",
                    table="accounts_user",
                    when="AFTER",
                ),
            ),
        ),
    ]
