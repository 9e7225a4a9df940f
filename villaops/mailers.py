"""EMAIL_URL: who takes our mail.

consolemail://                               printed where the worker runs
filemail:///srv/mail                         one file a mail, in this folder
smtp://user:password@mail.example.com:25     a mail server; smtp+tls:// with STARTTLS (587),
                                             smtp+ssl:// encrypted from the start (465)
anymail+postmark://?server_token=...         a provider's API, by django-anymail: the name of
                                             its backend, and its options in lower case
memorymail://, dummymail://                  kept by the process; thrown away
"""

from importlib.util import find_spec
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SIMPLE = {"consolemail": "console", "memorymail": "locmem", "dummymail": "dummy"}
# `smtps` is what django-environ calls STARTTLS.
SMTP = {
    "smtp": {},
    "smtps": {"use_tls": True},
    "smtp+tls": {"use_tls": True},
    "smtp+ssl": {"use_ssl": True},
}


def mailer(url: str, *, timeout: int) -> dict[str, Any]:
    """EMAIL_URL in the form Django's MAILERS wants: a backend and its options.

    `timeout` is how many seconds a server may be silent. Raises ImproperlyConfigured.
    """
    parts = urlsplit(url)
    if parts.scheme in SIMPLE:
        return {"BACKEND": _django(SIMPLE[parts.scheme])}
    if parts.scheme == "filemail":
        folder = unquote(parts.netloc + parts.path)
        if not folder:
            raise ImproperlyConfigured("EMAIL_URL=filemail:// needs a folder: filemail:///srv/mail")
        return {"BACKEND": _django("filebased"), "OPTIONS": {"file_path": folder}}
    if parts.scheme in SMTP:
        return {"BACKEND": _django("smtp"), "OPTIONS": _smtp(parts, timeout)}
    kind, _, name = parts.scheme.partition("+")
    if kind == "anymail" and name:
        return _anymail(name.replace("-", "_"), parts, timeout)
    # Without the URL: there may be a password in it.
    raise ImproperlyConfigured(f"EMAIL_URL begins with {parts.scheme!r}, which sends no mail.")


def _django(name: str) -> str:
    return f"django.core.mail.backends.{name}.EmailBackend"


def _smtp(parts: SplitResult, timeout: int) -> dict[str, Any]:
    if not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL names no mail server: smtp://mail.example.com")
    options: dict[str, Any] = {"host": parts.hostname, "timeout": timeout}
    if parts.port:
        options["port"] = parts.port
    if parts.username:
        options |= {
            "username": unquote(parts.username),
            "password": unquote(parts.password or ""),
        }
    return options | SMTP[parts.scheme]


def _anymail(name: str, parts: SplitResult, timeout: int) -> dict[str, Any]:
    module = f"anymail.backends.{name}"
    if not name.isidentifier() or find_spec(module) is None:
        raise ImproperlyConfigured(f"EMAIL_URL: django-anymail knows no provider {name!r}.")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    # Amazon's has a client of its own, with options of its own.
    if name != "amazon_ses":
        options.setdefault("requests_timeout", timeout)
    return {"BACKEND": f"{module}.EmailBackend", "OPTIONS": options}
