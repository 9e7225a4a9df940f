"""A client of the API for tests: speaks JSON, carries a user's access token."""

import json
from collections.abc import Mapping
from typing import Any

from django.test import Client

from accounts.models import Organization, User
from accounts.tokens import issue_tokens

type Response = Any


class Api:
    """Calls paths under /api/v1 as a user, or as nobody."""

    def __init__(self, user: User | None = None, organization: Organization | None = None) -> None:
        self.headers: dict[str, str] = {}
        if user:
            self.headers["Authorization"] = f"Bearer {issue_tokens(user=user).access_token}"
        if organization:
            self.headers["X-Organization"] = organization.slug

    def get(self, path: str, **query: Any) -> Response:
        return self.send("GET", path, query=query)

    def post(self, path: str, body: Any) -> Response:
        return self.send("POST", path, body)

    def put(self, path: str, body: Any) -> Response:
        return self.send("PUT", path, body)

    def patch(self, path: str, body: Any) -> Response:
        return self.send("PATCH", path, body)

    def delete(self, path: str, **query: Any) -> Response:
        return self.send("DELETE", path, query=query)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Response:
        """One request; `body` is sent as it is when it is bytes, else as JSON."""
        raw = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        path = path if path.startswith("/") else f"/api/v1/{path}"
        # A 500 is an answer to look at, not an error of the test.
        return Client(raise_request_exception=False).generic(
            method,
            path,
            raw,
            content_type=content_type,
            query_params=query or None,
            headers={**self.headers, **(headers or {})},
        )


def as_bearer(token: str) -> Api:
    """A client that carries this token, whatever it is."""
    api = Api()
    api.headers["Authorization"] = f"Bearer {token}"
    return api


def with_key(secret: str, organization: Organization | None = None) -> Api:
    """A program that carries this API key, whatever it is."""
    api = Api(organization=organization)
    api.headers["Authorization"] = f"Api-Key {secret}"
    return api


def _json(body: Any) -> bytes:
    return json.dumps(body, default=str).encode()


def errors_of(response: Response) -> list[tuple[str, list[str | int]]]:
    """Type and place of each error of a 422."""
    assert response.status_code == 422, (response.status_code, response.content)
    return [(error["type"], error["loc"]) for error in response.json()["detail"]]


def refusal(response: Response) -> tuple[int, str]:
    """Status and text of an error."""
    return response.status_code, response.json()["detail"]
