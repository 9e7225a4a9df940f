"""Everything in files that can be imported again, each kind under the columns it is imported by."""

import codecs
import csv
import datetime as dt
import io
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import batched, groupby
from typing import IO, Any, NamedTuple
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from django.db import connection

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
CSV = "text/csv; charset=utf-8"

type Cells = list[Any]

# Columns and where they are read: objects would be most of the work where there are many.
OF_GUEST = {
    "guest_name": "name",
    "guest_email": "email",
    "guest_phone": "phone",
    "guest_nationality": "nationality",
    "language": "language",
    "notes": "notes",
}
# What else is read is told of in other columns.
OF_BOOKING = {
    "id": "id",
    "unit_id": "unit_id",
    "is_placed": "is_placed",
    "time_zone": "property__time_zone",
    "reference": "reference",
    "property": "property__name",
    "property_slug": "property__slug",
    "unit": "unit__name",
    "guest_name": "guest__name",
    "guest_email": "guest__email",
    "guest_phone": "guest__phone",
    "guest_nationality": "guest__nationality",
    "check_in": "check_in",
    "check_out": "check_out",
    "status": "status",
    "adults": "adults",
    "children": "children",
    "total_price": "total_price",
    "currency": "currency",
    "source": "source",
    "special_requests": "special_requests",
    "booked_on": "created_at",
    "cancelled_on": "cancelled_at",
    "cancellation_reason": "cancellation_reason",
}
# Shares of the total as `spread` makes them. Whoever is found here is looked at night by night; the
# others, nearly all, need not be.
ODD_ONES = """
    SELECT b.id
    FROM (
        SELECT *, check_out - check_in AS nights, (total_price * 100)::bigint AS cents
        FROM bookings_booking
        WHERE organization_id = %(organization)s AND id = ANY(%(ids)s)
    ) b
    JOIN bookings_night n ON n.organization_id = b.organization_id AND n.booking_id = b.id
    GROUP BY b.id, b.nights
    HAVING count(*) <> b.nights OR bool_or(
        n.unit_id <> b.unit_id
        OR n.price IS DISTINCT FROM
            (b.cents / b.nights + (n.night - b.check_in < b.cents %% b.nights)::int) / 100.0
    )
"""


class Held(NamedTuple):
    """A night of a unit that a booking holds."""

    night: dt.date
    unit_id: UUID
    unit: str
    price: Decimal | None


def as_file(organization: Organization, format: str, kind: str | None = None) -> StoredFile:  # noqa: A002
    """A workbook with a sheet for each kind, or a zip with a CSV file for each; of one kind alone a
    workbook with its sheet, or its CSV file.
    """
    kinds = [kind] if kind else list(READERS)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    if format == "xlsx":
        suffix, content_type = "xlsx", XLSX
        write_workbook(organization, file, kinds)
    elif kind:
        suffix, content_type = "csv", CSV
        _write_csv(organization, file, kind)
    else:
        suffix, content_type = "zip", ZIP
        write_zip(organization, file, kinds)
    file.seek(0)
    return StoredFile(
        file,
        as_attachment=True,
        filename="-".join(filter(None, [organization.slug, kind])) + f".{suffix}",
        content_type=content_type,
    )


def write_zip(organization: Organization, file: IO[bytes], kinds: Iterable[str]) -> None:
    """A CSV file for each kind."""
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for kind in kinds:
            with archive.open(f"{kind}.csv", "w") as part:
                _write_csv(organization, part, kind)


def _write_csv(organization: Organization, file: IO[bytes], kind: str) -> None:
    # Excel takes a file without this mark for the machine's old eight-bit letters.
    file.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(heads_of(kind))
    writer.writerows(rows_of(organization, kind))
    text.detach()


def write_workbook(organization: Organization, file: IO[bytes], kinds: Iterable[str]) -> None:
    """A sheet for each kind."""
    # The library takes a twentieth of the start, and few starts are for a workbook.
    from bookings.spreadsheets import write_sheets

    write_sheets(file, [(str(kind), heads_of(kind), rows_of(organization, kind)) for kind in kinds])


def heads_of(kind: str) -> list[str]:
    """The names of the columns."""
    return [str(column.label) for column in OF_KIND[kind] if column.name not in LEFT_OUT[kind]]


def rows_of(organization: Organization, kind: str) -> Iterator[Cells]:
    """The rows under them."""
    names = [column.name for column in OF_KIND[kind] if column.name not in LEFT_OUT[kind]]
    for facts in READERS[kind](organization):
        yield [harmless(value) if value else value for value in map(facts.get, names)]


def _bookings(organization: Organization) -> Iterator[dict[str, Any]]:
    bookings = Booking.objects.for_organization(organization).order_by("check_in", "id")
    rows = bookings.values_list(*OF_BOOKING.values()).iterator(chunk_size=READ_AT_ONCE)
    for some in batched(rows, READ_AT_ONCE):
        stays = [dict(zip(OF_BOOKING, values, strict=True)) for values in some]
        odd = _odd_ones(organization, [stay["id"] for stay in stays])
        nights = _nights_of(organization, odd) if odd else {}
        for stay in stays:
            zone = ZoneInfo(stay["time_zone"])
            units = [stay["unit"]]
            if held := nights.get(stay["id"]):
                units, stay["stay_nights"] = _held(stay, held)
            stay["unit"] = AND.join(units) if stay["is_placed"] else NO_UNIT
            for name in ("booked_on", "cancelled_on"):
                stay[name] = stay[name] and stay[name].astimezone(zone).date()
            yield stay


def _odd_ones(organization: Organization, ids: list[UUID]) -> list[UUID]:
    """The bookings whose nights are not all in their own unit, or not of the usual prices."""
    with connection.cursor() as cursor:
        cursor.execute(ODD_ONES, {"organization": organization.pk, "ids": ids})
        return [found for (found,) in cursor.fetchall()]


def _nights_of(organization: Organization, ids: list[UUID]) -> dict[UUID, list[Held]]:
    """The nights each booking holds, with the units' names."""
    found: dict[UUID, list[Held]] = defaultdict(list)
    nights = Night.objects.for_organization(organization).filter(booking__in=ids)
    rows = nights.order_by("booking", "night", "unit__position", "unit_id")
    facts = rows.values_list("booking_id", "night", "unit_id", "unit__name", "price")
    for booking, night, unit_id, unit, price in facts:
        found[booking].append(Held(night, unit_id, unit, price))
    return found


def _held(stay: dict[str, Any], held: list[Held]) -> tuple[list[str], str | None]:
    """The units of the first night, the booking's own first; and all nights in detail, unless the
    units and the total say as much.
    """
    own = Held(stay["check_in"], stay["unit_id"], stay["unit"], None)
    first = [one for one in held if one.night == own.night] or [own]
    first.sort(key=lambda one: one.unit_id != own.unit_id)
    units = [one.unit for one in first]
    dates = dates_of(stay["check_in"], stay["check_out"])
    pairs = [(night, one.unit_id) for night in dates for one in first]
    usual = dict(zip(pairs, spread(stay["total_price"], len(pairs)), strict=True))
    if usual == {(one.night, one.unit_id): one.price for one in held}:
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
    rows = guests.order_by("name", "id").values_list(*OF_GUEST.values())
    for values in rows.iterator(chunk_size=READ_AT_ONCE):
        yield dict(zip(OF_GUEST, values, strict=True))


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
