"""Migration operations: a tenant table's policies, references that stay in one organization."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from villaops.tenancy import SUPPORT_ROLE

# Unset and empty both mean no organization, and so no rows.
CURRENT_ORGANIZATION = "NULLIF(current_setting('villaops.organization_id', true), '')::uuid"


class TenantTable(Operation):
    """Force row-level security on a model's table: one organization's rows, read and written."""

    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Policies are no part of Django's model state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        table = schema_editor.quote_name(
            to_state.apps.get_model(app_label, self.model_name)._meta.db_table
        )
        mine = f"organization_id = {CURRENT_ORGANIZATION}"
        for sql in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY organization ON {table} USING ({mine}) WITH CHECK ({mine})",
            f"CREATE POLICY support ON {table} TO {SUPPORT_ROLE} USING (true) WITH CHECK (true)",
        ):
            schema_editor.execute(sql)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        table = schema_editor.quote_name(
            from_state.apps.get_model(app_label, self.model_name)._meta.db_table
        )
        for sql in (
            f"DROP POLICY support ON {table}",
            f"DROP POLICY organization ON {table}",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ):
            schema_editor.execute(sql)

    def describe(self) -> str:
        return f"Show rows of {self.model_name} to their own organization only"


class SameOrganization(Operation):
    """A composite foreign key: the row referred to belongs to the same organization.

    Foreign keys do not see row-level security, so that a plain one would accept another
    organization's id. The referred table needs a unique constraint on (organization, id), the
    Django field `db_constraint=False`: this constraint is the reference.
    """

    reversible = True

    def __init__(self, model_name: str, field: str) -> None:
        self.model_name = model_name
        self.field = field

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The field itself already is in Django's model state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.field)
        schema_editor.execute(
            f"ALTER TABLE {schema_editor.quote_name(model._meta.db_table)}"
            f" ADD CONSTRAINT {self._name(model)} FOREIGN KEY (organization_id, {field.column})"
            f" REFERENCES {schema_editor.quote_name(field.related_model._meta.db_table)}"
            " (organization_id, id)"
        )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model: Any = from_state.apps.get_model(app_label, self.model_name)
        schema_editor.execute(
            f"ALTER TABLE {schema_editor.quote_name(model._meta.db_table)}"
            f" DROP CONSTRAINT {self._name(model)}"
        )

    def _name(self, model: Any) -> str:
        return f"{model._meta.db_table}_{self.field}_same_organization"

    def describe(self) -> str:
        return f"Keep {self.model_name}.{self.field} within one organization"
