from django.db import migrations

from villaops.tenancy.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [("guests", "0001_initial")]

    operations = [
        TenantTable("Guest"),
        TenantTable("GuestEvent"),
    ]
