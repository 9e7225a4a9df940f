"""EMAIL_URL."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, mailers
from pytest_django import Settings

from villaops.mailers import mailer

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("smtp://mail", {"host": "mail"}),
        ("smtp://ada%40x.org:p%2Fw@mail:2525", {"username": "ada@x.org", "password": "p/w"}),
        ("smtp+tls://mail", {"use_tls": True}),
        ("smtp+ssl://mail", {"use_ssl": True}),
    ],
)
def test_a_mail_server(url: str, options: dict[str, Any]) -> None:
    found = mailer(url, timeout=7)

    assert found["BACKEND"] == SMTP
    assert found["OPTIONS"] == {"host": "mail", "timeout": 7} | options | (
        {"port": 2525} if "2525" in url else {}
    )


def test_ports_follow_the_encryption(settings: Settings) -> None:
    for url, port in (("smtp://m", 25), ("smtp+tls://m", 587), ("smtp+ssl://m", 465)):
        settings.MAILERS = {"default": mailer(url, timeout=1)}
        assert mailers.default.port == port


def test_a_folder_takes_mail(settings: Settings, tmp_path: Any) -> None:
    settings.MAILERS = {"default": mailer(f"filemail://{tmp_path}/out", timeout=1)}

    EmailMessage("Hello", "there", to=["ada@example.com"]).send()

    (file,) = (tmp_path / "out").iterdir()
    assert "To: ada@example.com" in file.read_text()


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("anymail+postmark://?server_token=abc", {"server_token": "abc"}),
        ("anymail+mailgun://?api_key=k&sender_domain=x.org", {"sender_domain": "x.org"}),
        ("anymail+resend://?api_key=k", {"api_key": "k"}),
    ],
)
def test_a_provider_by_its_api(settings: Settings, url: str, options: dict[str, str]) -> None:
    settings.MAILERS = {"default": mailer(url, timeout=7)}

    backend: Any = mailers.default

    assert backend.timeout == 7
    for name, value in options.items():
        assert getattr(backend, name) == value


@pytest.mark.parametrize(
    "url", ["", "mail.example.com", "pigeon://", "smtp://", "filemail://", "anymail+pigeon://"]
)
def test_what_sends_no_mail_is_refused_without_telling_a_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        mailer(url, timeout=1)
