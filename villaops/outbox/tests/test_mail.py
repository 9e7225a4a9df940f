"""Mail against a mail server on this machine: one that takes it, refuses, hangs or hangs up."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db.models.functions import Now
from pytest_django import Settings

from accounts.mail import send_mail_to
from villaops.outbox import Intent, State, mail
from villaops.outbox.services import deliver

pytestmark = pytest.mark.django_db

TAKEN = "250 OK"


@dataclass
class Letterbox:
    """A mail server: what it took, and what it says next to an address and to a mail."""

    taken: list[Message] = field(default_factory=list)
    asked: int = 0
    to_address: str = TAKEN
    to_mail: str | Callable[[SMTP], str] = TAKEN

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked += 1
        if self.to_address == TAKEN:
            envelope.rcpt_tos.append(address)
        return self.to_address

    async def handle_DATA(  # noqa: N802 - aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.to_mail == TAKEN:
            assert isinstance(envelope.content, bytes)
            self.taken.append(message_from_bytes(envelope.content))
        return self.to_mail if isinstance(self.to_mail, str) else self.to_mail(server)


def hang_up(server: SMTP) -> str:
    """End the connection where the answer would be."""
    server.transport.abort()
    return TAKEN


@pytest.fixture(autouse=True)
def nobody_was_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """One test's server is not another's."""
    monkeypatch.setattr(mail, "_silence", {"until": 0.0})


def use(settings: Settings, port: int, timeout: float = 5) -> None:
    options = {"host": "127.0.0.1", "port": port, "timeout": timeout}
    backend = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}


@pytest.fixture(scope="module")
def server() -> Iterator[Controller]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(Letterbox(), hostname="127.0.0.1", port=port)
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def letterbox(server: Controller, settings: Settings) -> Letterbox:
    """An empty one that takes everything; our mail goes there."""
    letterbox: Letterbox = server.handler
    letterbox.__init__()  # type: ignore[misc]
    use(settings, server.port)
    return letterbox


def written() -> Intent:
    """A mail with a code, waiting."""
    send_mail_to("ada@example.com", "login_code", {"code": "WDJB-MJHT"})
    return Intent.objects.get()


def delivered(intent: Intent) -> Intent:
    """What is known after one more attempt."""
    Intent.objects.update(next_at=Now() - timedelta(seconds=1))
    deliver(intent.pk)
    return Intent.objects.get()


def test_a_mail_is_handed_over_once_and_its_secret_forgotten(letterbox: Letterbox) -> None:
    intent = written()

    for _ in range(5):
        deliver(intent.pk)

    (taken,) = letterbox.taken
    assert taken["To"] == "ada@example.com"
    assert taken["Message-ID"] == f"<{intent.pk}@localhost>"
    sent = Intent.objects.get()
    assert (sent.state, sent.attempts, sent.payload) == (State.SENT, 1, {})


def test_an_address_that_is_refused_is_given_up_at_once(letterbox: Letterbox) -> None:
    letterbox.to_address = "550 No such user here"

    dead = delivered(written())

    assert (dead.state, dead.attempts) == (State.DEAD, 1)
    assert dead.last_error == "550 No such user here"
    assert delivered(dead).attempts == 1
    assert letterbox.asked == 1


def test_a_mail_that_is_refused_is_given_up_at_once(letterbox: Letterbox) -> None:
    letterbox.to_mail = "554 Looks like spam"

    dead = delivered(written())

    assert (dead.state, dead.last_error) == (State.DEAD, "554 Looks like spam")


@pytest.mark.parametrize("place", ["to_address", "to_mail"])
def test_a_full_server_is_asked_again_and_gets_it_once(letterbox: Letterbox, place: str) -> None:
    setattr(letterbox, place, "452 Insufficient system storage")
    waiting = delivered(written())

    assert (waiting.state, waiting.attempts) == (State.PENDING, 1)
    assert "452" in waiting.last_error
    assert waiting.payload["context"] == {"code": "WDJB-MJHT"}

    setattr(letterbox, place, TAKEN)
    sent = delivered(waiting)

    assert (sent.state, sent.attempts, sent.last_error) == (State.SENT, 2, "")
    assert len(letterbox.taken) == 1


def test_a_server_that_hangs_up_is_asked_again_with_the_same_message_id(
    letterbox: Letterbox,
) -> None:
    letterbox.to_mail = hang_up
    waiting = delivered(written())

    assert waiting.state == State.PENDING
    assert waiting.last_error.startswith("SMTPServerDisconnected")

    letterbox.to_mail = TAKEN
    assert delivered(waiting).state == State.SENT
    # Whether the first attempt had come through nobody could know; a receiver can.
    assert [one["Message-ID"] for one in letterbox.taken] == [f"<{waiting.pk}@localhost>"]


def test_a_server_that_hangs_costs_no_more_than_the_timeout(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use(settings, silent.getsockname()[1], timeout=0.2)
        waiting = delivered(written())
        assert "timed out" in waiting.last_error
        # The next ones do not even ask, for half a minute.
        waiting = delivered(waiting)

    assert (waiting.state, waiting.attempts) == (State.PENDING, 2)
    assert waiting.last_error == "TimeoutError: The mail server was silent a moment ago."


def test_a_server_that_is_not_there_is_asked_again(settings: Settings) -> None:
    use(settings, port=9)

    waiting = delivered(written())

    assert waiting.state == State.PENDING
    assert waiting.last_error.startswith("ConnectionRefusedError")


def test_an_address_that_is_none_is_given_up(letterbox: Letterbox) -> None:
    send_mail_to("ada@example.com\nBcc: eve@example.com", "login_code", {"code": "1"})

    dead = delivered(Intent.objects.get())

    assert dead.state == State.DEAD
    assert letterbox.asked == 0
