"""Rows as a spreadsheet, with real dates and numbers in it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

NUMBER_FORMATS: dict[type, str] = {
    date: "yyyy-mm-dd",
    datetime: "yyyy-mm-dd hh:mm",
    Decimal: "#,##0.00",
}


def write_xlsx(
    file: IO[bytes], title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write one sheet row by row, its head bold and kept in sight."""
    write_sheets(file, [(title, heads, rows)])


def write_sheets(
    file: IO[bytes], sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]
) -> None:
    """Write several sheets, each given as title, heads and rows."""
    book = Workbook(write_only=True)
    for title, heads, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for n, head in enumerate(heads, 1):
            sheet.column_dimensions[get_column_letter(n)].width = max(14, len(head) + 4)
        sheet.append([_cell(sheet, head, bold=True) for head in heads])
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    book.save(file)


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    number_format = NUMBER_FORMATS.get(type(value))
    if not (number_format or bold):
        # Made by the sheet, and not at all where there is none.
        return value
    cell = WriteOnlyCell(sheet, value=value)
    if number_format:
        cell.number_format = number_format
    if bold:
        cell.font = Font(bold=True)
    return cell
