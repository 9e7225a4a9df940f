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
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, cast

from django.db.models import Case, F, When
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.list_columns import Column
from bookings.models import Booking, Status
from bookings.querysets import BookingQuerySet
from villaops.api.tables import FORMULA_SIGNS

type Row = list[Any]

READ_AT_ONCE = 1000
# XML has no way to write these, and no file needs them.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# Behind white space too; of what can be printed that is the space alone.
PERHAPS_CALCULATED = (*FORMULA_SIGNS, " ")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class StoredFile(FileResponse):
    """A file on disk, sent block by block by either kind of server."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # Django would read all of it into memory first. A block from disk is there at once.
        for block in cast(Iterator[bytes], self.streaming_content):
            yield block


@dataclass(frozen=True)
class Fact:
    """A column of the file: its head, what is read for it, and how that is told."""

    head: str
    read: Any
    told: Callable[[Any], Any] | None = None


def facts_of(columns: Iterable[Column]) -> list[Fact]:
    """What the file has of each column; the reference is always among them, and the first."""
    keys = [column.key for column in columns]
    facts = _facts()
    return [
        fact
        for key in ["reference", *(key for key in keys if key != "reference")]
        for fact in facts[key]
    ]


def _facts() -> dict[str, list[Fact]]:
    zone = timezone.get_current_timezone()
    sources = dict(Booking.Source.choices)
    statuses = dict(Status.choices)
    return {
        "reference": [Fact(_("Reference"), F("reference"))],
        "guest": [Fact(_("Guest"), F("guest__name"))],
        "where": [
            Fact(_("Property"), F("property__name")),
            Fact(_("Unit"), Case(When(is_placed=True, then=F("unit__name")))),
        ],
        "arrival": [Fact(_("Arrival"), F("check_in"))],
        "departure": [Fact(_("Departure"), F("check_out"))],
        "nights": [Fact(_("Nights"), F("check_out") - F("check_in"), lambda stay: stay.days)],
        "party": [Fact(_("Adults"), F("adults")), Fact(_("Children"), F("children"))],
        "source": [Fact(_("Source"), F("source"), lambda source: str(sources[source]))],
        "status": [Fact(_("Status"), F("status"), lambda status: str(statuses[status]))],
        "total": [Fact(_("Total"), F("total_price")), Fact(_("Currency"), F("currency"))],
        "created": [
            Fact(
                _("Booked on"),
                F("created_at"),
                lambda moment: moment.astimezone(zone).replace(
                    tzinfo=None, second=0, microsecond=0
                ),
            )
        ],
    }


def as_file(
    kind: str, name: str, columns: Sequence[Column], bookings: BookingQuerySet
) -> FileResponse:
    """The bookings as an attachment: `kind` is csv or xlsx."""
    facts = facts_of(columns)
    heads = [fact.head for fact in facts]
    return table_file(kind, name, _("Bookings"), heads, _rows(facts, bookings))


def table_file(
    kind: str, name: str, title: str, heads: Sequence[str], rows: Iterable[Row]
) -> FileResponse:
    """Rows of harmless values as an attachment: `kind` is csv or xlsx."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    if kind == "xlsx":
        # The library takes a twentieth of the start, and few starts are for a workbook.
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


def _rows(facts: Sequence[Fact], bookings: BookingQuerySet) -> Iterator[Row]:
    # Values alone: objects of four tables are most of the work where there are many.
    read = bookings.values_list(*(fact.read for fact in facts))
    told = [fact.told or harmless for fact in facts]
    for values in read.iterator(chunk_size=READ_AT_ONCE):
        yield [tell(value) for tell, value in zip(told, values, strict=True)]


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would calculate is made plain; numbers and dates stay."""
    if not isinstance(value, str):
        return value
    # Nearly every text, told by two quick looks.
    if value.isprintable() and not value.startswith(PERHAPS_CALCULATED):
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
        writer.writerow([_plain(value) if type(value) is datetime else value for value in row])
    text.detach()


def _plain(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
