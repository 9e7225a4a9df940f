"""Routes outside any organization: the way in, one's own account, the administrators' site."""

from collections.abc import Mapping
from typing import Any

from villaops.tests.route_table import Row
from villaops.tests.route_table_api import PASSWORD, anyone


def entrance(
    method: str,
    address: str,
    nobody: int,
    signed_in: int,
    body: Mapping[str, Any] | None = None,
    **more: Any,
) -> Row:
    """A page on the way in, which those who are in may not need. An API key opens no page."""
    return Row(
        address,
        method,
        permission=None,
        nobody=nobody,
        stranger=signed_in,
        lacking=None,
        elsewhere=signed_in,
        member=signed_in,
        read_key=nobody,
        write_key=nobody,
        body=body,
        is_open=True,
        **more,
    )


def own(
    method: str,
    address: str,
    status: int,
    body: Mapping[str, Any] | None = None,
    others: int | None = None,
    **more: Any,
) -> Row:
    """One's own account: nobody is led to the log-in, `others` is what other people are told."""
    others = status if others is None else others
    return Row(
        address,
        method,
        permission=None,
        nobody=302,
        stranger=others,
        lacking=None,
        elsewhere=others,
        member=status,
        read_key=302,
        write_key=302,
        body=body,
        **more,
    )


NEWCOMER = {
    "name": "Fresh",
    "email": "fresh@example.com",
    "password": PASSWORD,
    "organization_name": "Fresh Houses",
}
RESET = "^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)$"
NO_RESET = {"uidb36": "1", "key": "none"}
PROVIDERS = ("google", "github")

# method, address, then: nobody, signed in
ENTRANCE = [
    entrance("GET", "login", 200, 302),
    entrance("POST", "login", 302, 302, {"username": "{email}", "password": PASSWORD}),
    entrance("POST", "logout", 302, 302),
    entrance("GET", "signup", 200, 302),
    entrance("POST", "signup", 302, 302, NEWCOMER),
    entrance("GET", "signup/code", 302, 302),
    entrance("POST", "signup/code", 302, 302, {"code": "ABCDEF"}),
    entrance("GET", "login/code", 200, 302),
    entrance("POST", "login/code", 302, 302, {"login": "{email}"}),
    entrance("GET", "login/code/confirm", 302, 302),
    entrance("POST", "login/code/confirm", 302, 302, {"code": "ABCDEF"}),
    entrance("GET", "login/passkey", 302, 302),
    entrance("POST", "login/passkey", 302, 302),
    entrance("GET", "login/second-step", 302, 302),
    entrance("POST", "login/second-step", 302, 302, {"code": "123456"}),
    *(entrance("GET", f"login/{name}", 404, 404) for name in PROVIDERS),
    *(entrance("GET", f"login/{name}/callback", 404, 404) for name in PROVIDERS),
    anyone("GET", "login/inactive", 200),
    anyone("GET", "login/cancelled", 200),
    anyone("GET", "login/failed", 401),
    anyone("GET", "login/incomplete", 401),
    anyone("GET", "password/reset", 200),
    entrance("POST", "password/reset", 302, 302, {"email": "{email}"}),
    anyone("GET", "password/reset/sent", 200),
    anyone("GET", RESET, 200, fill=NO_RESET),
    anyone("POST", RESET, 200, {"password1": PASSWORD}, fill=NO_RESET),
    anyone("GET", "password/reset/done", 200),
    anyone("GET", "pictures/<str:name>", 200),
    anyone("GET", "unsubscribe/<str:token>", 200),
    entrance("POST", "unsubscribe/<str:token>", 302, 302),
    anyone("GET", "invitations/<str:secret>", 200),
    entrance("POST", "invitations/<str:secret>", 302, 200, {"name": "Fresh", "password": PASSWORD}),
    anyone("GET", "", 200),
    anyone("GET", "favicon.ico", 302),
    anyone("GET", "gallery", 404),
]

