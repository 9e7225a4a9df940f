from django.db import migrations

from villaops.tenancy.operations import AuditedTable


class Migration(migrations.Migration):
    dependencies = [("bookings", "0005_chart"), ("accounts", "0006_audit")]

    operations = [
        AuditedTable("Booking", "booking", hidden=["cancelled_at"]),
        AuditedTable("Block", "block"),
        AuditedTable("BookingNote", "note", hidden=["author_id"]),
    ]
