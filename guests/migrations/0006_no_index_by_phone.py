from django.db import migrations


class Migration(migrations.Migration):
    """Under a policy PostgreSQL uses no index on an expression: it only cost time to keep."""

    dependencies = [("guests", "0005_guest_asked_once")]

    operations = [migrations.RemoveIndex("Guest", "guest_by_phone")]
