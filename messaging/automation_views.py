"""What is sent by itself, everywhere and at each property."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from messaging.automations import follow_organization, set_automation, settings_of
from messaging.forms import AutomationForm
from messaging.kinds import AUTOMATED, KINDS, Kind
from properties.models import Property
from villaops.toasts import say


@page(Permission.READ_GUESTS)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """Every automation with its switch, everywhere or at the property that is asked for."""
    return _page(request, _home(request, request.GET.get("property", "")))


@page(Permission.WRITE_PROPERTIES)
@require_POST
def change(request: OrganizationRequest, kind: str) -> HttpResponse:
    """Switch or move one, or let a property follow the organization again."""
    if kind not in AUTOMATED:
        raise Http404("No such automation")
    home = _home(request, request.POST.get("property", ""))
    if home is None and request.access.property_ids is not None:
        # What goes for every property is not for somebody who sees some.
        raise PermissionDenied
    organization, user = request.access.organization, request.access.user
    if "follow" in request.POST:
        follow_organization(organization=organization, kind=kind, property=home, by=user)
        say(request, _("“%s” goes by what is usual again.") % Kind(kind).label)
        return redirect(_address(request, home))
    form = AutomationForm(
        request.POST, kind=kind, setting=settings_of(organization, home.pk if home else None)[kind]
    )
    if not form.is_valid():
        return _page(request, home, refused=form)
    said = form.cleaned_data
    set_automation(organization=organization, kind=kind, property=home, by=user, **said)
    words = _("“%s” is sent.") if said["is_on"] else _("“%s” is not sent.")
    say(request, words % Kind(kind).label)
    return redirect(_address(request, home))


def _page(
    request: OrganizationRequest, home: Property | None, refused: AutomationForm | None = None
) -> HttpResponse:
    access = request.access
    settings = settings_of(access.organization, home.pk if home else None)
    rows: list[dict[str, Any]] = [
        {
            "kind": kind,
            "label": Kind(kind).label,
            "about": KINDS[kind],
            "setting": setting,
            "form": refused
            if refused and refused.kind == kind
            else AutomationForm(kind=kind, setting=setting),
        }
        for kind, setting in settings.items()
        # Neither is about one property.
        if home is None or kind not in (Kind.MONTHLY_REPORT, Kind.WELCOME)
    ]
    may_write = access.can(Permission.WRITE_PROPERTIES)
    context = {
        "rows": rows,
        "home": home,
        "homes": Property.objects.for_organization(access.organization).order_by("name", "pk"),
        "may_write": may_write and (home is not None or access.property_ids is None),
    }
    return render(request, "messages/automations.html", context, status=422 if refused else 200)


def _home(request: OrganizationRequest, asked: str) -> Property | None:
    if not asked:
        return None
    try:
        property_id = UUID(asked)
    except ValueError as error:
        raise Http404("No such property") from error
    homes = Property.objects.for_organization(request.access.organization)
    found: Property = get_object_or_404(homes, pk=property_id)
    return found


def _address(request: OrganizationRequest, home: Property | None) -> str:
    address = reverse("messages:automations", args=[request.access.organization.slug])
    return f"{address}?property={home.pk}" if home else address
