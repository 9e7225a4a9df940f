"""Short notes about what was just done, shown at the foot of the next page; some can be undone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.messages import constants, get_messages
from django.contrib.messages.api import add_message
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

LEVELS = {
    "success": constants.SUCCESS,
    "info": constants.INFO,
    "warning": constants.WARNING,
    "error": constants.ERROR,
}
# Tone and icon of each level, as badges have them.
LOOKS = {
    "success": ("good", "circle-check"),
    "info": ("info", "alert-circle"),
    "warning": ("waiting", "alert-triangle"),
    "error": ("bad", "alert-circle"),
}


@dataclass(frozen=True)
class Undo:
    """The POST that takes back what the toast tells of."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Toast:
    """What the page shows of a message."""

    text: str
    tone: str
    icon: str
    undo: Undo | None


def say(
    request: HttpRequest,
    text: str,
    *,
    level: str = "success",
    undo_url: str | None = None,
    undo: Mapping[str, str] | None = None,
) -> None:
    """Tell the person something on the next page they see.

    With `undo_url` the toast has an Undo button: a POST form with the fields of `undo`, and `next`,
    the page it stands on. It works without JavaScript.
    """
    # Messages are kept between two requests as texts; the tags are a text nobody else uses here.
    tags = json.dumps({"url": undo_url, "fields": dict(undo or {})}) if undo_url else ""
    add_message(request, LEVELS[level], text, extra_tags=tags)


def toasts_for(request: HttpRequest) -> list[Toast]:
    """What was said and not yet shown; asking takes it off the list."""
    return [_toast(message) for message in get_messages(request)]


def _toast(message: Message) -> Toast:
    tone, icon = LOOKS.get(message.level_tag, LOOKS["info"])
    return Toast(str(message.message), tone, icon, _undo(message.extra_tags))


def _undo(tags: str | None) -> Undo | None:
    if not tags or not tags.startswith("{"):
        return None
    kept: dict[str, Any] = json.loads(tags)
    return Undo(kept["url"], kept["fields"])
