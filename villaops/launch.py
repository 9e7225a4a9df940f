"""`make run`: database, migrations, demo data, server, worker and beat, in this order; then wait.

    python -m villaops.launch [--with-parent] | --stop

What ends by itself meanwhile, the database included, is started again. Ctrl-C and SIGTERM end
everything that was started here, the database last. What a kill -9 left behind is cleared by the
next start.
"""

import argparse
import errno
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Never

import psutil

from villaops import embedded
from villaops.processes import before_exec, die_with, wait_for

MINIMUM_POSTGRES = 160000
SERVER_SECONDS = 60
POLITE_SECONDS = 10
WATCH_SECONDS = 0.2
# How long the children of a killed worker may take for the task they are at; then they end.
TASK_SECONDS = 5


class LaunchError(Exception):
    """It cannot start, or cannot go on; the message is a sentence for people."""


class Stopped(BaseException):  # like KeyboardInterrupt: no `except Exception` may swallow it
    """Somebody asked us to end."""


@dataclass
class Patience:
    """How long to wait before something that keeps ending is started once more."""

    FIRST_SECONDS = 0.2
    MOST_SECONDS = 30.0
    # What has run for so long has recovered.
    RECOVERED_SECONDS = 60.0

    seconds: float = FIRST_SECONDS
    started_at: float = 0.0
    due_at: float | None = None

    def started(self, now: float) -> None:
        self.started_at, self.due_at = now, None

    def ended(self, now: float) -> bool:
        """Note that it is away; whether that is news."""
        if self.due_at is not None:
            return False
        if now - self.started_at > self.RECOVERED_SECONDS:
            self.seconds = self.FIRST_SECONDS
        self.due_at = now + self.seconds
        self.seconds = min(self.seconds * 2, self.MOST_SECONDS)
        return True

    def is_over(self, now: float) -> bool:
        return self.due_at is not None and now >= self.due_at


@dataclass
class Child:
    """A process that is to run as long as we do."""

    command: list[str]
    process: subprocess.Popen[bytes]
    # How long its own children may go on when it is dead.
    grace: float = 0
    patience: Patience = field(default_factory=Patience)


class Children:
    """The processes started here. They and theirs carry a mark: a later start knows them by it."""

    MARK = "VILLAOPS_LAUNCHED_FOR"
    NAME = "VILLAOPS_LAUNCHED_AS"

    def __init__(self, var_dir: Path) -> None:
        self.mark = str(var_dir.resolve())
        self.running: dict[str, Child] = {}

    def start(self, name: str, command: list[str], grace: float = 0) -> None:
        child = Child(command, self._spawn(name, command), grace)
        child.patience.started(time.monotonic())
        self.running[name] = child

    def _spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        """Start one in its own session: Ctrl-C in the terminal is for us, who know the order."""
        return subprocess.Popen(
            command,
            env=os.environ | {self.MARK: self.mark, self.NAME: name},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=before_exec(with_parent=signal.SIGTERM),
        )

    def ended(self) -> str | None:
        """The name of one that ended by itself."""
        return next(
            (name for name, child in self.running.items() if child.process.poll() is not None),
            None,
        )

    def revive(self) -> None:
        """Start again what ended by itself; what keeps ending, after longer and longer waits."""
        now = time.monotonic()
        for name, child in self.running.items():
            if child.process.poll() is None:
                continue
            if child.patience.ended(now):
                _tell(f"The {name} ended by itself; it is started again.")
            if child.patience.is_over(now):
                # Its own children may hold the port, or be in the middle of a task.
                self.clear_leftovers(name, child.grace)
                child.process = self._spawn(name, child.command)
                child.patience.started(time.monotonic())

    def stop(self) -> None:
        """End them, the last started first, then whatever they left."""
        for child in reversed(self.running.values()):
            child.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(POLITE_SECONDS)
        self.clear_leftovers()
        for child in self.running.values():
            child.process.wait()
        self.running.clear()

    def clear_leftovers(self, name: str | None = None, grace: float = 0) -> None:
        """End what carries our mark: workers whose server was killed, or all of a killed start."""
        marked = [process for process in psutil.process_iter() if self._is_marked(process, name)]
        left = wait_for(marked, grace)
        for number, seconds in ((signal.SIGTERM, POLITE_SECONDS), (signal.SIGKILL, POLITE_SECONDS)):
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            left = wait_for(left, seconds)

    def _is_marked(self, process: psutil.Process, name: str | None) -> bool:
        try:
            environment = process.environ()
        except (psutil.Error, OSError):
            return False
        named = name is None or environment.get(self.NAME) == name
        return named and bool(environment.get(self.MARK) == self.mark)


