"""Migration operations: a tenant table's policies, references that stay in one organization."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from villaops.tenancy import SUPPORT_ROLE

# Unset and empty both mean no organization, and so no rows.
CURRENT_ORGANIZATION = "NULLIF(current_setting('villaops.organization_id', true), '')::uuid"


def owned_by_support(function: str) -> str:
    """SQL that has a function, given with its arguments' types, run as the support role.

    With SECURITY DEFINER it then sees what the policies hide, and must say itself whose rows it
    looks at. The application's role alone may call it.
    """
    # To own a function takes the right to make one there, for this moment.
    return f"""
    GRANT CREATE ON SCHEMA public TO {SUPPORT_ROLE};
    DO $do$
    DECLARE
        application name := current_user;
    BEGIN
        ALTER FUNCTION {function} OWNER TO {SUPPORT_ROLE};
        SET LOCAL ROLE {SUPPORT_ROLE};
        REVOKE ALL ON FUNCTION {function} FROM PUBLIC;
        EXECUTE format('GRANT EXECUTE ON FUNCTION {function} TO %I', application);
        SET LOCAL ROLE NONE;
    END $do$;
    REVOKE CREATE ON SCHEMA public FROM {SUPPORT_ROLE};
    """


def drop_of_support(function: str) -> str:
    """SQL that drops such a function."""
    return f"""
    SET LOCAL ROLE {SUPPORT_ROLE};
    DROP FUNCTION {function};
    SET LOCAL ROLE NONE;
    """


class TableOperation(Operation):
    """SQL for a model's table that is no part of Django's model state."""

    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def forwards(self, model: Any, table: str) -> list[str]:
        """The statements; `table` is the table's name, quoted."""
        raise NotImplementedError

    def backwards(self, model: Any, table: str) -> list[str]:
        """The statements that take it back."""
        raise NotImplementedError

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing of it is in the state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        for sql in self.forwards(model, schema_editor.quote_name(model._meta.db_table)):
            schema_editor.execute(sql, params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model: Any = from_state.apps.get_model(app_label, self.model_name)
        for sql in self.backwards(model, schema_editor.quote_name(model._meta.db_table)):
            schema_editor.execute(sql, params=None)


class TenantTable(TableOperation):
    """Force row-level security on a model's table: one organization's rows, read and written."""

    def forwards(self, model: Any, table: str) -> list[str]:
        mine = f"organization_id = {CURRENT_ORGANIZATION}"
        return [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY organization ON {table} USING ({mine}) WITH CHECK ({mine})",
            f"CREATE POLICY support ON {table} TO {SUPPORT_ROLE} USING (true) WITH CHECK (true)",
        ]

    def backwards(self, model: Any, table: str) -> list[str]:
        return [
            f"DROP POLICY support ON {table}",
            f"DROP POLICY organization ON {table}",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ]

    def describe(self) -> str:
        return f"Show rows of {self.model_name} to their own organization only"


# What makes a row one of a limited member's: conditions for LimitedTable.
OF_PROPERTY = "property_id = ANY ((SELECT tenancy_properties())::uuid[])"
OF_UNIT = "unit_id = ANY ((SELECT tenancy_units())::uuid[])"
OF_BOOKING = "tenancy_sees_booking(booking_id)"


class LimitedTable(TableOperation):
    """Show members who are limited to some properties only what belongs to these.

    Members without a limit must lose nothing by it. The setting is read once per statement, the
    condition is not even begun for them, and the planner is told that the policy hides next to
    nothing: it guesses so of `IS NOT NULL`, while of `a OR b` it would guess that few rows are
    left, and join them one by one.

    It is the application's role that is limited, the one that migrates and owns the tables: any
    further condition would keep the support role from the indexes it searches by.

    History is limited in reading alone; triggers write it, whatever they may see of it.
    """

    def __init__(self, model_name: str, condition: str) -> None:
        super().__init__(model_name)
        self.condition = condition

    def forwards(self, model: Any, table: str) -> list[str]:
        is_history = any(field.name == "pgh_id" for field in model._meta.fields)
        return [
            f"CREATE POLICY limited ON {table} AS RESTRICTIVE"
            f" FOR {'SELECT' if is_history else 'ALL'} TO CURRENT_USER USING ((CASE"
            f" WHEN (SELECT tenancy_properties()) IS NULL THEN true"
            f" WHEN {self.condition} THEN true END) IS NOT NULL)"
        ]

    def backwards(self, model: Any, table: str) -> list[str]:
        return [f"DROP POLICY limited ON {table}"]

    def describe(self) -> str:
        return f"Show limited members their own rows of {self.model_name} only"


class SameOrganization(TableOperation):
    """A composite foreign key: the row referred to belongs to the same organization.

    Foreign keys do not see row-level security, so that a plain one would accept another
    organization's id. The referred table needs a unique constraint on (organization, id), the
    Django field `db_constraint=False`: this constraint is the reference.
    """

    def __init__(self, model_name: str, field: str) -> None:
        super().__init__(model_name)
        self.field = field

    def forwards(self, model: Any, table: str) -> list[str]:
        field = model._meta.get_field(self.field)
        return [
            f"ALTER TABLE {table} ADD CONSTRAINT {self._name(model)}"
            f" FOREIGN KEY (organization_id, {field.column})"
            f" REFERENCES {field.related_model._meta.db_table} (organization_id, id)"
        ]

    def backwards(self, model: Any, table: str) -> list[str]:
        return [f"ALTER TABLE {table} DROP CONSTRAINT {self._name(model)}"]

    def _name(self, model: Any) -> str:
        return f"{model._meta.db_table}_{self.field}_same_organization"

    def describe(self) -> str:
        return f"Keep {self.model_name}.{self.field} within one organization"


class AuditedTable(TableOperation):
    """Note every insert, update and delete of a model's row in the audit log.

    `kind` is what a record is called there; changes of `hidden` columns are nobody's business.
    """

    def __init__(self, model_name: str, kind: str, hidden: Sequence[str] = ()) -> None:
        super().__init__(model_name)
        self.kind = kind
        self.hidden = tuple(hidden)

    def forwards(self, model: Any, table: str) -> list[str]:
        hidden = ",".join(("id", "organization_id", "created_at", "updated_at", *self.hidden))
        return [
            f"CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW"
            f" EXECUTE FUNCTION audit_change('{self.kind}', '{{{hidden}}}')"
        ]

    def backwards(self, model: Any, table: str) -> list[str]:
        return [f"DROP TRIGGER audit ON {table}"]

    def describe(self) -> str:
        return f"Note changes of {self.model_name} in the audit log"


class HistoryTable(TableOperation):
    """Keep a table of history as it was written, whatever setting says to ignore triggers.

    `forgotten` names the columns that may be emptied when a person asks to be forgotten, each with
    what it then says: null, or a text with `%` for any part.
    """

    def __init__(self, model_name: str, forgotten: Mapping[str, str | None] | None = None) -> None:
        super().__init__(model_name)
        self.forgotten = dict(forgotten or {})

    def forwards(self, model: Any, table: str) -> list[str]:
        forgotten = json.dumps(self.forgotten).replace("'", "''")
        # After the one of django-pghistory, which says it in its own words.
        return [
            f"CREATE TRIGGER rewritten_to_forget_only BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION history_guard('{forgotten}')"
        ]

    def backwards(self, model: Any, table: str) -> list[str]:
        return [f"DROP TRIGGER rewritten_to_forget_only ON {table}"]

    def describe(self) -> str:
        return f"Keep {self.model_name} as it was written"
