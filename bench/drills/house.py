"""One installation to break: `make run` in a folder of its own, and a hand on its processes."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from bench.drills.mail import MailServer
from villaops import embedded
from villaops.launch import Children
from villaops.processes import is_alive, wait_for
from villaops.tests.serve import free_port

START_SECONDS = 400
# What the drills' own load would run into otherwise.
UNLIMITED = {"RATE_LIMIT_API": "0", "RATE_LIMIT_AUTH": "0"}
METRICS_TOKEN = "drills"  # noqa: S105 - nobody else's


class Redis:
    """A Redis that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(
            [shutil.which("redis-server") or "", *arguments, "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class House:
    """VillaOps as `make run` starts it."""

    def __init__(self, var_dir: Path, mail: MailServer, redis: Redis | None) -> None:
        self.var_dir, self.mail, self.redis = var_dir, mail, redis
        self.port = free_port()
        self.log = var_dir / "launch.log"
        environment = {
            "VAR_DIR": str(var_dir),
            "DATABASE_URL": "",
            "BROKER_URL": "",
            "PORT": str(self.port),
            "REDIS_URL": redis.url if redis else "",
            "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
            "METRICS_TOKEN": METRICS_TOKEN,
            **UNLIMITED,
        }
        self.launcher = subprocess.Popen(
            [sys.executable, "-m", "villaops.launch", "--with-parent"],
            env=os.environ | environment,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
        )
        self._wait_for_greeting()

    def _wait_for_greeting(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while "VillaOps runs at" not in self.log.read_text():
            if self.launcher.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"It does not start:\n{self.log.read_text()}")
            time.sleep(0.1)

    def processes(self, name: str) -> list[psutil.Process]:
        """Those of one child of the launcher, the first one first."""
        wanted = {Children.MARK: str(self.var_dir.resolve()), Children.NAME: name}
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                environment = process.environ()
                if all(environment.get(key) == value for key, value in wanted.items()):
                    found.append(process)
        return sorted(found, key=psutil.Process.create_time)

    def database(self) -> psutil.Process:
        pid_file = embedded.data_dir(self.var_dir) / "postmaster.pid"
        return psutil.Process(int(pid_file.read_text().split()[0]))

    def kill(self, name: str) -> None:
        """kill -9 of all of a child's processes at once."""
        kill(*self.processes(name))

    def tell(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a child's first process, and wait until that one has ended."""
        first = self.processes(name)[0]
        first.send_signal(number)
        wait_for([first], 60)

    def is_whole(self) -> bool:
        """Whether every part is there and the service says that it is ready."""
        with suppress(OSError, ValueError, http.client.HTTPException, psutil.Error):
            return (
                is_alive(self.database())
                and all(self.processes(name) for name in ("web server", "worker", "beat"))
                and "error" not in self._readiness().values()
            )
        return False

    def _readiness(self) -> dict[str, str]:
        checks: dict[str, str] = json.loads(self._get("/health/ready"))["checks"]
        return checks

    def counted(self, name: str) -> int:
        """The sum of a metric over its labels, ended processes included."""
        lines = self._get("/metrics").decode().splitlines()
        return round(sum(float(line.split()[-1]) for line in lines if line.startswith(name)))

    def _get(self, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
            connection.request("GET", path, headers=headers)
            return connection.getresponse().read()
        finally:
            connection.close()

    def stop(self) -> None:
        self.launcher.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.launcher.wait(60)
        self.launcher.kill()
        if self.redis:
            self.redis.kill()

    def remove(self) -> None:
        shutil.rmtree(self.var_dir, ignore_errors=True)


def kill(*processes: psutil.Process) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
