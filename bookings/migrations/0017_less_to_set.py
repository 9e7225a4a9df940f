from django.db import migrations

from bookings.hold_sql import HOLD_FUNCTIONS
from bookings.triggers import CHECK_FUNCTIONS


class Migration(migrations.Migration):
    """The functions leave a context alone that is the right one."""

    dependencies = [("bookings", "0016_one_check")]

    operations = [migrations.RunSQL(HOLD_FUNCTIONS + CHECK_FUNCTIONS, migrations.RunSQL.noop)]
