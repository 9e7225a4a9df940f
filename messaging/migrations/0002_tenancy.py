from django.db import migrations

from villaops.tenancy.operations import (
    OF_BOOKING,
    OF_PROPERTY,
    AuditedTable,
    HistoryTable,
    LimitedTable,
    SameOrganization,
    TenantTable,
)

# What is said for every property is read by members who are limited to some.
EVERYWHERE_OR_OF_PROPERTY = f"property_id IS NULL OR {OF_PROPERTY}"


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0001_initial"),
        ("villaops", "0004_shared_limits"),
    ]

    operations = [
        TenantTable("Message"),
        TenantTable("MailTemplate"),
        TenantTable("MailTemplateEvent"),
        TenantTable("Automation"),
        TenantTable("AutomationEvent"),
        TenantTable("Skip"),
        TenantTable("OptOut"),
        SameOrganization("Message", "booking"),
        SameOrganization("Message", "guest"),
        SameOrganization("Message", "property"),
        SameOrganization("Automation", "property"),
        SameOrganization("Skip", "booking"),
        LimitedTable("Message", OF_PROPERTY),
        LimitedTable("Automation", EVERYWHERE_OR_OF_PROPERTY),
        LimitedTable("AutomationEvent", EVERYWHERE_OR_OF_PROPERTY),
        LimitedTable("Skip", OF_BOOKING),
        HistoryTable("MailTemplateEvent"),
        HistoryTable("AutomationEvent"),
        AuditedTable("MailTemplate", "mail_template"),
        AuditedTable("Automation", "automation"),
        AuditedTable("Skip", "skip"),
    ]