class Database:
    """The private server, where DATABASE_URL names no other."""

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        # Before, not after: a Ctrl-C during the start must stop it too.
        self.is_ours = not embedded.is_running(var_dir)
        self.patience = Patience()

    def start(self) -> None:
        embedded.ensure_running(self.var_dir, with_parent=True)
        self.patience.started(time.monotonic())

    def revive(self) -> None:
        """Start it again where it is gone; committed work is in its log, and comes back with it."""
        now = time.monotonic()
        if embedded.is_running(self.var_dir):
            return
        if self.patience.ended(now):
            _tell("The database ended by itself; it is started again.")
        if not self.patience.is_over(now):
            return
        self.is_ours = True
        try:
            self.start()
        except embedded.EmbeddedError as error:
            _tell(str(error))
            self.patience.due_at = None

    def stop(self) -> None:
        if self.is_ours:
            embedded.stop(self.var_dir)


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Address:
    """Where the server listens."""

    host: str
    port: int
    family: socket.AddressFamily

    @property
    def reachable(self) -> str:
        """A host at which we ourselves get there: "all interfaces" is no destination."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    @property
    def url(self) -> str:
        local = self.reachable in ("127.0.0.1", "::1")
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{'localhost' if local else name}:{self.port}"


# --- One start -----------------------------------------------------------------------------------


def launch(var_dir: Path) -> None:
    """Bring everything up and stay until asked to end. Raises LaunchError, EmbeddedError."""
    address = _address()
    children = Children(var_dir)
    database = None
    with _only_one(var_dir):
        children.clear_leftovers()
        _check_is_free(address)
        try:
            if not os.environ.get("DATABASE_URL"):
                database = Database(var_dir)
                database.start()
            log_ins = _prepare_database()
            children.start("web server", _server_command(address))
            _wait_for_answer(children, address)
            worker = _celery_command("worker", "--concurrency", "1")
            children.start("worker", worker, TASK_SECONDS)
            children.start("beat", _celery_command("beat"))
            _greet(address, log_ins)
            _watch(children, database)
        finally:
            _ignore_signals()
            children.stop()
            if database is not None:
                database.stop()


def _address() -> Address:
    """HOST and PORT, resolved to one address; IPv4 where a name has both."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise LaunchError(f"PORT is {port!r}: choose a number from 1 to 65535.")
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except OSError:
        raise LaunchError(f"HOST is {host!r}, which is no address of this machine.") from None
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    return Address(str(address[0]), int(port), family)


