"""The dashboard's routes, and what each answers to whom.

`{...}` in what is sent, like `<...>` in an address, is filled in by `route_house`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.permissions import Permission

P = Permission

EVERYBODY = ("nobody", "stranger", "lacking", "elsewhere", "member", "read_key", "write_key")
# On pages.
WITHOUT_A_SESSION = ("nobody", "read_key", "write_key")


@dataclass(frozen=True)
class Row:
    """A route with a method, and the status for everybody who may come."""

    route: str
    method: str
    # What `member` has, and `lacking` has not; None where no permission is asked for.
    permission: P | None
    nobody: int
    stranger: int
    # None where no role lacks the permission.
    lacking: int | None
    # A member who is limited to another property.
    elsewhere: int
    member: int
    read_key: int
    write_key: int
    query: str = ""
    body: Mapping[str, Any] | None = None
    json: bool = False
    # What stands for a placeholder whose name says too little.
    fill: Mapping[str, str] | None = None
    # Whether people without an account are let in, too.
    is_open: bool = False
    # Who is told on the next page that nothing came of it.
    in_vain: tuple[str, ...] = ()

    def statuses(self) -> dict[str, int | None]:
        """By whom."""
        return {name: getattr(self, name) for name in EVERYBODY}

    def refuses(self, name: str) -> bool:
        """Whether one of `EVERYBODY` comes to nothing here."""
        status = self.statuses()[name] or 0
        led_to_login = not self.is_open and name in WITHOUT_A_SESSION and status == 302
        return status >= 400 or led_to_login or name in self.in_vain

    def __str__(self) -> str:
        return f"{self.method} {self.route}{self.query}"


# Every role may read these.
FOR_ALL = {P.READ_ORGANIZATION, P.READ_MEMBERS, P.READ_PROPERTIES, P.READ_BOOKINGS}


def row(
    method: str,
    address: str,
    permission: P,
    elsewhere: int,
    member: int,
    body: Mapping[str, Any] | None = None,
    **more: Any,
) -> Row:
    """A page: nobody and programs are led to the log-in, strangers find nothing, and whose role
    does not include it is told so.
    """
    return Row(
        f"o/<slug:slug>/{address}",
        method,
        permission,
        nobody=302,
        stranger=404,
        lacking=None if permission in FOR_ALL else 403,
        elsewhere=elsewhere,
        member=member,
        read_key=302,
        write_key=302,
        body=body,
        **more,
    )


STAY = "bookings/<uuid:booking_id>/"
BLOCK = "bookings/blocks/<uuid:block_id>/"
NOTE = f"{STAY}notes/<uuid:note_id>"
VIEW = "bookings/views/<uuid:view_id>/"
GUEST = "guests/<uuid:guest_id>/"
HOME = "properties/<uuid:property_id>/"
UNIT = f"{HOME}units/<uuid:unit_id>/"
SETTINGS = "settings/"
IMPORT = "imports/<uuid:import_id>/"
MEMBER = f"{SETTINGS}members/<uuid:member_id>"

STAY_FORM = {
    "place": "u:{taken_unit_id}",
    "check_in": "{check_in}",
    "check_out": "{check_out}",
    "adults": "2",
    "children": "0",
    "source": "direct",
    "total_price": "300",
}
PLACE = "?place=u:{unit_id}&check_in={check_in}&check_out={check_out}&adults=2&children=0"
PERIOD = "?place=u:{unit_id}&start={day}&end={next}"
UNIT_PERIOD = "?place={unit_id}&start={day}&end={next}"
NEW_STAY = {"save": "1", "guest": "{guest_id}", "status": "confirmed"}
VILLA = {
    "name": "Villa Nova",
    "property_type": "villa",
    "status": "active",
    "currency": "USD",
    "time_zone": "UTC",
    "slug": "villa-nova",
}
ROOM = {"name": "Attic", "position": "1", "status": "active"}
PERSON = {"name": "Yuki Tanaka", "email": "yuki@example.com"}
TICKED = {"booking": "{booking_id}"}
CANCELLING = {**TICKED, "sure": "1"}
REVIVING = {"pending": "{cancelled_id}"}
IN_VAIN = ("elsewhere",)
DRAWN = {"unit": "{unit_id}", "start": "{check_in}", "end": "{check_out}"}
GESTURE = {"kind": "block", "id": "{block_id}", "seen": "{block_seen}", "change": {"release": True}}
SPAN = "?start={day}&end={check_out}"
ORGANIZATION = {
    "name": "Sea Houses",
    "slug": "sea-houses",
    "currency": "EUR",
    "time_zone": "UTC",
    "locale": "en",
}

BOOKINGS = [
    #    method, address                       permission        elsewhere member
    row("GET", "", P.READ_BOOKINGS, 200, 200),
    row("GET", "events", P.READ_BOOKINGS, 204, 204),
    row("GET", "find", P.READ_BOOKINGS, 200, 200, query="?q=Emma"),
    row("GET", "bookings/", P.READ_BOOKINGS, 200, 200),
    row("GET", "bookings/export", P.READ_BOOKINGS, 200, 200, query="?format=csv"),
    row("POST", "bookings/ticked/confirm", P.WRITE_BOOKINGS, 302, 302, TICKED, in_vain=IN_VAIN),
    row("POST", "bookings/ticked/unconfirm", P.WRITE_BOOKINGS, 302, 302, TICKED, in_vain=IN_VAIN),
    row(
        "POST",
        "bookings/ticked/cancel",
        P.WRITE_BOOKINGS,
        302,
        302,
        {**TICKED, "sure": "1"},
        in_vain=IN_VAIN,
    ),
    row(
        "POST",
        "bookings/ticked/revive",
        P.WRITE_BOOKINGS,
        302,
        302,
        {"pending": "{cancelled_id}"},
        in_vain=IN_VAIN,
    ),
    row("POST", "bookings/ticked/export", P.READ_BOOKINGS, 200, 200, {**TICKED, "format": "csv"}),
    row("GET", "bookings/views/", P.READ_BOOKINGS, 200, 200),
    row("GET", "bookings/views/new", P.READ_BOOKINGS, 200, 200),
    row("POST", "bookings/views/new", P.READ_BOOKINGS, 302, 302, {"name": "A", "query": "q=y"}),
    row("GET", f"{VIEW}rename", P.READ_BOOKINGS, 404, 200),
    row("POST", f"{VIEW}rename", P.READ_BOOKINGS, 404, 302, {"name": "B"}),
    row("POST", f"{VIEW}delete", P.READ_BOOKINGS, 404, 302),
    row("POST", f"{VIEW}default", P.READ_BOOKINGS, 404, 302),
    row("GET", "bookings/new", P.WRITE_BOOKINGS, 200, 200),
    row("POST", "bookings/new", P.WRITE_BOOKINGS, 422, 302, {**STAY_FORM, **NEW_STAY}),
    row("GET", "bookings/new/guests", P.WRITE_BOOKINGS, 200, 200, query="?find=Emma"),
    row("GET", "bookings/new/guests-alike", P.WRITE_BOOKINGS, 200, 200, query="?name=Emma"),
    row("GET", "bookings/new/quote", P.WRITE_BOOKINGS, 200, 200, query=PLACE),
    row(
        "GET",
        "bookings/taken",
        P.WRITE_BOOKINGS,
        200,
        200,
        query=f"{PLACE}&start={{day}}&end={{next}}",
    ),
    row("GET", "bookings/blocks/new/<uuid:property_id>", P.WRITE_BOOKINGS, 404, 200),
    row(
        "POST",
        "bookings/blocks/new/<uuid:property_id>",
        P.WRITE_BOOKINGS,
        404,
        302,
        {**DRAWN, "reason": "other"},
    ),
    row("GET", "bookings/blocks/taken", P.WRITE_BOOKINGS, 404, 200, query=UNIT_PERIOD),
    row("GET", f"{BLOCK}edit", P.WRITE_BOOKINGS, 404, 200),
    row(
        "POST",
        f"{BLOCK}edit",
        P.WRITE_BOOKINGS,
        404,
        302,
        {**DRAWN, "reason": "other"},
    ),
    row("POST", f"{BLOCK}release", P.WRITE_BOOKINGS, 404, 302),
    row("GET", STAY, P.READ_BOOKINGS, 404, 200),
    row("GET", f"{STAY}edit", P.WRITE_BOOKINGS, 404, 200),
    row("POST", f"{STAY}edit", P.WRITE_BOOKINGS, 404, 302, STAY_FORM),
    row("POST", f"{STAY}status", P.WRITE_BOOKINGS, 404, 302, {"status": "confirmed"}),
    row("POST", f"{STAY}expect", P.WRITE_BOOKINGS, 404, 302),
    row("GET", f"{STAY}cancel", P.WRITE_BOOKINGS, 404, 200),
    row("POST", f"{STAY}cancel", P.WRITE_BOOKINGS, 404, 302, {"reason": "Ill"}),
    row("GET", f"{STAY}move", P.WRITE_BOOKINGS, 404, 200),
    row(
        "POST",
        f"{STAY}move",
        P.WRITE_BOOKINGS,
        404,
        302,
        {"unit": "{unit_id}", "from_night": "{next}"},
    ),
    row("GET", f"{STAY}confirmation", P.READ_GUESTS, 404, 200),
    row("GET", f"{STAY}notes/new", P.WRITE_BOOKINGS, 404, 200),
    row("POST", f"{STAY}notes/new", P.WRITE_BOOKINGS, 404, 302, {"text": "Early"}),
    row("GET", NOTE, P.WRITE_BOOKINGS, 404, 200),
    row("POST", NOTE, P.WRITE_BOOKINGS, 404, 302, {"text": "Later"}),
    row("POST", f"{NOTE}/delete", P.WRITE_BOOKINGS, 404, 302),
    row("GET", f"{STAY}delete", P.DELETE_BOOKINGS, 404, 200),
    row("POST", f"{STAY}delete", P.DELETE_BOOKINGS, 404, 302),
]

CALENDAR = [
    row("GET", "calendar/", P.READ_BOOKINGS, 200, 200),
    row("GET", "calendar/units", P.READ_BOOKINGS, 200, 200),
    row("GET", "calendar/data", P.READ_BOOKINGS, 200, 200, query=SPAN),
    row("GET", "calendar/changes", P.READ_BOOKINGS, 200, 200, query="?as_of=0.0"),
    row("POST", "calendar/preview", P.WRITE_BOOKINGS, 404, 200, GESTURE, json=True),
    row("POST", "calendar/change", P.WRITE_BOOKINGS, 404, 200, GESTURE, json=True),
    row("POST", "calendar/block", P.WRITE_BOOKINGS, 404, 200, DRAWN, json=True),
    row(
        "GET",
        "calendar/card/<str:kind>/<uuid:holder_id>",
        P.READ_BOOKINGS,
        404,
        200,
        fill={"kind": "booking", "holder_id": "{booking_id}"},
    ),
    row("GET", "calendar/list", P.READ_BOOKINGS, 200, 200, query="?start={day}"),
    row("GET", "availability/", P.READ_BOOKINGS, 200, 200),
]

GUESTS = [
    row("GET", "guests/", P.READ_GUESTS, 200, 200),
    row("GET", "guests/new", P.WRITE_GUESTS, 200, 200),
    row("POST", "guests/new", P.WRITE_GUESTS, 302, 302, PERSON),
    row("GET", GUEST, P.READ_GUESTS, 404, 200),
    row("GET", f"{GUEST}edit", P.WRITE_GUESTS, 404, 200),
    row("POST", f"{GUEST}edit", P.WRITE_GUESTS, 404, 302, PERSON),
    row("GET", f"{GUEST}delete", P.DELETE_GUESTS, 404, 200),
    row("POST", f"{GUEST}delete", P.DELETE_GUESTS, 404, 302, {"bookings": "on"}),
    row("GET", f"{GUEST}merge", P.DELETE_GUESTS, 404, 200),
    row(
        "POST",
        f"{GUEST}merge",
        P.DELETE_GUESTS,
        404,
        302,
        {"name": "keep", "email": "keep"},
        query="?with={double_id}",
    ),
    row("POST", f"{GUEST}merge/<uuid:merge_id>/undo", P.DELETE_GUESTS, 404, 302),
    row("GET", f"{GUEST}export", P.READ_GUESTS, 404, 200, query="?format=json"),
    row("GET", f"{GUEST}anonymize", P.DELETE_GUESTS, 404, 200),
    row(
        "POST",
        f"{GUEST}anonymize",
        P.DELETE_GUESTS,
        404,
        302,
        {"name": "Emma T"},
        fill={"guest_id": "{double_id}"},
    ),
]

PROPERTIES = [
    row("GET", "properties/", P.READ_PROPERTIES, 200, 200),
    row("GET", "properties/new", P.ADD_PROPERTIES, 403, 200),
    row("POST", "properties/new", P.ADD_PROPERTIES, 403, 302, VILLA),
    row("GET", HOME, P.READ_PROPERTIES, 404, 200),
    row("GET", f"{HOME}edit", P.WRITE_PROPERTIES, 404, 200),
    row("POST", f"{HOME}edit", P.WRITE_PROPERTIES, 404, 302, VILLA),
    row("GET", f"{HOME}delete", P.DELETE_PROPERTIES, 404, 200),
    row("POST", f"{HOME}delete", P.DELETE_PROPERTIES, 404, 302),
    row("GET", f"{HOME}units/new", P.WRITE_PROPERTIES, 404, 200),
    row("POST", f"{HOME}units/new", P.WRITE_PROPERTIES, 404, 302, {**ROOM, "position": ""}),
    row("POST", f"{HOME}units/order", P.WRITE_PROPERTIES, 404, 302, {"order": "{order}"}),
    row("GET", f"{UNIT}edit", P.WRITE_PROPERTIES, 404, 200),
    row("POST", f"{UNIT}edit", P.WRITE_PROPERTIES, 404, 302, ROOM),
    row("POST", f"{UNIT}rename", P.WRITE_PROPERTIES, 404, 302, {"name": "Cellar"}),
    row("POST", f"{UNIT}offer", P.WRITE_PROPERTIES, 404, 302, {"status": "inactive"}),
    row("GET", f"{UNIT}delete", P.DELETE_PROPERTIES, 404, 200),
    row("POST", f"{UNIT}delete", P.DELETE_PROPERTIES, 404, 302),
    row("GET", "occupancy/", P.READ_OCCUPANCY, 200, 200),
    row("GET", "occupancy/report/", P.READ_ANALYTICS, 200, 200),
    row("GET", "analytics/", P.READ_ANALYTICS, 200, 200),
    row("GET", "analytics/nights/", P.READ_ANALYTICS, 200, 200),
    row("GET", "analytics/bookings/", P.READ_ANALYTICS, 200, 200),
    row("GET", "analytics/download", P.READ_ANALYTICS, 200, 200),
    # Whoever may comes as far as the question which month.
    row(
        "GET",
        "occupancy/report/<str:month>.pdf",
        P.READ_ANALYTICS,
        404,
        404,
        fill={"month": "1999-01"},
    ),
]

TEMPLATE = "messages/templates/<slug:kind>/<slug:language>/"
WORDS = {"subject": "Thank you", "html": "<p>Thank you</p>", "text": "Thank you", "booking": ""}
THANKS = {"fill": {"kind": "thank_you", "language": "en"}}
LETTER = "messages/<uuid:message_id>/"

MESSAGES = [
    row("GET", "messages/", P.READ_GUESTS, 200, 200),
    row("GET", LETTER, P.READ_GUESTS, 404, 200),
    row("GET", f"{LETTER}body", P.READ_GUESTS, 404, 200),
    row("POST", f"{LETTER}resend", P.WRITE_BOOKINGS, 404, 302),
    row("GET", "messages/schedule/", P.READ_GUESTS, 200, 200),
    row(
        "POST",
        "messages/schedule/<uuid:booking_id>/<slug:kind>/skip",
        P.WRITE_BOOKINGS,
        404,
        302,
        **THANKS,
    ),
    row("GET", "messages/automations/", P.READ_GUESTS, 200, 200),
    row(
        "POST",
        "messages/automations/<slug:kind>",
        P.WRITE_PROPERTIES,
        403,
        302,
        {"offset_days": "2", "hour": "9"},
        **THANKS,
    ),
    row("GET", "messages/templates/", P.READ_GUESTS, 200, 200),
    row("GET", TEMPLATE, P.READ_GUESTS, 200, 200, **THANKS),
    row("POST", f"{TEMPLATE}save", P.WRITE_PROPERTIES, 403, 302, WORDS, **THANKS),
    row("GET", f"{TEMPLATE}preview", P.READ_GUESTS, 200, 200, **THANKS),
    row("POST", f"{TEMPLATE}preview", P.READ_GUESTS, 200, 200, WORDS, **THANKS),
    row("POST", f"{TEMPLATE}test", P.WRITE_PROPERTIES, 403, 200, WORDS, **THANKS),
    row("POST", f"{TEMPLATE}reset", P.WRITE_PROPERTIES, 403, 302, **THANKS),
]

NOTICE = "notifications/<uuid:notification_id>"
NOTIFICATIONS = [
    row("GET", "notifications/", P.READ_BOOKINGS, 200, 200),
    row("GET", "notifications/latest", P.READ_BOOKINGS, 200, 200),
    row("GET", "notifications/bell", P.READ_BOOKINGS, 200, 200),
    row("GET", "notifications/choices", P.READ_BOOKINGS, 200, 200),
    row("POST", "notifications/choices", P.READ_BOOKINGS, 302, 302, {"new_booking-mail": "now"}),
    row("POST", "notifications/read", P.READ_BOOKINGS, 302, 302),
    row("GET", NOTICE, P.READ_BOOKINGS, 404, 302),
    row("POST", f"{NOTICE}/read", P.READ_BOOKINGS, 404, 302, {"read": "1"}),
]

SETTINGS_PAGES = [
    row("GET", SETTINGS, P.READ_ORGANIZATION, 200, 200),
    # Who may not change anything sees the facts whatever is sent.
    row("POST", SETTINGS, P.READ_ORGANIZATION, 200, 200, ORGANIZATION),
    row("GET", f"{SETTINGS}logo", P.READ_ORGANIZATION, 200, 200),
    row("POST", f"{SETTINGS}export", P.EDIT_ORGANIZATION, 403, 200),
    row("GET", f"{SETTINGS}delete", P.EDIT_ORGANIZATION, 403, 200),
    row("POST", f"{SETTINGS}delete", P.EDIT_ORGANIZATION, 403, 302, {"name": "Sea Houses"}),
    row("POST", f"{SETTINGS}keep", P.EDIT_ORGANIZATION, 403, 302),
    row("GET", f"{SETTINGS}transfer", P.MANAGE_OWNERS, 403, 200),
    row("POST", f"{SETTINGS}transfer", P.MANAGE_OWNERS, 403, 302, {"to": "{member_id}"}),
    row("GET", f"{SETTINGS}leave", P.READ_ORGANIZATION, 200, 200),
    row("POST", f"{SETTINGS}leave", P.READ_ORGANIZATION, 302, 302),
    row("GET", f"{SETTINGS}members", P.READ_MEMBERS, 200, 200),
    row("GET", f"{SETTINGS}members/invite", P.MANAGE_MEMBERS, 200, 200),
    row(
        "POST",
        f"{SETTINGS}members/invite",
        P.MANAGE_MEMBERS,
        302,
        302,
        {"email": "other@example.com", "role": "viewer"},
    ),
    row("GET", MEMBER, P.MANAGE_MEMBERS, 200, 200),
    row("POST", MEMBER, P.MANAGE_MEMBERS, 403, 302, {"role": "staff"}),
    row(
        "POST",
        f"{MEMBER}/resend",
        P.MANAGE_MEMBERS,
        302,
        302,
        fill={"member_id": "{invited_id}"},
        in_vain=IN_VAIN,
    ),
    row("POST", f"{MEMBER}/remove", P.MANAGE_MEMBERS, 302, 302, in_vain=IN_VAIN),
    row("GET", f"{SETTINGS}api-keys", P.MANAGE_API_KEYS, 403, 200),
    row(
        "POST",
        f"{SETTINGS}api-keys",
        P.MANAGE_API_KEYS,
        403,
        200,
        {"name": "New", "scope": "read", "scopes": "read"},
    ),
    row("POST", f"{SETTINGS}api-keys/<uuid:key_id>/revoke", P.MANAGE_API_KEYS, 403, 302),
    row("GET", "imports/", P.ADD_PROPERTIES, 403, 200),
    row("GET", "imports/new", P.ADD_PROPERTIES, 403, 200),
    row("POST", "imports/new", P.ADD_PROPERTIES, 403, 422, {"kind": "bookings"}),
    row("GET", "imports/export", P.ADD_PROPERTIES, 403, 200),
    row("GET", IMPORT, P.ADD_PROPERTIES, 403, 200),
    row("GET", f"{IMPORT}columns", P.ADD_PROPERTIES, 403, 200),
    row("POST", f"{IMPORT}columns", P.ADD_PROPERTIES, 403, 422, {"dates": "day"}),
    row("GET", f"{IMPORT}problems", P.ADD_PROPERTIES, 403, 200),
    row("POST", f"{IMPORT}run", P.ADD_PROPERTIES, 403, 302, {}, in_vain=("member",)),
    row("POST", f"{IMPORT}stop", P.ADD_PROPERTIES, 403, 302, {}, in_vain=("member",)),
    row("GET", f"{IMPORT}undo", P.ADD_PROPERTIES, 403, 200),
    row("POST", f"{IMPORT}undo", P.ADD_PROPERTIES, 403, 302, {}, in_vain=("member",)),
    row("GET", "audit/", P.READ_AUDIT, 403, 200),
    row("GET", "audit/export", P.READ_AUDIT, 403, 200, query="?format=csv"),
]

DASHBOARD = [
    *BOOKINGS,
    *CALENDAR,
    *GUESTS,
    *MESSAGES,
    *PROPERTIES,
    *NOTIFICATIONS,
    *SETTINGS_PAGES,
]
