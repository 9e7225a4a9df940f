"""What wrk does, where there is none: threads that ask again and again.

    BENCH_HEADERS=... [BENCH_BODIES=FILE] python -m bench.load.plain URL CONNECTIONS SECONDS

Prints the same line as `shot.lua`. It spends more of the machine's time on a request than wrk does:
its figures are lower, and only to be compared with each other.
"""

import http.client
import itertools
import json
import os
import statistics
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit


def main(url: str, connections: int, seconds: int) -> None:
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = dict(line.split(": ", 1) for line in os.environ["BENCH_HEADERS"].splitlines())
    file = os.environ.get("BENCH_BODIES")
    bodies = iter(Path(file).read_bytes().splitlines()) if file else itertools.repeat(None)
    taken: list[float] = []
    errors: list[object] = []
    end = time.perf_counter() + seconds

    def ask() -> None:
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        while (begun := time.perf_counter()) < end:
            body = next(bodies)
            try:
                line.request("POST" if body else "GET", path, body, headers)
                answer = line.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                errors.append(error)
                line.close()
                continue
            taken.append(time.perf_counter() - begun)
            if answer.status >= 400:
                errors.append(answer.status)
        line.close()

    begun = time.perf_counter()
    threads = [threading.Thread(target=ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("BENCH", json.dumps(told(taken, len(errors), time.perf_counter() - begun)))


def told(taken: list[float], errors: int, seconds: float) -> dict[str, float]:
    """Counts; microseconds for times."""
    shares = statistics.quantiles(taken, n=100) if len(taken) > 1 else (taken or [0]) * 99
    percentiles = {f"p{n}": shares[n - 1] * 1e6 for n in (50, 95, 99)}
    return {
        "requests": len(taken),
        "microseconds": seconds * 1e6,
        "errors": errors,
        **percentiles,
    }


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
