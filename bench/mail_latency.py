# ruff: noqa: INP001 - a program, not a package
"""From the click on "confirm" to the guest's mail at the mail server, on the default set-up.

    .venv/bin/python bench/mail_latency.py [bookings]

Starts `make run` in a folder of its own with a mail server on loopback, books stays over the API,
confirms each, and prints the milliseconds: when the answer was there, and when the mail was. Exit
code 1 when the slowest mail took more than two seconds, or one did not come.
"""

import http.client
import json
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

BAR_SECONDS = 2.0
PATIENCE_SECONDS = 60.0


def main(bookings: int) -> int:
    """Confirm so many bookings, one after the other."""
    var_dir = Path(tempfile.mkdtemp(prefix="villaops-mail-"))
    os.environ |= {"VAR_DIR": str(var_dir), "DATABASE_URL": "", "REDIS_URL": "", "BROKER_URL": ""}
    os.environ["DJANGO_SETTINGS_MODULE"] = "villaops.settings"
    # The address of the private database is read with the settings.
    from bench.drills.house import House
    from bench.drills.mail import MailServer

    mail = MailServer()
    house = House(var_dir, mail, None)
    try:
        return _measure(house, mail, bookings)
    finally:
        house.stop()
        mail.stop()
        house.remove()


def _measure(house: Any, mail: Any, bookings: int) -> int:
    import django

    django.setup()
    logging.disable(logging.INFO)
    from bench.drills import estate

    built = estate.build(bookings + 1)
    answered, arrived = [], []
    for stay in built.stays:
        pending = _call(house.port, built.secret, "POST", "", stay.body | {"status": "pending"})
        clicked = time.perf_counter()
        _call(house.port, built.secret, "PATCH", f"/{pending['id']}", {"status": "confirmed"})
        answered.append(time.perf_counter() - clicked)
        while stay.email not in mail.subjects:
            if time.perf_counter() - clicked > PATIENCE_SECONDS:
                print(f"No mail came for {stay.email}.")
                return 1
            time.sleep(0.002)
        arrived.append(time.perf_counter() - clicked)
    # While the first was on its way the worker was still starting.
    answered, arrived = answered[1:], arrived[1:]
    load = os.getloadavg()[0]
    print(f"{bookings} bookings confirmed, load {load:.1f}; milliseconds: median, p95, most")
    for name, seconds in (("answer", answered), ("mail", arrived)):
        parts = quantiles(seconds, n=20, method="inclusive")
        print(f"{name:8}{parts[9] * 1000:8.0f}{parts[18] * 1000:8.0f}{max(seconds) * 1000:8.0f}")
    return int(max(arrived) > BAR_SECONDS)


def _call(port: int, secret: str, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json", "Authorization": f"Api-Key {secret}"}
    try:
        connection.request(method, f"/api/v1/bookings{path}", json.dumps(body), headers)
        response = connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
    finally:
        connection.close()
    if response.status >= 300:
        raise RuntimeError(f"{method} {path}: {response.status} {answer}")
    return answer


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30))
