"""`make run` without make: real processes in a folder of their own."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from villaops import embedded, launch
from villaops.processes import is_alive, wait_for

REPOSITORY = Path(__file__).resolve().parent.parent.parent


class Start:
    """One `python -m villaops.launch`, and what it printed until it answered or ended."""

    def __init__(self, var_dir: Path, *, port: int, **variables: str) -> None:
        environment = {"VAR_DIR": str(var_dir), "DATABASE_URL": "", "PORT": str(port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "villaops.launch"],
            cwd=REPOSITORY,
            env=os.environ | environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if "viewer@villaops.ai" in line:
                break

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; return the exit code and all that was printed."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        rest, _ = self.process.communicate(timeout=60)
        return self.process.returncode, self.printed + rest


@pytest.fixture(scope="session")
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One for all tests of this process, since making the database takes some seconds."""
    place = tmp_path_factory.mktemp("a villa") / "var"
    yield place
    launch.stop_everything(place)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def eventually(is_so: Callable[[], bool]) -> bool:
    """Whether it comes to be so within a minute; what is started again may refuse meanwhile."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError, http.client.HTTPException):
            if is_so():
                return True
        time.sleep(0.05)
    return False


def test_start_serves_greets_and_ends_cleanly(var_dir: Path, port: int) -> None:
    start = Start(var_dir, port=port)

    assert f"VillaOps runs at http://localhost:{port} (Ctrl-C stops it)." in start.printed
    assert "demo@villaops.ai" in start.printed
    assert status_of(port, "/health") == 200
    assert status_of(port, "/health/ready") == 200
    family = start.family()
    assert len(family) > 2

    second = Start(var_dir, port=port).wait()
    assert second == (
        1,
        f"VillaOps already runs from this folder (process {start.process.pid}); "
        "`make stop` ends it.\n",
    )

    code, printed = start.end(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in printed
    assert wait_for(family, 5) == []
    assert not embedded.is_running(var_dir)


def test_start_after_the_launcher_and_then_the_server_was_killed(var_dir: Path, port: int) -> None:
    first = Start(var_dir, port=port)
    family = first.family()
    first.end(signal.SIGKILL)
    if sys.platform == "linux":
        assert wait_for(family, 15) == []

    second = Start(var_dir, port=port)

    assert status_of(port, "/health/ready") == 200

    # What is killed now comes back: the database, and the server in another process.
    database = psutil.Process(int((var_dir / "postgres" / "postmaster.pid").read_text().split()[0]))
    server = next(one for one in second.family() if "granian" in " ".join(one.cmdline()))
    database.kill()
    server.kill()
    assert eventually(lambda: status_of(port, "/health/ready") == 200)
    assert not is_alive(server)
    assert not is_alive(database)
    family = second.family()
    code, printed = second.end(signal.SIGTERM)
    assert code == 0
    assert "The database ended by itself; it is started again." in printed
    assert "The web server ended by itself; it is started again." in printed
    assert wait_for(family, 5) == []


def test_patience_grows_to_a_limit_and_comes_back() -> None:
    patience = launch.Patience()
    waits = []
    now = 0.0
    for _ in range(10):
        patience.started(now)
        assert patience.ended(now + 1)
        assert not patience.ended(now + 1)
        assert patience.due_at is not None
        waits.append(round(patience.due_at - now - 1, 1))
        now = patience.due_at

    patience.started(now)
    patience.ended(now + 61)

    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30]
    assert patience.due_at == now + 61.2


def test_workers_left_by_a_killed_start_are_ended(var_dir: Path) -> None:
    orphan = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        env=os.environ | {launch.Children.MARK: str(var_dir.resolve())},
    )
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])

    launch.Children(var_dir).clear_leftovers()

    assert orphan.wait(5) == -signal.SIGTERM
    assert is_alive(psutil.Process(stranger.pid))
    stranger.kill()
    stranger.wait()


def test_database_newer_than_the_code_is_one_sentence(tmp_path: Path, port: int) -> None:
    embedded.ensure_running(tmp_path, with_parent=True)
    data = embedded.data_dir(tmp_path)
    with embedded._connect(data, user=embedded.ROLE, database=embedded.DATABASE) as connection:
        connection.execute(
            "CREATE TABLE django_migrations"
            " (id bigserial, app text, name text, applied timestamptz DEFAULT now());"
            "INSERT INTO django_migrations (app, name) VALUES ('bookings', '9999_from_tomorrow')"
        )

    ended = Start(tmp_path, port=port).wait()

    embedded.stop(tmp_path)
    assert ended == (
        1,
        "The database is newer than this code (it has the migration bookings.9999_from_tomorrow):"
        " update the code, or use another database.\n",
    )


def test_busy_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]

        ended = Start(tmp_path / "var", port=port).wait()

    assert ended == (
        1,
        f"Port {port} on 127.0.0.1 is busy: stop what uses it, "
        "or choose another, as in `PORT=8001 make run`.\n",
    )
    assert not (tmp_path / "var" / "postgres").exists()


def test_database_that_does_not_answer_is_one_sentence(tmp_path: Path, port: int) -> None:
    nowhere = "postgresql://villaops:secret@127.0.0.1:1/villaops"

    code, printed = Start(tmp_path / "var", port=port, DATABASE_URL=nowhere).wait()

    assert code == 1
    assert printed.startswith("The database does not do its part: connection failed")
    assert "Traceback" not in printed
    assert "secret" not in printed


def test_superuser_as_application_role_is_one_sentence(var_dir: Path, port: int) -> None:
    embedded.ensure_running(var_dir)
    url = embedded.url(var_dir).replace("villaops@", "postgres@")

    code, printed = Start(var_dir, port=port, DATABASE_URL=url).wait()

    assert code == 1
    assert printed.startswith("The database role is a superuser")
    assert "Traceback" not in printed


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1"])
def test_port_that_is_none_is_one_sentence(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", value)

    with pytest.raises(launch.LaunchError, match="choose a number from 1 to 65535"):
        launch._address()


def test_host_of_another_machine_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "192.0.2.1")

    with pytest.raises(launch.LaunchError, match=r"192\.0\.2\.1.*no address of this machine"):
        launch._check_is_free(launch._address())


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://localhost:8000"),
        ("0.0.0.0", "http://localhost:8000"),
        ("localhost", "http://localhost:8000"),
        ("::1", "http://localhost:8000"),
        ("192.0.2.1", "http://192.0.2.1:8000"),
        ("2001:db8::1", "http://[2001:db8::1]:8000"),
    ],
)
def test_address_is_told_as_a_browser_wants_it(
    host: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST", host)
    monkeypatch.delenv("PORT", raising=False)

    assert launch._address().url == url


def test_port_is_one_sentence_for_ordinary_users_too(monkeypatch: pytest.MonkeyPatch) -> None:
    error = PermissionError(13, "Permission denied")
    monkeypatch.setenv("PORT", "80")

    sentence = launch._address_sentence(error, launch._address())

    assert sentence == "Port 80 on 127.0.0.1 cannot be opened: Permission denied."


# --- scripts/find-python ---


def find_python(path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    shell = shutil.which("sh")
    assert shell is not None
    return subprocess.run(
        [shell, str(REPOSITORY / "scripts" / "find-python")],
        env={"PATH": str(path), "HOME": str(path)} | variables,
        capture_output=True,
        text=True,
    )


def script(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)


def test_find_python_passes_over_shims_that_fail(tmp_path: Path) -> None:
    script(tmp_path / "python3.13", "echo 'command not found' >&2; exit 127")
    script(tmp_path / "python3", "echo '3.11 /old/python3'")
    script(tmp_path / ".pyenv" / "versions" / "3.12.1" / "bin" / "python3", "echo '3.12 /right'")

    found = find_python(tmp_path)

    # Others of this machine may fit better; the failing and the old one never do.
    assert found.returncode == 0
    assert found.stdout.strip() not in ("", "/old/python3")


def test_find_python_prefers_3_13(tmp_path: Path) -> None:
    script(tmp_path / "python3", "echo '3.14 /newer python'")
    script(tmp_path / ".pyenv" / "versions" / "3.13.5" / "bin" / "python3", "echo '3.13 /the one'")

    assert find_python(tmp_path).stdout == "/the one\n"


def test_find_python_takes_only_the_one_it_is_given(tmp_path: Path) -> None:
    script(tmp_path / "python3.13", "echo '3.13 /the one'")
    script(tmp_path / "old", "echo '3.11 /old'; exit 1")

    found = find_python(tmp_path, PYTHON=str(tmp_path / "old"))

    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr == (
        "VillaOps needs Python 3.12 or newer: install python3.13 (or set PYTHON to its path).\n"
    )


def test_find_python_tells_that_venv_is_missing(tmp_path: Path) -> None:
    script(tmp_path / "bare", "case $2 in *ensurepip*) exit 1;; *) exit 0;; esac")

    found = find_python(tmp_path, PYTHON=str(tmp_path / "bare"))

    assert found.returncode == 1
    assert found.stderr.startswith(f"{tmp_path}/bare lacks its venv module: install it")
