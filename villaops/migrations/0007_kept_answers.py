import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from villaops.tenancy.operations import TenantTable


# Answers about no organization are their user's own; those of a program always are about one.
OWN = """
CREATE POLICY own ON villaops_keptanswer USING (
    organization_id IS NULL
    AND credential_id = NULLIF(current_setting('villaops.user_id', true), '')::uuid
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ('accounts', '0007_locale_shape'),
        ('villaops', '0006_schedules'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeptAnswer',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('credential_id', models.UUIDField()),
                ('path', models.TextField()),
                ('key', models.CharField(max_length=255)),
                ('request_hash', models.BinaryField(max_length=32)),
                ('status', models.PositiveSmallIntegerField()),
                ('headers', models.JSONField()),
                ('body', models.BinaryField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('organization', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='kept_answer_by_age')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'credential_id', 'path', 'key'), name='kept_answer_once', nulls_distinct=False)],
            },
        ),
        TenantTable("KeptAnswer"),
        migrations.RunSQL(OWN, "DROP POLICY own ON villaops_keptanswer"),
    ]
