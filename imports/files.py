"""Files as people bring them: what they are, their header, their rows one after the other.

A CSV file is read as it is, and of a workbook a sheet (imports.workbooks). Nothing reads a file
whole, and going on somewhere in the middle costs next to nothing.
"""

import codecs
import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import IO, Any
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from imports.workbooks import BadFile, check_workbook, open_workbook

MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_CELL = 20_000
SAMPLE_ROWS = 200
FOLDER = "imports"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
ENCODINGS = ("utf-8", "windows-1252", "utf-16")
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Shape:
    """How a file is written."""

    # csv or xlsx.
    format: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""
    # Where some of the sheet's rows begin.
    places: Sequence[Sequence[int]] = field(default_factory=list)

    @classmethod
    def kept(cls, kept: dict[str, Any]) -> "Shape":
        """As an import remembers it."""
        return cls(**kept)

    def to_keep(self) -> dict[str, Any]:
        """For an import to remember."""
        return asdict(self)


@dataclass(frozen=True)
class Beginning:
    """What one knows of a file at once."""

    shape: Shape
    header: list[str]
    sample: list[list[str]]


def beginning_of(file: IO[bytes], kind: str) -> Beginning:
    """The file's shape, header and first rows. `kind` says which sheet is asked for.

    Raises BadFile.
    """
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(0)
    if not size:
        raise BadFile(_("The file is empty."))
    if size > MAX_BYTES:
        raise BadFile(_("The file is larger than 50 MB. Bring it in parts."))
    start = file.read(8)
    file.seek(0)
    if start.startswith(OLD_EXCEL):
        raise BadFile(
            _("This is an old Excel file, or has a password. Save it as .xlsx without a password.")
        )
    if start.startswith(b"PK\x03\x04"):
        return _beginning_of_workbook(file, kind)
    return _beginning_of_text(file)


# --- CSV -------------------------------------------------------------------------------------


def _beginning_of_text(file: IO[bytes]) -> Beginning:
    encoding = _encoding_of(file)
    file.seek(0)
    head = file.read(256 * 1024).decode(encoding, "ignore")
    line = next((line for line in head.splitlines() if line.strip("\ufeff \t,;|")), "")
    if not line:
        raise BadFile(_("The file is empty."))
    shape = Shape(encoding=encoding, delimiter=_delimiter_of(line))
    return _beginning(shape, _text_rows(file, shape))


def _encoding_of(file: IO[bytes]) -> str:
    start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ("utf-8", "windows-1252"):
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while block := file.read(1024 * 1024):
                text = decoder.decode(block)
                if "\0" in text:
                    raise BadFile(
                        _("This is no CSV file and no Excel workbook. Save it as .csv or .xlsx.")
                    )
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise BadFile(_("The letters of this file cannot be read. Save it as CSV in UTF-8."))


def _delimiter_of(line: str) -> str:
    counts = {}
    for sign in DELIMITERS:
        try:
            counts[sign] = len(next(csv.reader([line], delimiter=sign)))
        except (csv.Error, StopIteration):
            counts[sign] = 0
    return max(counts, key=lambda sign: counts[sign])


def _text_rows(file: IO[bytes], shape: Shape) -> Iterator[list[str]]:
    file.seek(0)
    encoding = "utf-8-sig" if shape.encoding == "utf-8" else shape.encoding
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    csv.field_size_limit(MAX_CELL)
    try:
        yield from csv.reader(text, delimiter=shape.delimiter)
    except UnicodeError:
        raise BadFile(
            _("The letters of this file cannot be read. Save it as CSV in UTF-8.")
        ) from None
    except csv.Error as error:
        if "field larger" in str(error):
            raise BadFile(
                _("A cell is longer than 20,000 letters. Perhaps a quotation mark is not closed.")
            ) from None
        raise BadFile(_("This is no readable CSV file: %s.") % error) from None
    finally:
        text.detach()


# --- Workbooks -------------------------------------------------------------------------------


def _beginning_of_workbook(file: IO[bytes], kind: str) -> Beginning:
    check_workbook(file)
    with open_workbook(file) as book:
        names = list(book.sheets)
        if not names:
            raise BadFile(_("The workbook has no sheet."))
        sheet = next((one for one in names if kind in one.casefold()), names[0])
        rows = (row for _number, row in book.rows(sheet))
        return _beginning(Shape(format="xlsx", sheet=sheet), rows)


# --- Both ------------------------------------------------------------------------------------


def _beginning(shape: Shape, rows: Iterator[list[str]]) -> Beginning:
    header: list[str] = []
    for row in rows:
        if any(cell.strip() for cell in row):
            header = [cell.strip()[:200] for cell in row]
            break
    while header and not header[-1]:
        header.pop()
    if not header:
        raise BadFile(_("The file is empty."))
    if len(header) > MAX_COLUMNS:
        raise BadFile(_("The file has more than 200 columns."))
    sample: list[list[str]] = []
    for row in rows:
        if any(cell.strip() for cell in row):
            sample.append([cell[:200] for cell in row[: len(header)]])
        if len(sample) == SAMPLE_ROWS:
            break
    if not sample:
        raise BadFile(_("The file has a header and no rows below it."))
    return Beginning(shape, header, sample)


def store(file: IO[bytes], suffix: str) -> str:
    """Put the file where nobody has an address for it; returns its name there."""
    file.seek(0)
    return default_storage.save(f"{FOLDER}/{uuid4().hex}.{suffix}", File(file))


def measured(stored: str, shape: Shape) -> tuple[Shape, int]:
    """What has to be known of a file to go on in its middle, and the number of its last row.

    Reads it once, without understanding it. Raises BadFile.
    """
    with default_storage.open(stored) as file:
        if shape.format == "xlsx":
            with open_workbook(file) as book:
                places, number = book.places_of(shape.sheet)
            shape = replace(shape, places=places)
        else:
            number = 0
            for number, _row in enumerate(_text_rows(file, shape), 1):
                if number > MAX_ROWS:
                    break
    if number > MAX_ROWS:
        raise BadFile(_("The file has more than a million rows. Bring it in parts."))
    return shape, number


def rows_of(
    stored: str, shape: Shape, width: int, after: int = 0
) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows below the header with their numbers as a spreadsheet counts them; empty ones aside,
    and those up to number `after`. Each has as many cells as the header. Raises BadFile.
    """
    with default_storage.open(stored) as file:
        if shape.format == "xlsx":
            with open_workbook(file) as book:
                yield from _below(book.rows(shape.sheet, after, shape.places), width, after)
        else:
            yield from _below(enumerate(_text_rows(file, shape), 1), width, after)


def _below(
    rows: Iterable[tuple[int, list[str]]], width: int, after: int
) -> Iterator[tuple[int, Sequence[str]]]:
    # Who goes on has seen the header.
    is_below = after > 0
    for number, row in rows:
        if number <= after or not any(map(str.strip, row)):
            continue
        if not is_below:
            is_below = True
            continue
        cells = [cell[:MAX_CELL] for cell in row[:width]]
        yield number, cells + [""] * (width - len(row))


def forget_older_than(moment: dt.datetime) -> int:
    """Delete what has been here since before the moment, whoever has brought it; return how many.

    Whose import it was may have been deleted with its organization, or never committed.
    """
    try:
        _folders, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return 0
    old = [
        f"{FOLDER}/{name}"
        for name in names
        if default_storage.get_modified_time(f"{FOLDER}/{name}") < moment
    ]
    for name in old:
        default_storage.delete(name)
    return len(old)
