"""What happens by itself in accounts."""

from celery import shared_task
from django.db.models.functions import Now

from accounts.models import RefreshToken, RevokedAccessToken


@shared_task
def forget_expired_tokens() -> int:
    """Delete tokens past their time, which no door would open to anyway; return how many."""
    return sum(
        model.objects.filter(expires_at__lt=Now()).delete()[0]
        for model in (RefreshToken, RevokedAccessToken)
    )
