"""Back from a backup: into an empty database and an empty media folder, and then compared."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from accounts.audit_chain import chains
from villaops import embedded
from villaops.operating.archive import (
    DUMP,
    MEDIA,
    BackupError,
    Manifest,
    copy_hashed,
    opened,
    run_client,
)
from villaops.operating.tables_compared import contents
from villaops.tenancy import Door, all_organizations

_IS_EMPTY = "SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"


def restore_backup(source: Path) -> Manifest:
    """Bring database and media back, and compare them with what the manifest says.

    The application's own role does it: policies and triggers are made after the rows. Raises
    BackupError, where the database or the folder is not empty before anything is changed.
    """
    media_root = Path(settings.MEDIA_ROOT)
    with tarfile.open(source) as archive:
        manifest = Manifest.read(archive)
        _refuse_what_we_do_not_know(manifest)
        _refuse_what_is_not_empty(media_root, manifest)
        with TemporaryDirectory(dir=source.parent, prefix=".restore-") as folder:
            dump = Path(folder) / DUMP
            for member in archive:
                _take_out(archive, member, dump, media_root, manifest)
            if not dump.exists():
                raise BackupError("The backup holds no database.")
            run_client(
                "pg_restore",
                *("--no-owner", "--exit-on-error", "--single-transaction"),
                *("--dbname", connection.settings_dict["NAME"], str(dump)),
            )
    _compare(manifest, media_root)
    return manifest


def _take_out(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    dump: Path,
    media_root: Path,
    manifest: Manifest,
) -> None:
    name = member.name.removeprefix(MEDIA)
    if member.name == DUMP:
        target, expected = dump, manifest.dump
    elif member.name.startswith(MEDIA) and name in manifest.media:
        if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute():
            raise BackupError(f"{name} in the backup leads out of the media folder.")
        target, expected = media_root / name, manifest.media[name]
        target.parent.mkdir(parents=True, exist_ok=True)
    else:
        return
    with target.open("xb") as stream:
        if copy_hashed(opened(archive, member), stream) != expected:
            raise BackupError(f"{member.name} in the backup is damaged.")


def _refuse_what_we_do_not_know(manifest: Manifest) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := sorted(set(manifest.migrations) - known):
        raise BackupError(
            f"The backup is newer than this code (it has the migration {unknown[0]}): "
            "update the code first."
        )


def _refuse_what_is_not_empty(media_root: Path, manifest: Manifest) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_IS_EMPTY)
        if not cursor.fetchone()[0]:
            raise BackupError(
                "The database is not empty; what is in it would be lost. Restore into a new one."
            )
    if manifest.media and media_root.exists() and any(media_root.iterdir()):
        raise BackupError(f"{media_root} is not empty: restore into a new folder.")


def _compare(manifest: Manifest, media_root: Path) -> None:
    with transaction.atomic():
        differences = manifest.contents.differences(contents())
    missing = [name for name in manifest.media if not (media_root / name).is_file()]
    differences += [f"{name} is missing" for name in missing]
    with all_organizations(by=None, door=Door.COMMAND, reason="verify a restored audit log"):
        differences += [f"audit log: {chain.broken}" for chain in chains(None, {}) if chain.broken]
    if differences:
        raise BackupError("Not what was in the backup:\n  " + "\n  ".join(differences))


# --- The drill -----------------------------------------------------------------------------------


def check_backup(source: Path) -> None:
    """Restore it into a database and a folder made for that, compare, and remove both again.

    The role must be allowed to make databases. Raises BackupError.
    """
    with _scratch_database() as url, TemporaryDirectory(prefix="villaops-check-") as folder:
        ended = subprocess.run(
            [sys.executable, "manage.py", "restore", str(source.resolve())],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DATABASE_URL": url, "MEDIA_ROOT": f"{folder}/media"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    if ended.returncode != 0:
        raise BackupError(ended.stderr.rpartition("CommandError: ")[2].strip())


@contextmanager
def _scratch_database() -> Iterator[str]:
    name = f"villaops_check_{uuid4().hex[:12]}"
    try:
        _outside_transactions(f"CREATE DATABASE {name}")
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupError(
            "The database's role may not make databases. As a superuser: "
            f"ALTER ROLE {connection.settings_dict['USER']} CREATEDB; or restore it elsewhere."
        ) from error
    try:
        yield _url_of(name)
    finally:
        _outside_transactions(f"DROP DATABASE {name} WITH (FORCE)")


def _outside_transactions(statement: str) -> None:
    parameters = connection.get_connection_params()
    wanted = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert")
    arguments = {name: parameters[name] for name in wanted if parameters.get(name)}
    with psycopg.connect(**arguments, autocommit=True) as plain:
        plain.execute(statement.encode())


def _url_of(name: str) -> str:
    url = os.environ.get("DATABASE_URL") or embedded.url(settings.VAR_DIR)
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rpartition('/')[0]}/{name}"))
