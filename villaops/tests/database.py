"""The database that those of the tests are copies of: migrated once for each state of the code.

It stays on the server between runs. A copy takes a tenth of a second, migrating takes ten.
"""

import ast
import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

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
