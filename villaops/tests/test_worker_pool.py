"""What a killed process of the worker must not take with it."""

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from villaops.worker_pool import SurvivingPool


def add(one: int, other: int) -> int:
    return one + other


@pytest.fixture
def pool() -> Iterator[SurvivingPool]:
    made = SurvivingPool(1)
    yield made
    # As a worker that is asked to end; `terminate` waits for a lock that an idle process may hold.
    made.close()
    made.join()


def wait_until_replaced(pool: SurvivingPool, killed: Any) -> None:
    for _ in range(200):
        if pool._pool and killed not in pool._pool:
            return
        time.sleep(0.05)
    raise AssertionError("No other process has come.")


def test_pool_works_on_after_its_waiting_process_was_killed(pool: SurvivingPool) -> None:
    # It has done one, so now it waits at the queue, and holds the lock.
    assert pool.apply_async(add, (1, 2)).get(timeout=10) == 3
    killed = pool._pool[0]
    os.kill(killed.pid, signal.SIGKILL)
    # What comes before it is gone it may take along.
    wait_until_replaced(pool, killed)

    assert pool.apply_async(add, (3, 4)).get(timeout=10) == 7
