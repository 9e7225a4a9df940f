"""Google and GitHub on loopback: real HTTP, real PKCE, ID tokens signed with a key of this run.

`google` and `github` answer for different hosts in life; here one server is both. It recognizes
`person` without asking, and `trouble` says what it does wrong.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CLIENT_ID = "villaops-tests"
CLIENT_SECRET = "only-the-tests-know-it"

type Trouble = Literal[
    "",
    "denied",
    "wrong nonce",
    "expired",
    "issued later",
    "wrong signature",
    "unknown key",
    "no signature",
    "shared secret",
    "other audience",
    "other party",
    "other issuer",
    "other discovery",
    "down",
    "slow",
    "slow token",
    "dripping",
    "no JSON",
]


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """The key that is published."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def strangers_key() -> rsa.RSAPrivateKey:
    """A key that is not."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class IdentityProvider:
    """What the server knows, and what it has been asked."""

    def __init__(self) -> None:
        self.trouble: Trouble = ""
        self.kid = "today"
        self.sub = "1089"
        self.email: str | None = "ada@example.com"
        self.email_verified: object = True
        self.name = "Ada Lovelace"
        self.picture: str | None = "https://pictures.example.com/ada.png"
        self.github_emails: Any = [
            {"email": "old@example.com", "primary": False, "verified": True},
            {"email": "ada@example.com", "primary": True, "verified": True},
        ]
        # code -> what it was asked for with; works once.
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        self.asked: list[str] = []
        self.authorizations: list[dict[str, str]] = []
        self.lock = Lock()
        # What is slow waits for this, so that no test waits longer than its own patience.
        self.enough = Event()
        self.url = ""
        # Made before anybody asks: several who ask at once would each make one of their own.
        signing_key()

    # --- What each address answers -----------------------------------------------------------

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": "https://other.example.com"
            if self.trouble == "other discovery"
            else self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }

    def keys(self) -> dict[str, Any]:
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(signing_key().public_key()))
        return {"keys": [{**key, "kid": self.kid, "use": "sig", "alg": "RS256"}]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes back to."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        self.authorizations.append(query)
        if self.trouble == "denied":
            back = {"error": "access_denied", "state": query["state"]}
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = query
            back = {"code": code, "state": query["state"]}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def redeemed(self, form: dict[str, str]) -> dict[str, str] | None:
        """The request that the code was given for, if it may have a token."""
        with self.lock:
            asked = self.codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        known = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        fits = (
            asked
            and known
            and asked["client_id"] == CLIENT_ID
            and asked["redirect_uri"] == form.get("redirect_uri")
            and asked["code_challenge"] == base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        )
        return asked if fits else None

    def new_token(self) -> str:
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        return token

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": "https://other.example.com" if self.trouble == "other issuer" else self.url,
            "sub": self.sub,
            "aud": "somebody-else" if self.trouble == "other audience" else CLIENT_ID,
            "azp": "somebody-else" if self.trouble == "other party" else CLIENT_ID,
            "iat": now + 3600 if self.trouble == "issued later" else now,
            "exp": now - 3600 if self.trouble == "expired" else now + 3600,
            "nonce": "another" if self.trouble == "wrong nonce" else nonce,
            "name": self.name,
        }
        if self.email is not None:
            claims |= {"email": self.email, "email_verified": self.email_verified}
        if self.picture is not None:
            claims["picture"] = self.picture
        return self._signed(claims)

    def _signed(self, claims: dict[str, Any]) -> str:
        kid = {"kid": "another" if self.trouble == "unknown key" else self.kid}
        if self.trouble == "no signature":
            return jwt.encode(claims, "", algorithm="none", headers=kid)
        if self.trouble == "shared secret":
            public = signing_key().public_key()
            pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            return _signed_with_hmac(claims, pem, kid)
        key = strangers_key() if self.trouble == "wrong signature" else signing_key()
        return jwt.encode(claims, key, algorithm="RS256", headers=kid)


def _signed_with_hmac(claims: dict[str, Any], secret: bytes, header: dict[str, str]) -> str:
    """What PyJWT refuses to make: a public key used as a shared secret."""

    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', **header})}.{part(claims)}"
    digest = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


class _Handler(BaseHTTPRequestHandler):
    provider: IdentityProvider

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        pass

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        if self._is_in_trouble(address.path):
            return
        provider = self.provider
        match address.path:
            case "/.well-known/openid-configuration":
                self._json(provider.discovery())
            case "/keys":
                self._json(provider.keys())
            case "/authorize" | "/login/oauth/authorize":
                self._send(302, b"", {"Location": provider.authorize(query)})
            case "/user" if self._knows_token():
                self._json(
                    {
                        "id": int(provider.sub),
                        "login": "ada",
                        "name": provider.name,
                        "avatar_url": provider.picture,
                        "email": None,
                    }
                )
            case "/user/emails" if self._knows_token():
                self._json(provider.github_emails)
            case _:
                self._send(404, b"{}")

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        if self._is_in_trouble(self.path):
            return
        asked = self.provider.redeemed(form)
        if self.path == "/login/oauth/access_token":
            # GitHub says no with 200.
            token = {"access_token": self.provider.new_token(), "token_type": "bearer"}
            self._json(token if asked else {"error": "bad_verification_code"})
        elif self.path == "/token" and asked:
            token = {"access_token": self.provider.new_token(), "token_type": "Bearer"}
            self._json({**token, "id_token": self.provider.id_token(asked.get("nonce", ""))})
        else:
            self._send(400, b'{"error":"invalid_grant"}')

    def _is_in_trouble(self, path: str) -> bool:
        provider = self.provider
        provider.asked.append(path)
        if provider.trouble == "down":
            self._send(503, b"")
        elif provider.trouble == "no JSON":
            self._send(200, b"<html>")
        elif provider.trouble == "slow" or (provider.trouble == "slow token" and "token" in path):
            provider.enough.wait(10)
            self.close_connection = True
        elif provider.trouble == "dripping":
            self._drip()
        else:
            return False
        return True

    def _drip(self) -> None:
        """A byte now and then, each well before anybody loses patience with a connection."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            while not self.provider.enough.wait(0.02):
                self.wfile.write(b" ")
        except OSError:
            self.close_connection = True

    def _knows_token(self) -> bool:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return scheme in ("Bearer", "token") and token in self.provider.tokens

    def _json(self, content: Any) -> None:
        self._send(200, json.dumps(content).encode())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """A provider that answers at `url` until the block ends."""
    provider = IdentityProvider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.enough.set()
        server.shutdown()
        server.server_close()
        thread.join()
