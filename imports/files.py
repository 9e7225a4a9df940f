"""Files as people bring them: what they are, their header, their rows one after the other.

A CSV file is read as it is; of a workbook the sheet is written as CSV once, so that going on
somewhere in the middle costs next to nothing. Nothing reads a file whole.
"""

import codecs
import csv
import datetime as dt
import io
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import IO, Any
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from villaops.errors import Refused

MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_CELL = 20_000
# What a workbook may become when it is unpacked: the whole, and the texts kept in memory.
MAX_UNPACKED = 1024 * 1024 * 1024
MAX_SHARED_TEXT = 128 * 1024 * 1024
MAX_RATIO = 200
MAX_PARTS = 2000
SAMPLE_ROWS = 200
FOLDER = "imports"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
ENCODINGS = ("utf-8", "windows-1252", "utf-16")
DELIMITERS = (",", ";", "\t", "|")
# What stands in a cell of ours when a workbook has a formula there.
FORMULA = "\N{SYMBOL FOR ESCAPE}formula:"


class BadFile(Refused):
    """The file cannot be read; why, in words."""

    code = "bad_file"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


@dataclass(frozen=True)
class Shape:
    """How a file is written."""

    # csv or xlsx; a workbook is csv once it has been unpacked.
    format: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""

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


def beginning_of(file: IO[bytes], name: str, kind: str) -> Beginning:
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
        return _beginning_of_workbook(file, name, kind)
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


def _beginning_of_workbook(file: IO[bytes], name: str, kind: str) -> Beginning:
    check_workbook(file)
    with _workbook(file) as book:
        names = list(book.sheetnames)
        if not names:
            raise BadFile(_("The workbook has no sheet."))
        sheet = next((one for one in names if kind in one.casefold()), names[0])
        return _beginning(Shape(format="xlsx", sheet=sheet), _sheet_rows(book, sheet))


def check_workbook(file: IO[bytes]) -> None:
    """Look at what is inside before anything is unpacked. Raises BadFile.

    The sizes are the archive's own words; more than they say is never unpacked.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise BadFile(_("This workbook is damaged. Save it once more as .xlsx.")) from None
    names = {part.filename for part in parts}
    if any(part.endswith("vbaProject.bin") for part in names):
        raise BadFile(_("This workbook has macros. Save it as .xlsx, which has none."))
    if not any(part.startswith("xl/worksheets/") for part in names):
        raise BadFile(_("This is no Excel workbook. Save it as .csv or .xlsx."))
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    shared = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    if (
        len(parts) > MAX_PARTS
        or unpacked > MAX_UNPACKED
        or shared > MAX_SHARED_TEXT
        or (unpacked > MAX_BYTES and unpacked / packed > MAX_RATIO)
    ):
        raise BadFile(_("This workbook becomes too large when it is opened. Bring it as CSV."))


@contextmanager
def _workbook(file: IO[bytes]) -> Iterator[Any]:
    # The library takes a twentieth of the start, and few starts are for a workbook.
    from openpyxl import load_workbook

    file.seek(0)
    try:
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except Exception as error:
        raise BadFile(_("This workbook is damaged. Save it once more as .xlsx.")) from error
    try:
        yield book
    finally:
        book.close()


def _sheet_rows(book: Any, sheet: str) -> Iterator[list[str]]:
    found = book[sheet]
    # What the sheet says of its own size may be wrong, or a million empty columns.
    found.reset_dimensions()
    try:
        for cells in found.iter_rows(max_col=MAX_COLUMNS + 1):
            yield [_written(cell) for cell in cells]
    except BadFile:
        raise
    except Exception as error:
        raise BadFile(_("This workbook is damaged. Save it once more as .xlsx.")) from error


def _written(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return f"{FORMULA}{value}" if cell.data_type == "f" else value
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if not value.time() else value.isoformat(" ", "seconds")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, float):
        # Excel keeps 0.1 + 0.2 as people do not.
        return repr(round(value, 10)).removesuffix(".0")
    return str(value)


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


def unpack(stored: str, shape: Shape) -> tuple[str, Shape]:
    """Write a workbook's sheet as a CSV file of ours, and forget the workbook. Raises BadFile."""
    with (
        default_storage.open(stored) as file,
        tempfile.TemporaryFile() as target,
        _workbook(file) as book,
    ):
        text = io.TextIOWrapper(target, encoding="utf-8", newline="")
        writer = csv.writer(text)
        for row in _sheet_rows(book, shape.sheet):
            while row and not row[-1]:
                row.pop()
            writer.writerow([cell[:MAX_CELL] for cell in row])
        text.flush()
        text.detach()
        return store(target, "csv"), Shape()


def rows_of(stored: str, shape: Shape, width: int) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows below the header with their numbers as a spreadsheet counts them; empty ones aside.

    Each has as many cells as the header. Raises BadFile.
    """
    with default_storage.open(stored) as file:
        is_below = False
        for number, row in enumerate(_text_rows(file, shape), 1):
            if not any(map(str.strip, row)):
                continue
            if not is_below:
                is_below = True
                continue
            yield number, [*row[:width], *[""] * (width - len(row))]


def count_rows(stored: str, shape: Shape) -> int:
    """How many rows a file has below its header, empty ones included. Raises BadFile."""
    with default_storage.open(stored) as file:
        number = 0
        for number, _row in enumerate(_text_rows(file, shape), 1):
            if number > MAX_ROWS:
                raise BadFile(_("The file has more than a million rows. Bring it in parts."))
        return number


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
