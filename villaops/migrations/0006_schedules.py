from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('villaops', '0005_outbox'),
    ]

    operations = [
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('name', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('done_slot', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('taken_slot', models.DateTimeField(null=True)),
                ('taken_until', models.DateTimeField(null=True)),
            ],
        ),
    ]
