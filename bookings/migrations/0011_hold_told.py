from django.db import migrations

from bookings.hold_sql import HOLD_FUNCTIONS


class Migration(migrations.Migration):
    """The same functions again: what they tell says until when the nights were held."""

    dependencies = [("bookings", "0010_no_shows")]

    operations = [migrations.RunSQL(HOLD_FUNCTIONS, migrations.RunSQL.noop)]
