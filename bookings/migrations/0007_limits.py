from django.db import migrations

from bookings.triggers import CHECK_FUNCTIONS
from villaops.tenancy.operations import OF_BOOKING, OF_PROPERTY, OF_UNIT, LimitedTable


class Migration(migrations.Migration):
    dependencies = [("bookings", "0006_audit"), ("properties", "0004_limits")]

    operations = [
        # The same functions again: whoever commits, they look at all of a stay.
        migrations.RunSQL(CHECK_FUNCTIONS, migrations.RunSQL.noop),
        LimitedTable("Booking", OF_PROPERTY),
        LimitedTable("BookingEvent", OF_PROPERTY),
        LimitedTable("Block", OF_UNIT),
        LimitedTable("BlockEvent", OF_UNIT),
        LimitedTable("Night", OF_UNIT),
        LimitedTable("NightEvent", OF_UNIT),
        LimitedTable("BookingNote", OF_BOOKING),
        LimitedTable("BookingNoteEvent", OF_BOOKING),
    ]
