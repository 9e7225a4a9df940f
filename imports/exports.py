"""Everything in files that can be imported again, each kind under the columns it is imported by."""

import codecs
import csv
import datetime as dt
import io
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import batched, groupby
from typing import IO, Any, NamedTuple
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from django.http.response import HttpResponseBase

from accounts.models import Organization
from bookings.exports import XLSX, StoredFile, harmless
from bookings.models import Block, Booking, Night
from bookings.nights import dates as dates_of
from bookings.nights import spread
from guests.models import Guest
from imports.columns import OF_KIND
from imports.models import Kind
from imports.stays import AND, NO_UNIT
from imports.values import written_nights
from properties.models import Property

READ_AT_ONCE = 1000
ZIP = "application/zip"

type Cells = list[Any]


class Held(NamedTuple):
    """A night of a unit that a booking holds."""

    night: dt.date
    unit_id: UUID
    unit: str
    price: Decimal | None


def as_file(organization: Organization, format: str) -> HttpResponseBase:  # noqa: A002
    """A workbook with a sheet for each kind, or a zip with a CSV file for each."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    if format == "xlsx":
        write_workbook(organization, file)
    else:
        write_zip(organization, file)
    file.seek(0)
    return StoredFile(
        file,
        as_attachment=True,
        filename=f"{organization.slug}.{'xlsx' if format == 'xlsx' else 'zip'}",
        content_type=XLSX if format == "xlsx" else ZIP,
    )


def write_zip(organization: Organization, file: IO[bytes]) -> None:
    """A CSV file for each kind."""
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for kind in READERS:
            with archive.open(f"{kind}.csv", "w") as part:
                # Excel takes a file without this mark for the machine's old eight-bit letters.
                part.write(codecs.BOM_UTF8)
                text = io.TextIOWrapper(part, encoding="utf-8", newline="", write_through=True)
                writer = csv.writer(text)
                writer.writerow(heads_of(kind))
                for row in rows_of(organization, kind):
                    writer.writerow(["" if cell is None else cell for cell in row])
                text.detach()


def write_workbook(organization: Organization, file: IO[bytes]) -> None:
    """A sheet for each kind."""
    # The library takes a twentieth of the start, and few starts are for a workbook.
    from bookings.spreadsheets import write_sheets

    write_sheets(
        file, [(str(kind), heads_of(kind), rows_of(organization, kind)) for kind in READERS]
    )


def heads_of(kind: str) -> list[str]:
    """The names of the columns."""
    return [str(column.label) for column in OF_KIND[kind] if column.name not in LEFT_OUT[kind]]


def rows_of(organization: Organization, kind: str) -> Iterator[Cells]:
    """The rows under them."""
    names = [column.name for column in OF_KIND[kind] if column.name not in LEFT_OUT[kind]]
    for facts in READERS[kind](organization):
        yield [harmless(facts.get(name)) for name in names]


def _bookings(organization: Organization) -> Iterator[dict[str, Any]]:
    bookings = Booking.objects.for_organization(organization).with_guest_and_property()
    rows = bookings.order_by("check_in", "id").iterator(chunk_size=READ_AT_ONCE)
    for some in batched(rows, READ_AT_ONCE):
        nights = _nights_of(organization, [booking.pk for booking in some])
        for booking in some:
            zone = ZoneInfo(booking.property.time_zone)
            cancelled_at = booking.cancelled_at
            guest = booking.guest
            units, in_detail = _held(booking, nights.get(booking.pk, []))
            yield {
                "reference": booking.reference,
                "property": booking.property.name,
                "property_slug": booking.property.slug,
                "unit": AND.join(units) if booking.is_placed else NO_UNIT,
                "guest_name": guest.name if guest else None,
                "guest_email": guest.email if guest else None,
                "guest_phone": guest.phone if guest else None,
                "guest_nationality": guest.nationality if guest else None,
                "check_in": booking.check_in,
                "check_out": booking.check_out,
                "status": booking.status,
                "adults": booking.adults,
                "children": booking.children,
                "total_price": booking.total_price,
                "currency": booking.currency,
                "stay_nights": in_detail,
                "source": booking.source,
                "special_requests": booking.special_requests,
                "booked_on": booking.created_at.astimezone(zone).date(),
                "cancelled_on": cancelled_at and cancelled_at.astimezone(zone).date(),
                "cancellation_reason": booking.cancellation_reason,
            }


def _nights_of(organization: Organization, ids: list[UUID]) -> dict[UUID, list[Held]]:
    """The nights each booking holds, with the units' names."""
    found: dict[UUID, list[Held]] = defaultdict(list)
    nights = Night.objects.for_organization(organization).filter(booking__in=ids)
    rows = nights.order_by("booking", "night", "unit__position", "unit_id")
    facts = rows.values_list("booking_id", "night", "unit_id", "unit__name", "price")
    for booking, night, unit_id, unit, price in facts:
        found[booking].append(Held(night, unit_id, unit, price))
    return found