# method, address, then: whose it is, and others where it is about a row
ACCOUNT = [
    own("GET", "o/", 302),
    own("GET", "organizations/new", 200),
    own(
        "POST",
        "organizations/new",
        302,
        {"name": "Second Houses", "currency": "USD", "time_zone": "UTC"},
    ),
    own("GET", "account", 200),
    own("POST", "account", 302, {"name": "Renamed"}),
    own("GET", "account/email", 200),
    own("POST", "account/email", 302, {"email": "fresh@example.com"}),
    own("GET", "account/email/code", 302),
    own("POST", "account/email/code", 302, {"code": "ABCDEF"}),
    own("GET", "account/password", 200),
    own(
        "POST",
        "account/password",
        302,
        {"oldpassword": PASSWORD, "password1": "battery staple horse"},
    ),
    own("GET", "account/password/first", 302),
    own("POST", "account/password/first", 302, {"password1": "battery staple horse"}),
    own("GET", "account/phone", 200),
    own("POST", "account/phone", 302, {"phone": "+39 312 345 6789"}),
    own("GET", "account/phone/code", 302),
    own("POST", "account/phone/code", 302, {"code": "ABCDEF"}),
    own("POST", "account/phone/remove", 302),
    own("GET", "account/confirm", 200),
    own("POST", "account/confirm", 302, {"password": PASSWORD}),
    own("GET", "account/confirm/code", 302),
    own("POST", "account/confirm/code", 302, {"code": "123456"}),
    own("GET", "account/confirm/passkey", 200, others=302),
    own("POST", "account/confirm/passkey", 302),
    own("GET", "account/two-step", 200),
    own("GET", "account/two-step/app", 200),
    own("POST", "account/two-step/app", 200, {"code": "123456"}),
    own("GET", "account/two-step/app/remove", 404),
    own("POST", "account/two-step/app/remove", 404),
    own("GET", "account/two-step/codes", 404),
    own("GET", "account/two-step/codes/new", 200),
    # Codes stand in for something; others have nothing set up.
    own("POST", "account/two-step/codes/new", 302, others=200),
    own("GET", "account/two-step/codes/download", 404),
    own("GET", "account/passkeys", 200),
    own("GET", "account/passkeys/new", 200),
    own("POST", "account/passkeys/new", 200),
    own("GET", "account/passkeys/<int:pk>", 200, others=404, fill={"pk": "{passkey}"}),
    own("POST", "account/passkeys/<int:pk>", 302, NEWCOMER, 404, fill={"pk": "{passkey}"}),
    own("GET", "account/passkeys/<int:pk>/remove", 200, others=404, fill={"pk": "{passkey}"}),
    own("POST", "account/passkeys/<int:pk>/remove", 302, others=404, fill={"pk": "{passkey}"}),
    own("GET", "account/connections", 200),
    own("POST", "account/connections", 200),
    own("GET", "account/sessions", 200),
    own("POST", "account/sessions", 302),
    own("POST", "account/sessions/<int:pk>/end", 302, others=404, fill={"pk": "{session}"}),
    own("GET", "account/delete", 200),
    own("POST", "account/delete", 302, {"confirmation": "{email}"}, others=422),
]

PEOPLE = [*ENTRANCE, *ACCOUNT]

# The administrators' site: the model, what stands for its row, and what an administrator is told
# of list, add, history, delete and change. Everybody else is led to the log-in, whatever they send.
ADMIN: dict[str, tuple[str, int, int, int, int, int]] = {
    "accounts/organization": ("organization_id", 200, 403, 200, 403, 200),
    # Links of the chain are made when a transaction is committed; here none is.
    "accounts/auditentry": ("entry_id", 200, 403, 302, 403, 302),
    "accounts/membership": ("membership_id", 200, 403, 200, 200, 200),
    "accounts/subscription": ("subscription_id", 200, 403, 200, 403, 200),
    "accounts/user": ("user_id", 200, 200, 200, 403, 200),
    "auth/group": ("group_id", 200, 200, 200, 200, 200),
    "axes/accessattempt": ("attempt_id", 200, 403, 302, 403, 200),
    "bookings/block": ("block_id", 200, 403, 200, 200, 200),
    "bookings/booking": ("booking_id", 200, 403, 200, 200, 200),
    "guests/guest": ("guest_id", 200, 403, 200, 200, 200),
    "mfa/authenticator": ("passkey", 200, 200, 200, 200, 200),
    "properties/property": ("property_id", 200, 403, 200, 200, 200),
    "properties/unit": ("unit_id", 200, 403, 200, 200, 200),
    "socialaccount/socialaccount": ("social_id", 200, 200, 200, 200, 200),
    "villaops/intent": ("intent_id", 200, 403, 302, 403, 200),
    "usersessions/usersession": ("session", 200, 200, 200, 200, 200),
}
ADMIN_PAGES = ("", "add/", "{row}/history/", "{row}/delete/", "{row}/change/")
ADMIN_OTHERS = {
    "admin": 302,
    "admin/": 200,
    "admin/login/": 302,
    "admin/logout/": 405,
    "admin/password_change/": 200,
    "admin/password_change/done/": 200,
    "admin/autocomplete/": 403,
    "admin/jsi18n/": 200,
    "admin/r/<path:content_type_id>/<path:object_id>/": 404,
    "admin/accounts/user/<id>/password/": 200,
}
