"""What a killed process of the worker must not take with it."""

import os
import signal
from collections.abc import Iterator

import pytest

from villaops.worker_pool import SurvivingPool


def add(one: int, other: int) -> int:
    return one + other


@pytest.fixture
def pool() -> Iterator[SurvivingPool]:
    made = SurvivingPool(1)
    yield made
    made.terminate()
    made.join()


def test_pool_works_on_after_its_waiting_process_was_killed(pool: SurvivingPool) -> None:
    # It has done one, so now it waits at the queue, and holds the lock.
    assert pool.apply_async(add, (1, 2)).get(timeout=10) == 3
    os.kill(pool._pool[0].pid, signal.SIGKILL)

    assert pool.apply_async(add, (3, 4)).get(timeout=10) == 7
