"""Every way the API says no, as JSON: the one place where errors become answers."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.log import log_response
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from villaops.errors import (
    BrokenRule,
    Conflict,
    DomainError,
    NotFound,
    PermissionDenied,
    Refused,
    TooManyAttempts,
    Unauthenticated,
)
from villaops.versions import ResourceChanged

# Kinds of the house -> statuses of the wire.
STATUSES: dict[type[DomainError], int] = {
    Refused: 400,
    Unauthenticated: 401,
    PermissionDenied: 403,
    NotFound: 404,
    Conflict: 409,
    ResourceChanged: 412,
    TooManyAttempts: 429,
}

# Pydantic's types that the contract does not list -> the listed one. Any other: a rule.
LISTED_TYPES = {
    "string_unicode": "string_type",
    "int_type": "int_parsing",
    "int_parsing_size": "int_parsing",
    "decimal_type": "decimal_parsing",
    "date_type": "date_parsing",
    "date_from_datetime_parsing": "date_parsing",
    "date_from_datetime_inexact": "date_parsing",
    "uuid_type": "uuid_parsing",
    "model_type": "model_attributes_type",
    "literal_error": "enum",
    **{
        name: name
        for name in (
            "missing",
            "json_invalid",
            "model_attributes_type",
            "string_type",
            "string_too_short",
            "string_too_long",
            "int_parsing",
            "int_from_float",
            "decimal_parsing",
            "finite_number",
            "greater_than_equal",
            "less_than_equal",
            "enum",
            "list_type",
            "uuid_parsing",
            "date_parsing",
            "datetime_parsing",
            "value_error",
        )
    },
}
NO_OBJECT = "Input should be a valid dictionary or object to extract fields from"

# Fields whose values are never sent back.
SECRETS = frozenset(
    {
        "password",
        "current_password",
        "new_password",
        "access_token",
        "refresh_token",
        "token",
        "code",
        "key",
        "secret",
    }
)
DEEPEST_ECHO = 20

type WireError = dict[str, Any]


class ApiError(Exception):
    """An answer of the API's own, outside the kinds of the house: 402, 405, 412, 413 ..."""

    def __init__(self, status: int, detail: Any, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        super().__init__(detail)


class InvalidInput(ApiError):
    """422: a list of what is wrong with the request."""

    def __init__(self, errors: Iterable[WireError]) -> None:
        super().__init__(422, list(errors))


class MethodNotAllowed(ApiError):
    """405: the path has these methods alone."""

    def __init__(self, allowed: Iterable[str]) -> None:
        super().__init__(405, "Method Not Allowed", {"Allow": ", ".join(allowed)})


def json_response(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Compact JSON in raw UTF-8; what UTF-8 cannot hold (lone surrogates) stays escaped."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(
        text.encode("utf-8", "backslashreplace"),
        content_type="application/json",
        status=status,
        headers=headers,
    )


def answer_to(
    error: Exception, request: HttpRequest, *, sent: dict[str, Any] | None = None
) -> HttpResponse:
    """The answer to anything that was raised; `sent` is the parsed body, for rules about it."""
    if isinstance(error, ApiError):
        return json_response({"detail": error.detail}, error.status, error.headers)
    if isinstance(error, BrokenRule):
        return json_response({"detail": list(_broken_rules(error, sent))}, 422)
    if isinstance(error, DomainError):
        return _refusal(error)
    if isinstance(error, Http404):
        return json_response({"detail": "Not Found"}, 404)
    return _failure(error, request)


def _refusal(error: DomainError) -> HttpResponse:
    status = next(code for kind, code in STATUSES.items() if isinstance(error, kind))
    headers = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after)
    return json_response({"detail": error.message}, status, headers)


def _failure(error: Exception, request: HttpRequest) -> HttpResponse:
    got_request_exception.send(sender=None, request=request)
    response = server_error(request)
    log_response(
        "Internal Server Error: %s",
        request.path,
        response=response,
        request=request,
        exception=error,
    )
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500, with the id to look for in the logs."""
    request_id = getattr(request, "request_id", None)
    return json_response({"detail": "Internal Server Error", "request_id": request_id}, 500)


def _broken_rules(error: BrokenRule, sent: dict[str, Any] | None) -> Iterable[WireError]:
    """One error at the body; a verb's field checks at their field, where the client sent it."""
    fields = getattr(error.data.get("errors"), "error_dict", {})
    named = {
        name: found for name, found in fields.items() if isinstance(sent, dict) and name in sent
    }
    for name, found in named.items():
        for problem in found:
            yield rule_error(["body", name], " ".join(problem.messages), (sent or {})[name])
    if not named:
        yield rule_error(["body"], error.message, sent)


def rule_error(loc: list[str | int], sentence: str, value: Any) -> WireError:
    """A broken rule, in the shape in which pydantic tells its own."""
    found = {
        "type": "value_error",
        "loc": loc,
        "msg": f"Value error, {sentence}",
        "ctx": {"error": sentence},
    }
    return found if _is_secret(loc) else {**found, "input": harmless(value)}


def missing_body() -> WireError:
    return {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}


def no_object(value: Any) -> WireError:
    return {
        "type": "model_attributes_type",
        "loc": ["body"],
        "msg": NO_OBJECT,
        "input": harmless(value),
    }


def no_json(offset: int, problem: str) -> WireError:
    return {
        "type": "json_invalid",
        "loc": ["body", offset],
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": problem},
    }


def wire_errors(error: ValidationError, part: str) -> list[WireError]:
    """Pydantic's findings in one part of the request (path, query, header, body)."""
    return [_wire_error(found, part) for found in error.errors(include_url=False)]


def _wire_error(found: ErrorDetails, part: str) -> WireError:
    kind = LISTED_TYPES.get(found["type"], "value_error")
    message = NO_OBJECT if kind == "model_attributes_type" else found["msg"]
    result: WireError = {"type": kind, "loc": [part, *found["loc"]], "msg": message}
    if not _is_secret(result["loc"]):
        result["input"] = harmless(found["input"])
    context = found.get("ctx")
    if context:
        result["ctx"] = {
            name: value if isinstance(value, int | float | str) else str(value)
            for name, value in context.items()
        }
    return result


def _is_secret(loc: Iterable[str | int]) -> bool:
    return not SECRETS.isdisjoint(loc)


def harmless(value: Any, depth: int = 0) -> Any:
    """What a client sent, fit to be sent back: no secrets, nothing JSON cannot say."""
    if depth > DEEPEST_ECHO:
        return "..."
    if isinstance(value, dict):
        return {
            str(name): harmless(inner, depth + 1)
            for name, inner in value.items()
            if name not in SECRETS
        }
    if isinstance(value, list):
        return [harmless(inner, depth + 1) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
