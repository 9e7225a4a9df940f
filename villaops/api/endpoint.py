"""The frame of every endpoint: who may call it, what it takes, and in which order it says no.

A handler of an `Endpoint` is marked with `operation(...)` and gets what its signature names:
`path`, `query` and `body`, each a pydantic model, validated. It finds, calls one verb, and
returns an `Output`. Its errors are raised, never returned. The rest is done here, in the order
of contract section 1: routing, 429, 401, organization 404, 403, what was sent before under the same
key, 422, then the handler's own.
"""

import inspect
import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Literal, get_args
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import WSGIRequest
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from pydantic import BaseModel, ValidationError
from rest_framework.views import APIView

from accounts.access import Access, KeyAccess
from accounts.models import User
from accounts.permissions import Permission
from villaops.api.authentication import Caller, authenticate, credential
from villaops.api.conditions import etag_of, expected_by, unless_known
from villaops.api.errors import (
    SECRETS,
    ApiError,
    InvalidInput,
    MethodNotAllowed,
    WireError,
    answer_to,
    missing_body,
    no_json,
    no_object,
    rule_error,
    wire_errors,
)
from villaops.api.idempotency import HEADER, Answer, Attempt, hash_of_json, header_errors, once
from villaops.api.throttles import client_address, count_request
from villaops.api.wire import Input, Output
from villaops.remembered import Told, recall
from villaops.tenancy import Door, person_context
from villaops.versions import Expected


class Openness(Enum):
    """Operations outside an organization's permissions."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"


type ETag = Literal["row", "list"]

PUBLIC = Openness.PUBLIC
SIGNED_IN = Openness.SIGNED_IN


@dataclass(frozen=True)
class Operation:
    """One method of one path: what it is called, who may use it, what goes in and comes out."""

    name: str
    permission: Permission | Openness
    status: int
    errors: frozenset[int]
    path: type[Input] | None
    query: type[Input] | None
    body: type[Input] | None
    output: type[Output] | None
    # Whether the answer may also be CSV.
    csv: bool
    # What its ETag tells: the version of one row, or the answer as a whole.
    etag: ETag | None
    # Whether the answer is given again until the organization's rows change.
    remembered: bool

    def in_organization(self) -> bool:
        """Whether it is about one organization, and asks for a permission there."""
        return isinstance(self.permission, Permission)

    def takes_secrets(self) -> bool:
        """Whether the body may hold something that must not be sent back."""
        return self.body is not None and not SECRETS.isdisjoint(self.body.model_fields)


def operation[**P, R](
    name: str,
    permission: Permission | Openness,
    *,
    status: int = 200,
    errors: set[int] | None = None,
    csv: bool = False,
    etag: ETag | None = None,
    remembered: bool = False,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a handler of an Endpoint: the operation's id, who may call it, its status.

    Models are read from the signature. `errors` names the statuses that the handler's verbs add
    to the ones every operation of its kind has, for the schema. With `etag="row"` the handler says
    by `versioned(...)` which row its answer shows, and has its verb look for `expected`; with
    "list" the answer is not sent to those who have it. What is `remembered` may depend on no more
    than `villaops.remembered.recall` says.
    """

    def declare(handler: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(handler)
        models = {part: parameter.annotation for part, parameter in signature.parameters.items()}
        returned = signature.return_annotation
        handler.operation = Operation(  # type: ignore[attr-defined]
            name=name,
            permission=permission,
            status=status,
            errors=frozenset(errors or ()),
            path=models.get("path"),
            query=models.get("query"),
            body=models.get("body"),
            output=_output_of(returned),
            csv=csv,
            etag=etag,
            remembered=remembered,
        )
        return handler

    return declare


def _output_of(annotation: Any) -> type[Output] | None:
    """The model among what a handler may return; an HttpResponse it may have made itself."""
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, Output):
            return candidate
    return None


METHODS = ("get", "post", "put", "patch", "delete")


