"""Everything held about one guest, to hand over: as JSON, or as CSV files in a zip."""

import csv
import datetime as dt
import io
import json
import re
import zipfile
from collections import defaultdict
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from bookings.models import Booking, BookingNote, Night
from guests.history import history_of
from guests.models import Guest
from messaging.models import Message

# Spreadsheets run a text that begins like a formula; a telephone number may begin with a plus.
FORMULA = re.compile(r"^[=@\t\r]|^[+-](?![\d\s().-]*$)")
STAY_FIELDS = (
    "reference",
    "status",
    "check_in",
    "check_out",
    "adults",
    "children",
    "source",
    "special_requests",
    "cancellation_reason",
    "cancelled_at",
    "created_at",
    "updated_at",
    "deleted_at",
)
PROFILE_FIELDS = (
    "id",
    "name",
    "email",
    "phone",
    "nationality",
    "language",
    "notes",
    "created_at",
    "updated_at",
    "anonymized_at",
)
MESSAGE_FIELDS = ("created_at", "kind", "address", "language", "subject", "text")

type Row = dict[str, Any]


def everything_about(guest: Guest, *, prices: bool) -> dict[str, Any]:
    """Profile, guests merged into them, stays with nights and staff notes (deleted ones too, said
    so), messages to them, and the history of changes; amounts only where `prices`. A constant
    number of statements.
    """
    everyone = list(Guest.objects.ancestors_of(guest).order_by("-id"))
    return {
        "guest": _fields(guest, PROFILE_FIELDS),
        "merged_guests": [_fields(one, PROFILE_FIELDS) for one in everyone if one != guest],
        "stays": _stays(guest, prices),
        "messages": [
            _fields(message, MESSAGE_FIELDS)
            for message in Message.objects.for_organization(guest.organization_id)
            .of_guest(guest.pk)
            .filter(guest__isnull=False)
            .order_by("created_at", "id")
        ],
        "history": [
            {"at": entry.at, "who": entry.who, "through": entry.door, "what": entry.sentences}
            for entry in history_of(guest, most=None)
        ],
    }


def _stays(guest: Guest, prices: bool) -> list[Row]:
    own = {"organization": guest.organization_id}
    bookings = list(
        Booking.objects.filter(**own, guest=guest)
        .with_guest_and_property()
        .order_by("check_in", "id")
    )
    nights: dict[Any, list[Row]] = defaultdict(list)
    for night in Night.objects.filter(**own, booking__in=bookings).in_order():
        row: Row = {"night": night.night, "unit": night.unit.name}
        nights[night.booking_id].append(row | ({"price": night.price} if prices else {}))
    notes: dict[Any, list[Row]] = defaultdict(list)
    for note in BookingNote.objects.filter(**own, booking__in=bookings).order_by("pk"):
        notes[note.booking_id].append(_fields(note, ("created_at", "text", "deleted_at")))
    return [
        {
            **_fields(booking, STAY_FIELDS),
            "property": booking.property.name,
            "unit": booking.unit.name,
            **({"total": booking.total_price, "currency": booking.currency} if prices else {}),
            "nights": nights[booking.pk],
            "staff_notes": notes[booking.pk],
        }
        for booking in bookings
    ]


def as_json(held: dict[str, Any]) -> bytes:
    """For programs."""
    return json.dumps(held, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False).encode()


def as_zip(held: dict[str, Any]) -> bytes:
    """For people: one table a file."""
    stays = held["stays"]
    tables = {
        "guest.csv": [held["guest"], *held["merged_guests"]],
        "stays.csv": [_without(stay, "nights", "staff_notes") for stay in stays],
        "nights.csv": _parts(stays, "nights"),
        "staff_notes.csv": _parts(stays, "staff_notes"),
        "messages.csv": held["messages"],
        "history.csv": [entry | {"what": " ".join(entry["what"])} for entry in held["history"]],
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.items():
            archive.writestr(name, _table(rows))
    return out.getvalue()


def _table(rows: list[Row]) -> str:
    out = io.StringIO()
    # Without the mark, spreadsheets take UTF-8 for something else.
    out.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    if rows:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, str) and FORMULA.match(value):
        return f"'{value}"
    return value


def _fields(row: Any, names: tuple[str, ...]) -> Row:
    return {name: getattr(row, name) for name in names}


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _parts(stays: list[Row], name: str) -> list[Row]:
    return [{"reference": stay["reference"], **part} for stay in stays for part in stay[name]]
