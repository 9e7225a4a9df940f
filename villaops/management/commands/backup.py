"""`manage.py backup`: database and media into one file."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from villaops.operating.archive import BackupError, make_backup
from villaops.operating.restoring import check_backup


class Command(BaseCommand):
    help = "Write database and media into one file, as of one moment, while everything runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, nargs="?", help="default: a new one in backups under VAR_DIR"
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="then restore it into a database made for that, and compare",
        )

    def handle(self, *, file: Path | None, check: bool, **options: Any) -> None:
        now = datetime.now(UTC)
        target = file or settings.VAR_DIR / "backups" / f"villaops-{now:%Y%m%dT%H%M%SZ}.tar"
        if target.exists():
            raise CommandError(f"{target} is there already.")
        try:
            manifest = make_backup(target)
            if not manifest.has_media:
                self.stderr.write("Pictures are in another storage: they are not in the backup.")
            if check:
                check_backup(target)
        except BackupError as error:
            raise CommandError(str(error)) from error
        tables = len(manifest.contents.tables)
        self.stdout.write(
            f"{target}: {tables} tables, {manifest.contents.rows()} rows, "
            f"{len(manifest.media)} files, {target.stat().st_size} bytes"
            + (", restored and compared" if check else "")
        )
