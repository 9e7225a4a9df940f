import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_address_kept_in_step")]

    operations = [
        migrations.AlterField(
            model_name="apikey",
            name="last_used_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="revoked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="apikeyevent",
            name="revoked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="organization_needs_owner",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.\"role\" = 'owner')",
                    constraint="CONSTRAINT",
                    func="\n                    PERFORM FROM accounts_organization\n                        WHERE id = OLD.organization_id FOR NO KEY UPDATE;\n                    IF FOUND AND NOT EXISTS (\n                        SELECT FROM accounts_membership\n                        WHERE organization_id = OLD.organization_id\n                            AND role = 'owner' AND user_id IS NOT NULL\n                    ) THEN\n                        RAISE EXCEPTION 'Organization % would have no owner', OLD.organization_id\n                            USING ERRCODE = 'check_violation',\n                                CONSTRAINT = 'organization_needs_owner';\n                    END IF;\n                    RETURN NULL;\n                ",
                    hash="69982447a0e9595f6a4ccb168b52ec60dd71b53c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_organization_needs_owner_39dbc",
                    table="accounts_membership",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
    ]
