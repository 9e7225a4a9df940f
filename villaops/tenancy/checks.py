"""Checks that the database really keeps organizations apart."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models
from django.db.migrations.executor import MigrationExecutor

# Tables that name an organization and yet belong to nobody: who may enter where has to be read
# before a context can be opened.
OUTSIDE = frozenset({"accounts.Membership", "accounts.ApiKey"})

_ROLE = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
_PROTECTED = """
    SELECT c.relname FROM pg_class c
    WHERE c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
        SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'organization'
    )
"""
_LIMITED = """
    SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
    WHERE p.polname = 'limited' AND NOT p.polpermissive AND EXISTS (
        SELECT FROM unnest(p.polroles) AS limited (role)
        WHERE limited.role = 0 OR pg_has_role(current_user, limited.role, 'USAGE')
    )
"""
# What members may be limited to, and what is theirs by that. Tables that lead there are limited
# too, the organization aside: it leads nowhere.
ROOTS = frozenset({"properties.Property", "guests.Guest"})


def tenant_models() -> list[type[models.Model]]:
    """Every concrete model with an organization, history events included."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and model._meta.label not in OUTSIDE
        and any(field.column == "organization_id" for field in model._meta.local_concrete_fields)
    ]


def limited_models() -> list[type[models.Model]]:
    """Every tenant model that names a property or a guest, or a row that does."""
    return [model for model in tenant_models() if _leads_to_a_root(model)]


def _leads_to_a_root(model: type[models.Model]) -> bool:
    return model._meta.label in ROOTS or any(
        _leads_to_a_root(field.related_model)
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and isinstance(field.related_model, type)
        and field.related_model is not model
    )


def check_policies(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every tenant table has its policy, forced on its owner too.

    Asked of a database whose migrations are complete: until then a policy may still be on its way.
    """
    return _missing(
        databases,
        tenant_models(),
        _PROTECTED,
        "{} has an organization but no row-level security policy.",
        hint="Add villaops.tenancy.operations.TenantTable to its migration.",
        id="villaops.E001",
    )


def check_limits(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every tenant table that names a property, or a row of one, has its policy for members who
    are limited to some.
    """
    return _missing(
        databases,
        limited_models(),
        _LIMITED,
        "{} leads to a property but has no policy for members limited to some.",
        hint="Add villaops.tenancy.operations.LimitedTable to its migration.",
        id="villaops.E002",
    )


def _missing(
    databases: Sequence[str] | None,
    wanted: list[type[models.Model]],
    which_have_it: str,
    sentence: str,
    **told: Any,
) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for alias in databases or []:
        executor = MigrationExecutor(connections[alias])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            continue
        with connections[alias].cursor() as cursor:
            existing = set(connections[alias].introspection.table_names(cursor))
            cursor.execute(which_have_it)
            protected = {name for (name,) in cursor.fetchall()}
        found += [
            Error(sentence.format(model._meta.label), obj=model, **told)
            for model in wanted
            if model._meta.db_table in existing - protected
        ]
    return found


def refuse_privileged_role(sender: Any, connection: Any, **kwargs: Any) -> None:
    """Refuse to work as a role to which the policies do not apply. Runs on every new connection."""
    with connection.cursor() as cursor:
        cursor.execute(_ROLE)
        superuser, bypasses = cursor.fetchone()
    if superuser or bypasses:
        connection.close()
        raise ImproperlyConfigured(
            "The database role is a superuser or has BYPASSRLS, so that row-level security would"
            " not keep organizations apart. Use the plain role made by villaops/sql/roles.sql."
        )
