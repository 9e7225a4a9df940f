"""Measure the production servers on the houses: `make bench`.

    VAR_DIR=var/bench .venv/bin/python -m bench.load.run [ROUNDS] [SECONDS]

Rounds over all targets take turns, so that a slow minute of the machine falls on all of them; a
figure is the median of its rounds. Beside each stand what it is compared with: a view that returns
a constant through the same server, and the endpoint's statements alone, by pgbench.

Answers are remembered until the organization's rows change (docs/decisions/0019), so two more are
measured: what an answer costs that is made anew, and the rate while something changes ten times a
second.
"""

import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from importlib.metadata import version
from itertools import batched, chain, islice
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil

from villaops import embedded

HERE = Path(__file__).parent
CONNECTIONS, WORKERS, PORT = 16, 2, 8190
LOAD_BEFORE = os.getloadavg()[0]
# Bodies of bookings to create: so many for each second, all in all.
MOST_CREATED = 500
# Answers made anew, to measure one.
MADE = 40
# Who runs statements alone, and how many creations each.
CLIENTS_ALONE, CREATED_ALONE = 4, 150
UNLIMITED = {"RATE_LIMIT_API": "0", "RATE_LIMIT_AUTH": "0"}
TRANSACTION = re.compile("BEGIN|COMMIT|SAVEPOINT|RELEASE")


@dataclass
class Found:
    """A target's rounds."""

    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    worker_ms: list[float] = field(default_factory=list)
    postgres_ms: list[float] = field(default_factory=list)
    errors: int = 0
    alone_p95: float = 0
    statements: int = 0
    sql_rate: float = 0
    made_worker_ms: float = 0
    made_postgres_ms: float = 0
    changing_rate: float = 0


def main(rounds: int, seconds: int) -> None:
    os.environ["DATABASE_URL"] = embedded.ensure_running(embedded.default_var_dir())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "villaops.settings")
    secrets = {"SECRET_KEY": "bench" * 12, "JWT_SECRET_KEY": "bench" * 12}
    os.environ.update(secrets | UNLIMITED)
    import django

    django.setup()
    from django.core.management import call_command

    from bench.load.targets import Place

    call_command("migrate", verbosity=0)
    place = Place.large()
    targets = place.targets(datetime.now(UTC).date())
    api, pages = place.api_headers(), place.page_headers()
    found: dict[str, Found] = defaultdict(Found)
    for target in targets:
        if target.name != "constant view":
            headers = pages if target.is_page else api
            measure_statements(place, target, headers, found[target.name], seconds)
    bodies = place.bodies(MOST_CREATED * (rounds * seconds + 2))
    with server() as process:

        def shoot(target: Any, connections: int, length: int) -> dict[str, float]:
            headers = dict(pages if target.is_page else api)
            wait_until_idle(process)
            return shot(target, headers, bodies, connections, length)

        for target in targets:
            shoot(target, CONNECTIONS, 2)
        for _ in range(rounds):
            for target in targets:
                with cost(process) as spent:
                    answer = shoot(target, CONNECTIONS, seconds)
                note(found[target.name], answer, spent)
        for target in targets:
            if target.is_page:
                found[target.name].alone_p95 = shoot(target, 1, seconds)["p95"] / 1000
            if not target.is_creation and target.name != "constant view":
                headers = pages if target.is_page else api
                measure_made(process, place, target, headers, found[target.name])
                with changing(place):
                    answer = shoot(target, CONNECTIONS, seconds)
                found[target.name].changing_rate = rate_of(answer)
        memory = [child.memory_info().rss / 2**20 for child in process.children(recursive=True)]
    parts = [
        "# Measured by `make bench`",
        setting(rounds, seconds),
        table(found),
        EXPLAINED,
        f"Memory of a worker: {', '.join(f'{one:.0f} MB' for one in sorted(memory))}.\n",
    ]
    print("\n\n".join(parts))
    (HERE / "RESULTS.md").write_text("\n\n".join(parts))


# --- Servers and load --------------------------------------------------------------------------


