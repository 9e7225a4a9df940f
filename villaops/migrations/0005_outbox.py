import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('villaops', '0004_shared_limits'),
    ]

    operations = [
        migrations.CreateModel(
            name='Intent',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=100)),
                ('key', models.CharField(max_length=200, null=True, unique=True)),
                ('payload', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('pending', 'waiting'), ('sending', 'being sent'), ('sent', 'sent'), ('dead', 'given up'), ('cancelled', 'cancelled')], default='pending', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(db_default=0)),
                ('next_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('queued_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(db_default='')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('done_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'outbox entry',
                'verbose_name_plural': 'outbox',
                'indexes': [models.Index(condition=models.Q(('state__in', ['pending', 'sending'])), fields=['next_at'], name='villaops_intent_due'), models.Index(fields=['state', 'created_at'], name='villaops_intent_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'sending', 'sent', 'dead', 'cancelled'])), name='intent_state', violation_error_code='state', violation_error_message='This is no state of an outbox entry.')],
            },
        ),
    ]
