from django.db import migrations, models


class Migration(migrations.Migration):
    """So that the question whether anything has happened is answered from an index."""

    dependencies = [("bookings", "0004_desk_tenancy")]

    operations = [
        migrations.AddIndex(
            model_name="bookingevent",
            index=models.Index(
                fields=["organization", "pgh_created_at"], name="booking_event_by_time"
            ),
        ),
        migrations.AddIndex(
            model_name="blockevent",
            index=models.Index(
                fields=["organization", "pgh_created_at"], name="block_event_by_time"
            ),
        ),
    ]
