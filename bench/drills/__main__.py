"""`make drills`: run every drill on the default set-up, and on Redis where there is one.

    python -m bench.drills [--bookings 1000] [--on files|redis] [--keep]

Prints a table; exit code 1 when anything was lost, doubled or did not come back by itself.
"""

import argparse
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.drills.clients import Load, Stay
from bench.drills.house import House, Redis
from bench.drills.mail import MailServer

SETUPS = ("files", "redis")
BACK_SECONDS = 60
HEAD = ("drill", "back", "booked", "again", "cut off", "no answer", "lost", "doubled")
HEAD += ("no mail", "two mails")
WIDTHS = (44, *(max(8, len(word)) for word in HEAD[1:]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.drills", description=__doc__)
    parser.add_argument("--bookings", type=int, default=1000, help="on all set-ups together")
    parser.add_argument("--on", choices=SETUPS, help="one set-up alone")
    parser.add_argument("--keep", action="store_true", help="keep the folder, with its logs")
    options = parser.parse_args()
    if options.on:
        return _run(options.on, options.bookings, keep=options.keep)
    return _run_all(options.bookings, keep=options.keep)


def _run_all(bookings: int, *, keep: bool) -> int:
    """Both at once: most of a drill is waiting."""
    setups = [one for one in SETUPS if one == "files" or shutil.which("redis-server")]
    if "redis" not in setups:
        print("redis-server is not installed: only the default set-up is drilled.")
    arguments = ["--bookings", str(-(-bookings // len(setups))), *(["--keep"] if keep else [])]
    running = {
        setup: subprocess.Popen(
            [sys.executable, "-m", "bench.drills", "--on", setup, *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        for setup in setups
    }
    for process in running.values():
        print(process.communicate()[0])
    return max(process.returncode for process in running.values())


def _run(setup: str, bookings: int, *, keep: bool) -> int:
    """One set-up. Django is set up for its folder, so there is one process for each."""
    var_dir = Path(tempfile.mkdtemp(prefix=f"villaops-drills-{setup}-"))
    os.environ |= {"VAR_DIR": str(var_dir), "DATABASE_URL": "", "REDIS_URL": "", "BROKER_URL": ""}
    os.environ["DJANGO_SETTINGS_MODULE"] = "villaops.settings"

    mail = MailServer()
    house = House(var_dir, mail, Redis(var_dir) if setup == "redis" else None)
    try:
        return _drill(setup, house, bookings)
    finally:
        house.stop()
        mail.stop()
        if keep:
            print(f"Logs are in {var_dir}.")
        else:
            house.remove()


@dataclass(frozen=True)
class Row:
    """One drill: how long until everything was there again, and what was booked meanwhile."""

    name: str
    seconds: float | None
    stays: list[Stay]


def _drill(setup: str, house: House, bookings: int) -> int:
    import django

    django.setup()
    logging.disable(logging.INFO)

    # Models cannot be read before.
    from bench.drills import estate, harms, verdict

    begun = time.monotonic()
    drills = harms.ALL | (harms.REDIS if setup == "redis" else harms.FILES)
    each = -(-bookings // len(drills))
    built = estate.build(each * len(drills))
    given_up_before = verdict.given_up()
    rows = []
    for number, (name, harm) in enumerate(drills.items()):
        stays = built.stays[number * each : (number + 1) * each]
        load = Load(house.port, built.secret, stays)
        load.start()
        load.wait_until_booked(each // 4)
        harm(house)
        rows.append(Row(name, _seconds_until_whole(house), stays))
        load.wait()
    left = verdict.settle()
    given_up = verdict.given_up() - given_up_before
    return _report(setup, house, rows, (left, given_up), time.monotonic() - begun)


def _seconds_until_whole(house: House) -> float | None:
    begun = time.monotonic()
    while time.monotonic() - begun < BACK_SECONDS:
        if house.is_whole():
            return time.monotonic() - begun
        time.sleep(0.05)
    return None


def _report(
    setup: str, house: House, rows: list[Row], outbox: tuple[int, int], seconds: float
) -> int:
    from bench.drills import harms, verdict

    good = True
    print(f"\nOn {setup}: {sum(len(row.stays) for row in rows)} bookings, {seconds:.0f} s")
    _print_row(HEAD)
    for row in rows:
        found = verdict.verdict(row.stays, house.mail)
        good &= found.is_good and row.seconds is not None
        back = "never" if row.seconds is None else f"{row.seconds:.1f} s"
        good &= not (found.cut_off and row.name in harms.POLITE)
        figures = [found.booked, found.again, found.cut_off, found.unanswered, found.lost]
        figures += [found.doubled, found.missing, found.twice]
        _print_row([row.name, back, *map(str, figures)])
        for stay in row.stays:
            if stay.booking_id is None:
                print(f"    {stay.key}: {stay.refused}")
    totals = {
        "left in the outbox": outbox[0],
        "given up": outbox[1],
        "bookings and nights that disagree": verdict.disagreeing(),
        "mails taken twice (same Message-ID)": sum(n > 1 for n in house.mail.taken.values()),
    }
    for what, number in totals.items():
        good &= number == 0
        print(f"{what}: {number}")
    print(
        f"mails taken: {sum(house.mail.taken.values())}, refused while full: {house.mail.refused}"
    )
    requests, tasks = map(house.counted, ("villaops_request_seconds_count", "villaops_tasks_total"))
    good &= requests > 0 and tasks > 0
    print(f"counted by /metrics: {requests} requests, {tasks} tasks")
    print("Good." if good else "NOT GOOD.")
    return 0 if good else 1


def _print_row(cells: Iterable[str]) -> None:
    name, *figures = (cell for cell in cells)
    padded = [cell.rjust(width) for cell, width in zip(figures, WIDTHS[1:], strict=True)]
    print(name.ljust(WIDTHS[0]) + "  ".join(padded))


if __name__ == "__main__":
    sys.exit(main())
