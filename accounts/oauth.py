"""Google and GitHub as they are talked to: where a browser is sent, and who came back.

OAuth 2.0 with PKCE (RFC 6749, RFC 7636); Google's answer is an ID token (OpenID Connect Core 1.0).
Nothing here knows of accounts: what comes out is an Identity, for accounts.provider_accounts.
"""

import base64
import hashlib
import json
import logging
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import jwt
import requests
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.crypto import constant_time_compare
from pydantic import validate_email
from pydantic_core import PydanticCustomError
from urllib3.exceptions import HTTPError

from accounts.models import User
from villaops.api.throttles import no_answer

logger = logging.getLogger(__name__)

# Neither none nor a shared secret: a published key must not be what forges a signature.
ALGORITHMS = ("RS256", "ES256")
HOUR = 60 * 60
# Keys may be asked for anew once a minute, however many unknown ones are named.
KEYS_AGAIN = 60
CLOCK_DRIFT = 30
LARGEST_ANSWER = 512 * 1024
LONGEST_UID = 191


class ProviderFailed(Exception):
    """The provider did not say who it is, or nothing that can be believed."""


class ProviderUnreachable(ProviderFailed):
    """The provider does not answer, not in time, or not as itself."""


@dataclass(frozen=True)
class Identity:
    """Whom a provider has recognized."""

    provider: User.Provider
    uid: str
    # Only what the provider states as verified.
    email: str | None
    name: str
    avatar_url: str | None
    # What is kept to show people which of their accounts it is.
    shown: dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """What a browser carries from the start of a sign-in to its end; never to the provider."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def challenge(self) -> str:
        """PKCE's S256: what the provider is told of the verifier at the start."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class Provider(ABC):
    """Somebody else who knows people."""

    id: ClassVar[User.Provider]
    name: ClassVar[str]
    scope: ClassVar[str]

    @property
    def client_id(self) -> str:
        return str(getattr(settings, f"{self.id.name}_CLIENT_ID"))

    @property
    def client_secret(self) -> str:
        return str(getattr(settings, f"{self.id.name}_CLIENT_SECRET"))

    @property
    def redirect_uri(self) -> str:
        return str(getattr(settings, f"{self.id.name}_REDIRECT_URI"))

    def is_configured(self) -> bool:
        return bool(self.client_id and self.client_secret)

    @abstractmethod
    def authorize_endpoint(self) -> str:
        """Where people are asked. Raises ProviderFailed."""

    @abstractmethod
    def token_endpoint(self) -> str:
        """Where a code becomes a token. Raises ProviderFailed."""

    @abstractmethod
    def identity(self, tokens: dict[str, Any], nonce: str) -> Identity:
        """Whom the token endpoint's answer is about. Raises ProviderFailed."""

    def authorize_url(self, attempt: Attempt) -> str:
        """Where to send the browser. Raises ProviderFailed."""
        query = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": self.scope,
            "state": attempt.state,
            "code_challenge": attempt.challenge(),
            "code_challenge_method": "S256",
            **self.asked_besides(attempt.nonce),
        }
        return f"{self.authorize_endpoint()}?{urlencode(query)}"

    def asked_besides(self, nonce: str) -> dict[str, str]:
        """More that belongs into the address."""
        return {}

    def tokens_for(self, code: str, *, verifier: str, redirect_uri: str) -> dict[str, Any]:
        """What the code is worth, once. Raises ProviderFailed."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "code_verifier": verifier,
        }
        tokens = _dict(answer_of("POST", self.token_endpoint(), data=form))
        # GitHub says no with 200.
        _text(tokens, "access_token")
        return tokens

    def identity_behind(self, code: str, attempt: Attempt) -> Identity:
        """Who came back with this code. Raises ProviderFailed."""
        tokens = self.tokens_for(code, verifier=attempt.verifier, redirect_uri=self.redirect_uri)
        return self.identity(tokens, attempt.nonce)


class Google(Provider):
    """Any OpenID provider, in fact; the issuer's discovery document names the rest."""

    id = User.Provider.GOOGLE
    name = "Google"
    scope = "openid email profile"

    def authorize_endpoint(self) -> str:
        return _text(self._discovered(), "authorization_endpoint")

    def token_endpoint(self) -> str:
        return _text(self._discovered(), "token_endpoint")

    def asked_besides(self, nonce: str) -> dict[str, str]:
        return {"nonce": nonce}

    def identity(self, tokens: dict[str, Any], nonce: str) -> Identity:
        claims = self.checked(_text(tokens, "id_token"), nonce)
        verified = claims.get("email_verified") in (True, "true")
        return Identity(
            provider=self.id,
            uid=_uid(claims["sub"]),
            email=_address(claims.get("email")) if verified else None,
            name=_name(claims.get("name"), claims.get("email")),
            avatar_url=_web_address(claims.get("picture")),
            shown=_only(claims, "sub", "email", "email_verified", "name", "picture"),
        )

    def checked(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token that this issuer signed for us, for this attempt, just now.

        OpenID Connect Core 1.0, section 3.1.3.7. Raises ProviderFailed.
        """
        issuer = settings.GOOGLE_ISSUER
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise ProviderFailed("the ID token's algorithm is not one of ours")
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(header.get("kid"), header["alg"]),
                algorithms=[header["alg"]],
                audience=self.client_id,
                # Google signs with and without the scheme.
                issuer=[issuer, issuer.removeprefix("https://")],
                leeway=CLOCK_DRIFT,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise ProviderFailed(f"the ID token is not good: {error}") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self.client_id) != self.client_id:
            raise ProviderFailed("the ID token was made for another client")
        if not constant_time_compare(str(claims.get("nonce", "")), nonce):
            raise ProviderFailed("the ID token belongs to another attempt")
        return claims

    def _key(self, kid: Any, algorithm: str) -> jwt.PyJWK:
        known = f"oauth:keys:{settings.GOOGLE_ISSUER}"
        found = _find_key(_cached(known, self._published_keys), kid, algorithm)
        # A key that we do not know may be a new one.
        if found is None and _first(f"{known}:again", KEYS_AGAIN):
            found = _find_key(_cached(known, self._published_keys, anew=True), kid, algorithm)
        if found is None:
            raise ProviderFailed("the ID token is signed with a key that is not published")
        return found

    def _published_keys(self) -> list[dict[str, Any]]:
        keys = _dict(answer_of("GET", _text(self._discovered(), "jwks_uri"))).get("keys")
        return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []

    def _discovered(self) -> dict[str, Any]:
        return _cached(f"oauth:discovery:{settings.GOOGLE_ISSUER}", self._discovery_document)

    def _discovery_document(self) -> dict[str, Any]:
        issuer = settings.GOOGLE_ISSUER
        document = _dict(answer_of("GET", f"{issuer}/.well-known/openid-configuration"))
        if document.get("issuer") != issuer:
            raise ProviderUnreachable("the discovery document is another issuer's")
        return document


class GitHub(Provider):
    """GitHub: no ID token, so that two questions follow."""

    id = User.Provider.GITHUB
    name = "GitHub"
    scope = "user:email"

    def authorize_endpoint(self) -> str:
        return f"{settings.GITHUB_URL}/login/oauth/authorize"

    def token_endpoint(self) -> str:
        return f"{settings.GITHUB_URL}/login/oauth/access_token"

    def identity(self, tokens: dict[str, Any], nonce: str) -> Identity:
        bearer = {"Authorization": f"Bearer {_text(tokens, 'access_token')}"}
        profile = _dict(answer_of("GET", f"{settings.GITHUB_API_URL}/user", headers=bearer))
        emails = answer_of("GET", f"{settings.GITHUB_API_URL}/user/emails", headers=bearer)
        email = _verified_email(emails)
        return Identity(
            provider=self.id,
            uid=_uid(profile.get("id")),
            email=email,
            name=_name(profile.get("name"), profile.get("login"), email),
            avatar_url=_web_address(profile.get("avatar_url")),
            shown=_only(profile, "id", "login", "name", "avatar_url", "html_url"),
        )


GOOGLE = Google()
GITHUB = GitHub()
PROVIDERS: dict[User.Provider, Provider] = {one.id: one for one in (GOOGLE, GITHUB)}


def is_first_use(state: str) -> bool:
    """Whether nobody has come back with this state yet."""
    return _first(f"oauth:state:{hashlib.sha256(state.encode()).hexdigest()}", HOUR)


# --- Asking ----------------------------------------------------------------------------------


def answer_of(method: str, url: str, **more: Any) -> Any:
    """The JSON that a provider answers, in time and of a sane size. Raises ProviderFailed."""
    timeout = settings.SOCIALACCOUNT_REQUESTS_TIMEOUT
    headers = {"Accept": "application/json", "User-Agent": "VillaOps", **more.pop("headers", {})}
    # Each part of an answer may take that long, and all of it twice as long.
    ends_at = time.monotonic() + 2 * timeout
    try:
        with requests.request(
            method,
            url,
            headers=headers,
            timeout=timeout,
            stream=True,
            allow_redirects=False,
            **more,
        ) as answer:
            body = _body(answer, ends_at)
    except (requests.RequestException, HTTPError) as error:
        raise ProviderUnreachable(f"{urlsplit(url).netloc}: {type(error).__name__}") from error
    if answer.status_code >= 500 or answer.status_code == 429:
        raise ProviderUnreachable(f"{urlsplit(url).netloc} answered {answer.status_code}")
    if answer.status_code != 200:
        raise ProviderFailed(f"{urlsplit(url).netloc} answered {answer.status_code}")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProviderFailed(f"{urlsplit(url).netloc} answered no JSON") from error


def _body(answer: requests.Response, ends_at: float) -> bytes:
    body = b""
    # As it comes in: whatever waits for a full part would never look at the clock.
    while part := answer.raw.read1(16 * 1024, decode_content=True):
        body += part
        if len(body) > LARGEST_ANSWER or time.monotonic() > ends_at:
            raise requests.Timeout("too long")
    return body


def _cached[T](name: str, fetch: Callable[[], T], *, anew: bool = False) -> T:
    """What was fetched within the hour; fetched each time while the cache does not answer."""
    try:
        found: T | None = None if anew else cache.get(name)
        if found is None:
            found = fetch()
            cache.set(name, found, HOUR)
    except no_answer():
        logger.exception("oauth: the cache does not answer")
        return fetch()
    return found


def _first(name: str, seconds: int) -> bool:
    try:
        return bool(cache.add(name, 1, seconds))
    except no_answer():
        # A code works once at the provider too.
        logger.exception("oauth: the cache does not answer")
        return True


# --- Reading ---------------------------------------------------------------------------------


def _find_key(keys: list[dict[str, Any]], kid: Any, algorithm: str) -> jwt.PyJWK | None:
    """The published signing key of this name and kind."""
    kind = {"RS256": "RSA", "ES256": "EC"}[algorithm]
    for key in keys:
        if key.get("kid") == kid and key.get("kty") == kind and key.get("use", "sig") == "sig":
            return jwt.PyJWK(key, algorithm)
    return None


def _verified_email(emails: Any) -> str | None:
    """The primary address if it is verified, else the first that is."""
    verified = [
        one
        for one in (emails if isinstance(emails, list) else [])
        if isinstance(one, dict) and one.get("verified") is True
    ]
    verified.sort(key=lambda one: one.get("primary") is not True)
    return _address(verified[0].get("email")) if verified else None


def _dict(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise ProviderFailed("the answer is no object")
    return answer


def _text(answer: dict[str, Any], name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str) or not found:
        raise ProviderFailed(f"the answer has no {name}: {answer.get('error', '')!s:.100}")
    return found


def _only(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: answer[name] for name in names if name in answer}


def _uid(found: Any) -> str:
    uid = str(found) if isinstance(found, int | str) and not isinstance(found, bool) else ""
    if not uid or len(uid) > LONGEST_UID or "\0" in uid:
        raise ProviderFailed("the answer does not say who it is")
    return uid


def _address(found: Any) -> str | None:
    """An e-mail as the API writes it; None for what is none by its rule."""
    try:
        return validate_email(found)[1] if isinstance(found, str) else None
    except PydanticCustomError:
        return None


def _name(*found: Any) -> str:
    """The first that is any."""
    names = (one.replace("\0", "").strip()[:255] for one in found if isinstance(one, str))
    return next(filter(None, names), "VillaOps")


def _web_address(found: Any) -> str | None:
    if not isinstance(found, str) or len(found) > 512:
        return None
    try:
        URLValidator(schemes=["http", "https"])(found)
    except ValidationError:
        return None
    return found
