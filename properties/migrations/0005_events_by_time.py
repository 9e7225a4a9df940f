from django.db import migrations, models


class Migration(migrations.Migration):
    """So that open charts learn of new names from an index."""

    dependencies = [("properties", "0004_limits")]

    operations = [
        migrations.AddIndex(
            model_name="propertyevent",
            index=models.Index(fields=["organization", "pgh_created_at"], name="property_event_by_time"),
        ),
        migrations.AddIndex(
            model_name="unitevent",
            index=models.Index(fields=["organization", "pgh_created_at"], name="unit_event_by_time"),
        ),
    ]
