"""Everything an organization has, in one zip: each table as CSV and as JSON."""

import codecs
import csv
import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from accounts.models import ApiKey, Membership, Organization
from bookings.exports import harmless
from villaops.tenancy.checks import tenant_models

IN_MEMORY = 1024 * 1024
ROWS_AT_A_TIME = 2000
# History and the audit log tell of the data and are none of it.
LEFT_OUT = frozenset({"accounts.AuditEntry"})
# Ids say little about people.
MORE = {Membership: ["user__email", "user__name"], ApiKey: ["created_by__email"]}


def export_organization(organization: Organization) -> IO[bytes]:
    """The zip, at its beginning; in memory while small, then on disk, and row by row throughout.

    Rows are read in the open context, deleted ones too. Secrets are left out, hashes included.
    """
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, rows in _tables(organization):
            _add(archive, name, rows)
    file.seek(0)
    return file


def _tables(organization: Organization) -> Iterator[tuple[str, models.QuerySet[Any]]]:
    yield "organization", Organization.objects.filter(pk=organization.pk)
    tenants = sorted(tenant_models(), key=lambda one: one._meta.label)
    tables: list[type[models.Model]] = [Membership, ApiKey, *tenants]
    for model in tables:
        if model._meta.label in LEFT_OUT or hasattr(model, "pgh_tracked_model"):
            continue
        rows = model._base_manager.filter(organization=organization)
        yield str(model._meta.verbose_name_plural).replace(" ", "_").lower(), rows


def _add(archive: ZipFile, name: str, rows: models.QuerySet[Any]) -> None:
    """The table in both forms out of one reading, so that they agree."""
    columns = _columns(rows.model)
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as other:
        with archive.open(f"{name}.csv", "w") as file:
            _write_both(file, other, columns, rows)
        other.seek(0)
        with archive.open(f"{name}.json", "w") as file:
            shutil.copyfileobj(other, file)


def _columns(model: type[models.Model]) -> list[str]:
    stored = [
        field.attname
        for field in model._meta.concrete_fields
        if not isinstance(field, models.BinaryField)
    ]
    return stored + MORE.get(model, [])


def _write_both(
    table: IO[bytes], listing: IO[bytes], columns: Sequence[str], rows: models.QuerySet[Any]
) -> None:
    # Excel takes a file without this mark for the machine's old eight-bit letters.
    table.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(table, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(columns)
    separator = b"[\n"
    found = rows.order_by("pk").values_list(*columns).iterator(chunk_size=ROWS_AT_A_TIME)
    for row in found:
        writer.writerow([_cell(value) for value in row])
        record = json.dumps(
            dict(zip(columns, row, strict=True)), cls=DjangoJSONEncoder, ensure_ascii=False
        )
        listing.write(separator + record.encode())
        separator = b",\n"
    listing.write(b"[]\n" if separator == b"[\n" else b"\n]\n")
    text.detach()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        return harmless(json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False))
    return harmless(value)
