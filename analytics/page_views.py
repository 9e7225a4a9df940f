"""The analytics page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from analytics.asked import NotUnderstood, asked_of


@page(Permission.READ_ANALYTICS)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """The figures of a period, beside those of another."""
    try:
        asked = asked_of(request, request.access.organization)
    except NotUnderstood as error:
        return render(request, "analytics/page.html", {"form": error.form}, status=422)
    return render(request, "analytics/page.html", {"asked": asked})
