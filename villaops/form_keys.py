"""Forms that are sent twice, by a double click or an impatient reload, and do their work once.

A form that makes something carries a key (`{% form_key %}`). Where it led to is kept as the API's
answers to an `Idempotency-Key` are: whoever sends the form again is led to the same place.
"""

import hashlib
import json
from collections.abc import Callable
from uuid import UUID, uuid4

from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from villaops.api.idempotency import Attempt, wait_and_recall
from villaops.toasts import say

FIELD = "form_key"
# What may differ although the same was sent.
NOT_CONTENT = frozenset({FIELD, "csrfmiddlewaretoken"})


def form_key_field() -> SafeString:
    """The hidden field; each form that is shown has a key of its own."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, uuid4())


def once_per_form(
    request: HttpRequest,
    view: Callable[[], HttpResponseBase],
    *,
    user_id: UUID,
    organization_id: UUID | None,
) -> HttpResponseBase:
    """The view's answer; for a form that was sent before, where that one led to.

    Inside a transaction. The second of two at once waits for the first. Only a redirect says that
    the work is done: a form that is shown again with what is wrong may be sent again.
    """
    attempt = _attempt(request, user_id, organization_id)
    if attempt is None:
        return view()
    earlier = wait_and_recall(attempt)
    if earlier:
        if bytes(earlier.request_hash) != attempt.request_hash:
            sentence = _(
                "This form was sent before, and is not sent twice. To make one more, start"
                " with a new form."
            )
            say(request, sentence, level="warning")
        return HttpResponseRedirect(earlier.headers["Location"])
    response = view()
    if isinstance(response, HttpResponseRedirect):
        attempt.keep(response)
    return response


def _attempt(request: HttpRequest, user_id: UUID, organization_id: UUID | None) -> Attempt | None:
    key = request.POST.get(FIELD, "")
    try:
        key = str(UUID(key))
    except ValueError:
        # Not one of ours: the form is as good as one without.
        return None
    sent = sorted(
        (name, values) for name, values in request.POST.lists() if name not in NOT_CONTENT
    )
    return Attempt(
        organization_id=organization_id,
        credential_id=user_id,
        path=request.path_info,
        key=key,
        request_hash=hashlib.sha256(json.dumps(sent).encode()).digest(),
    )
