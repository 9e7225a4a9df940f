"""The private PostgreSQL: what a clone runs on when DATABASE_URL is empty.

One server for each VAR_DIR, reached through a Unix socket only. Its socket lies in a folder that
nobody but its owner can open, so it asks for no password: who may open the folder could also
read the data files. Tests have a second one, which trades safety on a power cut for speed.

    python -m villaops.embedded start|stop|status|url|psql [--test]
"""

import argparse
import atexit
import errno
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

from villaops import postgres_binaries
from villaops.postgres_binaries import Binaries
from villaops.processes import SystemUser, before_exec, is_alive, wait_for

ROLE = DATABASE = "villaops"
SUPERUSER = "postgres"
PORT = 5432
ROLES_SQL = Path(__file__).parent / "sql" / "roles.sql"
# As root, the server runs as the first of these that exists: PostgreSQL refuses root.
UNPRIVILEGED_USERS = ("postgres", "nobody")
# A start after kill -9 replays the log first; that may take a while.
START_SECONDS = 120
LOG_LIMIT_BYTES = 10_000_000

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    # No replicas here, so the log need not carry what they would want.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Without the details, which quote rows: "Key (email)=(emma@example.com) already exists".
    "log_error_verbosity": "terse",
}
# Only the operating system's own crash can lose data with these; for tests that is fine.
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# Servers this process started. Kept, so that they are reaped and not taken for forgotten ones.
_started: dict[Path, subprocess.Popen[bytes]] = {}


@atexit.register
def _disown() -> None:
    """Servers may outlive us on purpose; tell subprocess, which warns of forgotten children."""
    for child in _started.values():
        if child.poll() is None:
            child.returncode = 0


class EmbeddedError(Exception):
    """The private server cannot do what was asked; the message is a sentence for people."""


def default_var_dir() -> Path:
    """VAR_DIR as settings read it, for callers that must not load settings."""
    return Path(os.environ.get("VAR_DIR") or Path(__file__).resolve().parent.parent / "var")


def data_dir(var_dir: Path, *, durable: bool = True) -> Path:
    return var_dir.resolve() / ("postgres" if durable else "test-postgres")


def url(var_dir: Path, *, durable: bool = True) -> str:
    """Return the DATABASE_URL of the private server, whether it runs or not."""
    return (
        f"postgresql://{ROLE}@:{PORT}/{_socket_dir(data_dir(var_dir, durable=durable))}/{DATABASE}"
    )


def ensure_running(var_dir: Path, *, durable: bool = True, with_parent: bool = False) -> str:
    """Start the private server unless it already runs, and return its DATABASE_URL.

    Makes the cluster, the roles and the database first where they are missing. A server found
    running is used as it is. With `with_parent`, a server started here ends with this process.
    Raises EmbeddedError.
    """
    data = data_dir(var_dir, durable=durable)
    if (data / "postmaster.pid").exists() and _answers(data):
        return url(var_dir, durable=durable)
    with _plain_errors(data), _locked(data):
        try:
            _start(data, durable=durable, with_parent=with_parent)
        except EmbeddedError:
            if durable or not data.exists():
                raise
            # Nothing in a test cluster is worth repairing.
            _stop(data)
            shutil.rmtree(data)
            _start(data, durable=durable, with_parent=with_parent)
    return url(var_dir, durable=durable)


def stop(var_dir: Path, *, durable: bool = True) -> bool:
    """Stop the private server and wait for it; False if it was not running."""
    data = data_dir(var_dir, durable=durable)
    if not data.exists():
        return False
    with _plain_errors(data), _locked(data):
        return _stop(data)


def is_running(var_dir: Path, *, durable: bool = True) -> bool:
    return _server(data_dir(var_dir, durable=durable)) is not None


# --- Starting and stopping ---------------------------------------------------------------------


def _start(data: Path, *, durable: bool, with_parent: bool) -> None:
    """Bring the server from any state to one that answers the application's role."""
    server = _server(data)
    if server is not None and not _answers(data, user=SUPERUSER, database="postgres"):
        # Its socket is gone or lies elsewhere: the folder was moved while it ran.
        _stop(data)
        server = None
    if server is None:
        user = _server_user(data)
        binaries = postgres_binaries.find(_cluster_major(data))
        if binaries is None:
            raise EmbeddedError(postgres_binaries.missing_sentence(data, _cluster_major(data)))
        if not (data / "PG_VERSION").exists():
            _make_cluster(data, binaries, user)
        _clear_leftovers(data)
        _make_socket_dir(_socket_dir(data), user)
        _run(data, binaries, user, durable=durable, with_parent=with_parent)
    _make_database(data)


