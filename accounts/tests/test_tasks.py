"""What happens by itself in accounts."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import RefreshToken, RevokedAccessToken
from accounts.tasks import forget_expired_tokens
from villaops.celery import app
from villaops.tests.build import make_user

pytestmark = pytest.mark.django_db


def test_forget_expired_tokens_keeps_those_that_still_count() -> None:
    user, now = make_user(), timezone.now()
    for hours in (-1, 1):
        RefreshToken.objects.create(
            jti=uuid4(), family=uuid4(), user=user, expires_at=now + timedelta(hours=hours)
        )
        RevokedAccessToken.objects.create(jti=uuid4(), expires_at=now + timedelta(hours=hours))

    forgotten = forget_expired_tokens.apply().get()

    assert forgotten == 2
    assert RefreshToken.objects.get().expires_at > now
    assert RevokedAccessToken.objects.get().expires_at > now


def test_the_schedule_names_tasks_that_exist() -> None:
    app.loader.import_default_modules()

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
