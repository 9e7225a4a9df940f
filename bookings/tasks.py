"""What happens by itself in bookings."""

from celery import shared_task
from django.utils import timezone

from bookings import holds, integrity, no_shows
from villaops.schedules import daily, due_once
from villaops.tenancy import Door, all_organizations


@shared_task(ignore_result=True)
def release_expired_holds() -> None:
    """Cancel the bookings whose hold has expired, of organizations nobody looks at meanwhile."""
    with all_organizations(by=None, door=Door.JOB, reason="release expired holds"):
        holds.release_expired_holds()


@shared_task(ignore_result=True)
def tell_of_no_shows() -> None:
    """Tell of guests who have not arrived."""
    with all_organizations(by=None, door=Door.JOB, reason="guests who have not arrived"):
        no_shows.tell_of_no_shows(timezone.now())


@shared_task(ignore_result=True)
@due_once("check nights", every=daily(hour=4))
def check_nights() -> None:
    """Report bookings and blocks that do not hold exactly their nights."""
    with all_organizations(by=None, door=Door.JOB, reason="check the nights"):
        integrity.report_faults()
