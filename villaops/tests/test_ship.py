"""What is shipped beside the code: compose.yaml, Dockerfile, .env.example, the lock files."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from villaops import embedded, healthcheck, postgres_binaries
from villaops.celery import HARD_LIMIT_SECONDS, app, broker
from villaops.live.streams import PATH
from villaops.outbox.services import LEASE
from villaops.outbox.tasks import deliver_intent

REPOSITORY = Path(__file__).resolve().parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())


class ComposeLoader(yaml.SafeLoader):
    """YAML with what compose adds: `!reset` takes back what another file says."""


ComposeLoader.add_constructor("!reset", lambda loader, node: loader.construct_sequence(node))
REPLICAS: dict[str, Any] = yaml.load(
    (REPOSITORY / "compose.replicas.yaml").read_text(), ComposeLoader
)
ENV_EXAMPLE = (REPOSITORY / ".env.example").read_text()
# Read by others than settings: the launcher, and compose for the database.
READ_ELSEWHERE = {"HOST", "PORT", "DATABASE_PASSWORD", "POSTGRES_PASSWORD", "SITE_ADDRESS"}


def read(name: str) -> str:
    return (REPOSITORY / name).read_text()


def variables_of_settings() -> set[str]:
    return set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', read("villaops/settings.py")))


def test_env_example_names_every_variable_that_is_read() -> None:
    named = re.findall(r"^# ([A-Z_]+)=", ENV_EXAMPLE, flags=re.MULTILINE)

    assert sorted(named) == sorted(variables_of_settings() | READ_ELSEWHERE)


def test_env_example_leaves_every_default_as_it_is() -> None:
    assert [line for line in ENV_EXAMPLE.splitlines() if line and not line.startswith("#")] == []


def test_compose_has_what_production_needs() -> None:
    services = COMPOSE["services"]

    assert set(services) == {"web", "migrate", "worker", "beat", "postgres", "redis"}
    assert services["postgres"]["image"] == "postgres:18"
    assert services["redis"]["image"] == "redis:7"
    for name in ("web", "migrate", "worker", "beat"):
        environment = services[name]["environment"]
        assert environment["ENVIRONMENT"] == "production"
        assert environment["DATABASE_URL"].startswith("postgresql://villaops:")
        assert environment["POSTGRES_PASSWORD"] == ""


def test_compose_demands_every_secret() -> None:
    demanded = set(re.findall(r"\$\{([A-Z_]+):\?", read("compose.yaml")))

    assert demanded == {"SECRET_KEY", "JWT_SECRET_KEY", "DATABASE_PASSWORD", "POSTGRES_PASSWORD"}


def test_replicas_are_two_of_each_and_only_the_proxy_is_reached() -> None:
    services = REPLICAS["services"]

    assert {name: services[name]["deploy"]["replicas"] for name in ("web", "worker")} == {
        "web": 2,
        "worker": 2,
    }
    assert [name for name, service in services.items() if service.get("ports")] == ["proxy"]
    # What it does not say itself compose.yaml does.
    assert set(services) - set(COMPOSE["services"]) == {"proxy", "events"}
    assert services["events"]["extends"] == {"file": "compose.yaml", "service": "web"}
    for name in ("web", "events"):
        environment = services[name]["environment"]
        assert environment["BEHIND_PROXY"] == "true"
        subnet = REPLICAS["networks"]["default"]["ipam"]["config"][0]["subnet"]
        assert environment["TRUSTED_PROXIES"] == subnet


def test_proxy_tells_event_streams_apart_as_the_code_does() -> None:
    caddyfile = read("docs/proxy/Caddyfile")
    streams = re.findall(r"path_regexp (\S+)", caddyfile)

    assert streams == [PATH.pattern]
    upstreams = set(re.findall(r"reverse_proxy (\w+):8000", caddyfile))
    upstreams |= set(re.findall(r"name (\w+)", caddyfile))
    assert upstreams == {"web", "events"}
    assert caddyfile.count("{") == caddyfile.count("}")


def test_all_of_the_application_share_a_folder_and_may_finish() -> None:
    services = COMPOSE["services"]

    for name in ("web", "worker", "beat", "migrate"):
        assert services[name]["volumes"] == ["villaops:/var/lib/villaops"]
    longest = int(services["worker"]["stop_grace_period"].removesuffix("s"))
    assert longest > HARD_LIMIT_SECONDS


def test_compose_mounts_files_that_are_there() -> None:
    mounts = [
        mount.split(":")[0]
        for service in [*COMPOSE["services"].values(), *REPLICAS["services"].values()]
        for mount in service.get("volumes", [])
    ]

    missing = [mount for mount in mounts if "/" in mount and not (REPOSITORY / mount).is_file()]
    assert missing == []
    assert os.access(REPOSITORY / "scripts" / "create-database", os.X_OK)


def test_image_runs_unprivileged_and_tells_its_health() -> None:
    dockerfile = read("Dockerfile")

    assert re.findall(r"^FROM (.*)$", dockerfile, flags=re.MULTILINE) == [
        "python:3.13-slim AS build",
        "python:3.13-slim",
    ]
    assert re.search(r"^USER 1000$", dockerfile, flags=re.MULTILINE)
    assert re.search(r"^EXPOSE 8000$", dockerfile, flags=re.MULTILINE)
    assert '["python", "-m", "villaops.healthcheck"]' in dockerfile


def test_image_holds_every_app() -> None:
    apps = tomllib.loads(read("pyproject.toml"))["tool"]["pytest"]["testpaths"]

    kept = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}

    assert kept == {*apps, "manage.py", "requirements.txt", "static", "templates"}


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        (None, "localhost"),
        ("*", "localhost"),
        ("villas.example,www.villas.example", "villas.example"),
        (".villas.example", "villas.example"),
    ],
)
def test_healthcheck_comes_by_a_name_that_is_allowed(
    allowed: str | None, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALLOWED_HOSTS", raising=False)
    if allowed is not None:
        monkeypatch.setenv("ALLOWED_HOSTS", allowed)

    assert healthcheck._host() == host


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_lock_files_name_no_registry_and_hash_everything(name: str) -> None:
    lock = read(name)

    assert "://" not in lock
    assert "--index" not in lock
    pinned = re.findall(r"^[a-z0-9][^\n]*==[^\n]*\\\n    --hash=sha256:", lock, flags=re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[a-z0-9]", lock, flags=re.MULTILINE))


def test_lock_files_agree() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9][^\s;]*==\S+", read(name), flags=re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


# --- scripts/create-database, on a server that has nothing yet ---


@pytest.fixture
def bare_server(tmp_path: Path) -> Iterator[Path]:
    """A cluster as initdb leaves it."""
    data = embedded.data_dir(tmp_path)
    binaries, user = postgres_binaries.find(None), embedded._server_user(data)
    assert binaries is not None
    embedded._make_cluster(data, binaries, user)
    embedded._make_socket_dir(embedded._socket_dir(data), user)
    embedded._run(data, binaries, user, durable=False, with_parent=False)
    yield data
    embedded.stop(tmp_path)


def test_create_database_makes_the_roles_of_the_private_server(bare_server: Path) -> None:
    binaries = postgres_binaries.find(None)
    assert binaries is not None
    subprocess.run(
        [str(REPOSITORY / "scripts" / "create-database")],
        env={
            "PATH": f"{binaries.folder}:{os.environ['PATH']}",
            "PGHOST": str(embedded._socket_dir(bare_server)),
            "DATABASE_PASSWORD": "it's",
        },
        check=True,
    )

    with embedded._connect(bare_server, user="villaops", database="villaops") as connection:
        assert roles(connection) == [
            ("villaops", True, False, False, False),
            ("villaops_support", False, False, False, False),
        ]
        connection.execute("CREATE TABLE mine (id int)")
        connection.execute("SET ROLE villaops_support")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM mine")
    with embedded._connect(bare_server, user="postgres", database="postgres") as connection:
        password = "SELECT rolpassword ~ '^SCRAM' FROM pg_authid WHERE rolname = 'villaops'"
        assert connection.execute(password).fetchone() == (True,)


def roles(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreatedb FROM pg_roles"
        " WHERE rolname LIKE 'villaops%' ORDER BY rolname"
    ).fetchall()


# --- Background work ---


def test_broker_is_redis_where_there_is_one(tmp_path: Path) -> None:
    assert broker("", "redis://one/0", tmp_path)["broker_url"] == "redis://one/0"
    assert broker("redis://two/1", "redis://one/0", tmp_path)["broker_url"] == "redis://two/1"
    assert list(tmp_path.iterdir()) == []


def test_broker_of_files_delivers(tmp_path: Path) -> None:
    settings = broker("", "", tmp_path)

    with app.connection(
        settings["broker_url"], transport_options=settings["broker_transport_options"]
    ) as connection:
        queue = connection.SimpleQueue("celery")
        queue.put({"kept": "dates"})
        message = queue.get(timeout=5)
        message.ack()
        queue.close()

    assert message.payload == {"kept": "dates"}


def test_tasks_survive_their_worker_and_are_never_pickled() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.accept_content == ["json"]
    assert 0 < app.conf.task_soft_time_limit < app.conf.task_time_limit
    # Else Redis would give a task that still runs to a second worker.
    options = broker("", "redis://one/0", Path())["broker_transport_options"]
    assert app.conf.task_time_limit < options["visibility_timeout"]
    assert app.conf.broker_connection_max_retries is None


def test_an_intent_is_never_with_two_workers() -> None:
    limits = deliver_intent.soft_time_limit, deliver_intent.time_limit, LEASE.total_seconds()

    assert sorted(limits) == list(limits)
