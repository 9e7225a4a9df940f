"""Named reads of messages, templates and automations."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db.models import Q

from villaops.tenancy.querysets import TenantQuerySet

if TYPE_CHECKING:
    from messaging.models import (  # noqa: F401 - the rows' type
        Automation,
        MailTemplate,
        Message,
        Notification,
        OptOut,
        Skip,
    )


class MessageQuerySet(TenantQuerySet["Message"]):
    def of_booking(self, booking_id: UUID) -> Self:
        """What was written about the booking, to whomever."""
        return self.filter(booking=booking_id)

    def of_guest(self, guest_id: UUID) -> Self:
        """What was written to the guest, and about their stays as they are now."""
        return self.filter(Q(guest=guest_id) | Q(guest__isnull=False, booking__guest=guest_id))

    def newest_first(self) -> Self:
        """In the order of the log."""
        return self.order_by("-created_at", "-id")

    def without_bodies(self) -> Self:
        """As lists show them: a body may be long."""
        return self.defer("html", "text")


class MailTemplateQuerySet(TenantQuerySet["MailTemplate"]):
    """What an organization has written itself."""


class AutomationQuerySet(TenantQuerySet["Automation"]):
    """What an organization has switched or moved."""


class SkipQuerySet(TenantQuerySet["Skip"]):
    """What staff have said not to send."""


class OptOutQuerySet(TenantQuerySet["OptOut"]):
    def has(self, organization_id: UUID, kind: str, address: str) -> bool:
        """Whether whoever reads at this address wants no more of the kind."""
        own = self.for_organization(organization_id)
        return own.filter(kind=kind, address__iexact=address).exists()


class NotificationQuerySet(TenantQuerySet["Notification"]):
    def shown_to(self, user_id: UUID) -> Self:
        """The person's own, those that are only for a mail aside."""
        return self.filter(user=user_id, is_shown=True)

    def unread(self) -> Self:
        """Not yet looked at."""
        return self.filter(read_at=None)

    def newest_first(self) -> Self:
        """As the list shows them, with what they tell of."""
        return self.select_related("actor", "booking__guest", "booking__property").order_by(
            "-created_at", "-id"
        )
