"""Google and GitHub as the dashboard's sign-in (django-allauth) knows them.

allauth keeps the state, PKCE and the session; what is asked of a provider and what its answer is
worth is `accounts.oauth`, and whose account it opens `accounts.provider_accounts`, as for the API.
"""

import secrets
from collections.abc import Callable
from typing import Any, ClassVar

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import (
    OAuth2Adapter,
    OAuth2CallbackView,
    OAuth2LoginView,
)
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from accounts import oauth
from accounts.models import User

NONCE = "provider_nonce"


def _believed[T](ask: Callable[[], T]) -> T:
    """What the provider says, and where it cannot be believed the error that allauth knows."""
    try:
        return ask()
    except oauth.ProviderFailed as error:
        raise OAuth2Error(str(error)) from error


class _Adapter(OAuth2Adapter):
    """Our side of the conversation."""

    known: ClassVar[oauth.Provider]

    @property
    def authorize_url(self) -> str:
        """Where the person is sent."""
        return _believed(self.known.authorize_endpoint)

    @property
    def access_token_url(self) -> str:
        """Where the code is exchanged."""
        return _believed(self.known.token_endpoint)

    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: Any, pkce_code_verifier: str | None = None
    ) -> Any:
        code, verifier = request.GET["code"], pkce_code_verifier or ""
        where = client.callback_url
        return _believed(lambda: self.known.tokens_for(code, verifier=verifier, redirect_uri=where))

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **more: Any) -> Any:
        nonce = request.session.pop(NONCE, "")
        identity = _believed(lambda: self.known.identity(more["response"], nonce))
        account = SocialAccount(
            provider=identity.provider.value, uid=identity.uid, extra_data=identity.shown
        )
        login = SocialLogin(user=User(), account=account, provider=self.get_provider())
        login.identity = identity
        return login


class GoogleAdapter(_Adapter):
    """With Google."""

    provider_id = "google"
    known = oauth.GOOGLE


class GitHubAdapter(_Adapter):
    """With GitHub."""

    provider_id = "github"
    known = oauth.GITHUB


class Google(GoogleProvider):
    """An OpenID provider."""

    oauth2_adapter_class = GoogleAdapter

    def get_auth_params_from_request(self, request: HttpRequest, action: Any) -> dict[str, Any]:
        nonce = request.session[NONCE] = secrets.token_urlsafe(24)
        return oauth.GOOGLE.asked_besides(nonce)


class GitHub(GitHubProvider):
    """GitHub, which speaks OAuth 2 and has an API for the rest."""

    oauth2_adapter_class = GitHubAdapter

    def get_auth_params_from_request(self, request: HttpRequest, action: Any) -> dict[str, Any]:
        return {}


type View = Callable[[HttpRequest], HttpResponse]


def _told(adapter: type[_Adapter], view: View) -> View:
    """The view; where the provider fails, a page that says so."""

    def run(request: HttpRequest) -> HttpResponse:
        provider = get_adapter().get_provider(request, adapter.provider_id)
        try:
            return view(request)
        except (OAuth2Error, KeyError, ValueError, TypeError) as error:
            failed: HttpResponse = render_authentication_error(request, provider, exception=error)
            return failed

    return run


def _started_here(view: View) -> View:
    """The view, for whoever has pressed the button on a page of ours: it is a link, no form."""

    def run(request: HttpRequest) -> HttpResponse:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise PermissionDenied
        return view(request)

    return run


def _entrance(adapter: type[_Adapter]) -> View:
    return _started_here(_told(adapter, OAuth2LoginView.adapter_view(adapter)))


def _return(adapter: type[_Adapter]) -> View:
    return _told(adapter, OAuth2CallbackView.adapter_view(adapter))


google_login, google_callback = _entrance(GoogleAdapter), _return(GoogleAdapter)
github_login, github_callback = _entrance(GitHubAdapter), _return(GitHubAdapter)
