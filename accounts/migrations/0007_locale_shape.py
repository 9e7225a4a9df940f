from django.db import migrations, models

from villaops.written import LOCALE_PATTERN

# What browsers write with a hyphen is meant well; what is no locale has been written as plain
# English is. The check looks at rows whose triggers have all fired.
WITH_UNDERSCORES = """
    UPDATE accounts_organization SET locale = replace(locale, '-', '_') WHERE locale LIKE '%%-%%'
"""
MENDED = "UPDATE accounts_organization SET locale = 'en' WHERE locale !~ %s"
FIRED = "SET CONSTRAINTS ALL IMMEDIATE"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_audit")]

    operations = [
        migrations.RunSQL(
            [(WITH_UNDERSCORES, []), (MENDED, [LOCALE_PATTERN]), FIRED], migrations.RunSQL.noop
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=models.Q(("locale__regex", LOCALE_PATTERN)),
                name="organization_locale_shape",
                violation_error_message="A locale is a language, and where: de, de_AT (CLDR).",
            ),
        ),
    ]
