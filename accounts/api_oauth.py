"""The JSON face of sign-in with Google and GitHub: a browser goes there and comes back.

What belongs together is kept in one signed cookie: state, nonce and PKCE verifier.
"""

import logging
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.api import AuthEndpoint
from accounts.models import User
from accounts.oauth import (
    GITHUB,
    GOOGLE,
    Attempt,
    Identity,
    Provider,
    ProviderFailed,
    is_first_use,
)
from accounts.one_time import Purpose, issue_one_time_token
from accounts.provider_accounts import NoVerifiedEmail, user_of_identity
from accounts.services import register_user
from accounts.tokens import issue_tokens
from villaops.api.endpoint import PUBLIC, operation
from villaops.api.errors import ApiError, answer_to
from villaops.api.throttles import client_address
from villaops.api.wire import Input, Text, optional
from villaops.errors import Unauthenticated
from villaops.tenancy import Door

logger = logging.getLogger(__name__)

COOKIE = "oauth_{provider}"
COOKIE_PATH = "/api/v1/auth/"
COOKIE_SECONDS = 10 * 60
SALT = "accounts.api_oauth"


class Answer(Input):
    """What a provider's redirect may bring along."""

    code: Text = optional()
    state: Text = optional()
    error: Text = optional()


class ProviderEndpoint(AuthEndpoint):
    """One of a provider's two paths."""

    provider: ClassVar[Provider]

    def _start(self) -> HttpResponse:
        provider = self.provider
        if not provider.is_configured():
            raise ApiError(503, f"{provider.name} login is not configured")
        attempt = Attempt()
        try:
            response = _redirect(302, provider.authorize_url(attempt))
        except ProviderFailed as error:
            logger.warning("oauth: unreachable", extra={"provider": provider.id, "why": str(error)})
            raise ApiError(502, f"{provider.name} is unreachable") from error
        response.set_cookie(
            COOKIE.format(provider=provider.id),
            signing.dumps(attempt.as_dict(), salt=SALT + provider.id),
            max_age=COOKIE_SECONDS,
            path=COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    def _finish(self, answer: Answer) -> HttpResponse:
        provider = self.provider
        try:
            response = _to_front_end(self.request, self._user(answer))
        except (ProviderFailed, NoVerifiedEmail) as error:
            logger.warning("oauth: refused", extra={"provider": provider.id, "why": str(error)})
            refusal = Unauthenticated(f"{provider.name} authentication failed. Please try again.")
            response = answer_to(refusal, self.request)
        # It has served, or failed: either way the next attempt begins anew.
        response.delete_cookie(
            COOKIE.format(provider=provider.id), path=COOKIE_PATH, samesite="Lax"
        )
        return response

    def _user(self, answer: Answer) -> User:
        return user_of_identity(
            identity=self._identity(answer),
            make_account=partial(register_user, door=Door.API, email_verified=True),
            door=Door.API,
            now=timezone.now(),
            address=client_address(self.request),
        )

    def _identity(self, answer: Answer) -> Identity:
        given = answer.given()
        attempt = self._attempt()
        if not constant_time_compare(given.get("state", ""), attempt.state):
            raise ProviderFailed("the state is another attempt's")
        if not is_first_use(attempt.state):
            raise ProviderFailed("the state was used before")
        if "error" in given or "code" not in given:
            raise ProviderFailed(f"denied: {given.get('error', '')[:100]}")
        return self.provider.identity_behind(given["code"], attempt)

    def _attempt(self) -> Attempt:
        provider = self.provider
        cookie = self.request.COOKIES.get(COOKIE.format(provider=provider.id), "")
        try:
            kept: dict[str, Any] = signing.loads(
                cookie, salt=SALT + provider.id, max_age=COOKIE_SECONDS
            )
        except signing.BadSignature as error:
            raise ProviderFailed("no cookie of ours") from error
        return Attempt(**kept)


def _to_front_end(request: HttpRequest, user: User) -> HttpResponse:
    """Where the front end takes over, with what it needs."""
    page = f"{settings.FRONTEND_URL.rstrip('/')}/auth/callback"
    if not user.is_active:
        return _redirect(307, f"{page}?error=account_inactive")
    if settings.OAUTH_CALLBACK_STYLE == "code":
        code = issue_one_time_token(user=user, purpose=Purpose.EXCHANGE)
        return _redirect(307, f"{page}?{urlencode({'code': code})}")
    user_logged_in.send(sender=User, request=request, user=user)
    pair = issue_tokens(user=user)
    tokens = urlencode({"access_token": pair.access_token, "refresh_token": pair.refresh_token})
    mark = "#" if settings.OAUTH_CALLBACK_STYLE == "fragment" else "?"
    return _redirect(307, f"{page}{mark}{tokens}")


def _redirect(status: int, address: str) -> HttpResponse:
    response = HttpResponse(status=status)
    del response["Content-Type"]
    response["Location"] = address
    response["Cache-Control"] = "no-store"
    # What stands in an address must not travel on to whatever the next page loads.
    response["Referrer-Policy"] = "no-referrer"
    return response


class StartGoogle(ProviderEndpoint):
    provider = GOOGLE

    @operation("google_login", PUBLIC, status=302, errors={502, 503})
    def get(self) -> HttpResponse:
        """Send the browser to Google."""
        return self._start()


class FinishGoogle(ProviderEndpoint):
    provider = GOOGLE

    @operation("google_callback", PUBLIC, status=307, errors={401})
    def get(self, query: Answer) -> HttpResponse:
        """Where Google sends the browser back to; on to the front end."""
        return self._finish(query)


class StartGitHub(ProviderEndpoint):
    provider = GITHUB

    @operation("github_login", PUBLIC, status=302, errors={502, 503})
    def get(self) -> HttpResponse:
        """Send the browser to GitHub."""
        return self._start()


class FinishGitHub(ProviderEndpoint):
    provider = GITHUB

    @operation("github_callback", PUBLIC, status=307, errors={401})
    def get(self, query: Answer) -> HttpResponse:
        """Where GitHub sends the browser back to; on to the front end."""
        return self._finish(query)
