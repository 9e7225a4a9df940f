import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from guests.triggers import CHECK_FUNCTIONS
from villaops.tenancy.operations import LimitedTable

# Those with a stay at their properties, and whom they have written down themselves.
GUEST = "id IN (SELECT tenancy_guests()) OR created_by_id = (SELECT tenancy_user())"
MERGE = (
    "tenancy_sees_guest(keep_id)"
    " AND (tenancy_sees_guest(merged_id) OR by_id = (SELECT tenancy_user()))"
)


class Migration(migrations.Migration):

    dependencies = [
        ('guests', '0007_audit'),
        ('villaops', '0002_limits'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='guest',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='guest',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='guest',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='guest',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='guestevent',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='guest',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "guests_guestevent" ("anonymized_at", "created_at", "created_by_id", "deleted_at", "email", "id", "merged_into_id", "name", "nationality", "notes", "organization_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "updated_at") VALUES (NEW."anonymized_at", NEW."created_at", NEW."created_by_id", NEW."deleted_at", NEW."email", NEW."id", NEW."merged_into_id", NEW."name", NEW."nationality", NEW."notes", NEW."organization_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."phone", NEW."updated_at"); RETURN NULL;', hash='9c109b775d0ab3d9a9f22e97a98a55f9c9e7cc9f', operation='INSERT', pgid='pgtrigger_insert_insert_3fac3', table='guests_guest', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='guest',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "guests_guestevent" ("anonymized_at", "created_at", "created_by_id", "deleted_at", "email", "id", "merged_into_id", "name", "nationality", "notes", "organization_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "updated_at") VALUES (NEW."anonymized_at", NEW."created_at", NEW."created_by_id", NEW."deleted_at", NEW."email", NEW."id", NEW."merged_into_id", NEW."name", NEW."nationality", NEW."notes", NEW."organization_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."phone", NEW."updated_at"); RETURN NULL;', hash='5364a883b99de71425becbb65489adde2071919c', operation='UPDATE', pgid='pgtrigger_update_update_9e241', table='guests_guest', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='guest',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "guests_guestevent" ("anonymized_at", "created_at", "created_by_id", "deleted_at", "email", "id", "merged_into_id", "name", "nationality", "notes", "organization_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "updated_at") VALUES (OLD."anonymized_at", OLD."created_at", OLD."created_by_id", OLD."deleted_at", OLD."email", OLD."id", OLD."merged_into_id", OLD."name", OLD."nationality", OLD."notes", OLD."organization_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."phone", OLD."updated_at"); RETURN NULL;', hash='42114b0c6500a800c7dd53e3208f5baa764c7032', operation='DELETE', pgid='pgtrigger_delete_delete_42794', table='guests_guest', when='AFTER')),
        ),
        # The same functions again: whoever commits, they look at all of a guest's stays.
        migrations.RunSQL(CHECK_FUNCTIONS, migrations.RunSQL.noop),
        LimitedTable("Guest", GUEST),
        LimitedTable("GuestEvent", GUEST),
        LimitedTable("GuestMerge", MERGE),
        LimitedTable("GuestMergeEvent", MERGE),
    ]
