"""The verbs of imports: bring a file, name its columns, check it, import it, take it back."""

from collections.abc import Mapping
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import Organization, User
from imports import columns, files
from imports.models import Import, Row, State
from imports.querysets import RowQuerySet
from imports.undoing import Reason, reasons_against
from imports.values import Manners, guess_manners
from villaops import outbox
from villaops.errors import BrokenRule, Conflict, NotFound
from villaops.verbs import verb

IMPORT = "import"
SAMPLE_KEPT = 20


class ImportNotFound(NotFound):
    code = "import_not_found"
    message = "Import not found"


class ColumnsMissing(BrokenRule):
    """Columns that a file of this kind must have are not named."""

    code = "columns_missing"

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"Columns are missing: {', '.join(names)}", names=names)

    @property
    def explanation(self) -> str:
        return f"Say which column is: {', '.join(self.data['names'])}."


class NotNow(Conflict):
    """The import stands elsewhere: it is at work, or has been done."""

    code = "import_not_now"
    message = "Import cannot do that now"
    explanation = "This import has gone on meanwhile. Look where it stands."


class CannotUndo(Conflict):
    """Something that came later depends on it: `reasons`."""

    code = "import_in_use"

    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__(
            "Import cannot be undone: " + " ".join(reason.said for reason in reasons),
            reasons=reasons,
        )

    @property
    def explanation(self) -> str:
        return " ".join(reason.said for reason in self.data["reasons"])


@verb()
def bring_file(
    *, organization: Organization, by: User | None, kind: str, name: str, file: IO[bytes]
) -> Import:
    """Keep a file to import, its columns guessed from the header, or named as the last time.

    Raises BadFile.
    """
    found = files.beginning_of(file, kind)
    header_hash = columns.hash_of(found.header)
    earlier = (
        Import.objects.for_organization(organization)
        .filter(kind=kind, header_hash=header_hash)
        .exclude(state=State.MAPPING)
        .newest_first()
        .first()
    )
    if earlier:
        mapping, manners = earlier.mapping, earlier.manners
    else:
        guessed = guess_manners(found.sample, day_first=organization.locale != "en_US")
        mapping, manners = columns.guessed(kind, found.header), guessed.to_keep()
    if found.shape.format == "xlsx":
        # Numbers that are numbers are written with a point.
        manners = manners | {"decimal_comma": False}
    stored = files.store(file, found.shape.format)
    return Import.objects.create(
        organization=organization,
        created_by=by,
        kind=kind,
        name=name[-255:] or "file",
        stored=stored,
        shape=found.shape.to_keep(),
        manners=manners,
        header=found.header,
        header_hash=header_hash,
        sample=found.sample[:SAMPLE_KEPT],
        mapping=mapping,
    )


@verb()
def name_columns(
    *, imported: Import, by: User | None, mapping: Mapping[str, int], manners: Manners
) -> Import:
    """Say which column of the file is which, and how it writes dates and amounts.

    What a check has found is forgotten. Raises NotNow, ColumnsMissing.
    """
    imported = _lock(imported)
    if not _can_begin(imported):
        raise NotNow
    known = {column.name for column in columns.OF_KIND[imported.kind]}
    width = len(imported.header)
    imported.mapping = {
        name: place for name, place in mapping.items() if name in known and 0 <= place < width
    }
    missing = columns.missing(imported.kind, imported.mapping)
    if missing:
        raise ColumnsMissing(missing)
    imported.manners = manners.to_keep()
    _begin_anew(imported, State.MAPPING)
    return imported


def check_import(*, imported: Import, by: User | None, in_background: bool = True) -> Import:
    """Find out what would become of each row; nothing is imported. A worker does it, unless
    whoever asks does (imports.work).

    Raises NotNow, ColumnsMissing.
    """
    return _start(imported, State.CHECKING, in_background)


def run_import(*, imported: Import, by: User | None, in_background: bool = True) -> Import:
    """Import; rows with something wrong are left out and told of. A worker does it, unless
    whoever asks does (imports.work).

    Raises NotNow, ColumnsMissing.
    """
    return _start(imported, State.RUNNING, in_background)


@verb()
def _start(imported: Import, state: State, in_background: bool) -> Import:
    imported = _lock(imported)
    goes_on = state == State.RUNNING and imported.state == State.FAILED and _has_made(imported)
    if not (goes_on or _can_begin(imported)) or not imported.stored:
        raise NotNow
    missing = columns.missing(imported.kind, imported.mapping)
    if missing:
        raise ColumnsMissing(missing)
    if goes_on:
        imported.state, imported.said, imported.finished_at = state, "", None
        imported.save()
    else:
        _begin_anew(imported, state)
    if in_background:
        go_on(imported)
    return imported


@verb()
def undo_import(*, imported: Import, by: User | None) -> Import:
    """Take back in the background all that the import made. Raises NotNow, CannotUndo."""
    imported = _lock(imported)
    # One that was stopped half-way, too.
    if imported.state not in (State.DONE, State.FAILED):
        raise NotNow
    reasons = reasons_against(imported)
    if reasons:
        raise CannotUndo(reasons)
    imported.state = State.UNDOING
    imported.save(update_fields=["state", "updated_at"])
    Import.objects.filter(pk=imported.pk).update(position=F("made"))
    go_on(imported)
    return imported


@verb()
def stop_import(*, imported: Import, by: User | None) -> Import:
    """Stop what is going on; what is imported by then stays until it is undone. Raises NotNow."""
    imported = _lock(imported)
    if imported.state not in (State.CHECKING, State.RUNNING):
        raise NotNow
    imported.state, imported.said = State.FAILED, "Stopped by hand."
    imported.finished_at = Now()
    imported.save(update_fields=["state", "said", "finished_at", "updated_at"])
    return imported


def go_on(imported: Import) -> None:
    """Have a worker go on with it."""
    outbox.write_intent(IMPORT, {"organization": imported.organization_id, "import": imported.pk})


def forget_files(imports: Any) -> int:
    """Delete the files of these imports, and what was shown of them; return how many."""
    count = 0
    for imported in imports.exclude(stored="").only("pk", "stored", "organization_id"):
        default_storage.delete(imported.stored)
        count += imports.model.objects.filter(pk=imported.pk).update(stored="", sample=[])
    return count


def _can_begin(imported: Import) -> bool:
    """Whether nothing is going on, and nothing was made that a new start would not know of."""
    if imported.state == State.FAILED:
        return not _has_made(imported)
    return imported.state in (State.MAPPING, State.CHECKED)


def _has_made(imported: Import) -> bool:
    return _rows(imported).made().exists()


def _begin_anew(imported: Import, state: State) -> None:
    """From the first row."""
    _rows(imported).delete()
    imported.position = imported.made = imported.guests_made = 0
    imported.there_already = imported.refused = 0
    imported.state, imported.said = state, ""
    imported.finished_at = imported.memory = None
    imported.save()


def _rows(imported: Import) -> RowQuerySet:
    return Row.objects.filter(organization=imported.organization_id, imported=imported)


def _lock(imported: Import) -> Import:
    return Import.objects.select_for_update(of=["self"]).get(
        organization=imported.organization_id, pk=imported.pk
    )
