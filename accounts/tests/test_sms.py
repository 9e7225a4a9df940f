"""Text messages: what Twilio is sent, and what its answers mean."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from pytest_django import Settings

from accounts.phones import e164
from accounts.sms import SmsRefused, SmsUnavailable, send_sms_to, sms_provider
from villaops.outbox import Intent, State
from villaops.outbox.services import deliver


@dataclass
class Twilio:
    """The part of Twilio's Messages API that we speak, on this machine."""

    url: str = ""
    status: int = 201
    got: list[tuple[str, str, dict[str, list[str]]]] = field(default_factory=list)


@pytest.fixture
def twilio(settings: Settings) -> Iterator[Twilio]:
    told = Twilio()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told.got.append((self.path, self.headers["Authorization"], parse_qs(body)))
            self.send_response(told.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"sid": "SM1", "status": "queued", "message": "as it is"}')

        def log_message(self, *words: object) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        told.url = f"http://127.0.0.1:{server.server_port}"
        settings.SMS_PROVIDER, settings.TWILIO_URL = "twilio", told.url
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "token"
        settings.TWILIO_FROM = "+15550001111"
        yield told
        server.shutdown()
        thread.join()


def send(text: str) -> Intent:
    """What becomes of a text message."""
    send_sms_to("+390551234567", text)
    deliver(Intent.objects.get().pk)
    return Intent.objects.get()


@pytest.mark.django_db
def test_twilio_is_sent_a_message(twilio: Twilio) -> None:
    sent = send("Your code: 1 & 2")

    assert (sent.state, sent.payload) == (State.SENT, {})
    key = base64.b64encode(b"AC1:token").decode()
    form = {"To": ["+390551234567"], "From": ["+15550001111"], "Body": ["Your code: 1 & 2"]}
    assert twilio.got == [("/2010-04-01/Accounts/AC1/Messages.json", f"Basic {key}", form)]


def test_twilio_chooses_the_number_of_a_messaging_service(
    twilio: Twilio, settings: Settings
) -> None:
    settings.TWILIO_FROM = "MG123"

    sms_provider().send(to="+390551234567", text="Hello")

    assert twilio.got[0][2]["MessagingServiceSid"] == ["MG123"]
    assert "From" not in twilio.got[0][2]


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, SmsRefused), (401, SmsRefused), (429, SmsUnavailable), (503, SmsUnavailable)],
)
def test_twilio_that_says_no(twilio: Twilio, status: int, error: type[Exception]) -> None:
    twilio.status = status

    with pytest.raises(error, match=str(status)):
        sms_provider().send(to="+390551234567", text="Hello")


def test_twilio_that_is_not_there(twilio: Twilio, settings: Settings) -> None:
    settings.TWILIO_URL = "http://127.0.0.1:9"

    with pytest.raises(SmsUnavailable):
        sms_provider().send(to="+390551234567", text="Hello")


@pytest.mark.django_db
def test_nothing_is_sent_without_a_text(twilio: Twilio) -> None:
    assert send("").state == State.SENT

    assert twilio.got == []


@pytest.mark.django_db
def test_a_message_refused_is_given_up_and_one_that_was_not_taken_tried_again(
    twilio: Twilio,
) -> None:
    twilio.status = 400
    assert send("Hello").state == State.DEAD

    Intent.objects.all().delete()
    twilio.status = 503
    assert send("Hello").state == State.PENDING


@pytest.mark.parametrize(
    "written", ["+39 055 1234567", "+39-055-123.4567", "+39 (055) 1234567", "  +390551234567 "]
)
def test_phone_numbers_are_read_as_people_write_them(written: str) -> None:
    assert e164(written) == "+390551234567"


@pytest.mark.parametrize("written", ["055 1234567", "+39", "+999 123456789", "call me", ""])
def test_phone_numbers_need_a_country(written: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        e164(written)
