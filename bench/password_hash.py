# ruff: noqa: INP001 - a program, not a package
"""What one password costs to hash: parameters, milliseconds, and the processor time of it.

.venv/bin/python bench/password_hash.py [times]
"""

import sys
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

PASSWORD = "correct horse battery"  # noqa: S105 - made up


def main(times: int) -> None:
    """Hash and compare so many times."""
    settings.configure(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])
    hasher = Argon2PasswordHasher()
    print(
        f"Argon2id: {hasher.memory_cost / 1024:.0f} MiB, {hasher.time_cost} passes,"
        f" {hasher.parallelism} lanes"
    )
    stored = make_password(PASSWORD)
    for name, once in {
        "hash": lambda: make_password(PASSWORD),
        "compare": lambda: check_password(PASSWORD, stored),
    }.items():
        waited, worked = [], []
        for _ in range(times):
            began, cpu = perf_counter(), process_time()
            once()
            waited.append((perf_counter() - began) * 1000)
            worked.append((process_time() - cpu) * 1000)
        print(
            f"{name}: {median(waited):.0f} ms (best {min(waited):.0f}),"
            f" {median(worked):.0f} ms of processor time"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
