"""The private PostgreSQL, with real servers and real kills."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, LiteralString

import environ
import psutil
import psycopg
import pytest

from villaops import embedded, postgres_binaries
from villaops.postgres_binaries import Binaries
from villaops.processes import is_alive, wait_for

REPOSITORY = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def durable_var_dir(tmp_path: Path) -> Iterator[Path]:
    """A place with a space in it, deeper than a socket's path may be."""
    place = tmp_path / "with a space" / ("deep" * 25) / "var"
    yield place
    for name in ("postgres", "test-postgres"):
        if (place / name / "postmaster.pid").exists():
            postmaster(place, name).send_signal(signal.SIGQUIT)
        embedded.stop(place, durable=name == "postgres")


@pytest.fixture
def var_dir(durable_var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, without waiting for the disk."""
    monkeypatch.setattr(embedded, "SETTINGS", embedded.SETTINGS | embedded.FAST_SETTINGS)
    return durable_var_dir


def connect(url: str) -> psycopg.Connection:
    config = environ.Env.db_url_config(url)
    return psycopg.connect(
        host=config["HOST"], port=config["PORT"], user=config["USER"], dbname=config["NAME"]
    )


def query(url: str, sql: LiteralString) -> Any:
    with connect(url) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def postmaster(var_dir: Path, name: str = "postgres") -> psutil.Process:
    return psutil.Process(int((var_dir / name / "postmaster.pid").read_text().split()[0]))


def test_ensure_running_gives_a_role_that_obeys_policies(durable_var_dir: Path) -> None:
    url = embedded.ensure_running(durable_var_dir)

    assert query(url, "SELECT version()").startswith("PostgreSQL 1")
    assert query(url, "SELECT current_user || '@' || current_database()") == "villaops@villaops"
    assert query(url, "SHOW listen_addresses") == ""
    assert query(url, "SHOW fsync") == "on"
    assert query(url, "SHOW max_parallel_workers_per_gather") == "0"
    roles = "SELECT array_agg(rolname || {} ORDER BY rolname) FROM pg_roles WHERE rolname ~ '^vill'"
    flags = "' ' || rolsuper || ' ' || rolbypassrls || ' ' || rolcanlogin || ' ' || rolcreatedb"
    assert query(url, roles.format(flags)) == [
        "villaops false false true true",
        "villaops_support false false false false",
    ]
    grant = "SELECT inherit_option || ' ' || set_option FROM pg_auth_members WHERE member = {}"
    assert query(url, grant.format("'villaops'::regrole")) == "false true"


def test_ensure_running_uses_the_server_that_runs(var_dir: Path) -> None:
    first = embedded.ensure_running(var_dir)
    server = postmaster(var_dir)

    assert embedded.ensure_running(var_dir) == first == embedded.url(var_dir)
    assert postmaster(var_dir) == server


def test_many_starts_at_once_make_one_server(var_dir: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        urls = set(pool.map(lambda _: embedded.ensure_running(var_dir), range(4)))

    assert urls == {embedded.url(var_dir)}
    assert query(embedded.url(var_dir), "SELECT 1") == 1


def test_test_server_is_another_and_fast(var_dir: Path) -> None:
    url = embedded.ensure_running(var_dir, durable=False)

    assert url != embedded.url(var_dir)
    assert not embedded.is_running(var_dir)
    assert query(
        url, "SELECT current_setting('fsync') || current_setting('synchronous_commit')"
    ) == ("offoff")


def test_stop_ends_the_server_and_keeps_the_data(var_dir: Path) -> None:
    url = embedded.ensure_running(var_dir)
    with connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    server = postmaster(var_dir)

    assert embedded.stop(var_dir) is True
    assert not is_alive(server)
    assert embedded.stop(var_dir) is False
    assert query(embedded.ensure_running(var_dir), "SELECT number FROM kept") == 7


def test_start_after_kill_of_the_postmaster_alone(var_dir: Path) -> None:
    url = embedded.ensure_running(var_dir)
    server = postmaster(var_dir)
    connection = connect(url)
    # A back end that computes does not notice that its postmaster is gone.
    connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 10000000000)")
    busy = psutil.Process(connection.info.backend_pid)
    server.kill()

    assert embedded.ensure_running(var_dir) == url

    assert query(url, "SELECT 1") == 1
    assert postmaster(var_dir).pid != server.pid
    assert not is_alive(busy)
    connection.close()


def test_start_after_kill_of_everything(var_dir: Path) -> None:
    url = embedded.ensure_running(var_dir)
    for process in [postmaster(var_dir), *postmaster(var_dir).children()]:
        process.kill()

    assert query(embedded.ensure_running(var_dir), "SELECT 1") == 1
    assert embedded.url(var_dir) == url


def test_pid_file_that_names_a_stranger_is_no_running_server(var_dir: Path) -> None:
    embedded.ensure_running(var_dir)
    embedded.stop(var_dir)
    (var_dir / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n")

    assert not embedded.is_running(var_dir)
    assert query(embedded.ensure_running(var_dir), "SELECT 1") == 1


def test_start_after_the_data_folder_was_deleted_under_the_server(var_dir: Path) -> None:
    url = embedded.ensure_running(var_dir)
    orphan = postmaster(var_dir)
    shutil.rmtree(var_dir)

    assert query(embedded.ensure_running(var_dir), "SELECT 1") == 1
    assert embedded.url(var_dir) == url
    assert not is_alive(orphan)


def test_start_after_the_folder_was_moved_under_the_server(var_dir: Path) -> None:
    embedded.ensure_running(var_dir)
    moved = var_dir.with_name("moved")
    var_dir.rename(moved)

    try:
        assert query(embedded.ensure_running(moved), "SELECT 1") == 1
    finally:
        embedded.stop(moved)


def test_data_of_another_version_is_one_sentence(var_dir: Path) -> None:
    embedded.ensure_running(var_dir)
    embedded.stop(var_dir)
    version = var_dir / "postgres" / "PG_VERSION"
    made_by = version.read_text()
    version.write_text("99\n")

    with pytest.raises(embedded.EmbeddedError, match=r"was made by PostgreSQL 99, which"):
        embedded.ensure_running(var_dir)

    version.write_text(made_by)
    assert query(embedded.ensure_running(var_dir), "SELECT 1") == 1


def test_broken_test_server_is_made_anew(var_dir: Path) -> None:
    embedded.ensure_running(var_dir, durable=False)
    embedded.stop(var_dir, durable=False)
    (var_dir / "test-postgres" / "global" / "pg_control").unlink()

    url = embedded.ensure_running(var_dir, durable=False)

    assert query(url, "SELECT 1") == 1


def test_broken_server_says_where_and_why(var_dir: Path) -> None:
    embedded.ensure_running(var_dir)
    embedded.stop(var_dir)
    (var_dir / "postgres" / "global" / "pg_control").unlink()

    with pytest.raises(embedded.EmbeddedError) as refusal:
        embedded.ensure_running(var_dir)

    assert str(var_dir / "postgres") in str(refusal.value)
    assert "pg_control" in str(refusal.value)


def test_no_programs_is_one_sentence(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_binaries, "_all", lambda: iter(()))

    with pytest.raises(embedded.EmbeddedError, match="There is no PostgreSQL 16 or newer"):
        embedded.ensure_running(var_dir)


def test_programs_on_the_path_are_the_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = postgres_binaries.find(None)
    assert packaged is not None
    monkeypatch.setattr(postgres_binaries, "_packaged_folder", lambda: None)
    monkeypatch.setattr(postgres_binaries, "SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", str(packaged.folder))

    assert postgres_binaries.find(None) == Binaries(packaged.folder.resolve(), packaged.major)
    assert postgres_binaries.find(packaged.major - 1) is None


def test_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(embedded.EmbeddedError, match=r"The private PostgreSQL needs .*file"):
        embedded.ensure_running(tmp_path / "file" / "var")


def test_full_disk_is_one_sentence() -> None:
    said = b"initdb: error: could not write: No space left on device\nchild exited with 1\n"

    sentence = embedded._failure_sentence(Path("/var/x"), said)

    assert sentence == "The disk is full: the private PostgreSQL in /var/x needs some free space."


def test_socket_folder_of_somebody_else_is_refused(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "theirs").symlink_to(tmp_path / "mine")
    monkeypatch.setattr(embedded, "_socket_dir", lambda data: tmp_path / "theirs")

    with pytest.raises(embedded.EmbeddedError, match="belongs to somebody else"):
        embedded.ensure_running(var_dir)


def test_server_with_parent_ends_when_the_parent_is_killed(var_dir: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells a child that its parent is gone")
    code = (
        "import sys, time; from pathlib import Path; from villaops import embedded;"
        "embedded.ensure_running(Path(sys.argv[1]), with_parent=True); print('up', flush=True);"
        "time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(var_dir)], cwd=REPOSITORY, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"up\n"
    server = postmaster(var_dir)

    parent.kill()
    parent.communicate()

    assert wait_for([server], 10) == []


def test_command_line_starts_tells_and_stops(var_dir: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "villaops.embedded", *arguments],
            cwd=REPOSITORY,
            env=os.environ | {"VAR_DIR": str(var_dir), "DATABASE_URL": ""},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout.strip()

    assert run("status") == (3, "Not running.")
    assert run("start") == (0, embedded.url(var_dir))
    assert run("status") == (0, "Running.")
    assert run("psql", "-Atc", "SELECT current_user") == (0, "villaops")
    assert run("stop") == (0, "Stopped.")
    assert run("stop") == (0, "Not running.")