class Endpoint(APIView):
    """The methods of one path. A method without a declared operation does not exist.

    In a handler `self.request` is the request, `self.access` what the caller may do in the
    organization (operations with a permission), `self.by` whose deed it is, `self.user` the person
    (operations that keys cannot use).
    """

    operations: ClassVar[dict[str, Operation]] = {}
    # How the documentation groups it.
    tag: ClassVar[str] = ""
    # Which limit its requests count against: RATE_LIMIT_API, RATE_LIMIT_AUTH or none.
    counted_as: ClassVar[Literal["api", "auth"] | None] = "api"
    # Whether the OpenAPI document lists it.
    documented: ClassVar[bool] = True

    authentication_classes = ()
    permission_classes = ()
    request: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        handlers = {method: getattr(cls, method, None) for method in METHODS}
        undeclared = [
            method
            for method, handler in handlers.items()
            if handler is not None and not hasattr(handler, "operation")
        ]
        if undeclared:
            raise TypeError(f"{cls.__name__}: {undeclared} declare no operation")
        cls.operations = {
            method.upper(): handler.operation
            for method, handler in handlers.items()
            if handler is not None
        }

    @property
    def allowed_methods(self) -> list[str]:
        """What `Allow` says, and what the schema lists."""
        return sorted(self.operations)

    @property
    def access(self) -> Access | KeyAccess:
        """What the caller may do in the organization that the request is about."""
        access = self._known_caller.access
        if access is None:
            raise RuntimeError("The operation declares no permission.")
        return access

    @property
    def default_access(self) -> Access | None:
        """The same where an organization was not asked for, and there need not be any."""
        access = self._known_caller.access
        return None if isinstance(access, KeyAccess) else access

    @property
    def member(self) -> Access:
        """The same where programs cannot call."""
        access = self.access
        if isinstance(access, KeyAccess):
            raise RuntimeError("A program calls.")
        return access

    @property
    def user(self) -> User:
        """The person who calls, where programs cannot."""
        user = self._known_caller.user
        if user is None:
            raise RuntimeError("A program calls.")
        return user

    @property
    def by(self) -> User | None:
        """Whose deed it is: the person's, or of whoever made the key."""
        return self._known_caller.by

    @property
    def _known_caller(self) -> Caller:
        if self.caller is None:
            raise RuntimeError("The operation is public.")
        return self.caller

    @classmethod
    def takes_key(cls, method: str) -> bool:
        """Whether a request of this method may be sent again under an `Idempotency-Key`."""
        operation = cls.operations[method]
        return method == "POST" and operation.permission is not PUBLIC and cls.counted_as != "auth"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.caller: Caller | None = None
        self.sent: Any = None
        self.raw: bytes | None = None
        self.etag: str | None = None
        try:
            return self._answer(request, kwargs)
        # Every error has an answer; what is no error of ours is logged there and becomes a 500.
        except Exception as error:
            return answer_to(error, request, sent=self.sent)

    def _answer(self, request: HttpRequest, path: dict[str, str]) -> HttpResponse:
        operation = self.operations.get(request.method or "")
        if operation is None:
            raise MethodNotAllowed(self.allowed_methods)
        self._throttle(request)
        self._admit(request, operation)
        attempt = self._repeatable(request, operation)
        if attempt:
            return self._once(attempt, request, operation, path)
        parts = self._validated(request, operation, path)
        with self.access.context(Door.API) if operation.in_organization() else nullcontext():
            return self._response(self._result(request, operation, parts), operation)

    def _result(
        self, request: HttpRequest, operation: Operation, parts: dict[str, Input]
    ) -> BaseModel | HttpResponse:
        handler = self._handler(request)
        if not operation.remembered:
            return handler(**parts)

        def answer() -> Told | HttpResponse:
            result = handler(**parts)
            return result if isinstance(result, HttpResponse) else self._told(result)

        result = recall(request, self.access, answer)
        if isinstance(result, HttpResponse):
            return result
        self.etag = result.etag
        return result.response()

    def _told(self, result: BaseModel) -> Told:
        return Told(result.model_dump_json().encode(), "application/json", self.etag)

    def _handler(self, request: HttpRequest) -> Callable[..., BaseModel | HttpResponse]:
        handler: Callable[..., BaseModel | HttpResponse] = getattr(
            self, (request.method or "").lower()
        )
        return handler

    def _repeatable(self, request: HttpRequest, operation: Operation) -> Attempt | None:
        """What `Idempotency-Key` asks for; a malformed one is told together with other errors."""
        key = self._sent_key(request)
        if key is None or header_errors(key):
            return None
        caller = self._known_caller
        access = caller.access
        who = access.key if isinstance(access, KeyAccess) else self.user
        return Attempt(
            organization_id=access.organization.pk
            if access and operation.in_organization()
            else None,
            credential_id=who.pk,
            path=request.path_info.rstrip("/"),
            key=key,
            request_hash=hash_of_json(self._raw(request)),
        )

    def _sent_key(self, request: HttpRequest) -> str | None:
        return request.headers.get(HEADER) if self.takes_key(request.method or "") else None

    def _once(
        self, attempt: Attempt, request: HttpRequest, operation: Operation, path: dict[str, str]
    ) -> HttpResponse:
        def act() -> Answer:
            result = self._handler(request)(**self._validated(request, operation, path))
            kept = result.to_keep() if isinstance(result, Output) else result
            return Answer(
                self._response(result, operation),
                None if kept is result else self._response(kept, operation).content,
            )

        context = (
            self.access.context(Door.API)
            if operation.in_organization()
            else person_context(by=self.user, door=Door.API)
        )
        with context:
            return once(attempt, act, lambda error: answer_to(error, request, sent=self.sent))

    def _response(self, result: BaseModel | HttpResponse, operation: Operation) -> HttpResponse:
        # Whatever the handler has made itself: a file is no HttpResponse to Django.
        response = (
            HttpResponse(
                result.model_dump_json().encode(),
                content_type="application/json",
                status=operation.status,
            )
            if isinstance(result, BaseModel)
            else result
        )
        if operation.etag == "list":
            return unless_known(self.request, response)
        if self.etag:
            response["ETag"] = self.etag
        if self.counted_as == "auth":
            # Tokens are nobody's to keep but the client's (RFC 6749, section 5.1).
            response["Cache-Control"] = "no-store"
        return response

    def versioned[O: Output](self, row: Model, output: O) -> O:
        """The output, and in `ETag` the version of the row that it shows."""
        self.etag = etag_of(row)
        return output

    @property
    def expected(self) -> Expected:
        """The versions that `If-Match` allows the row to have that is to be changed."""
        return expected_by(self.request)

    def _throttle(self, request: HttpRequest) -> None:
        if self.counted_as == "auth":
            client = client_address(request)
            count_request(scope="auth", client=client, limit=settings.RATE_LIMIT_AUTH)
        elif self.counted_as == "api":
            client = credential(request) or client_address(request)
            count_request(scope="api", client=client, limit=settings.RATE_LIMIT_API)

    def _admit(self, request: HttpRequest, operation: Operation) -> None:
        """Find out who calls, and refuse those who may not: 401, organization 404, 403."""
        if operation.permission is PUBLIC:
            return
        self.caller = authenticate(request, in_organization=operation.in_organization())
        if isinstance(operation.permission, Permission):
            self.caller.require(operation.permission)
        else:
            self.caller.require_person()

    def _validated(
        self, request: HttpRequest, operation: Operation, path: dict[str, str]
    ) -> dict[str, Input]:
        """The handler's arguments, or everything that is wrong with any of them in one list."""
        errors: list[WireError] = []
        parts: dict[str, Input] = {}

        def take(part: str, model: type[Input], value: Any) -> None:
            try:
                parts[part] = model.model_validate(value)
            except ValidationError as error:
                errors.extend(wire_errors(error, part))
            else:
                errors.extend(
                    rule_error([part, name], sentence, sent)
                    for name, sentence, sent in parts[part].problems()
                )

        if operation.path:
            take("path", operation.path, path)
        if operation.query:
            take("query", operation.query, query_of(request))
        errors += header_errors(self._sent_key(request))
        if operation.body:
            try:
                self.sent = _json_object(self._raw(request), request, operation)
            except InvalidInput as error:
                errors.extend(error.detail)
            else:
                take("body", operation.body, self.sent)
        if errors:
            raise InvalidInput(errors)
        return parts

    def _raw(self, request: HttpRequest) -> bytes:
        """The body as it came; a body in chunks can be read once only."""
        if self.raw is None:
            self.raw = read_body(request)
        return self.raw


