"""Toasts: said on one page, shown once on the next, with a way back."""

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.cache import SessionStore
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import Organization, User
from villaops.toasts import LEVELS, Toast, Undo, say, toasts_for


def with_messages() -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request._messages = FallbackStorage(request)
    return request


@pytest.mark.parametrize("level", LEVELS)
def test_toast_is_shown_once_with_the_look_of_its_level(level: str) -> None:
    request = with_messages()

    say(request, "Done.", level=level)

    assert [toast.text for toast in toasts_for(request)] == ["Done."]


def test_toast_carries_its_undo_to_the_page_it_is_shown_on(
    client: Client, organization: Organization, owner: User
) -> None:
    request = with_messages()
    undo = {"status": "pending", "seen": '"><b>'}
    say(request, "Emma is checked in.", undo_url="/o/sea-houses/there", undo=undo)
    cookie = request._messages.storages[0]._encode(list(request._messages._queued_messages))
    client.force_login(owner)
    client.cookies["messages"] = cookie

    page = client.get(reverse("guests:list", args=[organization.slug]) + "?q=em").text

    assert 'action="/o/sea-houses/there"' in page
    assert '<input type="hidden" name="status" value="pending">' in page
    assert "&quot;&gt;&lt;b&gt;" in page
    assert f'name="next" value="/o/{organization.slug}/guests/?q=em"' in page
    assert 'x-data="toast"' in page.split("<template")[0]


def test_a_message_of_somebody_else_is_a_toast_without_undo() -> None:
    request = with_messages()
    request._messages.add(LEVELS["error"], "No.", extra_tags="safe")
    say(request, "Undo me.", undo_url="/u")

    assert toasts_for(request) == [
        Toast("No.", "bad", "alert-circle", None),
        Toast("Undo me.", "good", "circle-check", Undo("/u", {})),
    ]
