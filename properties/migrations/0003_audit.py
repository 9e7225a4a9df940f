from django.db import migrations

from villaops.tenancy.operations import AuditedTable


class Migration(migrations.Migration):
    dependencies = [("properties", "0002_tenancy"), ("accounts", "0006_audit")]

    operations = [AuditedTable("Property", "property"), AuditedTable("Unit", "unit")]
