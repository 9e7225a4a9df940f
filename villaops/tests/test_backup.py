"""Backups: complete, as of one moment, and they come back; whatever else is refused."""

import json
import os
import tarfile
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Organization
from villaops import embedded, postgres_binaries
from villaops.operating import restoring
from villaops.operating.archive import BackupError, Manifest, make_backup
from villaops.operating.restoring import check_backup, restore_backup
from villaops.operating.tables_compared import Contents
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_property

NOTHING = Contents({}, {})
MANIFEST = Manifest("2026-03-01T00:00:00+00:00", "1", 18, [], NOTHING, "", {}, True)


@pytest.fixture
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    picture = tmp_path / "media" / "logos" / "villa ä.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"a picture")
    return picture


def counted_by_superuser(tables: list[str]) -> dict[str, int]:
    """What policies do not hide."""
    address = connection.get_connection_params()
    with psycopg.connect(
        host=address["host"],
        port=address["port"],
        dbname=address["dbname"],
        user=embedded.SUPERUSER,
    ) as everything:
        rows = {name: everything.execute(f"SELECT count(*) FROM {name}") for name in tables}
        return {name: cursor.fetchone()[0] for name, cursor in rows.items()}  # type: ignore[index]


@pytest.mark.django_db(transaction=True)
def test_backup_is_complete_and_comes_back(
    organization: Organization, other_organization: Organization, media: Path, tmp_path: Path
) -> None:
    for house in (organization, other_organization):
        with organization_context(house, by=None, door=Door.COMMAND):
            make_booking(make_property(house))
    target = tmp_path / "backups" / "one.tar"

    manifest = make_backup(target)
    check_backup(target)

    rows = {name: rows for name, (rows, _checksum) in manifest.contents.tables.items()}
    assert rows["bookings_booking"] == 2
    assert rows["bookings_night"] == 6
    assert rows == counted_by_superuser(list(rows))
    assert list(manifest.media) == ["logos/villa ä.png"]
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["one.tar"]
    with pytest.raises(BackupError, match="The database is not empty"):
        restore_backup(target)
    assert media.read_bytes() == b"a picture"

    # And the comparison finds what is not as it was.
    with organization_context(organization, by=None, door=Door.COMMAND):
        make_property(organization)
    with pytest.raises(BackupError, match=r"properties_property: 2 rows \(.*\) in the backup, 3 "):
        restoring._compare(manifest, tmp_path / "media")


def archive_of(path: Path, manifest: Manifest, **files: bytes) -> Path:
    contents = {"manifest.json": json.dumps(asdict(manifest)).encode(), **files}
    with tarfile.open(path, "w") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, BytesIO(content))
    return path


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        (replace(MANIFEST, format=2), "cannot read backups of format 2"),
        (replace(MANIFEST, migrations=["bookings.9999_later"]), "newer than this code"),
    ],
)
def test_restore_refuses_what_it_does_not_know(
    tmp_path: Path, manifest: Manifest, sentence: str
) -> None:
    with pytest.raises(BackupError, match=sentence):
        restore_backup(archive_of(tmp_path / "later.tar", manifest))


def test_restore_refuses_what_is_no_backup(tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    with tarfile.open(other, "w") as archive:
        archive.add(__file__, "something.py")
    (tmp_path / "text").write_text("Hello")

    with pytest.raises(CommandError, match="no backup of VillaOps"):
        call_command("restore", str(other))
    with pytest.raises(CommandError, match="could not be opened"):
        call_command("restore", str(tmp_path / "text"))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("a.png", "a.png in the backup is damaged"), ("../a.png", "leads out of the media folder")],
)
def test_restore_refuses_files_that_are_not_what_they_were(
    tmp_path: Path, name: str, sentence: str
) -> None:
    manifest = replace(MANIFEST, media={name: "0" * 64})
    path = archive_of(tmp_path / "one.tar", manifest, **{f"media/{name}": b"another picture"})

    with tarfile.open(path) as archive:
        member = archive.getmembers()[1]
        with pytest.raises(BackupError, match=sentence):
            restoring._take_out(archive, member, tmp_path / "dump", tmp_path / "media", manifest)


def test_client_is_as_new_as_the_server_or_newer(tmp_path: Path) -> None:
    assert postgres_binaries.find_client("pg_dump", 16) is not None
    assert postgres_binaries.find_client("pg_dump", 99) is None
    assert postgres_binaries.find_client("no_such_program", 16) is None


def test_backup_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.tar").write_text("Mine")

    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(tmp_path / "mine.tar"))


def test_scratch_database_keeps_the_rest_of_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://villaops:secret@db:5432/{}?sslmode=require"
    monkeypatch.setitem(os.environ, "DATABASE_URL", address.format("villaops"))

    assert restoring._url_of("other") == address.format("other")
