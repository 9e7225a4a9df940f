"""Bali Villas: five places of one unit each, as section 10 of the API contract lists them."""

from decimal import Decimal
from typing import Any

from bookings.demo.plan import House, Person, Stay
from bookings.models import Status
from properties.models import Property

VILLA, GUESTHOUSE = Property.Type.VILLA, Property.Type.GUESTHOUSE
PENDING, CONFIRMED, CANCELLED = Status.PENDING, Status.CONFIRMED, Status.CANCELLED
IN, OUT = Status.CHECKED_IN, Status.CHECKED_OUT

AYU = "Le Ayu Villa Canggu"
PITU = "Pitu Village Escape"
DA_VINCI = "Da Vinci Villa by Nagisa"
UMAH = "Umah Anyar Villas Ubud"
CAPUNG = "Capung Asri Eco Resort"


def _property(
    name: str,
    location: str,
    property_type: str,
    max_guests: int,
    price: str,
    amenities: str,
    description: str,
) -> dict[str, Any]:
    return {
        "name": name,
        "location": location,
        "property_type": property_type,
        "max_guests": max_guests,
        "base_price_per_night": Decimal(price),
        "amenities": amenities.split(),
        "description": description,
    }


PROPERTIES = [
    _property(
        *(AYU, "Canggu, Bali", VILLA, 4, "129.00"),
        "private_pool wifi ac kitchen balcony terrace garden_view mountain_view bathtub"
        " streaming_tv parking room_service",
        "Two bedrooms around a private pool, ten minutes by scooter from Echo Beach. The upper"
        " terrace looks over rice fields to the mountains.",
    ),
    _property(
        *(PITU, "Sangeh, Ubud, Bali", VILLA, 2, "86.00"),
        "pool wifi garden terrace balcony parking breakfast room_service bike_rental concierge",
        "A quiet house for two beside the monkey forest of Sangeh, with breakfast on the terrace"
        " and bicycles for the village roads.",
    ),
    _property(
        *(DA_VINCI, "Canggu, Bali", VILLA, 8, "350.00"),
        "private_pool wifi ac kitchen garden breakfast parking staff bbq laundry airport_shuttle",
        "Four bedrooms for families and groups, with a cook and a driver, a long pool and a"
        " barbecue under the frangipani trees.",
    ),
    _property(
        *(UMAH, "Ubud, Bali", VILLA, 2, "163.00"),
        "private_pool wifi ac valley_view garden terrace parking breakfast",
        "One bedroom above the Wos valley: an infinity pool, the sound of the river, and the"
        " center of Ubud a short drive away.",
    ),
    _property(
        *(CAPUNG, "Ubud, Bali", GUESTHOUSE, 4, "122.00"),
        "private_pool wifi ac breakfast spa yoga organic_garden parking eco_friendly",
        "A bamboo house with its own organic garden, morning yoga and a small spa; rain water and"
        " solar power where possible.",
    ),
]


def _guest(
    name: str, nationality: str, email: str, phone: str | None, notes: str | None = None
) -> dict[str, Any]:
    return {
        "name": name,
        "nationality": nationality,
        "email": f"{email}@example.com",
        "phone": phone,
        "notes": notes,
    }


GUESTS = [
    _guest(
        *("Emma Thompson", "Australian", "emma.thompson", "+61 491 570 156"),
        "Returning guest. Likes a late breakfast.",
    ),
    _guest(
        *("James Wilson", "British", "james.wilson", "+44 7700 900123"),
        "Vegetarian.",
    ),
    _guest(
        *("Sarah Chen", "American", "sarah.chen", "+1 415 555 0142"),
        "Works remotely: asks for a desk and the fastest wifi.",
    ),
    _guest("Klaus Mueller", "German", "klaus.mueller", "+49 30 23125 041"),
    _guest(
        *("Marie Dubois", "French", "marie.dubois", "+33 6 39 98 12 34"),
        "Allergic to peanuts; the kitchen knows.",
    ),
    _guest(
        *("Yuki Tanaka", "Japanese", "yuki.tanaka", "+81 90 5550 1234"),
        "Photographer, out before sunrise.",
    ),
    _guest("Liam O'Brien", "Australian", "liam.obrien", "+61 491 570 157"),
    _guest(
        *("Ananya Sharma", "Indian", "ananya.sharma", "+91 98765 43210"),
        "Yoga teacher; books for small groups.",
    ),
    _guest("Henrik Johansson", "Swedish", "henrik.johansson", "+46 70 174 06 35"),
    _guest(
        *("Olivia Martinez", "Spanish", "olivia.martinez", "+34 612 345 678"),
        "Travels with two young children: cot and high chair.",
    ),
    _guest("David Kim", "South Korean", "david.kim", "+82 10 5550 1234"),
    _guest("Sophia Rossi", "Italian", "sophia.rossi", None),
    _guest(
        *("Lucas van Dijk", "Dutch", "lucas.vandijk", "+31 6 12345678"),
        "Prefers messages to calls.",
    ),
    _guest("Chloe Williams", "New Zealander", "chloe.williams", "+64 21 555 0123"),
    _guest(
        *("Ahmed Hassan", "Emirati", "ahmed.hassan", "+971 50 555 0123"),
        "Halal meals. Airport transfer both ways.",
    ),
]


