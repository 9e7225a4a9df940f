"""One step for many bookings at once: each through its own verb, each refused for itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from accounts.models import Organization, User
from bookings.events import told_together
from bookings.models import Booking, Status
from bookings.services import (
    cancel_booking,
    confirm_booking,
    revive_booking,
    unconfirm_booking,
)
from properties.models import Property
from villaops.errors import Conflict, DomainError
from villaops.verbs import verb


class NotPending(Conflict):
    """Confirming many is for those that wait for it; it undoes no check-in and revives nothing."""

    code = "not_pending"

    @property
    def explanation(self) -> str:
        return f"It is {Status(self.data['status']).label.lower()}, not pending."


class NotConfirmed(Conflict):
    """Somebody moved it along since."""

    code = "not_confirmed"

    @property
    def explanation(self) -> str:
        return f"It is {Status(self.data['status']).label.lower()} by now."


class AlreadyCancelled(Conflict):
    """It keeps the reason it was cancelled for."""

    code = "already_cancelled"
    message = "Already cancelled"
    explanation = "It is cancelled already."


class NotCancelled(Conflict):
    """Somebody brought it back since, or it was never cancelled."""

    code = "not_cancelled"

    @property
    def explanation(self) -> str:
        return f"It is {Status(self.data['status']).label.lower()} already."


@dataclass
class Outcome:
    """What became of each; the bookings as they were before."""

    done: list[Booking] = field(default_factory=list)
    refused: list[tuple[Booking, DomainError]] = field(default_factory=list)


@verb()
def confirm_many(*, organization: Organization, ids: Sequence[UUID], by: User) -> Outcome:
    """Confirm those of the bookings that are pending; the others are refused, with NotPending."""

    def confirm(booking: Booking) -> None:
        if booking.status != Status.PENDING:
            raise NotPending(status=booking.status)
        confirm_booking(booking=booking, by=by)

    return _each(organization, ids, confirm)


@verb()
def unconfirm_many(*, organization: Organization, ids: Sequence[UUID], by: User) -> Outcome:
    """Take `confirm_many` back where the bookings are still confirmed."""

    def unconfirm(booking: Booking) -> None:
        if booking.status != Status.CONFIRMED:
            raise NotConfirmed(status=booking.status)
        unconfirm_booking(booking=booking, by=by)

    return _each(organization, ids, unconfirm)


@verb()
def cancel_many(
    *, organization: Organization, ids: Sequence[UUID], reason: str | None, by: User
) -> Outcome:
    """Cancel those of the bookings that can be cancelled, all for the same reason."""

    def cancel(booking: Booking) -> None:
        if booking.status == Status.CANCELLED:
            raise AlreadyCancelled
        cancel_booking(booking=booking, by=by, reason=reason)

    return _each(organization, ids, cancel)


@verb()
def revive_many(*, organization: Organization, statuses: Mapping[UUID, str], by: User) -> Outcome:
    """Take `cancel_many` back: each booking to the status given for it, in the units it had.

    Refused are those whose nights were sold meanwhile, and those no longer cancelled.
    """

    def revive(booking: Booking) -> None:
        if booking.status != Status.CANCELLED:
            raise NotCancelled(status=booking.status)
        revive_booking(booking=booking, by=by, status=statuses[booking.pk])

    return _each(organization, list(statuses), revive)


def _each(
    organization: Organization, ids: Sequence[UUID], step: Callable[[Booking], None]
) -> Outcome:
    """Take the step with each booking, by property: every verb locks in that order."""
    bookings = Booking.objects.for_organization(organization).filter(pk__in=ids)
    homes = set(bookings.values_list("property_id", flat=True))
    # All of them at once and in order, so that two such requests wait for each other instead of
    # deadlocking; what is read after this nobody else changes.
    list(
        Property.objects.select_for_update(no_key=True)
        .filter(organization=organization, pk__in=homes)
        .order_by("pk")
    )
    outcome = Outcome()
    with told_together():
        for booking in bookings.with_guest_and_property().order_by("check_in", "id"):
            try:
                step(booking)
            except DomainError as error:
                outcome.refused.append((booking, error))
            else:
                outcome.done.append(booking)
    return outcome
