"""Parts of pages that are given again until an organization's rows change.

A part is made without the request and without the person: its template knows nothing but what the
view gives it. Where it needs something of the person who asks, or something that may be used once,
it has a stand-in, which the asking person's own takes the place of as the last step
(docs/decisions/0019-remembered-answers.md).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.access import Access, OrganizationRequest
from accounts.models import Organization
from accounts.permissions import Permission
from villaops.remembered import Told, recall

HTML = "text/html; charset=utf-8"


def stand_in(name: str) -> SafeString:
    """Nothing that people have typed can look like it: their `<` is escaped."""
    return SafeString(f"<stand-in {name}>")


CSRF_TOKEN = stand_in("csrf_token")


@dataclass(frozen=True)
class Sight:
    """In the place of who asks: what all of the same rights have in common."""

    organization: Organization
    can: Callable[[Permission | str], bool] = field(compare=False)


def part_of(
    request: OrganizationRequest,
    template: str,
    context: Callable[[Sight], Mapping[str, Any]],
    own: Mapping[str, Callable[[], str]] | None = None,
) -> SafeString:
    """The part of the page at this address, made unless it is remembered.

    context: what its template is given, beside `access` (a Sight), `organization` and
    `csrf_token`. It may depend on what `recall` says an answer may depend on, and nothing else.
    own: by the names of the stand-ins in that context, what to say there to the person who asks.
    """
    access = request.access
    told = recall(request, access, lambda: _made(access, template, context), part=template)
    html = told.content.decode()
    # The token last: what is the person's own may have its stand-in too.
    fillings = {**(own or {}), "csrf_token": lambda: get_token(request)}
    for name, filling in fillings.items():
        place = stand_in(name)
        if place in html:
            html = html.replace(place, filling())
    return SafeString(html)


def _made(access: Access, template: str, context: Callable[[Sight], Mapping[str, Any]]) -> Told:
    sight = Sight(access.organization, access.can)
    known = {
        "access": sight,
        "organization": access.organization,
        "csrf_token": CSRF_TOKEN,
        **context(sight),
    }
    return Told(render_to_string(template, known).encode(), HTML)
