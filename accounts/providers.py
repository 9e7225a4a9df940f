"""Google and GitHub, as the dashboard's sign-in knows them.

allauth's own, with what it leaves out: Google's addresses come from its discovery document, its ID
token is checked by signature and nonce, and only an e-mail that is stated as verified counts.
"""

import secrets
from typing import Any, ClassVar

import jwt
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import (
    OAuth2Adapter,
    OAuth2CallbackView,
    OAuth2LoginView,
)
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from requests import RequestException

NONCE = "google_nonce"
DOCUMENT_SECONDS = 60 * 60


def _fetched(url: str, **headers: str) -> Any:
    with get_adapter().get_requests_session() as session:
        answer = session.get(url, headers=headers)
        answer.raise_for_status()
        return answer.json()


class GoogleAdapter(GoogleOAuth2Adapter):
    """Google's side of the conversation."""

    def _address(self, name: str) -> str:
        url = f"{settings.GOOGLE_ISSUER}/.well-known/openid-configuration"
        document: Any = cache.get_or_set(f"openid:{url}", lambda: _fetched(url), DOCUMENT_SECONDS)
        return str(document[name])

    @property
    def authorize_url(self) -> str:
        """Where the person is sent."""
        return self._address("authorization_endpoint")

    @property
    def access_token_url(self) -> str:
        """Where the code is exchanged."""
        return self._address("token_endpoint")

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **more: Any) -> Any:
        claims = self._claims(app.client_id, more["response"].get("id_token") or "")
        nonce = request.session.pop(NONCE, "")
        if not nonce or not secrets.compare_digest(nonce, str(claims.get("nonce"))):
            raise OAuth2Error("The ID token was made for another sign-in")
        return self.get_provider().sociallogin_from_response(request, claims)

    def _claims(self, client_id: str, id_token: str) -> dict[str, Any]:
        try:
            keys = jwt.PyJWKSet.from_dict(_fetched(self._address("jwks_uri")))
            key = keys[jwt.get_unverified_header(id_token)["kid"]]
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=["RS256", "ES256"],
                audience=client_id,
                issuer=self._address("issuer"),
                options={"require": ["exp", "iat", "sub"]},
            )
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            raise OAuth2Error("The ID token is not genuine") from error
        return claims


class Google(GoogleProvider):
    """An OpenID provider."""

    oauth2_adapter_class = GoogleAdapter

    def get_auth_params_from_request(self, request: HttpRequest, action: Any) -> dict[str, Any]:
        nonce = request.session[NONCE] = secrets.token_urlsafe(16)
        return {**self.get_auth_params(), "nonce": nonce}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        is_verified = data.get("email_verified") in (True, "true")
        return _stated(data.get("email") if is_verified else None)


class GitHubAdapter(GitHubOAuth2Adapter):
    """GitHub's side of the conversation."""

    @property
    def authorize_url(self) -> str:
        """Where the person is sent."""
        return f"{settings.GITHUB_URL}/login/oauth/authorize"

    @property
    def access_token_url(self) -> str:
        """Where the code is exchanged."""
        return f"{settings.GITHUB_URL}/login/oauth/access_token"

    # GitHub answers as a form unless it is asked for JSON.
    headers: ClassVar[dict[str, str]] = {"Accept": "application/json"}

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token.token}"}
        person = _fetched(f"{settings.GITHUB_API_URL}/user", **headers)
        person["emails"] = _fetched(f"{settings.GITHUB_API_URL}/user/emails", **headers)
        return self.get_provider().sociallogin_from_response(request, person)


class GitHub(GitHubProvider):
    """GitHub, which speaks OAuth 2 and has an API for the rest."""

    oauth2_adapter_class = GitHubAdapter

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        verified = [one for one in data.get("emails", []) if one.get("verified")]
        # The primary one, else the first.
        verified.sort(key=lambda one: not one.get("primary"))
        return _stated(verified[0]["email"] if verified else None)


def _stated(email: str | None) -> list[EmailAddress]:
    return [EmailAddress(email=email, verified=True, primary=True)] if email else []


def _entrance(adapter: type[OAuth2Adapter]) -> Any:
    begin = OAuth2LoginView.adapter_view(adapter)

    def leave_for_provider(request: HttpRequest) -> HttpResponse:
        """Send the person to the provider, if they have pressed the button on a page of ours."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise PermissionDenied
        provider = _configured(request, adapter)
        try:
            response: HttpResponse = begin(request)
        except (OAuth2Error, RequestException, KeyError, ValueError) as error:
            return _failed(request, provider, error)
        return response

    return leave_for_provider


def _return(adapter: type[OAuth2Adapter]) -> Any:
    finish = OAuth2CallbackView.adapter_view(adapter)

    def come_back(request: HttpRequest) -> HttpResponse:
        """What the provider says of the person; whatever is odd about it ends on an error page."""
        provider = _configured(request, adapter)
        try:
            response: HttpResponse = finish(request)
        except (KeyError, ValueError, TypeError) as error:
            return _failed(request, provider, error)
        return response

    return come_back


def _configured(request: HttpRequest, adapter: type[OAuth2Adapter]) -> Any:
    known = get_adapter().list_providers(request)
    for provider in known:
        if provider.id == adapter.provider_id:
            return provider
    raise Http404("This provider is not set up here")


def _failed(request: HttpRequest, provider: Any, error: Exception) -> HttpResponse:
    response: HttpResponse = render_authentication_error(request, provider, exception=error)
    return response


google_login, google_callback = _entrance(GoogleAdapter), _return(GoogleAdapter)
github_login, github_callback = _entrance(GitHubAdapter), _return(GitHubAdapter)
