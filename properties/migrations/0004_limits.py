from django.db import migrations

from villaops.tenancy.operations import OF_PROPERTY, LimitedTable

ITSELF = "id = ANY ((SELECT tenancy_properties())::uuid[])"


class Migration(migrations.Migration):
    dependencies = [("properties", "0003_audit"), ("villaops", "0002_limits")]

    operations = [
        LimitedTable("Property", ITSELF),
        LimitedTable("PropertyEvent", ITSELF),
        LimitedTable("Unit", OF_PROPERTY),
        LimitedTable("UnitEvent", OF_PROPERTY),
    ]
