"""`manage.py restore`: database and media out of a backup, into empty ones."""

import tarfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from villaops.operating.archive import BackupError
from villaops.operating.restoring import restore_backup


class Command(BaseCommand):
    help = (
        "Bring a backup back into the database of DATABASE_URL and the folder MEDIA_ROOT, both"
        " empty; then compare every table, every file and the audit log with the backup."
    )
    # There are no tables to check yet.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            manifest = restore_backup(file)
        except BackupError as error:
            raise CommandError(str(error)) from error
        except (OSError, tarfile.TarError) as error:
            raise CommandError(f"{file}: {error}") from error
        tables = len(manifest.contents.tables)
        self.stdout.write(
            f"Restored as of {manifest.made_at} and compared: {tables} tables, "
            f"{manifest.contents.rows()} rows, {len(manifest.media)} files. "
            "`manage.py migrate` brings it up to date."
        )
