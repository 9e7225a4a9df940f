"""The columns of each kind of file: what they are called, here and elsewhere, and how they read.

Ours are written by the export in this order and under these labels.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings.models import Block, Booking, Status
from imports.models import Kind
from imports.values import (
    Manners,
    Unreadable,
    folded,
    plain,
    read_amount,
    read_choice,
    read_count,
    read_day,
    read_decimal,
    read_list,
    read_nights,
    read_text,
)
from imports.workbooks import FORMULA
from properties.models import Property, Unit

A_FORMULA = _("This is a formula. Copy the column and paste it as values.")

type Read = Callable[[str, Manners], Any]


@dataclass(frozen=True)
class Column:
    """One fact of a row. `others`: what it is called elsewhere, several with a bar between."""

    name: str
    label: Any
    read: Read
    others: str = ""
    # One of those that have the same word here has to be there.
    needed: str = ""

    def words(self) -> list[str]:
        """Every word for it, folded."""
        words = [self.name, str(self.label), *self.others.split("|")]
        return [folded(word) for word in words if word]


STATUSES = {
    **{folded(one.value): one.value for one in Status},
    **{folded(str(one.label)): one.value for one in Status},
    **dict.fromkeys(
        (
            "ok",
            "booked",
            "reserved",
            "accepted",
            "new",
            "upcoming",
            "bestatigt",
            "confermata",
            "modified",
            "paid",
        ),
        Status.CONFIRMED.value,
    ),
    **dict.fromkeys(
        ("tentative", "option", "request", "inquiry", "enquiry", "requested", "hold", "offen"),
        Status.PENDING.value,
    ),
    **dict.fromkeys(
        ("in house", "arrived", "currently hosting", "staying", "checkedin"),
        Status.CHECKED_IN.value,
    ),
    **dict.fromkeys(
        (
            "departed",
            "completed",
            "past guest",
            "past",
            "checkedout",
            "stayed",
            "done",
            "finished",
            "abgereist",
        ),
        Status.CHECKED_OUT.value,
    ),
    **dict.fromkeys(
        (
            "canceled",
            "cancelled by guest",
            "canceled by guest",
            "cancelled by host",
            "cancelled by guests",
            "declined",
            "storniert",
            "cancellata",
            "annullata",
            "rejected",
        ),
        Status.CANCELLED.value,
    ),
    **dict.fromkeys(("noshow", "did not arrive"), Status.NO_SHOW.value),
}
SOURCES = {
    **{folded(one.value): one.value for one in Booking.Source},
    **{folded(str(one.label)): one.value for one in Booking.Source},
    **dict.fromkeys(("phone", "e mail", "email", "manual", "owner", "direkt"), "direct"),
    **dict.fromkeys(("bookingcom", "booking"), "booking_com"),
    **dict.fromkeys(("homeaway", "vrbo homeaway", "abritel", "fewo direkt"), "vrbo"),
    **dict.fromkeys(("web", "own website", "online"), "website"),
    **dict.fromkeys(("walkin",), "walk_in"),
}


def _choices(choices: Any) -> dict[str, str]:
    return {
        **{folded(one.value): one.value for one in choices},
        **{folded(str(one.label)): one.value for one in choices},
    }


# Where a stay or a block is.
PLACE = (
    Column(
        "property",
        _("Property"),
        read_text(255),
        "property name|listing|listing name|house|villa|accommodation|hotel|unterkunft|objekt"
        "|struttura|casa|home|lodging|rental",
        needed="place",
    ),
    Column(
        "property_slug",
        _("Property short name"),
        read_text(80),
        "property slug|slug",
        needed="place",
    ),
)
BOOKINGS = (
    Column(
        "reference",
        _("Reference"),
        read_text(200),
        "booking reference|confirmation code|confirmation number|confirmation|booking number"
        "|booking id|reservation|reservation number|reservation id|reservation code"
        "|external reference|id|book number|buchungsnummer|buchungsnr|buchungs nr"
        "|buchung|codice|numero prenotazione",
    ),
    *PLACE,
    Column(
        "unit",
        _("Unit"),
        read_text(500),
        "unit name|room|room name|room number|apartment|zimmer|camera|unit type|units",
    ),
    Column(
        "guest_name",
        _("Guest"),
        read_text(255),
        "guest name|name|customer|customer name|booker|booked by|main guest|gast|gastname|ospite"
        "|nome|full name|guest full name|guest names",
    ),
    Column(
        "guest_email",
        _("Guest e-mail"),
        read_text(254),
        "email|e mail|guest email|email address|customer email|mail",
    ),
    Column(
        "guest_phone",
        _("Guest phone"),
        read_text(50),
        "phone|phone number|telephone|mobile|contact|telefon|telefono|tel|phone no|handy",
    ),
    Column(
        "guest_nationality",
        _("Guest nationality"),
        read_text(100),
        "nationality|country|booker country|guest country",
    ),
    Column(
        "check_in",
        _("Check-in"),
        read_day,
        "arrival|arrival date|check in date|checkin|checkin date|start date|start|from"
        "|date from|anreise|ankunft|arrivo|date of arrival",
        needed="check_in",
    ),
    Column(
        "check_out",
        _("Check-out"),
        read_day,
        "departure|departure date|check out date|checkout|checkout date|end date|end|to|until"
        "|date to|abreise|partenza|date of departure",
        needed="check_out",
    ),
    Column(
        "nights",
        _("Nights"),
        read_count,
        "number of nights|nachte|notti|length of stay|of nights|duration nights",
        needed="check_out",
    ),
    Column("status", _("Status"), read_choice(STATUSES), "booking status|state|stato"),
    Column("adults", _("Adults"), read_count, "of adults|number of adults|erwachsene|adulti"),
    Column("children", _("Children"), read_count, "of children|kids|number of children|kinder"),
    Column(
        "num_guests",
        _("Guests"),
        read_count,
        "number of guests|persons|people|pax|party|party size|personen|persone|ospiti",
    ),
    Column(
        "total_price",
        _("Total"),
        read_amount,
        "total price|price|amount|total amount|earnings|revenue|booking total|gesamtpreis|preis"
        "|totale|prezzo|gross amount|accommodation total",
    ),
    Column("currency", _("Currency"), read_text(10), "currency code|wahrung|valuta"),
    # Written where a stay changes its unit, or its nights have prices of their own.
    Column("stay_nights", _("Nights in detail"), read_nights, "night by night"),
    Column(
        "source",
        _("Source"),
        read_choice(SOURCES, otherwise=Booking.Source.OTHER),
        "channel|portal|origin|booked through|platform|quelle|kanal|canale|booking source",
    ),
    Column(
        "special_requests",
        _("Special requests"),
        read_text(5000),
        "requests|remarks|comments|notes|notiz|bemerkungen|note|guest comments",
    ),
    Column(
        "booked_on",
        _("Booked on"),
        read_day,
        "booked|created|created at|created on|booking date|date booked|reservation date"
        "|gebucht am|data prenotazione",
    ),
    Column("cancelled_on", _("Cancelled on"), read_day, "cancellation date|canceled on"),
    Column("cancellation_reason", _("Cancellation reason"), read_text(500), "reason"),
)
GUESTS = (
    Column(
        "guest_name",
        _("Name"),
        read_text(255),
        "guest|guest name|full name|customer|customer name|gast|ospite|nome",
        needed="guest_name",
    ),
    Column(
        "guest_email",
        _("E-mail"),
        read_text(254),
        "email|guest email|email address|mail|e mail address",
    ),
    Column(
        "guest_phone",
        _("Phone"),
        read_text(50),
        "guest phone|phone number|telephone|mobile|telefon|telefono|tel|phone no|handy",
    ),
    Column(
        "guest_nationality",
        _("Nationality"),
        read_text(100),
        "country|guest nationality",
    ),
    Column("language", _("Language"), read_text(2), "language code|sprache|lingua"),
    Column("notes", _("Notes"), read_text(10_000), "note|comments|remarks|bemerkungen"),
)
PROPERTIES = (
    Column(
        "property",
        _("Property"),
        read_text(255),
        "property name|name|listing|house|villa|accommodation|hotel|unterkunft|objekt",
        needed="property",
    ),
    Column("property_slug", _("Property short name"), read_text(80), "slug|property slug"),
    Column(
        "property_type",
        _("Type"),
        read_choice(
            {
                **_choices(Property.Type),
                **dict.fromkeys(("house", "home", "cottage", "chalet", "bungalow"), "villa"),
                **dict.fromkeys(("b b", "bed and breakfast", "pension", "hostel"), "guesthouse"),
                **dict.fromkeys(("flat", "studio", "condo", "apartments"), "apartment"),
            }
        ),
        "property type|kind|category",
    ),
    Column("status", _("Status"), read_choice(_choices(Property.Status)), "property status"),
    Column("max_guests", _("Most guests"), read_count, "max guests|sleeps|capacity|guests"),
    Column(
        "base_price_per_night",
        _("Price per night"),
        read_amount,
        "base price|base price per night|price|rate|nightly rate|preis",
    ),
    Column("currency", _("Currency"), read_text(3), "currency code"),
    Column("time_zone", _("Time zone"), read_text(64), "timezone"),
    Column("location", _("Location"), read_text(255), "place|area|region"),
    Column("address_line1", _("Address"), read_text(255), "address line 1|street|address 1"),
    Column("address_line2", _("Address, second line"), read_text(255), "address line 2|address 2"),
    Column("city", _("City"), read_text(255), "town|ort|citta"),
    Column("country", _("Country"), read_text(2), "country code|land"),
    Column("latitude", _("Latitude"), read_decimal, "lat"),
    Column("longitude", _("Longitude"), read_decimal, "lon|lng|long"),
    Column("bedrooms", _("Bedrooms"), read_count, "rooms"),
    Column("bathrooms", _("Bathrooms"), read_decimal, "baths"),
    Column("check_in_time", _("Check-in time"), read_text(5), "check in from"),
    Column("check_out_time", _("Check-out time"), read_text(5), "check out until"),
    Column("amenities", _("Amenities"), read_list, "facilities|features"),
    Column("description", _("Description"), read_text(20_000), "text"),
    Column("check_in_instructions", _("Arrival instructions"), read_text(4000), "instructions"),
    Column("unit", _("Unit"), read_text(100), "unit name|room|room name|apartment|zimmer"),
    Column("unit_status", _("Unit status"), read_choice(_choices(Unit.Status)), ""),
    Column("available_from", _("Unit on offer from"), read_day, "available from"),
    Column("available_to", _("Unit on offer until"), read_day, "available to|available until"),
)
BLOCKS = (
    *PLACE,
    Column(
        "unit",
        _("Unit"),
        read_text(100),
        "unit name|room|room name|apartment|zimmer|camera",
    ),
    Column(
        "first_night",
        _("First night"),
        read_day,
        "from|start|start date|date from|blocked from|check in|arrival",
        needed="first_night",
    ),
    Column(
        "free_on",
        _("Free again on"),
        read_day,
        "to|until|end|end date|date to|blocked until|check out|departure",
        needed="free_on",
    ),
    Column("nights", _("Nights"), read_count, "number of nights|days", needed="free_on"),
    Column(
        "reason",
        _("Reason"),
        read_choice(
            {
                **_choices(Block.Reason),
                **dict.fromkeys(("owner", "owner block", "own use", "eigenbelegung"), "owner_stay"),
                **dict.fromkeys(("maintenance", "repair", "renovation"), "out_of_order"),
                **dict.fromkeys(("staff",), "house_use"),
            },
            otherwise=Block.Reason.OTHER,
        ),
        "block reason|type|kind",
    ),
    Column("note", _("Note"), read_text(500), "notes|comment|remarks|description"),
)
OF_KIND: dict[str, Sequence[Column]] = {
    Kind.BOOKINGS: BOOKINGS,
    Kind.GUESTS: GUESTS,
    Kind.PROPERTIES: PROPERTIES,
    Kind.BLOCKS: BLOCKS,
}


def guessed(kind: str, header: Sequence[str]) -> dict[str, int]:
    """Which column of ours each of the file's is, by its words; the exact ones first."""
    heads = [folded(head) for head in header]
    found: dict[str, int] = {}
    taken: set[int] = set()
    most = max(len(column.words()) for column in OF_KIND[kind])
    for rank in range(most):
        for column in OF_KIND[kind]:
            words = column.words()
            if column.name in found or rank >= len(words) or words[rank] not in heads:
                continue
            place = heads.index(words[rank])
            if place not in taken:
                found[column.name] = place
                taken.add(place)
    return found


