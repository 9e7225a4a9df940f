"""The door to a stream: who may listen."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from villaops.live.hub import Viewer, texts
from villaops.live.rights import NEEDED

# Where the server that can hold streams open waits for the viewer (villaops.live.streams).
OFFER = "villaops.live"


@page(NEEDED)
@require_safe
def events(request: OrganizationRequest) -> HttpResponse:
    """Let somebody in to listen. A server that holds no streams answers 204: do not come again."""
    offer = getattr(request, "scope", {}).get(OFFER)
    if offer is None or request.method == "HEAD":
        return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
    access = request.access
    limit = None if access.property_ids is None else list(access.property_ids)
    offer["viewer"] = Viewer(
        str(access.organization.pk),
        str(access.user.pk),
        request.session.session_key or "",
        texts(limit),
    )
    return HttpResponse(
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
