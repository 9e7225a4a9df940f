"""What is done to a house while bookings are made."""

import shutil
import signal
import time
from collections.abc import Callable

from bench.drills.house import House, kill

type Harm = Callable[[House], None]

SLOW_SECONDS = 1.0
FULL_SECONDS, ENOUGH_REFUSED = 15, 5
AWAY_SECONDS = 3


def worker_in_mid_task(house: House) -> None:
    """While the mail server has its mail, and has not said yet that it takes it."""
    house.mail.seconds = SLOW_SECONDS
    house.mail.reading.clear()
    house.mail.reading.wait(30)
    house.kill("worker")
    house.mail.seconds = 0


def first_process_of_the_worker(house: House) -> None:
    """The one that looks after the others: what it leaves behind may end what it is at."""
    house.mail.seconds = SLOW_SECONDS
    house.mail.reading.clear()
    house.mail.reading.wait(30)
    kill(*house.processes("worker")[:1])
    house.mail.seconds = 0


def one_process_of_the_worker(house: House) -> None:
    """The one that runs the task, not the one that looks after it."""
    house.mail.seconds = SLOW_SECONDS
    house.mail.reading.clear()
    house.mail.reading.wait(30)
    kill(*house.processes("worker")[1:])
    house.mail.seconds = 0


def web_server_in_mid_request(house: House) -> None:
    house.kill("web server")


def worker_told_to_end(house: House) -> None:
    """As a deployment does: it ends once the mail is sent."""
    house.mail.seconds = SLOW_SECONDS
    house.mail.reading.clear()
    house.mail.reading.wait(30)
    house.tell("worker", signal.SIGTERM)
    house.mail.seconds = 0


def web_server_told_to_end(house: House) -> None:
    house.tell("web server", signal.SIGTERM)


def database(house: House) -> None:
    kill(house.database())


def one_process_of_the_database(house: House) -> None:
    """PostgreSQL then ends all connections, and replays its log."""
    kill(*house.database().children()[-1:])


def beat(house: House) -> None:
    house.kill("beat")


def mail_server_full(house: House) -> None:
    house.mail.is_full = True
    deadline = time.monotonic() + FULL_SECONDS
    while house.mail.refused < ENOUGH_REFUSED and time.monotonic() < deadline:
        time.sleep(0.1)
    house.mail.is_full = False


def broker_folder_deleted(house: House) -> None:
    # At once: a folder that somebody writes into is hard to empty.
    gone = (house.var_dir / "broker").rename(house.var_dir / "gone")
    shutil.rmtree(gone)


def redis(house: House) -> None:
    """And somebody, who is not us, starts it again, empty."""
    if house.redis is not None:
        house.redis.kill()
        time.sleep(AWAY_SECONDS)
        house.redis.start()


WORKER_ENDS, WEB_SERVER_ENDS = "SIGTERM to the worker", "SIGTERM to the web server"
POLITE = (WORKER_ENDS, WEB_SERVER_ENDS)
ALL: dict[str, Harm] = {
    "kill -9 of the worker in mid-task": worker_in_mid_task,
    "kill -9 of its first process in mid-task": first_process_of_the_worker,
    "kill -9 of the worker's child in mid-task": one_process_of_the_worker,
    "kill -9 of the web server in mid-request": web_server_in_mid_request,
    WORKER_ENDS: worker_told_to_end,
    WEB_SERVER_ENDS: web_server_told_to_end,
    "kill -9 of PostgreSQL under load": database,
    "kill -9 of one of its processes": one_process_of_the_database,
    "kill -9 of beat": beat,
    "a full mail server (452)": mail_server_full,
}
FILES: dict[str, Harm] = {"the broker's folder deleted": broker_folder_deleted}
REDIS: dict[str, Harm] = {"kill -9 of Redis under load": redis}
