from django.db import migrations

from villaops.tenancy.operations import HistoryTable


class Migration(migrations.Migration):
    dependencies = [("properties", "0005_events_by_time"), ("villaops", "0003_history_guard")]

    operations = [HistoryTable("PropertyEvent"), HistoryTable("UnitEvent")]
