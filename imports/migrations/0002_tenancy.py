from django.db import migrations

from villaops.tenancy.operations import AuditedTable, SameOrganization, TenantTable

# How far it is, said every other second, is nobody's deed.
PROGRESS = [
    "shape",
    "header",
    "header_hash",
    "sample",
    "memory",
    "stored",
    "total",
    "position",
    "made",
    "guests_made",
    "there_already",
    "refused",
    "finished_at",
    "created_by_id",
]


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial"), ("accounts", "0006_audit")]

    operations = [
        TenantTable("Import"),
        TenantTable("Row"),
        SameOrganization("Row", "imported"),
        AuditedTable("Import", "import", hidden=PROGRESS),
    ]