# `booked` rises from one to the next: the list of bookings, newest first, is this list backwards.
STAYS = [
    Stay(AYU, "James Wilson", -30, -25, OUT, 2, -96, requests="Vegetarian breakfast, please."),
    Stay(AYU, "Chloe Williams", -20, -15, OUT, 1, -93),
    Stay(
        *(AYU, "Emma Thompson", -2, 5, IN, 2, -90),
        requests="Late breakfast, and a driver to Ubud on the third day.",
    ),
    Stay(AYU, "Sarah Chen", 10, 14, CONFIRMED, 2, -88, requests="A desk with a good chair."),
    Stay(PITU, "Yuki Tanaka", -45, -40, OUT, 2, -86, requests="Breakfast to take away at five."),
    Stay(
        *(PITU, "Henrik Johansson", -25, -20, CANCELLED, 1, -84),
        cancelled_because="Flight cancelled by the airline.",
    ),
    Stay(PITU, "Marie Dubois", -1, 6, IN, 2, -81, requests="No peanuts in any dish."),
    Stay(PITU, "Ananya Sharma", 15, 22, PENDING, 2, -79, requests="Space for two yoga mats."),
    Stay(
        *(DA_VINCI, "Liam O'Brien", -60, -53, OUT, 6, -77),
        requests="Barbecue on the first evening; surfboards for four.",
    ),
    Stay(
        *(DA_VINCI, "Olivia Martinez", -40, -35, OUT, 4, -75),
        requests="A cot, a high chair and the pool fence.",
    ),
    Stay(
        *(DA_VINCI, "Klaus Mueller", -10, -5, CANCELLED, 3, -73),
        cancelled_because="Illness in the family.",
    ),
    Stay(
        *(DA_VINCI, "David Kim", 7, 14, CONFIRMED, 5, -71),
        requests="Airport pickup for five with golf bags.",
    ),
    Stay(
        *(DA_VINCI, "Ahmed Hassan", 20, 27, PENDING, 8, -68),
        requests="Halal meals for everybody; two cars from the airport.",
    ),
    Stay(UMAH, "Sophia Rossi", -50, -45, OUT, 2, -66, requests="Flowers: it is our anniversary."),
    Stay(UMAH, "Lucas van Dijk", -35, -28, OUT, 2, -64),
    Stay(UMAH, "Klaus Mueller", -3, 4, IN, 2, -62, requests="A quiet table for dinner on day two."),
    Stay(UMAH, "James Wilson", 8, 12, CONFIRMED, 2, -60, requests="Vegetarian dinner on arrival."),
    Stay(CAPUNG, "Henrik Johansson", -55, -48, OUT, 2, -58),
    Stay(CAPUNG, "Emma Thompson", -15, -10, OUT, 2, -24),
    Stay(CAPUNG, "Yuki Tanaka", 5, 12, CONFIRMED, 2, -13),
    Stay(
        *(CAPUNG, "Ananya Sharma", 25, 32, PENDING, 4, -6),
        requests="Morning yoga for four; vegetarian kitchen.",
    ),
    Stay(
        *(CAPUNG, "Sarah Chen", 18, 21, CANCELLED, 1, -3),
        cancelled_because="Changed travel plans.",
    ),
]

BALI = House(
    name="Bali Villas",
    slug="bali-villas",
    currency="USD",
    time_zone="Asia/Makassar",
    people=[Person("demo@villaops.ai", "Demo Manager")],
    properties=PROPERTIES,
    guests=GUESTS,
    stays=STAYS,
)
