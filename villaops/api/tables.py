"""Answers as CSV, for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse

# What spreadsheets take for the beginning of a formula.
FORMULA_SIGNS = ("=", "+", "-", "@")
# Amounts and rates travel as text, and some are negative.
NEGATIVE = re.compile(r"-\d+\.\d\d")


def csv_response(
    filename: str, header: Sequence[str], rows: Iterable[Mapping[str, Any]]
) -> HttpResponse:
    """An attachment with a line for the header and one for each row; absent values are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return HttpResponse(
        text.getvalue().encode(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would calculate is made plain; our own numbers are none."""
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS) and not NEGATIVE.fullmatch(value):
        return f"'{value}"
    return value
