"""Imports through their doors: pages, API, command, and what happens by itself."""

import io
import json
import os
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Organization, User
from bookings.exports import XLSX
from bookings.models import Booking
from conftest import Statements
from imports import files
from imports.exports import READERS
from imports.models import Import, Row, State
from imports.services import run_import
from imports.tasks import forget_imported_files
from imports.tests.test_bookings import bring, done
from messaging.sending import tell_of_booking
from villaops.tests.build import make_guest, make_import, make_property
from villaops.tests.client import Api

ROWS = (
    "Property,Guest,Check-in,Nights\nVilla Mare,Anna,2026-03-01,2\nVilla Sole,Bert,2026-03-01,2\n"
)

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    client.force_login(owner)
    return f"/o/{organization.slug}/imports/"


def test_pages_lead_from_the_file_to_its_bookings_and_back(
    client: Client, root: str, organization: Organization
) -> None:
    make_property(organization, name="Villa Mare")
    file = SimpleUploadedFile("old.csv", ROWS.encode())

    named = client.post(f"{root}new", {"kind": "bookings", "file": file})
    imported = Import.objects.get()
    page = f"{root}{imported.pk}/"
    columns = client.get(named["Location"])
    preview = client.get(
        f"{page}columns?check_in=0&dates=day&amounts=point", headers={"HX-Request": "true"}
    )
    mapping = {"property": 0, "guest_name": 1, "check_in": 2, "nights": 3}
    checked = client.post(f"{page}columns", {**mapping, "dates": "day", "amounts": "point"})
    working = client.get(page).content.decode()
    done(imported)
    told = client.get(page).content.decode()
    client.post(f"{page}run")
    done(imported)
    problems = client.get(f"{page}problems").content.decode()

    assert named["Location"] == f"{page}columns"
    assert "The first rows, as we read them" in columns.content.decode()
    assert "Still to be named:" in preview.content.decode()
    assert "This is no date." in preview.content.decode()
    assert checked["Location"] == page
    assert 'hx-trigger="every 1s"' in working
    assert "No property is called so. Import the properties first." in told
    assert 'hx-trigger="every 1s"' not in told
    assert problems.splitlines()[1].startswith("3,Property,Villa Sole,No property")
    assert Booking.objects.get().guest.name == "Anna"
    client.post(f"{page}undo")
    done(imported)
    assert not Booking.objects.for_organization(organization).exists()


def test_a_bad_file_is_told_beside_its_field(client: Client, root: str) -> None:
    file = SimpleUploadedFile("old.xls", b"\xd0\xcf\x11\xe0 old")

    answer = client.post(f"{root}new", {"kind": "bookings", "file": file})

    assert answer.status_code == 422
    assert "This is an old Excel file" in answer.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_pages_take_the_same_statements_however_many_rows(
    client: Client, root: str, organization: Organization, statements: Statements, count: int
) -> None:
    for _ in range(count):
        imported = make_import(organization, refused=count)
    Row.objects.bulk_create(
        Row(organization=organization, imported=imported, number=n, problems=[])
        for n in range(10, 10 + count - 1)
    )

    with statements(7):
        assert client.get(root).status_code == 200
    with statements(7):
        assert client.get(f"{root}{imported.pk}/").status_code == 200


def test_columns_are_remembered_for_the_same_header(organization: Organization) -> None:
    make_property(organization, name="Villa Mare")
    text = "What,Who,When,Long\nVilla Mare,Anna,2026-03-01,2\n"
    first = bring(organization, text)
    first.mapping = {"property": 0, "check_in": 2, "nights": 3}
    first.save()
    done(run_import(imported=first, by=None))

    second = bring(organization, text.replace("Anna", "Bert"))

    assert second.mapping == first.mapping


def send(user: User, text: str, **fields: Any) -> Any:
    file = SimpleUploadedFile("old.csv", text.encode())
    headers = {**Api(user).headers, **fields.pop("headers", {})}
    return Client().post("/api/v1/imports", {"file": file, **fields}, headers=headers)


def test_api_takes_a_file_and_tells_what_becomes_of_it(
    organization: Organization, owner: User
) -> None:
    make_property(organization, name="Villa Mare")
    columns = json.dumps({"guest_name": "Guest"})

    key = {"Idempotency-Key": "once"}
    made = send(owner, ROWS, dry_run="true", columns=columns, headers=key)
    again = send(owner, ROWS, dry_run="true", columns=columns, headers=key)
    done(Import.objects.get())
    api, path = Api(owner), f"imports/{made.json()['id']}"
    checked = api.get(path).json()
    run = api.post(f"{path}/run", {})
    done(Import.objects.get())
    problems = api.get(f"{path}/problems").json()
    undone = api.post(f"{path}/undo", {})

    assert (made.status_code, made.json()["status"]) == (201, "checking")
    assert api.get("imports", kind="bookings").json()["items"][0]["id"] == made.json()["id"]
    assert api.get("imports", kind="guests").json()["total"] == 0
    assert again["Idempotency-Replayed"] == "true"
    assert (checked["status"], checked["imported"], checked["refused"]) == ("checked", 1, 1)
    assert (run.status_code, run.json()["status"]) == (200, "running")
    assert problems["items"] == [
        {
            "row": 3,
            "problems": [
                {
                    "column": "property",
                    "value": "Villa Sole",
                    "message": "No property is called so. Import the properties first.",
                }
            ],
        }
    ]
    assert (undone.status_code, undone.json()["status"]) == (200, "undoing")
    assert api.post(f"{path}/undo", {}).status_code == 409


