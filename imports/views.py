"""The pages of imports: a file is brought, its columns are named, it is checked and imported."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrganizationRequest, page
from accounts.audit import SecurityEvent, record_security_event
from accounts.permissions import Permission
from imports import exports
from imports.columns import OF_KIND, label_of, missing, read_cells
from imports.forms import ColumnsForm, FileForm
from imports.models import Import, Kind, Row, State
from imports.services import (
    bring_file,
    check_import,
    name_columns,
    run_import,
    stop_import,
    undo_import,
)
from imports.undoing import reasons_against
from imports.values import Manners
from villaops.api.tables import csv_response
from villaops.errors import DomainError
from villaops.pages import form_page, get_or_post, refusals_as_messages, wants_fragment
from villaops.tenancy import Door
from villaops.toasts import say

PAGE_SIZE = 25
PREVIEW_ROWS = 5
# Tone and icon of each state.
LOOKS = {
    State.MAPPING: ("waiting", "pencil"),
    State.CHECKING: ("info", "hourglass"),
    State.CHECKED: ("waiting", "check"),
    State.RUNNING: ("info", "hourglass"),
    State.DONE: ("good", "circle-check"),
    State.UNDOING: ("info", "hourglass"),
    State.UNDONE: ("calm", "arrow-back-up"),
    State.FAILED: ("bad", "alert-circle"),
}
# Where what was imported is shown.
MADE_AT = {
    Kind.BOOKINGS: ("bookings:list", gettext_lazy("All bookings")),
    Kind.GUESTS: ("guests:list", gettext_lazy("All guests")),
    Kind.PROPERTIES: ("properties:list", gettext_lazy("All properties")),
    Kind.BLOCKS: ("calendar:page", gettext_lazy("Calendar")),
}


@page(Permission.ADD_PROPERTIES)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """What was imported, newest first."""
    rows = Import.objects.for_organization(request.access.organization).newest_first()
    imports = Paginator(rows.select_related("created_by"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    for imported in imports:
        imported.look = LOOKS[State(imported.state)]  # type: ignore[attr-defined]
    return render(request, "imports/list.html", {"imports": imports})


@page(Permission.ADD_PROPERTIES)
@get_or_post
def create(request: OrganizationRequest) -> HttpResponse:
    """Bring a file."""
    form = FileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            imported = bring_file(
                organization=request.access.organization,
                by=request.access.user,
                kind=form.cleaned_data["kind"],
                name=file.name,
                file=file.file,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("imports:columns", request.access.organization.slug, imported.pk)
    return form_page(request, "imports/new.html", form)


@page(Permission.ADD_PROPERTIES)
@get_or_post
def columns(request: OrganizationRequest, import_id: UUID) -> HttpResponse:
    """Name the columns, see how the first rows are read, and have the whole file checked."""
    imported = _find(request, import_id)
    is_preview = wants_fragment(request) and request.method == "GET"
    given = request.POST or (request.GET if is_preview else None)
    form = ColumnsForm(given, imported=imported)
    if form.is_valid() and not is_preview:
        try:
            name_columns(
                imported=imported,
                by=request.access.user,
                mapping=form.mapping(),
                manners=form.manners(),
            )
            check_import(imported=imported, by=request.access.user)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("imports:detail", request.access.organization.slug, imported.pk)
    preview = _preview(imported, form)
    if is_preview:
        return render(request, "imports/columns.html#preview", preview)
    return form_page(request, "imports/columns.html", form, imported=imported, **preview)


def _preview(imported: Import, form: ColumnsForm) -> dict[str, Any]:
    """The first rows as they would be read."""
    mapping, manners = imported.mapping, Manners.kept(imported.manners)
    if form.is_bound and form.is_valid():
        mapping, manners = form.mapping(), form.manners()
    shown = [column for column in OF_KIND[imported.kind] if column.name in mapping]
    rows = []
    for cells in imported.sample[:PREVIEW_ROWS]:
        values, problems = read_cells(imported.kind, mapping, manners, cells)
        wrong = {problem["column"]: problem for problem in problems}
        rows.append(
            [
                {"value": values.get(column.name, ""), "problem": wrong.get(column.name)}
                for column in shown
            ]
        )
    return {
        "heads": [column.label for column in shown],
        "rows": rows,
        "missing": missing(imported.kind, mapping),
        "unused": [
            head
            for place, head in enumerate(imported.header)
            if head and place not in mapping.values()
        ],
    }


@page(Permission.ADD_PROPERTIES)
@require_safe
def detail(request: OrganizationRequest, import_id: UUID) -> HttpResponse:
    """Where an import stands: its progress, what came of it, what was wrong and what to do next."""
    imported = _find(request, import_id)
    if imported.state == State.MAPPING:
        return redirect("imports:columns", request.access.organization.slug, imported.pk)
    refused = Row.objects.for_organization(request.access.organization).filter(imported=imported)
    pages = Paginator(refused.refused(), PAGE_SIZE)
    # The import counts them.
    pages.count = imported.refused
    problems = pages.get_page(request.GET.get("page"))
    can_undo = imported.state == State.DONE and imported.made > 0
    name, label = MADE_AT[Kind(imported.kind)]
    context = {
        "imported": imported,
        "look": LOOKS[State(imported.state)],
        "problems": problems,
        "told": list(_told(imported, problems)),
        "can_undo": can_undo,
        "made_at": {"url": reverse(name, args=[request.access.organization.slug]), "label": label},
    }
    template = "imports/detail.html"
    return render(request, f"{template}#state" if wants_fragment(request) else template, context)


def _told(imported: Import, rows: Iterable[Row]) -> Iterable[Mapping[str, Any]]:
    for row in rows:
        for problem in row.problems:
            yield {
                "number": row.number,
                "column": label_of(imported.kind, problem["column"]),
                "value": problem["value"],
                "said": problem["said"],
            }


@page(Permission.ADD_PROPERTIES)
@require_safe
def problems(request: OrganizationRequest, import_id: UUID) -> HttpResponse:
    """What was wrong with which row, as CSV."""
    imported = _find(request, import_id)
    rows = Row.objects.for_organization(request.access.organization).filter(imported=imported)
    return csv_response(
        "problems.csv",
        ["number", "column", "value", "said"],
        _told(imported, rows.refused().iterator(chunk_size=1000)),
    )


@page(Permission.ADD_PROPERTIES)
@require_POST
def run(request: OrganizationRequest, import_id: UUID) -> HttpResponse:
    """Import what is good in the file."""
    return _do(request, import_id, run_import)


@page(Permission.ADD_PROPERTIES)
@require_POST
def stop(request: OrganizationRequest, import_id: UUID) -> HttpResponse:
    """Stop what is going on."""
    return _do(request, import_id, stop_import)


@page(Permission.ADD_PROPERTIES)
@get_or_post
def undo(request: OrganizationRequest, import_id: UUID) -> HttpResponse:
    """Take an import back, or say what depends on it by now."""
    imported = _find(request, import_id)
    if request.method == "POST":
        return _do(request, import_id, undo_import)
    context = {"imported": imported, "reasons": reasons_against(imported)}
    return render(request, "imports/undo.html", context)


def _do(request: OrganizationRequest, import_id: UUID, verb: Callable[..., Import]) -> HttpResponse:
    imported = _find(request, import_id)
    with refusals_as_messages(request):
        verb(imported=imported, by=request.access.user)
        if verb is stop_import:
            say(request, _("Stopped."))
    return redirect("imports:detail", request.access.organization.slug, imported.pk)


@page(Permission.ADD_PROPERTIES)
@require_safe
def export(request: OrganizationRequest) -> HttpResponseBase:
    """Everything in the files that can be imported again."""
    kind = request.GET.get("format", "csv")
    if kind not in ("csv", "xlsx"):
        raise Http404("No such format")
    organization = request.access.organization
    record_security_event(
        kind=SecurityEvent.EXPORTED,
        by=request.access.user,
        organization=organization,
        door=Door.WEB,
        label=_("everything"),
    )
    return exports.as_file(organization, kind)


def _find(request: OrganizationRequest, import_id: UUID) -> Import:
    found = (
        Import.objects.for_organization(request.access.organization)
        .filter(pk=import_id)
        .defer("memory")
        .select_related("created_by")
        .first()
    )
    if found is None:
        raise Http404("Import not found")
    return found
