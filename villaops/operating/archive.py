"""A backup: one tar file with a manifest, PostgreSQL's own dump, and the media.

The manifest says what should be inside: rows and checksums of the tables as of the dump's own
snapshot, and a SHA-256 of each file.
"""

import hashlib
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from villaops import postgres_binaries
from villaops.operating.tables_compared import Contents, contents
from villaops.tenancy import SUPPORT_ROLE

FORMAT = 1
MANIFEST, DUMP, MEDIA = "manifest.json", "database.dump", "media/"
BLOCK = 1 << 20


class BackupError(Exception):
    """It cannot be made, or is not what it says; the message is a sentence for people."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says it holds."""

    made_at: str
    version: str
    postgres: int
    migrations: list[str]
    contents: Contents
    dump: str
    # Name below the media folder -> SHA-256.
    media: dict[str, str]
    # False: pictures are in another storage, which has backups of its own.
    has_media: bool
    format: int = FORMAT

    @classmethod
    def read(cls, archive: tarfile.TarFile) -> "Manifest":
        """The manifest of an open backup. Raises BackupError."""
        first = archive.next()
        if first is None or first.name != MANIFEST:
            raise BackupError("This is no backup of VillaOps.")
        written = json.loads(opened(archive, first).read())
        if written["format"] != FORMAT:
            raise BackupError(f"This release cannot read backups of format {written['format']}.")
        return cls(**written | {"contents": Contents.from_json(written["contents"])})


def make_backup(target: Path) -> Manifest:
    """Write a backup of database and media to the file. Raises BackupError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside it, for the space; a half one never has the name.
    with TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        dump, half = Path(folder) / DUMP, Path(folder) / "half"
        found = _dumped(dump)
        names = dict(_media())
        has_media = isinstance(default_storage, FileSystemStorage)
        manifest = Manifest(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=settings.APP_VERSION,
            postgres=_server_major(),
            migrations=applied_migrations(),
            contents=found,
            dump=_hash_of(dump.open("rb")),
            media={name: _hash_of(path.open("rb")) for name, path in names.items()},
            has_media=has_media,
        )
        description = Path(folder) / MANIFEST
        description.write_text(json.dumps(asdict(manifest), indent=1))
        # It holds every guest: for nobody else's eyes.
        with os.fdopen(os.open(half, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
                archive.add(description, MANIFEST)
                archive.add(dump, DUMP)
                for name, path in names.items():
                    archive.add(path, MEDIA + name)
            stream.flush()
            os.fsync(stream.fileno())
        half.rename(target)
    return manifest


def _dumped(target: Path) -> Contents:
    """Dump the database as one moment shows it, and count what that moment shows."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        run_client(
            "pg_dump",
            *("--format", "custom", "--snapshot", snapshot, "--file", str(target)),
            # The application's role sees no row, and says so; this one sees all, by its policies.
            *("--role", SUPPORT_ROLE, "--enable-row-security"),
            *("--no-unlogged-table-data", "--lock-wait-timeout", "60s"),
        )
        return contents()


def _media() -> Iterator[tuple[str, Path]]:
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(root).as_posix(), path


# --- Shared with restoring -----------------------------------------------------------------------


def run_client(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on our database. Raises BackupError."""
    major = _server_major()
    program = postgres_binaries.find_client(name, major)
    if program is None:
        raise BackupError(f"There is no {name} {major} or newer on this machine: install it.")
    ended = subprocess.run(
        [str(program), *arguments],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if ended.returncode != 0:
        raise BackupError(f"{name} says: {ended.stderr.strip()}")


def _environment() -> dict[str, str]:
    """How libpq's programs find the database; a password is not for the list of processes."""
    found: dict[str, Any] = connection.get_connection_params()
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
    }
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return ours | {env: str(found[name]) for name, env in names.items() if found.get(name)}


def _server_major() -> int:
    connection.ensure_connection()
    version: int = connection.pg_version  # type: ignore[attr-defined]
    return version // 10000


def applied_migrations() -> list[str]:
    """Names of all migrations the database has, as `app.name`."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied)


def opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    """The member's content. Raises BackupError for what is no file."""
    content = archive.extractfile(member)
    if content is None:
        raise BackupError(f"{member.name} in the backup is no file.")
    return content


def copy_hashed(source: IO[bytes], target: IO[bytes]) -> str:
    """Copy, and return the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    while block := source.read(BLOCK):
        digest.update(block)
        target.write(block)
    return digest.hexdigest()


def _hash_of(stream: IO[bytes]) -> str:
    with stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
