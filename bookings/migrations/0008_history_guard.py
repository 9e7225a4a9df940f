from django.db import migrations

from villaops.tenancy.operations import HistoryTable


class Migration(migrations.Migration):
    """What anonymizing a guest (guests/privacy.py) takes out of history, and nothing else."""

    dependencies = [("bookings", "0007_limits"), ("villaops", "0003_history_guard")]

    operations = [
        HistoryTable(
            "BookingEvent", forgotten={"special_requests": None, "cancellation_reason": None}
        ),
        HistoryTable(
            "BookingNoteEvent", forgotten={"text": "Removed with the guest's personal data."}
        ),
        HistoryTable("BlockEvent"),
        HistoryTable("NightEvent"),
    ]
