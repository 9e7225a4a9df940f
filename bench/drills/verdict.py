"""What is left after a drill, compared with what clients were told."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now

from bench.drills.clients import Stay, tries_of
from bench.drills.mail import MailServer
from bookings.models import Booking
from bookings.querysets import HOLDING
from villaops.outbox.models import OPEN, Intent, State
from villaops.tenancy import Door, all_organizations

# A lease, a sweep, and what the machine needs.
STILL_SECONDS = 200
SETTLE_SECONDS = 900

# Nights of bookings that hold none, and bookings without exactly their nights: none of either.
DISAGREEING = f"""
    SELECT count(*) FROM bookings_booking b
    LEFT JOIN (
        SELECT booking_id, count(DISTINCT night) AS nights, min(night) AS first, max(night) AS last
        FROM bookings_night WHERE booking_id IS NOT NULL GROUP BY booking_id
    ) n ON n.booking_id = b.id
    WHERE CASE
        WHEN b.deleted_at IS NULL AND b.is_placed
            AND b.status IN ({", ".join(f"'{status}'" for status in HOLDING)})
        THEN n.nights IS DISTINCT FROM b.check_out - b.check_in
            OR n.first <> b.check_in OR n.last <> b.check_out - 1
        ELSE n.nights IS NOT NULL END
"""  # noqa: S608 - our own words


@dataclass(frozen=True)
class Verdict:
    """Of one drill. All after the first three has to be 0; nobody is cut off by a polite end."""

    booked: int
    again: int
    cut_off: int
    unanswered: int
    lost: int
    doubled: int
    missing: int
    twice: int

    @property
    def is_good(self) -> bool:
        return not (self.unanswered or self.lost or self.doubled or self.missing or self.twice)


def settle() -> int:
    """Wait until nothing is due in the outbox any more; return how much is left of it.

    A loaded machine takes its time: given up is only where nothing moves.
    """
    # Ours broke with the database; Django only notices where a request ends.
    connection.close()
    begun = moved = time.monotonic()
    left, done = _due_and_done()
    while left and time.monotonic() - moved < STILL_SECONDS:
        if time.monotonic() - begun > SETTLE_SECONDS:
            break
        time.sleep(1)
        left, now_done = _due_and_done()
        if now_done != done:
            done, moved = now_done, time.monotonic()
    return left


def _due_and_done() -> tuple[int, int]:
    soon = Q(state__in=OPEN, next_at__lt=Now() + timedelta(hours=3))
    done = Q(state__in=(State.SENT, State.DEAD))
    return Intent.objects.filter(soon).count(), Intent.objects.filter(done).count()


def given_up() -> int:
    """How many were given up altogether; the demo's own houses begin with some."""
    return Intent.objects.filter(state=State.DEAD).count()


def disagreeing() -> int:
    """How many bookings hold nights they should not, or not those that they should."""
    with (
        all_organizations(by=None, door=Door.COMMAND, reason="drills"),
        connection.cursor() as cursor,
    ):
        cursor.execute(DISAGREEING)
        return int(cursor.fetchone()[0])


def verdict(stays: list[Stay], mail: MailServer) -> Verdict:
    with all_organizations(by=None, door=Door.COMMAND, reason="drills"):
        wanted = [stay.body["guest_id"] for stay in stays]
        there = list(
            Booking.objects.filter(guest_id__in=wanted, status__in=HOLDING, deleted_at=None)
            .annotate(guest_key=F("guest_id"))
            .values_list("id", "guest_key")
        )
    known = {str(booking_id) for booking_id, _guest in there}
    per_guest = Counter(guest for _booking, guest in there)
    booked = [stay for stay in stays if stay.booking_id]
    return Verdict(
        booked=len(booked),
        again=tries_of(stays),
        cut_off=sum(stay.cut_off for stay in stays),
        unanswered=len(stays) - len(booked),
        lost=sum(stay.booking_id not in known for stay in booked),
        doubled=sum(number > 1 for number in per_guest.values()),
        missing=sum(not mail.subjects.get(stay.email) for stay in booked),
        twice=sum(len(mail.subjects.get(stay.email, [])) > 1 for stay in booked),
    )
