"""The JSON face of guests."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, Strict

from accounts.permissions import Permission
from guests.models import Guest
from guests.querysets import GuestQuerySet
from guests.services import GuestNotFound, create_guest, delete_guest, update_guest
from villaops.api.endpoint import Endpoint, operation
from villaops.api.reads import Listed, ListQuery, OrderedBy, Owned, Page, page
from villaops.api.wire import (
    STORABLE,
    Email,
    Input,
    Message,
    Moment,
    Name,
    Output,
    Text,
    optional,
)


class GuestChanges(Input):
    name: Name = optional()
    email: Email = optional()
    phone: Annotated[str, Strict(), Field(max_length=50), STORABLE] | None = optional()
    nationality: Annotated[str, Strict(), Field(max_length=100), STORABLE] | None = optional()
    notes: Text | None = optional()


class GuestInput(GuestChanges):
    name: Name
    email: Email


class GuestOutput(Output):
    id: UUID
    name: str
    email: str
    phone: str | None
    nationality: str | None
    notes: str | None
    created_at: Moment


class GuestPath(Input):
    id: UUID


class GuestQuery(ListQuery):
    ordering: Annotated[Text, OrderedBy("created_at", "name", "email")] = "-created_at"
    search: Text = ""


class GuestDeletion(Input):
    bookings: Literal["delete"] = optional()


def guest_output(guest: Guest) -> GuestOutput:
    """The guest as the wire shows them to those who may read guests."""
    return GuestOutput(
        id=guest.pk,
        name=guest.name,
        email=guest.email,
        phone=guest.phone,
        nationality=guest.nationality,
        notes=guest.notes,
        created_at=guest.created_at,
    )


def _matching(*, organization: Any, search: Any = "") -> GuestQuerySet:
    guests = Guest.objects.for_organization(organization)
    return guests.matching(search) if search else guests


GUESTS, ONE_GUEST = Listed(_matching), Owned(Guest)


class GuestEndpoint(Endpoint):
    tag = "Guests"

    def guest(self, path: GuestPath) -> Guest:
        return ONE_GUEST.find(self.access.organization, path.id, GuestNotFound)

    def shown(self, guest: Guest) -> GuestOutput:
        return self.versioned(guest, guest_output(guest))


class Guests(GuestEndpoint):
    @operation("list_guests", Permission.READ_GUESTS, etag="list", remembered=True)
    def get(self, query: GuestQuery) -> Page[GuestOutput]:
        """List guests; `search` looks into name and e-mail."""
        given = {"organization": self.access.organization.pk, **query.filters()}
        return page(self.request, GUESTS, query, guest_output, **given)

    @operation("create_guest", Permission.WRITE_GUESTS, status=201, errors={409}, etag="row")
    def post(self, body: GuestInput) -> GuestOutput:
        """Make a guest."""
        organization = self.access.organization
        return self.shown(create_guest(organization=organization, by=self.by, **body.given()))


class GuestDetail(GuestEndpoint):
    @operation("get_guest", Permission.READ_GUESTS, etag="row", remembered=True)
    def get(self, path: GuestPath) -> GuestOutput:
        """Show a guest."""
        return self.shown(self.guest(path))

    @operation("update_guest", Permission.WRITE_GUESTS, errors={409}, etag="row")
    def patch(self, path: GuestPath, body: GuestChanges) -> GuestOutput:
        """Change the fields that are sent."""
        guest, changes = self.guest(path), body.given()
        return self.shown(
            update_guest(guest=guest, by=self.by, changes=changes, expected=self.expected)
        )

    put = patch

    @operation("delete_guest", Permission.DELETE_GUESTS, errors={409}, etag="row")
    def delete(self, path: GuestPath, query: GuestDeletion) -> Message:
        """Delete a guest; one with bookings only together with them."""
        delete_guest(
            guest=self.guest(path),
            by=self.by,
            bookings=bool(query.bookings),
            expected=self.expected,
        )
        return Message(message="Guest deleted")
