from django.db import migrations

from villaops.tenancy.operations import HistoryTable


class Migration(migrations.Migration):
    """What anonymizing a guest (guests/privacy.py) takes out of history, and nothing else."""

    dependencies = [("guests", "0009_events_by_time"), ("villaops", "0003_history_guard")]

    operations = [
        HistoryTable(
            "GuestEvent",
            forgotten={
                "name": "Anonymized guest",
                "email": "anonymized-%@guest.example",
                "phone": None,
                "nationality": None,
                "notes": None,
            },
        ),
        HistoryTable("GuestMergeEvent"),
    ]
