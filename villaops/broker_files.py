"""The broker of files: kombu's, for a folder that may go away, and for readers in a hurry.

Kombu's own fails when the folder is deleted under it, and never finds the queue again when the
table of its exchange is; it also writes a message where a reader may take it half written. What a
deleted folder held is written anew by the outbox's sweep.
"""

import json
from pathlib import Path
from queue import Empty
from time import time_ns
from typing import Any
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem

SCHEME = "files"


class Channel(filesystem.Channel):
    """Messages as files of a folder, oldest first."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        folder = self._folder()
        # Nobody looks for this name; a change of name happens at once.
        hidden = folder / f".{uuid4()}"
        hidden.write_text(json.dumps(payload))
        hidden.rename(folder / f"{time_ns():020}_{uuid4()}.{queue}.msg")

    def _get(self, queue: str, timeout: Any = None) -> Any:
        folder = self._folder()
        for name in sorted(self._names(queue)):
            mine = folder / f".{uuid4()}"
            try:
                (folder / name).rename(mine)
                payload = json.loads(mine.read_text())
                mine.unlink()
            except FileNotFoundError:
                # Another worker's, or deleted.
                continue
            return payload
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._names(queue))

    def _purge(self, queue: str) -> int:
        names = self._names(queue)
        for name in names:
            (self._folder() / name).unlink(missing_ok=True)
        return len(names)

    def get_table(self, exchange: str) -> list[Any]:
        """Which queues an exchange goes to; the one named like it, when nothing says so."""
        found = super().get_table(exchange)
        return found or [filesystem.exchange_queue_t(exchange, "", exchange)]

    def _queue_bind(self, *arguments: Any) -> None:
        self.control_folder.mkdir(parents=True, exist_ok=True)
        super()._queue_bind(*arguments)

    def _names(self, queue: str) -> list[str]:
        ending = f".{queue}.msg"
        return [file.name for file in self._folder().iterdir() if file.name.endswith(ending)]

    def _folder(self) -> Path:
        folder = Path(self.data_folder_in)
        folder.mkdir(parents=True, exist_ok=True)
        return folder


class Transport(filesystem.Transport):
    """Kombu's, with our channel."""

    Channel = Channel


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