@contextmanager
def server() -> Iterator[psutil.Process]:
    """granian as in production: two processes, one thread each."""
    environment = os.environ | {
        "ENVIRONMENT": "production",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "false",
        "EMAIL_URL": "dummymail://",
    }
    folder = Path(sys.executable).parent
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
        env=environment,
        check=True,
    )
    process = subprocess.Popen(
        [
            *(str(folder / "granian"), "--interface", "wsgi", "villaops.wsgi:application"),
            *("--host", "127.0.0.1", "--port", str(PORT)),
            *("--workers", str(WORKERS), "--blocking-threads", "1"),
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_health()
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def wait_for_health() -> None:
    for _ in range(300):
        try:
            with urlopen(f"http://127.0.0.1:{PORT}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server does not answer.")


def wait_until_idle(process: psutil.Process) -> None:
    """What is asked for when a run ends is still being made: the next one must not wait for it."""
    parts = [*process.children(recursive=True), *postgres().children()]
    while True:
        before = busy(parts)
        time.sleep(0.3)
        if busy(parts) - before < 0.02:
            return


def shot(
    target: Any, headers: dict[str, str], bodies: Iterator[str], connections: int, seconds: int
) -> dict[str, float]:
    """One run: requests, microseconds, percentiles in microseconds, errors."""
    url = f"http://127.0.0.1:{PORT}{target.path}"
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        environment = dict(os.environ)
        if target.is_creation:
            # Nobody books the same nights twice, in this run or the next.
            file.writelines(f"{body}\n" for body in islice(bodies, MOST_CREATED * seconds))
            file.flush()
            headers |= {"Content-Type": "application/json"}
            environment["BENCH_BODIES"] = file.name
        environment["BENCH_HEADERS"] = "\n".join(f"{name}: {headers[name]}" for name in headers)
        output = subprocess.run(
            with_wrk(url, connections, seconds)
            if shutil.which("wrk")
            else [sys.executable, "-m", "bench.load.plain", url, str(connections), str(seconds)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return json.loads(output.partition("BENCH ")[2])


def with_wrk(url: str, connections: int, seconds: int) -> list[str]:
    return [
        *("wrk", "--threads", "1" if connections == 1 else "2"),
        *("--connections", str(connections), "--duration", f"{seconds}s", "--timeout", "10s"),
        *("--script", str(HERE / "shot.lua"), url),
    ]


@contextmanager
def cost(process: psutil.Process) -> Iterator[dict[str, float]]:
    """Seconds of processor time that workers and PostgreSQL spend inside."""
    database = postgres()
    workers = process.children(recursive=True)
    before = busy(workers), busy(database.children())
    spent: dict[str, float] = {}
    yield spent
    spent["workers"] = busy(workers) - before[0]
    spent["postgres"] = busy(database.children()) - before[1]


def busy(processes: list[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def postgres() -> psutil.Process:
    data = embedded.data_dir(embedded.default_var_dir())
    return psutil.Process(int((data / "postmaster.pid").read_text().splitlines()[0]))


def note(found: Found, answer: dict[str, float], spent: dict[str, float]) -> None:
    many = max(answer["requests"], 1)
    found.rates.append(rate_of(answer))
    found.p50.append(answer["p50"] / 1000)
    found.p99.append(answer["p99"] / 1000)
    found.worker_ms.append(spent["workers"] * 1000 / many)
    found.postgres_ms.append(spent["postgres"] * 1000 / many)
    found.errors += int(answer["errors"])


def rate_of(answer: dict[str, float]) -> float:
    return answer["requests"] * 1e6 / answer["microseconds"]


# --- Answers made anew ---------------------------------------------------------------------------


def measure_made(
    process: psutil.Process, place: Any, target: Any, headers: dict[str, str], found: Found
) -> None:
    """What an answer costs each, when something has changed before it."""
    client = HTTPConnection("127.0.0.1", PORT)
    with cost(process) as spent:
        for _ in range(MADE):
            place.change()
            client.request("GET", target.path, headers=headers)
            client.getresponse().read()
    client.close()
    found.made_worker_ms = spent["workers"] * 1000 / MADE
    found.made_postgres_ms = spent["postgres"] * 1000 / MADE


@contextmanager
def changing(place: Any) -> Iterator[None]:
    """Ten changes of the organization a second."""
    is_over = threading.Event()

    def change() -> None:
        while not is_over.wait(0.1):
            place.change()

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


# --- Statements alone ----------------------------------------------------------------------------


def measure_statements(
    place: Any, target: Any, headers: dict[str, str], found: Found, seconds: int
) -> None:
    """How many an endpoint runs, and how often pgbench can run the same in a second."""
    from django.test import Client

    client = Client(headers=headers, HTTP_HOST="127.0.0.1")
    if target.is_creation:
        asked = place.bodies(CLIENTS_ALONE * CREATED_ALONE)
        made = [creation_of(client, target, body) for body in asked]
        found.statements = counted(made[0])
        found.sql_rate = rate_of_creations(made)
        return
    client.get(target.path)
    place.change()
    statements = statements_of(lambda: client.get(target.path), 200)
    found.statements = counted(statements)
    with script_of(statements) as script:
        arguments = ("--client", str(CLIENTS_ALONE), "--jobs", "2", "--time", str(seconds))
        output = subprocess.run(
            pgbench(script, *arguments), capture_output=True, text=True, check=False
        ).stdout
    rate = re.search(r"tps = ([\d.]+)", output)
    found.sql_rate = float(rate[1]) if rate else 0


def statements_of(ask: Callable[[], Any], status: int) -> list[str]:
    """What is sent to PostgreSQL meanwhile, the values in it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        answer = ask()
    if answer.status_code != status:
        raise SystemExit(f"{answer.request['PATH_INFO']} answers {answer.status_code}")
    return [query["sql"] for query in captured.captured_queries]


def counted(statements: list[str]) -> int:
    return sum(not TRANSACTION.match(statement) for statement in statements)


def creation_of(client: Any, target: Any, body: str) -> list[str]:
    """The statements of a creation that is taken back, so that they can be run once more.

    Without those that close its context, because the transaction goes on around it.
    """
    from django.db import transaction

    with transaction.atomic():
        statements = statements_of(
            lambda: client.post(target.path, body, content_type="application/json"), 201
        )
        transaction.set_rollback(True)
    inside = [one for one in statements if not one.startswith("SET LOCAL")]
    return ["BEGIN", *inside, "COMMIT"]


def rate_of_creations(made: list[list[str]]) -> float:
    """In a second: each can be run only once, so that each client has a script of its own."""
    with ExitStack() as scripts:
        commands = [
            pgbench(scripts.enter_context(script_of(list(chain(*part)))), "--transactions", "1")
            for part in batched(made, CREATED_ALONE, strict=True)
        ]
        begun = time.perf_counter()
        clients = [subprocess.Popen(one, stdout=subprocess.DEVNULL) for one in commands]
        if sum(client.wait() for client in clients):
            raise SystemExit("pgbench: a creation failed.")
        return len(made) / (time.perf_counter() - begun)


@contextmanager
def script_of(statements: list[str]) -> Iterator[str]:
    """A file for pgbench."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.writelines(f"{on_one_line(statement)};\n" for statement in statements)
        script.flush()
        yield script.name


def pgbench(script: str, *arguments: str) -> list[str]:
    from django.db import connection

    place = connection.settings_dict
    return [
        *(shutil.which("pgbench") or "pgbench", "--no-vacuum", "--protocol=simple", *arguments),
        *("--file", script, "--host", place["HOST"], "--port", str(place["PORT"])),
        *("--username", place["USER"], place["NAME"]),
    ]


def on_one_line(statement: str) -> str:
    """As pgbench wants it; a comment would swallow what follows."""
    return " ".join(re.sub(r"--[^\n]*", "", statement).split())


# --- What is told ------------------------------------------------------------------------------

EXPLAINED = """The first columns are of the same request again and again, 16 at a time: what has not
changed is not made anew. "Made anew": with a change before each request, one at a time. "Changing":
16 at a time, with ten changes a second."""
HEAD = (
    "| target | requests/s | of constant | p50 ms | p99 ms | errors | worker ms | PostgreSQL ms"
    " | statements, made anew | worker ms | PostgreSQL ms | SQL alone/s | requests/s, changing"
    " | p95 of one ms |"
)


def setting(rounds: int, seconds: int) -> str:
    """When and on what."""
    from django.db import connection

    model = re.search("model name.*: (.*)", Path("/proc/cpuinfo").read_text())
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        [postgres] = cursor.fetchone()
    versions = {
        "Python": platform.python_version(),
        **{name: version(name) for name in ("Django", "granian", "psycopg")},
        "PostgreSQL": postgres.split()[0],
    }
    return (
        f"{datetime.now(UTC):%d %B %Y}, {os.cpu_count()} cores of {model[1] if model else '?'}, "
        f"load before it {LOAD_BEFORE:.1f}; "
        f"{', '.join(f'{name} {number}' for name, number in versions.items())}; "
        f"{'wrk' if shutil.which('wrk') else 'bench.load.plain'} with {CONNECTIONS} connections, "
        f"{WORKERS} workers; {rounds} rounds of {seconds} s: "
        f"`python -m bench.load.run {rounds} {seconds}`."
    )


def told(figure: float, places: int = 0) -> str:
    return f"{figure:.{places}f}" if figure else "–"


def table(found: dict[str, Found]) -> str:
    """In Markdown: medians of the rounds."""
    middle = statistics.median
    floor = middle(found["constant view"].rates)
    lines = [HEAD, "|---" * HEAD.count(" | ") + "|---|"]
    for name, one in found.items():
        rate = middle(one.rates)
        lines.append(
            f"| {name} | {rate:.0f} | {rate / floor:.0%} | {middle(one.p50):.1f}"
            f" | {middle(one.p99):.1f} | {one.errors}"
            f" | {middle(one.worker_ms):.2f} | {middle(one.postgres_ms):.2f}"
            f" | {one.statements or '–'} | {told(one.made_worker_ms, 2)}"
            f" | {told(one.made_postgres_ms, 2)} | {told(one.sql_rate)}"
            f" | {told(one.changing_rate)} | {told(one.alone_p95)} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main(*(int(argument) for argument in (*sys.argv[1:], "3", "5")[:2]))
