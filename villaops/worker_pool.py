"""The worker's pool where the broker is files: it gets over the sudden death of its process."""

from typing import Any

from billiard.pool import Pool  # type: ignore[import-untyped]
from celery.concurrency.prefork import TaskPool


class SurvivingPool(Pool):
    """A pool of one process that frees the locks which a killed process took with it.

    A process that waits for a task holds the lock of the queue it waits at. Killed there (kill -9,
    or the kernel when memory is short), it never gives it back, and the process that follows would
    wait for ever, and the end of the worker for that one. With Redis each process has a queue of
    its own, and no such lock.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_process_down = self._free_locks

    def _free_locks(self, _process: Any) -> None:
        # Somebody who lives may hold them for good reason.
        if self._pool:
            return
        for lock in (self._inqueue._rlock, self._outqueue._wlock):
            # Taken here or by the dead: now it is free.
            lock.acquire(False)
            lock.release()


class SurvivingTaskPool(TaskPool):
    """Celery's pool, made of it."""

    BlockingPool = SurvivingPool
