"""What Celery runs: one intent, and the sweep."""

from uuid import UUID

from celery import shared_task

from villaops.outbox import services
from villaops.schedules import daily, due_once

# Cut off before the lease of the intent ends.
SOFT_SECONDS = 60
HARD_SECONDS = 75


@shared_task(ignore_result=True, soft_time_limit=SOFT_SECONDS, time_limit=HARD_SECONDS)
def deliver_intent(intent_id: str) -> None:
    """Do one intent."""
    services.deliver(UUID(intent_id))


@shared_task(ignore_result=True)
def sweep() -> None:
    """Find what was lost on the way to a worker."""
    services.sweep()


@shared_task(ignore_result=True)
@due_once("outbox: forget what is over", every=daily(hour=3, minute=41))
def forget() -> None:
    """Delete what was done or given up long ago."""
    services.forget()
