"""The page that the link at the foot of some mails leads to. Nobody signs in for it."""

from uuid import UUID

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Organization
from messaging.kinds import KINDS, Kind
from messaging.models import OptOut
from messaging.services import opt_in, opt_out
from messaging.writing import UNSUBSCRIBE_SALT
from villaops.pages import get_or_post
from villaops.tenancy import Door, organization_context


@csrf_exempt
@never_cache
@get_or_post
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to send no more of a kind; a POST says so (RFC 8058), and may take it back.

    Whoever has the link may: it was signed by us for this address. A GET changes nothing, for mail
    programs open links to look at them.
    """
    organization, kind, address = _meant(token)
    with organization_context(organization, by=None, door=Door.WEB):
        if request.method == "POST":
            change = opt_in if "again" in request.POST else opt_out
            change(organization_id=organization.pk, kind=kind, address=address)
            return redirect("unsubscribe", token)
        context = {
            "organization_name": organization.name,
            "address": address,
            "kind": Kind(kind).label,
            "is_out": OptOut.objects.has(organization.pk, kind, address),
        }
    return render(request, "messages/unsubscribe.html", context)


def _meant(token: str) -> tuple[Organization, str, str]:
    try:
        organization_id, kind, address = signing.loads(token, salt=UNSUBSCRIBE_SALT)
    except signing.BadSignature as error:
        raise Http404("No such link") from error
    organization = Organization.objects.filter(pk=UUID(organization_id)).first()
    if organization is None or kind not in KINDS:
        raise Http404("No such link")
    return organization, kind, address
