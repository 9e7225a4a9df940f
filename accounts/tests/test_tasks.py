"""What happens by itself in accounts."""

from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import RefreshToken, RevokedAccessToken
from accounts.tasks import forget_expired_sessions, forget_expired_tokens
from villaops.tests.build import make_user

pytestmark = pytest.mark.django_db


def test_forget_expired_tokens_keeps_those_that_still_count() -> None:
    user, now = make_user(), timezone.now()
    for hours in (-1, 1):
        RefreshToken.objects.create(
            jti=uuid4(), family=uuid4(), user=user, expires_at=now + timedelta(hours=hours)
        )
        RevokedAccessToken.objects.create(jti=uuid4(), expires_at=now + timedelta(hours=hours))

    assert forget_expired_tokens() is True
    assert forget_expired_tokens() is False

    assert RefreshToken.objects.get().expires_at > now
    assert RevokedAccessToken.objects.get().expires_at > now


def test_forget_expired_sessions_keeps_those_that_still_count() -> None:
    user, now = make_user(), timezone.now()
    for key, hours in (("over", -1), ("open", 1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=now + timedelta(hours=hours)
        )
        UserSession.objects.create(user=user, session_key=key, ip="127.0.0.1")

    forget_expired_sessions()

    assert [one.session_key for one in Session.objects.all()] == ["open"]
    assert [one.session_key for one in UserSession.objects.all()] == ["open"]
