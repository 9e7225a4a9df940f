"""Where the processes of one installation put their counts, so that one of them can tell them all.

Each process has files of its own in METRICS_DIR, named by an identity that no other has or had,
and holds a lock on a file of that name for as long as it lives. What the dead have counted is
added to an archive and their files go: totals never fall, and the folder does not grow. Locks and
not process numbers, because those come back, and differ between containers that share the folder.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from prometheus_client.mmap_dict import MmapedDict

ARCHIVE = "archive"


@dataclass
class _Process:
    """Who writes here. A fork is somebody else."""

    pid: int
    identity: str
    # Closed by the operating system, however the process ends.
    alive: int | None = None


_me = _Process(0, "")


def folder() -> Path:
    """The folder, made where it is missing."""
    path = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    path.mkdir(parents=True, exist_ok=True)
    return path


def identity() -> str:
    """This process's name in the folder. Asked at every count, so it is cheap."""
    if _me.pid != os.getpid():
        _introduce()
    return _me.identity


def _introduce() -> None:
    if _me.alive is not None:
        # A copy of our parent's: closing it leaves the parent its lock.
        os.close(_me.alive)
    _me.pid, _me.identity = os.getpid(), f"{os.getpid()}-{uuid4().hex[:12]}"
    with locked():
        _me.alive = os.open(folder() / f"{_me.identity}.alive", os.O_CREAT | os.O_WRONLY, 0o644)
        fcntl.flock(_me.alive, fcntl.LOCK_EX)


@contextmanager
def locked() -> Iterator[None]:
    """Nobody joins the folder, and nobody is taken for dead, while the block runs."""
    with (folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def bury_the_dead() -> int:
    """Add what ended processes have counted to the archive; return how many there were.

    To be called inside `locked`.
    """
    dead = [path for path in folder().glob("*.alive") if _is_dead(path)]
    for path in dead:
        for values in folder().glob(f"*_{path.stem}.db"):
            if not values.name.startswith("gauge_"):
                _archive(values)
            values.unlink()
        path.unlink()
    return len(dead)


def _is_dead(path: Path) -> bool:
    if path.stem == _me.identity:
        return False
    with suppress(FileNotFoundError), path.open() as alive:
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _archive(values: Path) -> None:
    kind = values.name.split("_")[0]
    archive = MmapedDict(str(values.with_name(f"{kind}_{ARCHIVE}.db")))
    try:
        for key, value, _timestamp, _position in MmapedDict.read_all_values_from_file(str(values)):
            before, _ = archive.read_value(key)
            archive.write_value(key, before + value, 0.0)
    finally:
        archive.close()