def _run(
    data: Path, binaries: Binaries, user: SystemUser | None, *, durable: bool, with_parent: bool
) -> None:
    settings = SETTINGS | ({} if durable else FAST_SETTINGS)
    settings["unix_socket_directories"] = str(_socket_dir(data))
    command = [str(binaries.folder / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    log_file = _log_file(data)
    with log_file.open("ab") as log:
        if log.tell() > LOG_LIMIT_BYTES:
            log.truncate(0)
        begin = log.tell()
        process = subprocess.Popen(
            command,
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Its own session: Ctrl-C in the terminal is for the launcher, the database goes last.
            start_new_session=True,
            preexec_fn=before_exec(user=user, with_parent=signal.SIGINT if with_parent else None),
        )
    _started[data] = process
    deadline = time.monotonic() + START_SECONDS
    while not _answers(data, user=SUPERUSER, database="postgres"):
        if process.poll() is not None or time.monotonic() > deadline:
            _stop(data)
            raise EmbeddedError(_failure_sentence(data, log_file.read_bytes()[begin:]))
        time.sleep(0.02)


def _stop(data: Path) -> bool:
    """Ask politely, then less so: fast, immediate, kill."""
    server = _server(data)
    if server is not None:
        for number, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
            with suppress(psutil.NoSuchProcess):
                server.send_signal(number)
            if not wait_for([server], seconds):
                break
    child = _started.pop(data, None)
    if child is not None:
        child.wait()
    return server is not None


def _server(data: Path) -> psutil.Process | None:
    """The running postmaster of this data folder, never another process that got its number."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(pid)
        if is_alive(process) and _works_in(process, data):
            return process
    except (OSError, ValueError, IndexError, psutil.Error):
        pass
    return None


def _works_in(process: psutil.Process, data: Path) -> bool:
    """Every process of a server has the data folder as its working directory."""
    try:
        where = process.cwd()
    except psutil.Error:
        return False
    return process.name().startswith("postgres") and where in (str(data), f"{data} (deleted)")


def _clear_leftovers(data: Path) -> None:
    """Remove what a kill -9 or a deleted folder left behind.

    Back ends that outlive their postmaster, and a server whose data folder was deleted, hold
    shared memory or the socket; a stale pid file may name a process that is somebody else's now.
    """
    pid_file = data / "postmaster.pid"
    socket_lock = _socket_dir(data) / f".s.PGSQL.{PORT}.lock"
    if pid_file.exists() or socket_lock.exists():
        orphans = [process for process in psutil.process_iter() if _works_in(process, data)]
        for process in orphans:
            process.kill()
        wait_for(orphans, 5)
    if (child := _started.pop(data, None)) is not None:
        child.wait()
    pid_file.unlink(missing_ok=True)
    socket_lock.unlink(missing_ok=True)
    socket_lock.with_suffix("").unlink(missing_ok=True)


# --- The cluster and what is in it ---------------------------------------------------------------


def _make_cluster(data: Path, binaries: Binaries, user: SystemUser | None) -> None:
    """Run initdb beside the final place and move it there, so that half a cluster never counts."""
    fresh = data.with_name(f"{data.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if user is not None:
        os.chown(fresh, user.uid, user.gid)
    # Locales differ between machines; these sort and compare the same on every one of them.
    locale = (
        ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if binaries.major >= 17
        else ["--locale=C", "--lc-ctype=C.UTF-8"]
    )
    result = subprocess.run(
        [
            str(binaries.folder / "initdb"),
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
            "--no-instructions",
            *locale,
        ],
        cwd="/",
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        preexec_fn=before_exec(user=user),
    )
    if result.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise EmbeddedError(_failure_sentence(data, result.stderr or result.stdout))
    if data.exists():
        data.rmdir()
    fresh.rename(data)


def _make_database(data: Path) -> None:
    """Create roles and database where they are missing."""
    with _connect(data, user=SUPERUSER, database="postgres") as connection:
        found = connection.execute(
            "SELECT FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
        if found is not None:
            return
        connection.execute(ROLES_SQL.read_bytes())
        # Tests make databases of their own; a server shared with others does not allow that.
        connection.execute(f"ALTER ROLE {ROLE} CREATEDB")
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def _cluster_major(data: Path) -> int | None:
    try:
        return int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        raise EmbeddedError(f"{data / 'PG_VERSION'} does not hold a version number.") from None


def _connect(data: Path, *, user: str, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(_socket_dir(data)),
        port=PORT,
        user=user,
        dbname=database,
        connect_timeout=5,
        autocommit=True,
    )


def _answers(data: Path, *, user: str = ROLE, database: str = DATABASE) -> bool:
    try:
        with _connect(data, user=user, database=database):
            return True
    except psycopg.OperationalError:
        return False


# --- Files and users -----------------------------------------------------------------------------


def _socket_dir(data: Path) -> Path:
    """A short place, whatever the data folder is called: socket paths end at 107 bytes.

    Not $TMPDIR, which may differ between the processes that must agree on it.
    """
    return Path(f"/tmp/villaops-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}")  # noqa: S108


def _make_socket_dir(folder: Path, user: SystemUser | None) -> None:
    """Make it private, and trust one that is already there only if it is the server's own."""
    owner = user.uid if user is not None else os.geteuid()
    try:
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user.uid, user.gid)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
            raise EmbeddedError(
                f"{folder} belongs to somebody else; remove it and start again."
            ) from None
        folder.chmod(0o700)


def _server_user(data: Path) -> SystemUser | None:
    """Whom the server runs as: ourselves, or as root the data folder's owner or a lesser user."""
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            raise EmbeddedError(
                f"{data} belongs to another user: run as that user, remove the folder, "
                "or set VAR_DIR to a folder of your own."
            )
        return None
    if data.exists() and data.stat().st_uid != 0:
        return SystemUser(data.stat().st_uid, data.stat().st_gid)
    user = _unprivileged_user()
    if data.exists():
        for path in (data, *data.rglob("*")):
            os.chown(path, user.uid, user.gid, follow_symlinks=False)
    return user


def _unprivileged_user() -> SystemUser:
    import pwd

    for name in UNPRIVILEGED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return SystemUser(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL refuses to run as root and this machine has no user "
        f"{' or '.join(UNPRIVILEGED_USERS)}: create one, or set DATABASE_URL."
    )


def _log_file(data: Path) -> Path:
    return data.with_name(f"{data.name}.log")


def _environment() -> dict[str, str]:
    """Ours without libpq's variables, and messages in English so that they can be recognized."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """One process at a time starts or stops this server."""
    data.parent.mkdir(parents=True, exist_ok=True)
    with data.with_name(f"{data.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- Sentences -----------------------------------------------------------------------------------


@contextmanager
def _plain_errors(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise EmbeddedError(_disk_full_sentence(data)) from error
        raise EmbeddedError(
            f"The private PostgreSQL needs {error.filename or data}, but: {error.strerror}."
        ) from error
    except psutil.AccessDenied as error:
        raise EmbeddedError(f"The server of {data} belongs to another user.") from error
    except psycopg.Error as error:
        raise EmbeddedError(f"The private PostgreSQL in {data} says: {error}") from error


def _disk_full_sentence(data: Path) -> str:
    return f"The disk is full: the private PostgreSQL in {data} needs some free space."


def _failure_sentence(data: Path, output: bytes) -> str:
    text = output.decode(errors="replace").strip()
    if "No space left on device" in text:
        return _disk_full_sentence(data)
    fatal = [line for line in text.splitlines() if "FATAL" in line or "error:" in line]
    said = (fatal or text.splitlines() or ["nothing"])[-1]
    return f"The private PostgreSQL in {data} does not start. It says: {said.strip()}"


# --- Command line --------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m villaops.embedded")
    parser.add_argument("command", choices=["start", "stop", "status", "url", "psql"])
    parser.add_argument("--test", action="store_true", help="the server of the test suite")
    options, rest = parser.parse_known_args(arguments)
    var_dir, durable = default_var_dir(), not options.test
    try:
        if options.command == "start":
            print(ensure_running(var_dir, durable=durable))
        elif options.command == "stop":
            print("Stopped." if stop(var_dir, durable=durable) else "Not running.")
        elif options.command == "status":
            running = is_running(var_dir, durable=durable)
            print("Running." if running else "Not running.")
            return 0 if running else 3
        elif options.command == "url":
            print(url(var_dir, durable=durable))
        else:
            _psql(var_dir, durable, rest)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _psql(var_dir: Path, durable: bool, arguments: list[str]) -> None:
    """Become psql, connected to DATABASE_URL or to the private server."""
    binaries = postgres_binaries.find(None)
    if binaries is None:
        raise EmbeddedError("There is no psql on this machine.")
    target = os.environ.get("DATABASE_URL")
    if not target:
        ensure_running(var_dir, durable=durable)
        folder = _socket_dir(data_dir(var_dir, durable=durable))
        target = f"host={folder} port={PORT} user={ROLE} dbname={DATABASE}"
    psql = str(binaries.folder / "psql")
    os.execv(psql, [psql, target, *arguments])  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