def _held(booking: Booking, held: list[Held]) -> tuple[list[str], str | None]:
    """The units of the first night, the booking's own first; and all nights in detail, unless the
    units and the total say as much.
    """
    own = Held(booking.check_in, booking.unit_id, booking.unit.name, None)
    first = [one for one in held if one.night == booking.check_in] or [own]
    first.sort(key=lambda one: one.unit_id != booking.unit_id)
    units = [one.unit for one in first]
    dates = dates_of(booking.check_in, booking.check_out)
    pairs = [(night, one.unit_id) for night in dates for one in first]
    usual = dict(zip(pairs, spread(booking.total_price, len(pairs)), strict=True))
    if not held or usual == {(one.night, one.unit_id): one.price for one in held}:
        return units, None
    return units, written_nights(_runs(held))


def _runs(held: list[Held]) -> Iterator[tuple[dt.date, int, str, Decimal | None]]:
    """Nights of one unit that follow on each other, for the same price."""
    nights = sorted(held, key=lambda one: (one.unit_id, one.night))
    places = enumerate(nights)
    runs = groupby(places, lambda at: (at[1].unit_id, at[1].price, at[1].night.toordinal() - at[0]))
    found = [[one for _place, one in run] for _key, run in runs]
    for run in sorted(found, key=lambda run: run[0].night):
        yield run[0].night, len(run), run[0].unit, run[0].price


def _guests(organization: Organization) -> Iterator[dict[str, Any]]:
    guests = Guest.objects.for_organization(organization).filter(anonymized_at=None)
    for guest in guests.order_by("name", "id").iterator(chunk_size=READ_AT_ONCE):
        yield {
            "guest_name": guest.name,
            "guest_email": guest.email,
            "guest_phone": guest.phone,
            "guest_nationality": guest.nationality,
            "language": guest.language,
            "notes": guest.notes,
        }


def _blocks(organization: Organization) -> Iterator[dict[str, Any]]:
    blocks = Block.objects.for_organization(organization).select_related("unit__property")
    for block in blocks.order_by("start", "id").iterator(chunk_size=READ_AT_ONCE):
        yield {
            "property": block.unit.property.name,
            "property_slug": block.unit.property.slug,
            "unit": block.unit.name,
            "first_night": block.start,
            "free_on": block.end,
            "reason": block.reason,
            "note": block.note,
        }


def _properties(organization: Organization) -> Iterator[dict[str, Any]]:
    homes = Property.objects.for_organization(organization).with_units().order_by("name", "id")
    own = [column.name for column in OF_KIND[Kind.PROPERTIES]]
    for home in homes:
        facts = {name: getattr(home, name) for name in own if hasattr(home, name)}
        facts |= {
            "property": home.name,
            "property_slug": home.slug,
            "amenities": "; ".join(home.amenities or []),
            "bathrooms": _short(home.bathrooms),
            "latitude": _short(home.latitude),
            "longitude": _short(home.longitude),
        }
        for unit in home.units_in_order:  # type: ignore[attr-defined]
            yield facts | {
                "unit": unit.name,
                "unit_status": unit.status,
                "available_from": unit.available_from,
                "available_to": unit.available_to,
            }


def _short(number: Decimal | None) -> str | None:
    """As it was entered: a coordinate is no price."""
    return None if number is None else f"{number.normalize():f}"


# In the order in which they can be imported.
READERS: dict[str, Callable[[Organization], Iterator[dict[str, Any]]]] = {
    Kind.PROPERTIES: _properties,
    Kind.GUESTS: _guests,
    Kind.BOOKINGS: _bookings,
    Kind.BLOCKS: _blocks,
}
# Said in other columns already.
LEFT_OUT: dict[str, frozenset[str]] = {
    Kind.BOOKINGS: frozenset({"nights", "num_guests"}),
    Kind.GUESTS: frozenset(),
    Kind.BLOCKS: frozenset({"nights"}),
    Kind.PROPERTIES: frozenset(),
}
