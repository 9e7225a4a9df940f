from django.db import migrations, models


class Migration(migrations.Migration):
    """So that open charts learn of new names from an index."""

    dependencies = [("guests", "0008_limits")]

    operations = [
        migrations.AddIndex(
            model_name="guestevent",
            index=models.Index(fields=["organization", "pgh_created_at"], name="guest_event_by_time"),
        ),
    ]
