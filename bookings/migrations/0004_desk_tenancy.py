from django.db import migrations

from bookings.triggers import CHECK_FUNCTIONS
from villaops.tenancy.operations import SameOrganization, TenantTable


class Migration(migrations.Migration):
    dependencies = [("bookings", "0003_desk")]

    operations = [
        # The same functions again: a booking without a unit holds no nights.
        migrations.RunSQL(CHECK_FUNCTIONS, migrations.RunSQL.noop),
        TenantTable("BookingNote"),
        TenantTable("BookingNoteEvent"),
        TenantTable("SavedView"),
        SameOrganization("BookingNote", "booking"),
    ]
