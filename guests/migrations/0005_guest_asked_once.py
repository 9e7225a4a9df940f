from django.db import migrations

from guests.triggers import BOOKING_TRIGGERS, DROP_BOOKING_TRIGGERS


class Migration(migrations.Migration):
    """A booking that keeps its guest is saved without asking whether the guest is there."""

    dependencies = [("guests", "0004_one_person"), ("bookings", "0002_tenancy")]

    operations = [
        migrations.RunSQL(DROP_BOOKING_TRIGGERS + BOOKING_TRIGGERS, DROP_BOOKING_TRIGGERS),
    ]
