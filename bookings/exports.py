"""The list of bookings as a file: the columns somebody looks at, one fact a column.

Both files are written to disk row by row and sent from there, so that neither the memory nor the
transaction depends on how many rows there are or how slowly they are fetched.
"""

import codecs
import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any, cast

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.list_columns import Column
from bookings.models import Booking
from villaops.api.tables import FORMULA_SIGNS

type Row = list[Any]
type Fact = tuple[str, Callable[[Booking], Any]]

READ_AT_ONCE = 1000
# XML has no way to write these, and no file needs them.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class StoredFile(FileResponse):
    """A file on disk, sent block by block by either kind of server."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # Django would read all of it into memory first. A block from disk is there at once.
        for block in cast(Iterator[bytes], self.streaming_content):
            yield block


def facts_of(columns: Iterable[Column]) -> list[Fact]:
    """Heads of the file and where their values come from; the reference is always among them."""
    keys = [column.key for column in columns]
    facts = _facts()
    return [
        fact
        for key in ["reference", *(key for key in keys if key != "reference")]
        for fact in facts[key]
    ]


def _facts() -> dict[str, list[Fact]]:
    return {
        "reference": [(_("Reference"), lambda booking: booking.reference)],
        "guest": [(_("Guest"), lambda booking: booking.guest.name if booking.guest else "")],
        "where": [
            (_("Property"), lambda booking: booking.property.name),
            (_("Unit"), lambda booking: booking.unit.name if booking.is_placed else ""),
        ],
        "arrival": [(_("Arrival"), lambda booking: booking.check_in)],
        "departure": [(_("Departure"), lambda booking: booking.check_out)],
        "nights": [(_("Nights"), lambda booking: booking.nights_count())],
        "party": [
            (_("Adults"), lambda booking: booking.adults),
            (_("Children"), lambda booking: booking.children),
        ],
        "source": [(_("Source"), lambda booking: booking.get_source_display())],
        "status": [(_("Status"), lambda booking: booking.get_status_display())],
        "total": [
            (_("Total"), lambda booking: booking.total_price),
            (_("Currency"), lambda booking: booking.currency),
        ],
        "created": [
            (
                _("Booked on"),
                lambda booking: timezone.localtime(booking.created_at).replace(
                    tzinfo=None, second=0, microsecond=0
                ),
            )
        ],
    }


def as_file(
    kind: str, name: str, columns: Sequence[Column], bookings: Iterable[Booking]
) -> FileResponse:
    """The bookings as an attachment: `kind` is csv or xlsx."""
    facts = facts_of(columns)
    heads = [head for head, _value in facts]
    return table_file(kind, name, _("Bookings"), heads, _rows(facts, bookings))


def table_file(
    kind: str, name: str, title: str, heads: Sequence[str], rows: Iterable[Row]
) -> FileResponse:
    """Rows of harmless values as an attachment: `kind` is csv or xlsx."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    if kind == "xlsx":
        # The library takes a twentieth of the start, and few starts are for a spreadsheet.
        from bookings.spreadsheets import write_xlsx

        write_xlsx(file, title, heads, rows)
    else:
        _write_csv(file, heads, rows)
    file.seek(0)
    return StoredFile(
        file,
        as_attachment=True,
        filename=f"{name}.{kind}",
        content_type=XLSX if kind == "xlsx" else "text/csv; charset=utf-8",
    )


def _rows(facts: Sequence[Fact], bookings: Iterable[Booking]) -> Iterator[Row]:
    for booking in bookings:
        yield [harmless(value(booking)) for _head, value in facts]


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would calculate is made plain; numbers and dates stay."""
    if not isinstance(value, str):
        return value
    text = CONTROL_CHARACTERS.sub("", value)
    # White space in front does not keep every spreadsheet from calculating.
    return f"'{text}" if text.lstrip().startswith(FORMULA_SIGNS) else text


def _write_csv(file: IO[bytes], heads: Sequence[str], rows: Iterable[Row]) -> None:
    # Excel takes a file without this mark for the machine's old eight-bit letters.
    file.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([_plain(value) for value in row])
    text.detach()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else value
