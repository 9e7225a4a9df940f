"""The tests' databases: how they come to be, and how they are emptied.

Each is a copy of one that is migrated once for each state of the code, and stays on the server
between runs: a copy takes a tenth of a second, migrating takes ten.
"""

import ast
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import BaseCommand, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

from villaops import embedded

# The audit log lets nobody empty it, except as the tables' owner could; the chain is there because
# the owner can.
AUDIT_LOG_MAY_BE_EMPTIED = """
    GRANT TRUNCATE ON accounts_auditentry TO CURRENT_USER;
    ALTER TABLE accounts_auditentry DISABLE TRIGGER audit_guard_all
"""
NOBODY_EMPTIES_IT = """
    REVOKE TRUNCATE ON accounts_auditentry FROM CURRENT_USER;
    ALTER TABLE accounts_auditentry ENABLE TRIGGER audit_guard_all
"""
# Filled by `migrate` from the code, and never by a test.
OF_THE_CODE = {"auth_permission", "django_content_type"}

REPOSITORY = Path(__file__).resolve().parent.parent.parent
NAME = "test_template_"
# Any number that is no other lock's.
LOCK = 7_220_411


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_use_migrations: bool,
    django_db_blocker: DjangoDbBlocker,
) -> None:
    """pytest-django's word just before it makes the test database."""
    if django_db_use_migrations:
        with django_db_blocker.unblock():
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated_database()


def migrated_database() -> str:
    """The name of a database that has all migrations; made unless it is there."""
    name = NAME + _fingerprint()
    with connection._nodb_cursor() as cursor:
        # Workers start together: one makes it, the others wait.
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [NAME])
        found = {datname for (datname,) in cursor.fetchall()}
        if name not in found:
            for old in found:
                cursor.execute(_on("DROP DATABASE IF EXISTS {}", old))
            fresh = f"{NAME}new"
            cursor.execute(_on("CREATE DATABASE {}", fresh))
            with _connected_to(fresh):
                call_command("migrate", verbosity=0, run_syncdb=True)
            # What has this name is whole.
            cursor.execute(_on("ALTER DATABASE {} RENAME TO {}", fresh, name))
    return name


def _on(statement: str, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    settings = connection.settings_dict
    before = settings["NAME"]
    connection.close()
    settings["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = before


def _fingerprint() -> str:
    """Of all migrations, of our code that they import, whatever it imports, and of libraries."""
    told = hashlib.sha256()
    migrations = MigrationLoader(None).disk_migrations.values()
    files = {Path(str(sys.modules[one.__module__].__file__)) for one in migrations}
    for path in sorted(_reached_from(files)):
        told.update(path.read_bytes())
    told.update((REPOSITORY / "villaops" / "sql" / "roles.sql").read_bytes())
    told.update((REPOSITORY / "requirements.txt").read_bytes())
    return told.hexdigest()[:16]


def _reached_from(paths: set[Path]) -> set[Path]:
    to_read = list(paths)
    reached: set[Path] = set()
    while to_read:
        path = to_read.pop()
        if path not in reached:
            reached.add(path)
            to_read.extend(_imported_by(path))
    return reached


def _imported_by(path: Path) -> Iterator[Path]:
    """Files of ours; `from a import b` may mean the module a.b as well."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    for name in names:
        place = REPOSITORY.joinpath(*name.split("."))
        found = (place.with_suffix(".py"), place / "__init__.py")
        yield from (file for file in found if file.is_file())


# --- Emptied ---------------------------------------------------------------------------------


def emptying(flush: Callable[..., None]) -> Callable[..., None]:
    """Django's `flush`, which truncates all tables, done quickly where the server is ours."""

    def emptied(command: BaseCommand, **options: Any) -> None:
        if os.environ["DATABASE_URL"] == embedded.url(embedded.default_var_dir(), durable=False):
            _delete_all_rows()
            return
        _each(AUDIT_LOG_MAY_BE_EMPTIED)
        flush(command, **options)
        _each(NOBODY_EMPTIES_IT)

    return emptied


def _delete_all_rows() -> None:
    """As the server's superuser, for whom neither triggers nor policies count.

    Tests leave a few rows in a few tables; truncating makes several files anew for each of sixty.
    """
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [sql.Identifier(name) for name in sorted({*names} - OF_THE_CODE)]
    statement = sql.SQL("SELECT {name} WHERE EXISTS (SELECT FROM {table})")
    filled = sql.SQL(" UNION ALL ").join(
        statement.format(name=sql.Literal(table._obj[0]), table=table) for table in tables
    )
    data = embedded.data_dir(embedded.default_var_dir(), durable=False)
    name = connection.settings_dict["NAME"]
    with (
        embedded._connect(data, user=embedded.SUPERUSER, database=name) as superuser,
        superuser.transaction(),
    ):
        superuser.execute("SET LOCAL session_replication_role = replica")
        # As TRUNCATE does, wait for what is still being written.
        everything = sql.SQL(", ").join(tables)
        superuser.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(everything))
        for (full,) in superuser.execute(filled).fetchall():
            superuser.execute(_on("DELETE FROM {}", full))


def _each(statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements.split(";"):
            cursor.execute(statement)
