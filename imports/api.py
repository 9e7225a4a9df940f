"""The JSON face of imports: a file goes in, and what becomes of it can be asked."""

import hashlib
import json
from collections.abc import Iterable
from typing import IO, Annotated, Any, Literal, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from pydantic import ValidationError

from accounts.access import KeyAccess
from accounts.audit import SecurityEvent, record_security_event
from accounts.permissions import Permission
from bookings.exports import XLSX
from imports import exports
from imports.models import Import, Kind, Row, State
from imports.services import (
    ImportNotFound,
    bring_file,
    check_import,
    name_columns,
    run_import,
    undo_import,
)
from imports.values import Manners
from villaops.api.endpoint import Endpoint, operation
from villaops.api.errors import ApiError, InvalidInput, no_object, rule_error, wire_errors
from villaops.api.reads import Listed, ListQuery, OrderedBy, Page, find, page
from villaops.api.schema import OperationSchema
from villaops.api.wire import Input, Moment, Output, Text, integer, optional
from villaops.tenancy import Door

TOO_LARGE = "Request Entity Too Large"


class ImportForm(Input):
    """The fields beside the file."""

    kind: Kind = Kind.BOOKINGS
    dry_run: bool = False
    # JSON: the name of a column of ours -> the file's.
    columns: Text = optional()
    month_first: bool = optional()
    decimal_comma: bool = optional()


class ImportOutput(Output):
    id: UUID
    kind: Kind
    status: State
    name: str
    columns: dict[str, str]
    progress_percent: int
    imported: int
    guests_imported: int
    already_there: int
    refused: int
    message: str
    created_at: Moment
    updated_at: Moment
    finished_at: Moment | None


class ImportProblemOutput(Output):
    column: str
    value: str
    message: str


class ImportRowOutput(Output):
    row: int
    problems: list[ImportProblemOutput]


class ImportPath(Input):
    id: UUID


class ImportQuery(ListQuery):
    ordering: Annotated[Text, OrderedBy("created_at", "updated_at")] = "-created_at"
    kind: Text = optional()


class ProblemQuery(Input):
    limit: Annotated[int, integer(1, 100)] = 100
    after: Annotated[int, integer(0)] = 0


class ExportQuery(Input):
    """Without a kind everything: a zip with a CSV file for each kind, or a sheet for each."""

    format: Literal["csv", "xlsx"] = "csv"
    kind: Kind = optional()


class ImportProblemsOutput(Output):
    """Rows with something wrong, after the one that was asked for, and how many there are."""

    items: list[ImportRowOutput]
    total: int


def import_output(imported: Import) -> ImportOutput:
    header = imported.header
    return ImportOutput(
        id=imported.pk,
        kind=Kind(imported.kind),
        status=State(imported.state),
        name=imported.name,
        columns={name: header[place] for name, place in imported.mapping.items()},
        progress_percent=imported.percent(),
        imported=imported.made,
        guests_imported=imported.guests_made,
        already_there=imported.there_already,
        refused=imported.refused,
        message=imported.said,
        created_at=imported.created_at,
        updated_at=imported.updated_at,
        finished_at=imported.finished_at,
    )


def _imports(*, organization: Any, **filters: Any) -> QuerySet[Import]:
    return Import.objects.for_organization(organization).filter(**filters).defer("memory", "sample")


IMPORTS = Listed(_imports)