def query_of(request: HttpRequest) -> dict[str, str]:
    """The query's parameters; the last of several of one name.

    Not `request.GET`, which answers too many of them with an error of its own.
    """
    text = request.META.get("QUERY_STRING", "")
    # WSGI hands over bytes dressed as Latin-1.
    raw = text.encode("latin-1", "replace").decode("utf-8", "replace")
    return dict(parse_qsl(raw, keep_blank_values=True))


def _json_object(raw: bytes, request: HttpRequest, operation: Operation) -> dict[str, Any]:
    if not raw:
        raise InvalidInput([missing_body()])
    # Neither of these shows what was sent where it could be a password.
    if request.content_type != "application/json":
        raise InvalidInput([no_object(None)])
    content = _parsed(raw)
    if not isinstance(content, dict):
        raise InvalidInput([no_object(None if operation.takes_secrets() else content)])
    return content


def read_body(request: HttpRequest) -> bytes:
    """The body as it came; more than 5 MiB of it are too much."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        if isinstance(request, WSGIRequest) and "HTTP_TRANSFER_ENCODING" in request.META:
            # Django reads as much as the length says, and a body in chunks announces none.
            raw: bytes = request.environ["wsgi.input"].read(limit + 1)
        else:
            raw = request.body
    except RequestDataTooBig as error:
        raise ApiError(413, "Request Entity Too Large") from error
    except UnreadablePostError as error:
        raise ApiError(400, "Bad Request") from error
    if len(raw) > limit:
        raise ApiError(413, "Request Entity Too Large")
    return raw


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidInput([no_json(error.start, "Invalid UTF-8")]) from error
    except json.JSONDecodeError as error:
        raise InvalidInput([no_json(error.pos, error.msg)]) from error
    except RecursionError as error:
        raise InvalidInput([no_json(0, "Nested too deeply")]) from error
    except ValueError as error:
        raise InvalidInput([no_json(0, "Number with too many digits")]) from error
