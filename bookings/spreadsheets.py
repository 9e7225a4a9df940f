"""Rows as a workbook, with real dates and numbers in it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import count, islice
from types import NoneType
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

# Rows go to a file as they come; a text is a text, whatever it looks like.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
NUMBER_FORMATS: dict[type, str] = {
    date: "yyyy-mm-dd",
    datetime: "yyyy-mm-dd hh:mm",
    Decimal: "#,##0.00",
}
# What there is room for in a sheet, its head included; more goes on in another.
MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767

type Rows = Iterable[Sequence[Any]]
type Looks = dict[type, Format | None]
type Writing = Callable[[Worksheet, int, int, Any, Format | None], object]


def write_xlsx(file: IO[bytes], title: str, heads: Sequence[str], rows: Rows) -> None:
    """Write one sheet row by row, its head bold and kept in sight."""
    write_sheets(file, [(title, heads, rows)])


def write_sheets(file: IO[bytes], sheets: Iterable[tuple[str, Sequence[str], Rows]]) -> None:
    """Write several sheets, each given as title, heads and rows.

    Rows are numbers, dates, moments without a zone, and texts. Raises TypeError for anything else.
    """
    with Workbook(file, OPTIONS) as book:
        bold = book.add_format({"bold": True})
        looks: Looks = {
            kind: book.add_format({"num_format": code}) for kind, code in NUMBER_FORMATS.items()
        }
        for title, heads, rows in sheets:
            left = iter(rows)
            for part in count(1):
                sheet = book.add_worksheet(title if part == 1 else f"{title} {part}")
                _write_head(sheet, heads, bold)
                if _write_rows(sheet, islice(left, MOST_ROWS - 1), looks) < MOST_ROWS - 1:
                    break


def _write_head(sheet: Worksheet, heads: Sequence[str], bold: Format) -> None:
    sheet.freeze_panes(1, 0)
    for column, head in enumerate(heads):
        sheet.set_column(column, column, max(14, len(head) + 4))
        sheet.write_string(0, column, head, bold)


def _write_rows(sheet: Worksheet, rows: Iterator[Sequence[Any]], looks: Looks) -> int:
    """Write them below the head; how many there were."""
    written = 0
    for written, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            kind = type(value)
            WRITING[kind](sheet, written, column, value, looks.get(kind))
    return written


def _text(sheet: Worksheet, row: int, column: int, value: str, look: Format | None) -> None:
    if value:
        sheet.write_string(row, column, value[:LONGEST_TEXT], look)


def _nothing(*_: object) -> None:
    """A cell that is not there."""


class _Writing(dict[type, Writing]):
    """By the very type: to ask of each value whether it is a text or a number takes longer."""

    def __missing__(self, kind: type) -> Writing:
        """Kinds of texts and numbers are written as such."""
        base = next((base for base in kind.__mro__ if base in self), None)
        if base is None:
            raise TypeError(f"{kind.__name__} has no place in a cell")
        self[kind] = self[base]
        return self[kind]


WRITING = _Writing(
    {
        str: _text,
        bool: Worksheet.write_boolean,
        int: Worksheet.write_number,
        float: Worksheet.write_number,
        Decimal: Worksheet.write_number,
        date: Worksheet.write_datetime,
        datetime: Worksheet.write_datetime,
        NoneType: _nothing,
    }
)
