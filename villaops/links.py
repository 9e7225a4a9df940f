"""Addresses of ours for those who are elsewhere: in mails."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def site_of(request: HttpRequest) -> str:
    """Where the dashboard is, as in https://villas.example.

    PUBLIC_URL; without one the host that was asked for, which ALLOWED_HOSTS has let through.
    """
    here: str = settings.PUBLIC_URL or request.build_absolute_uri("/").removesuffix("/")
    return here


def outward(url: str) -> str:
    """An absolute address of ours, at PUBLIC_URL where there is one."""
    if not settings.PUBLIC_URL:
        return url
    parts = urlsplit(url)
    return f"{settings.PUBLIC_URL}{parts.path}{'?' if parts.query else ''}{parts.query}"