@pytest.mark.parametrize(
    ("query", "name", "content_type"),
    [
        ({}, ".zip", "application/zip"),
        ({"kind": "guests"}, "-guests.csv", "text/csv; charset=utf-8"),
        ({"format": "xlsx"}, ".xlsx", XLSX),
        ({"format": "xlsx", "kind": "guests"}, "-guests.xlsx", XLSX),
    ],
)
def test_api_exports_what_can_be_imported_again(
    organization: Organization, owner: User, query: dict[str, str], name: str, content_type: str
) -> None:
    make_guest(organization, name="=Anna")

    answer = Api(owner).get("imports/export", **query)

    content = b"".join(answer.streaming_content)
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert f'filename="{organization.slug}{name}"' in answer["Content-Disposition"]
    if name != ".zip":
        file = SimpleUploadedFile(f"all{name}", content)
        sent = Client().post(
            "/api/v1/imports",
            {"file": file, "kind": "guests", "dry_run": "true"},
            headers=Api(owner).headers,
        )
        checked = done(Import.objects.get(pk=sent.json()["id"]))
        assert (checked.made, checked.there_already, checked.refused) == (0, 1, 0)
    connection.check_constraints()
    told = AuditEntry.objects.get(action="exported")
    assert told.record_label == ("Guests" if "kind" in query else "everything")


def test_page_exports_everything_and_the_audit_log_tells(
    client: Client, root: str, organization: Organization, owner: User
) -> None:
    answer: Any = client.get(f"{root}export?format=csv")

    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as files_of:
        assert files_of.namelist() == [f"{kind}.csv" for kind in READERS]
    connection.check_constraints()
    told = AuditEntry.objects.get(action="exported")
    assert (told.user, told.record_label) == (owner, "everything")


def test_api_says_what_is_wrong_with_a_request(organization: Organization, owner: User) -> None:
    api = Api(owner)

    assert api.post("imports", {"file": "x"}).json()["detail"][0]["loc"] == ["body"]
    broken = api.send("POST", "imports", b"x", content_type="multipart/form-data; boundary=")
    assert broken.status_code == 422
    assert send(owner, ROWS, kind="cars").json()["detail"][0]["loc"] == ["body", "kind"]
    assert send(owner, ROWS, columns="[]").json()["detail"][0]["loc"] == ["body", "columns"]
    assert send(owner, "A,B\n1,2\n").status_code == 422
    assert send(owner, "A,B\n").json() == {"detail": "The file has a header and no rows below it."}


@pytest.mark.django_db
def test_command_imports_and_shows_how_far_it_is(
    organization: Organization, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_property(organization, name="Villa Mare")
    path = tmp_path / "old.csv"
    path.write_text(ROWS)

    call_command("import_bookings", path, organization=organization.slug, verbosity=2)

    told = capsys.readouterr()
    assert told.out == "1 imported, 0 there already, 1 refused.\n"
    assert "100%  1 made, 1 refused" in told.err
    assert "Row 3: Property: Villa Sole: No property is called so." in told.err
    with pytest.raises(CommandError, match=r"none\.csv: No such file or directory"):
        call_command("import_bookings", tmp_path / "none.csv", organization=organization.slug)
    with pytest.raises(CommandError, match="no column called Haus"):
        call_command(
            "import_bookings", path, organization=organization.slug, column=["property=Haus"]
        )


def test_command_draws_its_bar_in_no_color_of_errors(
    organization: Organization,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_property(organization, name="Villa Mare")
    path = tmp_path / "old.csv"
    path.write_text(ROWS)
    monkeypatch.setattr("django.core.management.color.supports_color", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    call_command("import_bookings", path, organization=organization.slug, dry_run=True)

    assert capsys.readouterr().err.startswith(f"\r[{'#' * 40}] 100%  1 good, 1 refused\n")


def test_files_and_problems_are_forgotten(organization: Organization) -> None:
    make_property(organization, name="Villa Mare")
    imported = done(run_import(imported=bring(organization, ROWS), by=None))
    old = timezone.now() - timedelta(days=31)
    Import.objects.update(created_at=old)
    Row.objects.update(created_at=old)
    stored = imported.stored
    orphan = files.store(io.BytesIO(b"x"), "csv")
    long_ago = (timezone.now() - timedelta(days=15)).timestamp()
    os.utime(default_storage.path(orphan), (long_ago, long_ago))

    forget_imported_files()

    imported.refresh_from_db()
    assert (imported.stored, imported.sample, imported.state) == ("", [], State.DONE)
    assert not default_storage.exists(stored)
    assert not default_storage.exists(orphan)
    assert [row.problems for row in Row.objects.all()] == [None]


def test_guests_brought_without_an_address_are_not_written_to(organization: Organization) -> None:
    make_property(organization, name="Villa Mare")
    done(run_import(imported=bring(organization, ROWS.replace("2026", "2027")), by=None))
    booking = Booking.objects.get()
    assert booking.guest

    event = {"organization": str(organization.pk), "booking": str(booking.pk), "by": None}
    told = {**event, "event": "confirmed", "status": ["pending", "confirmed"], "changed": []}
    written = tell_of_booking({**told, "before": {}}, key="1")

    assert not booking.guest.can_be_written_to()
    assert make_guest(organization).can_be_written_to()
    assert [message for message in written if message.guest] == []
