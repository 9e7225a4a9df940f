from django.db import migrations

from villaops.tenancy.operations import SameOrganization, TenantTable


class Migration(migrations.Migration):
    dependencies = [("properties", "0001_initial")]

    operations = [
        TenantTable("Property"),
        TenantTable("PropertyEvent"),
        TenantTable("Unit"),
        TenantTable("UnitEvent"),
        SameOrganization("Unit", "property"),
    ]
