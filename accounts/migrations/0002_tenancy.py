from django.db import migrations

from villaops.tenancy.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        TenantTable("Subscription"),
        TenantTable("SubscriptionEvent"),
        TenantTable("MembershipEvent"),
    ]
