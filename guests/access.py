"""How the pages of guests find theirs."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from accounts.access import OrganizationRequest
from guests.models import Guest
from guests.querysets import GuestQuerySet

type GuestView = Callable[..., HttpResponse]


def of_guest(view: GuestView) -> GuestView:
    """Give the page its guest; 404 for another organization's and for deleted ones.

    The address of a guest who was merged leads to the same page of the one they were merged into.
    """

    @wraps(view)
    def find(
        request: OrganizationRequest, guest_id: UUID, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        organization = request.access.organization
        guest = Guest.objects.for_organization(organization).filter(pk=guest_id).first()
        if guest:
            return view(request, guest, *args, **kwargs)
        survivor = Guest.objects.survivor_of(organization.pk, guest_id)
        match = request.resolver_match
        if survivor is None or match is None or request.method not in ("GET", "HEAD"):
            raise Http404("No such guest")
        return redirect(match.view_name, **match.kwargs | {"guest_id": survivor.pk})

    return find


def duplicates_of(guest: Guest) -> GuestQuerySet:
    """Guests who may be the same person; nobody for a guest without a name of their own."""
    others = Guest.objects.for_organization(guest.organization_id).exclude(pk=guest.pk)
    if guest.anonymized_at:
        return others.none()
    return others.like(name=guest.name, email=guest.email, phone=guest.phone)
