"""What happens by itself in bookings."""

from celery import shared_task

from bookings import holds
from villaops.tenancy import Door, all_organizations


@shared_task(ignore_result=True)
def release_expired_holds() -> None:
    """Cancel the bookings whose hold has expired, of organizations nobody looks at meanwhile."""
    with all_organizations(by=None, door=Door.JOB, reason="release expired holds"):
        holds.release_expired_holds()