def _check_is_free(address: Address) -> None:
    with socket.socket(address.family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
            probe.listen()
        except OSError as error:
            raise LaunchError(_address_sentence(error, address)) from None


def _address_sentence(error: OSError, address: Address) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {address.port} on {address.host} is busy: stop what uses it, "
            "or choose another, as in `PORT=8001 make run`."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"HOST is {address.host!r}, which is no address of this machine."
    return f"Port {address.port} on {address.host} cannot be opened: {error.strerror}."


def _server_command(address: Address) -> list[str]:
    """One ASGI process for everything; production has its own layout (Dockerfile, compose.yaml)."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "asginl"),
        *("--host", address.host, "--port", str(address.port)),
        *("--workers", "1", "--workers-kill-timeout", "15"),
        *("--log-level", "warning", "villaops.asgi:application"),
    ]


def _celery_command(*arguments: str) -> list[str]:
    """The worker, or beat; apart, because a worker with beat inside leaves orphans when killed."""
    celery = (sys.executable, "-m", "celery", "--quiet", "--app", "villaops.celery")
    # No pid file: the lock of _only_one says better who runs.
    return [*celery, *arguments, "--pidfile="]


def _wait_for_answer(children: Children, address: Address) -> None:
    deadline = time.monotonic() + SERVER_SECONDS
    while not _answers(address):
        if children.ended() is not None:
            raise LaunchError("The web server did not start; its own words are above.")
        if time.monotonic() > deadline:
            raise LaunchError(f"The web server does not answer after {SERVER_SECONDS} s.")
        time.sleep(0.05)


def _answers(address: Address) -> bool:
    connection = http.client.HTTPConnection(address.reachable, address.port, timeout=5)
    try:
        connection.request("GET", "/health")
        # 400: ALLOWED_HOSTS has other names than the address we came by.
        return connection.getresponse().status in (200, 400)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _greet(address: Address, log_ins: list[str]) -> None:
    print(f"\nVillaOps runs at {address.url} (Ctrl-C stops it).")
    for log_in in log_ins:
        print(f"  {log_in}")
    print(flush=True)


def _watch(children: Children, database: Database | None) -> Never:
    """Keep all of it running until a signal takes us out of here."""
    while True:
        if database is not None:
            database.revive()
        children.revive()
        time.sleep(WATCH_SECONDS)


# --- The database --------------------------------------------------------------------------------


def _prepare_database() -> list[str]:
    """Check it, migrate it, seed it if empty. Return the demo's log-ins, if it has them."""
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError
    from django.db import DatabaseError, NotSupportedError, connection

    try:
        django.setup()
        _check_version(connection)
        _migrate(connection)
        return _seed()
    except (ImproperlyConfigured, CommandError) as error:
        raise LaunchError(str(error)) from error
    except NotSupportedError as error:
        raise LaunchError(f"VillaOps needs PostgreSQL 16 or newer. {error}") from error
    except DatabaseError as error:
        said = " ".join(str(error).split())
        raise LaunchError(f"The database does not do its part: {said}") from error
    finally:
        connection.close()


def _check_version(connection: Any) -> None:
    connection.ensure_connection()
    version = connection.pg_version
    if version < MINIMUM_POSTGRES:
        raise LaunchError(
            f"VillaOps needs PostgreSQL 16 or newer; this database is {version // 10000}."
        )


def _migrate(connection: Any) -> None:
    from django.core.management import call_command
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    loader = executor.loader
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    unknown = sorted(set(loader.applied_migrations) - set(loader.disk_migrations) - replaced)
    if unknown:
        raise LaunchError(
            "The database is newer than this code (it has the migration "
            f"{'.'.join(unknown[0])}): update the code, or use another database."
        )
    if executor.migration_plan(loader.graph.leaf_nodes()):
        print("Preparing the database.", flush=True)
        call_command("migrate", interactive=False, verbosity=0)


def _seed() -> list[str]:
    """Demo data is for demonstrations: never into a database in production."""
    from django.conf import settings
    from django.core.management import call_command

    from bookings.management.commands import seed_demo

    if settings.PRODUCTION:
        return []
    call_command("seed_demo", if_empty=True)
    return seed_demo.log_ins()


# --- One at a time, and the end ------------------------------------------------------------------


@contextmanager
def _only_one(var_dir: Path) -> Iterator[None]:
    """Hold VAR_DIR/launch.pid locked while we run; the lock goes with us, however we end."""
    var_dir.mkdir(parents=True, exist_ok=True)
    with (var_dir / "launch.pid").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise LaunchError(
                f"VillaOps already runs from this folder (process {lock.read().strip()}); "
                "`make stop` ends it."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def stop_everything(var_dir: Path) -> None:
    """Ask a running launcher to end and wait; then end what else runs from this folder."""
    pid_file = var_dir / "launch.pid"
    while pid_file.exists():
        with pid_file.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                lock.seek(0)
                with suppress(ProcessLookupError, ValueError):
                    os.kill(int(lock.read()), signal.SIGTERM)
        time.sleep(0.2)
    Children(var_dir).clear_leftovers()
    embedded.stop(var_dir)
    embedded.stop(var_dir, durable=False)


def _stop_signal(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m villaops.launch", description=__doc__)
    parser.add_argument("--stop", action="store_true", help="stop what runs from this folder")
    parser.add_argument("--with-parent", action="store_true", help="end when the caller ends")
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "villaops.settings")
    var_dir = embedded.default_var_dir()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_signal)
    if options.with_parent:
        die_with(os.getppid(), signal.SIGTERM)
    try:
        stop_everything(var_dir) if options.stop else launch(var_dir)
    except Stopped:
        return 0
    except (LaunchError, embedded.EmbeddedError) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        print(f"{error.filename or var_dir}: {error.strerror}.", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
