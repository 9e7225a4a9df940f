"""A mail server on loopback that counts, and that can be slow or full."""

import asyncio
import threading
from collections import Counter
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller

from villaops.tests.serve import free_port


class MailServer:
    """Takes every mail; notes recipient, subject and Message-ID of what it has taken."""

    def __init__(self) -> None:
        self.is_full = False
        self.seconds = 0.0
        self.refused = 0
        # Recipient and Message-ID -> how often it was taken; recipient -> subjects.
        self.taken: Counter[tuple[str, str]] = Counter()
        self.subjects: dict[str, list[str]] = {}
        self.reading = threading.Event()
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's names
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.is_full:
            self.refused += 1
            return "452 4.3.1 Insufficient system storage"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.reading.set()
        # Whoever hangs up meanwhile was never told that it is ours now.
        await asyncio.sleep(self.seconds)
        mail = message_from_bytes(envelope.content)
        for recipient in envelope.rcpt_tos:
            self.taken[recipient, mail["Message-ID"]] += 1
            self.subjects.setdefault(recipient, []).append(mail["Subject"])
        return "250 OK"
