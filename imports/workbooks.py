"""Excel workbooks: what one is, and its rows from any of them on.

A sheet is one long XML file in an archive. It is read through once, without being understood, to
note where some of its rows begin; whoever goes on in its middle skips to the last of these places
and has the library read from there. Nothing is unpacked to disk, and what is in memory is the
workbook's shared texts and one row.
"""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import IO, Any

from django.utils.translation import gettext as _

from villaops.errors import Refused

# What a workbook may become when it is unpacked: the whole, and the texts kept in memory.
MAX_UNPACKED = 640 * 1024 * 1024
MAX_SHARED_TEXT = 48 * 1024 * 1024
SMALL_ENOUGH = 50 * 1024 * 1024
MAX_RATIO = 200
MAX_PARTS = 2000
# What stands in a cell of ours when a workbook has a formula there.
FORMULA = "\N{SYMBOL FOR ESCAPE}formula:"

BLOCK = 1024 * 1024
# A place is noted every so many bytes.
NOTED_EVERY = 4 * 1024 * 1024
LONGEST_TEXT = 8 * 1024 * 1024
FIRST_ROW = re.compile(rb"<(\w+:)?row[\s/>]")
ROW_NUMBER = re.compile(rb"[^>]*?\sr=[\"'](\d+)")


class BadFile(Refused):
    """The file cannot be read; why, in words."""

    code = "bad_file"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


def _damaged() -> BadFile:
    return BadFile(_("This workbook is damaged. Save it once more as .xlsx."))


def check_workbook(file: IO[bytes]) -> None:
    """Look at what is inside before anything is unpacked. Raises BadFile.

    The sizes are the archive's own words; more than they say is never unpacked.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise _damaged() from None
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
        or (unpacked > SMALL_ENOUGH and unpacked / packed > MAX_RATIO)
    ):
        raise BadFile(_("This workbook becomes too large when it is opened. Bring it as CSV."))


@dataclass(frozen=True)
class Book:
    """A workbook that is open: its sheets by their names, and what its cells are read with."""

    reader: Any
    # Name -> path in the archive.
    sheets: dict[str, str]

    def rows(
        self, sheet: str, after: int = 0, places: Sequence[Sequence[int]] = ()
    ) -> Iterator[tuple[int, list[str]]]:
        """The rows that have cells, with their numbers; those behind number `after`, found by the
        places that were noted of the sheet.

        Raises BadFile.
        """
        from openpyxl.worksheet._reader import WorkSheetParser

        book = self.reader.wb
        before = [place for place in places if place[1] <= after + 1]
        start = before[-1] if before else None
        with self.reader.archive.open(self.sheets[sheet]) as part:
            parser = WorkSheetParser(
                _Skipping(part, places[0][0], start[0]) if start else part,
                self.reader.shared_strings,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            parser.row_counter = start[1] - 1 if start else 0
            try:
                for number, cells in parser.parse():
                    if number > after:
                        yield number, _row(cells)
            except BadFile:
                raise
            except Exception as error:
                raise _damaged() from error

    def places_of(self, sheet: str) -> tuple[list[tuple[int, int]], int]:
        """Where some of the rows begin (byte and number, the first row's first), and the last
        row's number.
        """
        places: list[tuple[int, int]] = []
        row: re.Pattern[bytes] | None = None
        number = position = 0
        rest = b""
        try:
            with self.reader.archive.open(self.sheets[sheet]) as part:
                for block in chain(iter(lambda: part.read(BLOCK), b""), [b""]):
                    text = rest + block
                    first = None if row else FIRST_ROW.search(text)
                    if first:
                        row = re.compile(re.escape(first[0][:-1]) + rb"[\s/>]")
                    # A tag at the end may go on in the next block.
                    whole = text.rfind(b">") + 1 if block else len(text)
                    for found in row.finditer(text, 0, whole) if row else ():
                        named = ROW_NUMBER.match(text, found.end() - 1, whole)
                        number = int(named[1]) if named else number + 1
                        begins = position + found.start()
                        if not places or begins - places[-1][0] >= NOTED_EVERY:
                            places.append((begins, number))
                    position += whole
                    rest = text[whole:]
                    if len(rest) > LONGEST_TEXT:
                        raise _damaged()
        except Exception as error:
            raise _damaged() from error
        return places, number


class _Skipping(io.RawIOBase):
    """A sheet without the rows between the first one's place and another's."""

    def __init__(self, part: IO[bytes], first: int, start: int) -> None:
        self.part = part
        self.head = part.read(first)
        left = start - first
        while left > 0 and (block := part.read(min(left, BLOCK))):
            left -= len(block)

    def read(self, size: int = -1) -> bytes:
        """What stands before the first row, then what is behind the other place."""
        head, self.head = self.head, b""
        return head or self.part.read(size)


@contextmanager
def open_workbook(file: IO[bytes]) -> Iterator[Book]:
    """Open what is known to be harmless (`check_workbook`). Raises BadFile."""
    # The library takes a twentieth of the start, and few starts are for a workbook.
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.styles.stylesheet import apply_stylesheet

    file.seek(0)
    try:
        # Its own `load_workbook` reads whole sheets that do not say how large they are.
        reader = ExcelReader(file, read_only=True, data_only=False, keep_links=False)
        reader.read_manifest()
        reader.read_strings()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        sheets = {
            sheet.name: found.target
            for sheet, found in reader.parser.find_sheets()
            if found.target in reader.valid_files and found.Type.endswith("/worksheet")
        }
    except Exception as error:
        raise _damaged() from error
    try:
        yield Book(reader, sheets)
    finally:
        reader.archive.close()


def _row(cells: Sequence[dict[str, Any]]) -> list[str]:
    row: list[str] = []
    for cell in cells:
        row += [""] * (cell["column"] - 1 - len(row))
        row.append(_written(cell["value"], cell["data_type"]))
    return row


def _unescaped(text: str) -> str:
    """Workbooks write so what XML does not keep, such as a carriage return: `_x000D_`."""
    from openpyxl.utils.escape import unescape

    return str(unescape(text))


def _written(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "f":
        return f"{FORMULA}{value}"
    if isinstance(value, str):
        return _unescaped(value) if "_x" in value else value
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if not value.time() else value.isoformat(" ", "seconds")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, float):
        # Excel keeps 0.1 + 0.2 as people do not.
        return repr(round(value, 10)).removesuffix(".0")
    return str(value)
