"""Workbooks as another program reads them."""

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.escape import unescape

from bookings import spreadsheets
from bookings.models import Status
from bookings.spreadsheets import write_sheets, write_xlsx


def read(file: io.BytesIO) -> Workbook:
    return load_workbook(file)


def written(*rows: list[Any], heads: list[str]) -> list[tuple[Any, ...]]:
    file = io.BytesIO()
    write_xlsx(file, "Rows", heads, rows)
    return [
        tuple(unescape(value) if isinstance(value, str) else value for value in row)
        for row in read(file)["Rows"].iter_rows(values_only=True)
    ]


def test_cells_say_what_they_were() -> None:
    moment = datetime(2026, 3, 1, 13, 5)  # noqa: DTZ001 - as clocks show it there
    row = ["Ada", 3, Decimal("1234.50"), date(2026, 3, 1), moment, None, True, 0.5, Status.PENDING]

    _head, (*values, status) = written(row, heads=list("ABCDEFGHI"))

    assert values == ["Ada", 3, 1234.5, datetime(2026, 3, 1), moment, None, True, 0.5]  # noqa: DTZ001
    assert status == "pending"


def test_looks_of_cells_and_head() -> None:
    file = io.BytesIO()
    moment = datetime(2026, 3, 1, 13, 5)  # noqa: DTZ001 - as clocks show it there

    write_xlsx(file, "Rows", ["Day", "At", "Total"], [[date(2026, 3, 1), moment, Decimal(1)]])

    sheet = read(file)["Rows"]
    looks = [cell.number_format.replace("\\", "") for cell in sheet[2]]
    assert looks == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm", "#,##0.00"]
    assert [cell.font.bold for cell in sheet[1]] == [True, True, True]
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width == pytest.approx(14.7, abs=0.1)


TEXTS = [
    "<b> & \"c\" ]]> 'd'",
    " spaces ",
    "two\nlines",
    "two\r\nlines",
    "\tÀ😀",
    "_x000D_",
    "=1+1",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_come_back_as_they_were(text: str) -> None:
    assert written([text, 1], heads=["A", "B"])[1] == (text or None, 1)


def test_text_ends_where_a_cell_does() -> None:
    (_head, (text,)) = written(["x" * 40_000], heads=["A"])

    assert len(text) == 32_767


def test_what_has_no_place_in_a_cell_is_no_workbook() -> None:
    with pytest.raises(TypeError, match="list has no place in a cell"):
        written([[]], heads=["A"])


def test_columns_behind_the_twenty_sixth() -> None:
    head, row = written(list(range(800)), heads=[f"C{number}" for number in range(800)])

    assert (head[799], row) == ("C799", tuple(range(800)))


def test_a_full_sheet_goes_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 5)
    file = io.BytesIO()

    write_sheets(
        file, [("stays", ["N"], ([n] for n in range(7))), ("A & B", ["M"], []), ("C", ["O"], [[9]])]
    )

    book = read(file)
    assert {sheet.title: [value for (value,) in sheet.values] for sheet in book} == {
        "stays": ["N", 0, 1, 2, 3],
        "stays 2": ["N", 4, 5, 6],
        "A & B": ["M"],
        "C": ["O", 9],
    }
