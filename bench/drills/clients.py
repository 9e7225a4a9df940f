"""Clients that book over the API and do not give up: one key a booking, however often they ask."""

import http.client
import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

CLIENTS = 6
PATIENCE_SECONDS = 90
# Somebody else's trouble, which passes; every other refusal is an answer.
PASSES = (429, 500, 502, 503, 504)


@dataclass
class Stay:
    """One booking that somebody wants, and what became of it."""

    key: str
    body: dict[str, str | int]
    email: str
    booking_id: str | None = None
    tries: int = 0
    # Connected, asked, and never answered.
    cut_off: int = 0
    # What was said last, where it was no 201.
    refused: str = ""


@dataclass
class Load:
    """Books some stays, several at a time, in the background."""

    port: int
    secret: str
    stays: list[Stay]
    _waiting: SimpleQueue[Stay] = field(default_factory=SimpleQueue)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for stay in self.stays:
            self._waiting.put(stay)
        self._threads = [threading.Thread(target=self._book_all) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()

    def booked(self) -> int:
        return sum(stay.booking_id is not None for stay in self.stays)

    def wait_until_booked(self, number: int) -> None:
        while self.booked() < number and any(one.is_alive() for one in self._threads):
            time.sleep(0.02)

    def _book_all(self) -> None:
        try:
            while True:
                self._book(self._waiting.get_nowait())
        except Empty:
            return

    def _book(self, stay: Stay) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            stay.tries += 1
            try:
                status, answer = self._post(stay)
            except (OSError, http.client.HTTPException, ValueError) as error:
                stay.refused = repr(error)
                stay.cut_off += not isinstance(error, ConnectionRefusedError)
                time.sleep(0.2)
                continue
            if status == 201:
                stay.booking_id = answer["id"]
                return
            stay.refused = f"{status} {answer.get('detail')}"
            if status not in PASSES and answer.get("detail") != "Request in progress":
                return
            time.sleep(0.2)

    def _post(self, stay: Stay) -> tuple[int, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Api-Key {self.secret}",
            "Idempotency-Key": stay.key,
        }
        try:
            connection.request("POST", "/api/v1/bookings", json.dumps(stay.body), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


def tries_of(stays: Iterable[Stay]) -> int:
    """How often clients had to ask again."""
    return sum(max(0, stay.tries - 1) for stay in stays)
