from django.db import migrations

from guests.triggers import AGREEMENT, DROP_AGREEMENT
from villaops.tenancy.operations import SameOrganization, TenantTable


class Migration(migrations.Migration):
    dependencies = [("guests", "0003_merges"), ("bookings", "0002_tenancy")]

    operations = [
        TenantTable("GuestMerge"),
        TenantTable("GuestMergeEvent"),
        SameOrganization("Guest", "merged_into"),
        SameOrganization("GuestMerge", "keep"),
        SameOrganization("GuestMerge", "merged"),
        migrations.RunSQL(AGREEMENT, DROP_AGREEMENT),
    ]
