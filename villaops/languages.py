"""The languages that mails to guests are written in. The pages are in English."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# ISO 639-1, English first.
LANGUAGES: dict[str, Any] = {
    "en": _("English"),
    "de": _("German"),
    "es": _("Spanish"),
    "fr": _("French"),
    "id": _("Indonesian"),
    "it": _("Italian"),
}
DEFAULT_LANGUAGE = "en"


def language_of(*locales: str | None) -> str:
    """The first of these locales or languages that mails are written in; else English."""
    for locale in locales:
        language = (locale or "").partition("_")[0]
        if language in LANGUAGES:
            return language
    return DEFAULT_LANGUAGE
