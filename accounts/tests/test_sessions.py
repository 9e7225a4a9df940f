"""Sessions are found as Django finds them."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.sessions import SessionStore


@pytest.mark.django_db
def test_a_session_lasts_until_it_expires(client: Client, owner: User) -> None:
    client.force_login(owner)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    kept = SessionStore(key).load()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    expired = SessionStore(key)

    assert kept["_auth_user_id"] == str(owner.pk)
    assert expired.load() == {}
    assert expired.session_key is None
    assert SessionStore("a" * 32).load() == {}