class FilesSchema(OperationSchema):
    """What comes as a form with a file, and what goes as a file, said as such."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found = super().get_operation(*args, **kwargs)
        if found["operationId"] == "create_import":
            fields = ImportForm.model_json_schema()["properties"]
            kinds = {"type": "string", "enum": Kind.values, "default": Kind.BOOKINGS.value}
            schema = {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "kind": kinds,
                    **{name: {"type": fields[name]["type"]} for name in fields if name != "kind"},
                },
            }
            content = {"multipart/form-data": {"schema": schema}}
            found["requestBody"] = {"required": True, "content": content}
        if found["operationId"] == "export_all":
            types = (exports.CSV.partition(";")[0], XLSX, exports.ZIP)
            file = {"schema": {"type": "string", "format": "binary"}}
            found["responses"]["200"]["content"] = dict.fromkeys(types, file)
        return found


class ImportEndpoint(Endpoint):
    tag = "Imports"
    schema = FilesSchema()

    def imports(self) -> QuerySet[Import]:
        return _imports(organization=self.access.organization.pk)

    def imported(self, path: ImportPath) -> Import:
        return find(self.imports().filter(pk=path.id), ImportNotFound)


class Imports(ImportEndpoint):
    @operation("list_imports", Permission.ADD_PROPERTIES)
    def get(self, query: ImportQuery) -> Page[ImportOutput]:
        """List imports."""
        given = {"organization": self.access.organization.pk, **query.filters()}
        return page(self.request, IMPORTS, query, import_output, **given)

    @operation("create_import", Permission.ADD_PROPERTIES, status=201, errors={400, 413, 422})
    def post(self) -> ImportOutput:
        """Import a CSV or XLSX file, or with dry_run only find out what would become of it."""
        file, form = self._sent(self.request)
        imported = bring_file(
            organization=self.access.organization,
            by=self.by,
            kind=form.kind,
            name=file.name or "",
            file=cast(IO[bytes], file.file),
        )
        kept = Manners.kept(imported.manners)
        given = form.given()
        manners = Manners(
            not given.get("month_first", not kept.day_first),
            given.get("decimal_comma", kept.decimal_comma),
        )
        mapping = imported.mapping | dict(_columns(imported, given.get("columns")))
        imported = name_columns(imported=imported, by=self.by, mapping=mapping, manners=manners)
        start = check_import if form.dry_run else run_import
        return import_output(start(imported=imported, by=self.by))

    def _sent(self, request: HttpRequest) -> tuple[UploadedFile, ImportForm]:
        """The file and the fields beside it. Raises ApiError."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.IMPORT_LIMIT:
            raise ApiError(413, TOO_LARGE)
        if request.content_type != "multipart/form-data":
            raise InvalidInput([no_object(None)])
        try:
            files, fields = request.FILES, request.POST.dict()
        except (MultiPartParserError, SuspiciousOperation, UnreadablePostError) as error:
            raise InvalidInput([no_object(None)]) from error
        file = files.get("file")
        if not isinstance(file, UploadedFile):
            missing = {"type": "missing", "loc": ["body", "file"], "msg": "Field required"}
            raise InvalidInput([{**missing, "input": fields}])
        try:
            return file, ImportForm.model_validate(fields)
        except ValidationError as error:
            raise InvalidInput(wire_errors(error, "body")) from error

    def _raw(self, request: HttpRequest) -> bytes:
        """What tells this request from another under the same key."""
        file, form = self._sent(request)
        digest = hashlib.sha256(form.model_dump_json().encode())
        for block in file.chunks():
            digest.update(block)
        file.seek(0)
        return digest.hexdigest().encode()


def _columns(imported: Import, text: str | None) -> Iterable[tuple[str, int]]:
    """Which column is which, as it was sent. Raises InvalidInput."""
    try:
        named = json.loads(text or "{}")
        if not isinstance(named, dict):
            raise TypeError
        for name, head in named.items():
            yield name, imported.header.index(head)
    except (ValueError, TypeError, RecursionError):
        sentence = "columns is a JSON object of our names and the file's"
        raise InvalidInput([rule_error(["body", "columns"], sentence, text)]) from None


class Export(ImportEndpoint):
    @operation("export_all", Permission.ADD_PROPERTIES)
    def get(self, query: ExportQuery) -> HttpResponse:
        """Export everything, or all of one kind, in files that can be imported again."""
        access, kind = self.access, query.given().get("kind")
        record_security_event(
            kind=SecurityEvent.EXPORTED,
            by=self.by,
            organization=access.organization,
            door=Door.API,
            label=str(Kind(kind).label) if kind else _("everything"),
            api_key=access.key if isinstance(access, KeyAccess) else None,
        )
        return cast(HttpResponse, exports.as_file(access.organization, query.format, kind))


class ImportDetail(ImportEndpoint):
    @operation("get_import", Permission.ADD_PROPERTIES)
    def get(self, path: ImportPath) -> ImportOutput:
        """Show where an import stands."""
        return import_output(self.imported(path))


class ImportProblems(ImportEndpoint):
    @operation("list_import_problems", Permission.ADD_PROPERTIES)
    def get(self, path: ImportPath, query: ProblemQuery) -> ImportProblemsOutput:
        """List the rows with something wrong."""
        imported = self.imported(path)
        rows = Row.objects.for_organization(self.access.organization).filter(imported=imported)
        shown = rows.refused().filter(number__gt=query.after)[: query.limit]
        return ImportProblemsOutput(
            items=[
                ImportRowOutput(
                    row=row.number,
                    problems=[
                        ImportProblemOutput(
                            column=problem["column"],
                            value=problem["value"],
                            message=problem["said"],
                        )
                        for problem in row.problems
                    ],
                )
                for row in shown
            ],
            total=imported.refused,
        )


class RunImport(ImportEndpoint):
    @operation("run_import", Permission.ADD_PROPERTIES, errors={409})
    def post(self, path: ImportPath) -> ImportOutput:
        """Import what a dry run has checked, or go on with one that was stopped."""
        return import_output(run_import(imported=self.imported(path), by=self.by))


class UndoImport(ImportEndpoint):
    @operation("undo_import", Permission.ADD_PROPERTIES, errors={409})
    def post(self, path: ImportPath) -> ImportOutput:
        """Take back all that an import made, unless later work depends on it."""
        return import_output(undo_import(imported=self.imported(path), by=self.by))
