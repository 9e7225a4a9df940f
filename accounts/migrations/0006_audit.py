import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts import audit_sql
from villaops.tenancy.operations import AuditedTable, TenantTable


class Migration(migrations.Migration):
    """The audit log, which begins here: what was before is in the history tables."""

    dependencies = [("accounts", "0005_owners")]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('user_name', models.CharField(max_length=255)),
                ('door', models.CharField(max_length=10)),
                ('api_key_name', models.CharField(max_length=100)),
                ('action', models.CharField(max_length=30)),
                ('record_kind', models.CharField(max_length=20)),
                ('record_id', models.UUIDField(null=True)),
                ('record_label', models.TextField(null=True)),
                ('changes', models.JSONField(null=True)),
                ('changes_digest', models.BinaryField(max_length=32)),
                ('previous_hash', models.BinaryField(max_length=32)),
                ('hash', models.BinaryField(max_length=32)),
                ('api_key', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.apikey')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.organization')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'indexes': [models.Index(fields=['organization', 'record_id', 'number'], name='audit_of_record'), models.Index(fields=['organization', 'user', 'number'], name='audit_of_user'), models.Index(fields=['organization', 'action', 'number'], name='audit_of_action')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'number'), name='audit_number', nulls_distinct=False)],
            },
        ),
        TenantTable("AuditEntry"),
        migrations.RunSQL(audit_sql.PENDING, audit_sql.DROP_PENDING),
        migrations.RunSQL(audit_sql.SEAL, audit_sql.DROP_SEAL),
        migrations.RunSQL(audit_sql.RIGHTS, audit_sql.DROP_RIGHTS),
        migrations.RunSQL(audit_sql.CHANGE, audit_sql.DROP_CHANGE),
        AuditedTable("Organization", "organization"),
        AuditedTable("Membership", "membership"),
        AuditedTable("ApiKey", "api_key", hidden=["secret_hash", "last_used_at"]),
    ]
