from django.db import migrations

from villaops.tenancy.operations import AuditedTable


class Migration(migrations.Migration):
    dependencies = [("guests", "0006_no_index_by_phone"), ("accounts", "0006_audit")]

    operations = [
        AuditedTable("Guest", "guest", hidden=["created_by_id"]),
        AuditedTable("GuestMerge", "guest_merge", hidden=["bookings", "before", "after", "by_id"]),
    ]
