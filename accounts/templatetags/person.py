"""What the pages of sign-in and of one's own account share."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django import template
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template.context import Context
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

register = template.Library()


@dataclass(frozen=True)
class Place:
    """A page of one's own account, and those that belong to it."""

    label: Any
    icon: str
    url_name: str
    within: tuple[str, ...] = ()


PLACES = (
    Place(_("Profile"), "user-circle", "account_profile"),
    Place(_("E-mail"), "mail", "account_email", ("account_email_code",)),
    Place(_("Phone"), "phone", "account_change_phone", ("account_verify_phone",)),
    Place(_("Password"), "lock", "account_change_password", ("account_set_password",)),
    Place(
        _("Passkeys"),
        "fingerprint",
        "mfa_list_webauthn",
        ("mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn"),
    ),
    Place(
        _("Two-step sign-in"),
        "shield-lock",
        "mfa_index",
        (
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
        ),
    ),
    Place(_("Connected accounts"), "link", "socialaccount_connections"),
    Place(_("Signed-in devices"), "devices", "usersessions_list"),
    Place(_("Delete account"), "trash", "account_delete"),
)


@register.inclusion_tag("accounts/parts/places.html", takes_context=True)
def account_places(context: Context) -> dict[str, Iterable[dict[str, Any]]]:
    """The pages of one's account, with the one we are on."""
    match = context["request"].resolver_match
    here = match.url_name if match else ""
    return {
        "places": [
            {
                "label": place.label,
                "icon": place.icon,
                "url": reverse(place.url_name),
                "is_current": here == place.url_name or here in place.within,
            }
            for place in PLACES
            if place.url_name != "account_change_phone" or settings.SMS_PROVIDER
        ]
    }


@register.simple_tag(takes_context=True)
def providers(context: Context) -> list[Any]:
    """The providers that are configured here, by name."""
    found = get_adapter().list_providers(context["request"])
    return sorted(found, key=lambda provider: provider.name, reverse=True)


@register.filter
def as_json(value: Any) -> str:
    """For a `data-` attribute, which escapes it."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.filter
def known_as(account: SocialAccount) -> str:
    """Who one is at the provider."""
    said = account.extra_data
    return str(said.get("email") or said.get("login") or account.uid)


# The first sign in what a browser calls itself; Edge and Opera say Chrome as well.
BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


@register.filter
def device(user_agent: str) -> str:
    """`Firefox, Windows`: what a person would call it."""
    browser = next((name for sign, name in BROWSERS.items() if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    return ", ".join(filter(None, [browser, system])) or user_agent[:60] or str(_("Unknown device"))
