from django.db import migrations

from villaops.live.triggers import Told
from villaops.tenancy.operations import OF_BOOKING, LimitedTable, SameOrganization, TenantTable

# Only the person themselves hears of theirs.
NOTIFICATIONS = Told("messaging_notification", "notification", "row.id", user="row.user_id")


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0003_notifications"),
        ("live", "0001_initial"),
    ]

    operations = [
        TenantTable("Notification"),
        TenantTable("NotificationPreference"),
        SameOrganization("Notification", "booking"),
        LimitedTable("Notification", f"booking_id IS NULL OR {OF_BOOKING}"),
        migrations.RunSQL(NOTIFICATIONS.create(), NOTIFICATIONS.drop()),
    ]