def missing(kind: str, mapping: dict[str, int]) -> list[str]:
    """What has to be named and is not: the columns that would do, in words."""
    groups: dict[str, list[Column]] = {}
    for column in OF_KIND[kind]:
        if column.needed:
            groups.setdefault(column.needed, []).append(column)
    return [
        " / ".join(str(column.label) for column in group)
        for group in groups.values()
        if not any(column.name in mapping for column in group)
    ]


def hash_of(header: Sequence[str]) -> str:
    """The same for the same header."""
    text = json.dumps([folded(head) for head in header])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def problem(column: str, value: str, said: str) -> dict[str, str]:
    """What is wrong with a row, as it is kept and told."""
    return {"column": column, "value": value[:200], "said": said}


def read_cells(
    kind: str, mapping: dict[str, int], manners: Manners, cells: Sequence[str]
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """What the row says, and what of it cannot be read. Empty cells say nothing."""
    values: dict[str, Any] = {}
    problems: list[dict[str, str]] = []
    for column in OF_KIND[kind]:
        place = mapping.get(column.name)
        text = plain(cells[place]) if place is not None and place < len(cells) else ""
        if not text:
            continue
        if text.startswith(FORMULA):
            problems.append(problem(column.name, text.removeprefix(FORMULA), str(A_FORMULA)))
            continue
        try:
            values[column.name] = column.read(text, manners)
        except Unreadable as error:
            problems.append(problem(column.name, text, str(error)))
    return values, problems


def label_of(kind: str, name: str) -> str:
    """What a column is called."""
    return next((str(c.label) for c in OF_KIND[kind] if c.name == name), name)
