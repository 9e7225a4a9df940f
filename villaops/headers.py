"""What every request may bring, and what every response carries for browsers to keep to."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from villaops.api.middleware import is_api_path
from villaops.api.throttles import comes_from_proxy

type GetResponse = Callable[[HttpRequest], HttpResponse]

# The one page that takes large files.
IMPORTS = re.compile(r"/o/[-a-zA-Z0-9_]+/imports/new")
# What a proxy says of the client, and anybody else could make up.
FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST")
FORWARDED_PROTO = "HTTP_X_FORWARDED_PROTO"

# No page of ours asks for any of these; passkeys are what sign-in is for.
UNUSED = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture"),
    *("encrypted-media", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts"),
    *("magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock"),
    *("serial", "usb", "xr-spatial-tracking"),
)
OURS = (
    "clipboard-write",
    "fullscreen",
    "publickey-credentials-create",
    "publickey-credentials-get",
)
PERMISSIONS_POLICY = ", ".join(
    [*(f"{name}=()" for name in UNUSED), *(f"{name}=(self)" for name in OURS)]
)


class TrustedProxyMiddleware:
    """Forget what strangers claim to forward: only TRUSTED_PROXIES may speak for a client.

    With BEHIND_PROXY and no TRUSTED_PROXIES, `X-Forwarded-Proto` is believed of everybody: whoever
    configures that says that nobody but the proxy can connect.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not comes_from_proxy(request):
            for name in FORWARDED:
                request.META.pop(name, None)
            if settings.TRUSTED_PROXIES:
                request.META.pop(FORWARDED_PROTO, None)
        return self.get_response(request)


class PermissionsPolicyMiddleware:
    """Switch off what browsers can do and no page of ours needs."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class BodyLimitMiddleware:
    """Refuse a body that is too large before any of it is read; the API does so itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from villaops.pages import too_large

        length = request.META.get("CONTENT_LENGTH") or "0"
        brings_import = IMPORTS.fullmatch(request.path_info)
        limit = settings.IMPORT_LIMIT if brings_import else settings.UPLOAD_LIMIT
        is_too_large = length.isdecimal() and int(length) > limit
        if is_too_large and not is_api_path(request.path_info):
            return too_large(request)
        return self.get_response(request)
