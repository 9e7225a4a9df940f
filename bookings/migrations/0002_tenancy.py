from django.db import migrations

from bookings.triggers import CHECK_FUNCTIONS, DROP_CHECK_FUNCTIONS
from villaops.tenancy.operations import SameOrganization, TenantTable


class Migration(migrations.Migration):
    dependencies = [("bookings", "0001_initial")]

    operations = [
        migrations.RunSQL(CHECK_FUNCTIONS, DROP_CHECK_FUNCTIONS),
        TenantTable("Booking"),
        TenantTable("BookingEvent"),
        TenantTable("Block"),
        TenantTable("BlockEvent"),
        TenantTable("Night"),
        TenantTable("NightEvent"),
        SameOrganization("Booking", "property"),
        SameOrganization("Booking", "unit"),
        SameOrganization("Booking", "guest"),
        SameOrganization("Block", "unit"),
        SameOrganization("Night", "unit"),
        SameOrganization("Night", "booking"),
        SameOrganization("Night", "block"),
    ]
