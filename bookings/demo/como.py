"""Lago Houses: a guesthouse of 3 rooms and a hotel of 12, to see units, blocks and roles."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from accounts.permissions import Role
from bookings.demo.plan import Closure, House, Person, Stay
from bookings.models import Block, Booking, Status
from properties.models import Property

PENDING, CONFIRMED, CANCELLED = Status.PENDING, Status.CONFIRMED, Status.CANCELLED
IN, OUT, NO_SHOW = Status.CHECKED_IN, Status.CHECKED_OUT, Status.NO_SHOW
DIRECT, WEBSITE, WALK_IN = Booking.Source.DIRECT, Booking.Source.WEBSITE, Booking.Source.WALK_IN
AIRBNB, BOOKING_COM = Booking.Source.AIRBNB, Booking.Source.BOOKING_COM

LOCANDA = "Locanda Bellavista"
RIVA = "Hotel Riva Antica"

PEOPLE = [
    Person("como@villaops.ai", "Giulia Conti"),
    Person("manager@villaops.ai", "Marco Bianchi", Role.MANAGER),
    Person("staff@villaops.ai", "Elena Galli", Role.STAFF),
    Person("housekeeper@villaops.ai", "Rosa Ferrari", Role.HOUSEKEEPER),
    Person("accountant@villaops.ai", "Paolo Greco", Role.ACCOUNTANT),
    Person("viewer@villaops.ai", "Anna Riva", Role.VIEWER),
]

PROPERTIES: list[dict[str, Any]] = [
    {
        "name": LOCANDA,
        "property_type": Property.Type.GUESTHOUSE,
        "location": "Varenna, Lake Como",
        "description": "Three rooms with balconies over the lake, a lemon garden and a long"
        " breakfast table. Five minutes on foot from the ferry.",
        "max_guests": 3,
        "base_price_per_night": Decimal("145.00"),
        "amenities": ["wifi", "breakfast", "garden", "lake_view", "balcony"],
        "check_in_time": "15:00",
        "check_out_time": "10:30",
        "address_line1": "Contrada dei Cipressi 4",
        "city": "Varenna",
        "country": "IT",
        "latitude": Decimal("46.010500"),
        "longitude": Decimal("9.283900"),
        "bedrooms": 3,
        "bathrooms": Decimal("3.0"),
        "units": [{"name": name} for name in ("Camelia", "Glicine", "Limone")],
    },
    {
        "name": RIVA,
        "property_type": Property.Type.HOTEL,
        "location": "Bellagio, Lake Como",
        "description": "A small hotel on the promenade: twelve rooms on three floors, a bar in the"
        " old boat house and a terrace for breakfast.",
        "max_guests": 8,
        "base_price_per_night": Decimal("180.00"),
        "amenities": ["wifi", "ac", "breakfast", "bar", "terrace", "lake_view", "parking"],
        "check_in_time": "14:00",
        "check_out_time": "11:00",
        "address_line1": "Lungolago Manzoni 12",
        "city": "Bellagio",
        "country": "IT",
        "latitude": Decimal("45.986800"),
        "longitude": Decimal("9.261200"),
        "bedrooms": 12,
        "bathrooms": Decimal("12.0"),
        "units": [{"name": f"{floor}0{room}"} for floor in (1, 2, 3) for room in (1, 2, 3, 4)],
    },
]

# Name, nationality, telephone, note.
_PEOPLE_WHO_STAY = [
    ("Nora Lindqvist", "Swedish", "+46 70 174 06 21", "Comes every autumn; asks for Camelia."),
    ("Peter Hofmann", "German", "+49 30 23125 112", None),
    ("Claire Martin", "French", "+33 6 39 98 45 10", None),
    ("Thomas Baker", "British", "+44 7700 900451", "Bad knee: ground floor or lift."),
    ("Isabel Costa", "Portuguese", "+351 912 345 678", None),
    ("Jan de Vries", "Dutch", "+31 6 23456789", "Cyclist, needs a lockable place."),
    ("Mia Schneider", "Swiss", "+41 78 555 01 23", None),
    ("Andrea Romano", "Italian", "+39 320 555 0142", "Invoice to his company."),
    ("Hanna Virtanen", "Finnish", "+358 40 555 0123", None),
    ("Lukas Novak", "Czech", "+420 601 555 012", None),
    ("Grace Murphy", "Irish", "+353 85 555 0123", "Gluten-free breakfast."),
    ("Daniel Fischer", "Austrian", "+43 664 555 0123", None),
    ("Sofia Nielsen", "Danish", "+45 20 55 01 23", None),
    ("Emily Carter", "American", "+1 212 555 0178", "Plans her sister's wedding here."),
    ("Hiroshi Sato", "Japanese", "+81 90 5550 4321", None),
    ("Laura Bruni", "Italian", None, None),
    ("Michael O'Connor", "Irish", "+353 85 555 0177", None),
    ("Katarzyna Nowak", "Polish", "+48 512 555 012", "Arrives late, by the last ferry."),
]

GUESTS: list[dict[str, Any]] = [
    {
        "name": name,
        "nationality": nationality,
        "email": name.lower().replace("'", "").replace(" ", ".") + "@example.com",
        "phone": phone,
        "notes": note,
    }
    for name, nationality, phone, note in _PEOPLE_WHO_STAY
]

# Stays that began before this week. Per room: first day, last day, guest, source, total or None
# for the base price. Channels sell at prices of their own.
_PAST: dict[tuple[str, str], list[tuple[int, int, str, Booking.Source, str | None]]] = {
    (LOCANDA, "Camelia"): [
        (-54, -47, "Nora Lindqvist", DIRECT, None),
        (-38, -34, "Claire Martin", AIRBNB, "530.00"),
        (-21, -14, "Peter Hofmann", WEBSITE, None),
        (-9, -5, "Grace Murphy", DIRECT, None),
    ],
    (LOCANDA, "Glicine"): [
        (-50, -46, "Lukas Novak", BOOKING_COM, "551.00"),
        (-30, -23, "Hanna Virtanen", AIRBNB, "899.99"),
        (-12, -6, "Isabel Costa", DIRECT, None),
    ],
    (LOCANDA, "Limone"): [
        (-41, -37, "Sofia Nielsen", BOOKING_COM, "535.50"),
        (-18, -13, "Jan de Vries", WEBSITE, None),
    ],
    (RIVA, "101"): [
        (-58, -52, "Thomas Baker", DIRECT, None),
        (-33, -28, "Mia Schneider", BOOKING_COM, "805.00"),
        (-11, -7, "Thomas Baker", DIRECT, None),
    ],
    (RIVA, "102"): [
        (-47, -42, "Andrea Romano", DIRECT, "760.00"),
        (-20, -15, "Andrea Romano", DIRECT, "760.00"),
    ],
    (RIVA, "103"): [
        (-36, -29, "Daniel Fischer", WEBSITE, None),
        (-16, -10, "Katarzyna Nowak", BOOKING_COM, "999.00"),
    ],
    (RIVA, "104"): [(-26, -22, "Laura Bruni", WALK_IN, "610.00")],
    (RIVA, "201"): [
        (-52, -45, "Emily Carter", DIRECT, None),
        (-24, -19, "Hiroshi Sato", BOOKING_COM, "850.00"),
    ],
    (RIVA, "202"): [
        (-52, -45, "Michael O'Connor", DIRECT, None),
        (-14, -9, "Peter Hofmann", BOOKING_COM, "830.00"),
    ],
    (RIVA, "203"): [(-31, -27, "Grace Murphy", WEBSITE, None)],
    (RIVA, "301"): [
        (-44, -38, "Claire Martin", BOOKING_COM, "960.00"),
        (-8, -4, "Lukas Novak", WALK_IN, "640.00"),
    ],
    (RIVA, "302"): [(-28, -21, "Isabel Costa", WEBSITE, None)],
    (RIVA, "303"): [(-17, -11, "Sofia Nielsen", BOOKING_COM, "990.00")],
}


def _past() -> Iterator[Stay]:
    """Each was made some days or weeks before, no two alike."""
    number = 0
    for (home, room), stays in _PAST.items():
        for start, end, guest, source, total in stays:
            number += 1
            lead = 0 if source == WALK_IN else 4 + number * 11 % 43
            yield Stay(
                *(home, guest, start, end, OUT, 1 + number % 2, start - lead),
                rooms=(room,),
                source=source,
                total=Decimal(total) if total else None,
            )


_NOW_AND_LATER = [
    # In the house.
    Stay(
        *(LOCANDA, "Nora Lindqvist", -3, 4, IN, 2, -70),
        rooms=("Camelia",),
        requests="The table by the window.",
    ),
    Stay(
        *(RIVA, "Hiroshi Sato", -4, 3, IN, 2, -41),
        rooms=("201",),
        source=BOOKING_COM,
        total=Decimal("1190.00"),
        requests="A quieter room, please: moved away from the lift.",
        moves=(-1, "302"),
    ),
    Stay(
        *(RIVA, "Mia Schneider", -2, 2, IN, 4, -35),
        children=2,
        rooms=("103", "104"),
        requests="Two rooms side by side; a bed rail.",
    ),
    Stay(*(RIVA, "Thomas Baker", -1, 6, IN, 1, -20), rooms=("102",)),
    # Leaving today: one has left, two have not yet.
    Stay(
        *(LOCANDA, "Claire Martin", -4, 0, OUT, 2, -28),
        rooms=("Glicine",),
        source=AIRBNB,
        total=Decimal("548.00"),
    ),
    Stay(*(RIVA, "Andrea Romano", -2, 0, IN, 1, -9), rooms=("203",), total=Decimal("330.00")),
    Stay(*(RIVA, "Grace Murphy", -3, 0, IN, 2, -33), rooms=("301",), source=WEBSITE),
    # Arriving today: one is here already.
    Stay(
        *(LOCANDA, "Daniel Fischer", 0, 3, CONFIRMED, 2, -25),
        rooms=("Glicine",),
        source=WEBSITE,
        requests="Ferry at 17:40; help with the luggage.",
    ),
    Stay(*(RIVA, "Laura Bruni", 0, 2, IN, 2, -7), rooms=("202",)),
    Stay(
        *(RIVA, "Katarzyna Nowak", 0, 4, CONFIRMED, 2, -18),
        rooms=("203",),
        source=BOOKING_COM,
        total=Decimal("655.00"),
        requests="Late arrival, around 23:00.",
    ),
    Stay(*(RIVA, "Peter Hofmann", 0, 1, PENDING, 1, -1), rooms=("303",), source=WEBSITE),
    # Should have come yesterday.
    Stay(*(RIVA, "Jan de Vries", -1, 3, CONFIRMED, 1, -15), rooms=("204",)),
    # To come.
    Stay(*(RIVA, "Isabel Costa", 3, 8, CONFIRMED, 2, -16), rooms=("201",), source=WEBSITE),
    Stay(*(LOCANDA, "Hanna Virtanen", 5, 11, CONFIRMED, 2, -30), rooms=("Camelia",)),
    Stay(
        *(LOCANDA, "Sofia Nielsen", 6, 9, PENDING, 3, -2),
        children=1,
        rooms=("Glicine",),
        source=AIRBNB,
        total=Decimal("420.00"),
    ),
    Stay(
        *(RIVA, "Emily Carter", 9, 12, CONFIRMED, 6, -62),
        rooms=("202", "203", "301"),
        total=Decimal("1500.00"),
        requests="Wedding party: three rooms, breakfast together at nine.",
    ),
    Stay(
        *(RIVA, "Mia Schneider", 4, 7, CONFIRMED, 2, -6),
        rooms=("302",),
        source=BOOKING_COM,
        total=Decimal("498.00"),
        requests="Lake view, if there is one.",
        unplaced=True,
    ),
    Stay(*(RIVA, "Lukas Novak", 14, 21, PENDING, 2, -4), rooms=("103",), source=BOOKING_COM),
    Stay(*(RIVA, "Michael O'Connor", 26, 30, CONFIRMED, 2, -12), rooms=("302",)),
    # Came to nothing.
    Stay(
        *(RIVA, "Claire Martin", 4, 7, CANCELLED, 2, -22),
        rooms=("101",),
        source=BOOKING_COM,
        cancelled_because="Found another date.",
    ),
    Stay(*(RIVA, "Lukas Novak", -6, -4, NO_SHOW, 1, -19), rooms=("204",), source=BOOKING_COM),
]

CLOSURES = [
    Closure(LOCANDA, "Limone", -2, 8, Block.Reason.OWNER_STAY, "The owner's sister."),
    Closure(RIVA, "304", -6, 15, Block.Reason.OUT_OF_ORDER, "Water damage; new floor."),
    Closure(RIVA, "101", 8, 11, Block.Reason.HOUSE_USE, "Night porter."),
    Closure(RIVA, "204", 12, 14, Block.Reason.OTHER, "Photographs for the website."),
]

COMO = House(
    name="Lago Houses",
    slug="lago-houses",
    currency="EUR",
    time_zone="Europe/Rome",
    people=PEOPLE,
    properties=PROPERTIES,
    guests=GUESTS,
    stays=sorted([*_past(), *_NOW_AND_LATER], key=lambda stay: stay.booked),
    closures=CLOSURES,
)
