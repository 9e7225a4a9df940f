"""Safe retries: what was sent twice with one key is done once, and answered twice.

The answer is written in the transaction of the work itself, so that there is never one without
the other. While that transaction runs, an advisory lock on the key tells others that it does; the
lock ends with the transaction, however that ends: a process that dies leaves no key behind.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.http import HttpResponse
from pydantic import Field, Strict, ValidationError
from uuid_utils.compat import uuid7

from villaops.api.errors import ApiError, InvalidInput, WireError, rule_error, wire_errors
from villaops.api.wire import Input, Shape
from villaops.errors import Conflict, DomainError
from villaops.verbs import one_at_a_time

LASTS = timedelta(hours=24)
# Other refusals may end by themselves or by sending something else: the key stays free for that.
KEPT_REFUSALS = frozenset({400, 404, 409})
KEPT_HEADERS = ("Content-Type", "ETag", "Location")
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY_PATTERN = r"^[\x21-\x7e]+$"


class RequestInProgress(Conflict):
    code = "request_in_progress"
    message = "Request in progress"


class IdempotencyHeader(Input):
    """The header that makes a POST safe to send again."""

    key: Annotated[
        str,
        Strict(),
        Field(min_length=1, max_length=255),
        Shape(KEY_PATTERN, "Input should be visible ASCII characters"),
    ] = Field(alias=HEADER)


class KeptAnswer(models.Model):
    """What a request sent with a key, or a form of the dashboard, was answered."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # None: the request was about no organization, and whose it was are its user's own.
    organization = models.ForeignKey(
        "accounts.Organization", models.CASCADE, null=True, related_name="+", db_index=False
    )
    # A user's id or an API key's: no two of them are alike.
    credential_id = models.UUIDField()
    path = models.TextField()
    key = models.CharField(max_length=255)
    # SHA-256 of what was sent.
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="kept_answer_by_age")]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "credential_id", "path", "key"],
                name="kept_answer_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.key} at {self.path}"

    def again(self) -> HttpResponse:
        """The answer as it was given."""
        return HttpResponse(bytes(self.body), status=self.status, headers=self.headers)


@dataclass(frozen=True)
class Attempt:
    """Somebody's request under a key: what makes two of them the same."""

    organization_id: UUID | None
    credential_id: UUID
    path: str
    key: str
    request_hash: bytes

    @property
    def name(self) -> str:
        """What the advisory lock is taken on."""
        return f"once:{self.organization_id}:{self.credential_id}:{self.path}:{self.key}"

    def keep(self, response: HttpResponse, body: bytes | None = None) -> None:
        """Keep the answer; one that is too old to be given again makes room."""
        kept = KeptAnswer(
            organization_id=self.organization_id,
            credential_id=self.credential_id,
            path=self.path,
            key=self.key,
            request_hash=self.request_hash,
            status=response.status_code,
            headers={name: response[name] for name in KEPT_HEADERS if name in response},
            body=response.content if body is None else body,
            created_at=Now(),
        )
        KeptAnswer.objects.bulk_create(
            [kept],
            update_conflicts=True,
            unique_fields=["organization", "credential_id", "path", "key"],
            update_fields=["request_hash", "status", "headers", "body", "created_at"],
        )

    def earlier(self) -> KeptAnswer | None:
        """What an earlier one under this key was answered, whatever it asked for; not for ever."""
        return KeptAnswer.objects.filter(
            organization=self.organization_id,
            credential_id=self.credential_id,
            path=self.path,
            key=self.key,
            created_at__gt=Now() - LASTS,
        ).first()


@dataclass(frozen=True)
class Answer:
    """A response, and the body to keep of it where that is another: without a secret."""

    response: HttpResponse
    kept_body: bytes | None = None


def once(
    attempt: Attempt,
    act: Callable[[], Answer],
    refusal: Callable[[Exception], HttpResponse],
) -> HttpResponse:
    """Act, unless this was done before: then give the answer that it had. Inside a transaction.

    `refusal` puts an error into words; what is kept of those is the answer too. Raises
    RequestInProgress, InvalidInput when something else was asked for under this key.
    """
    if not _try_to_lock(attempt.name):
        raise RequestInProgress
    earlier = attempt.earlier()
    if earlier:
        if bytes(earlier.request_hash) != attempt.request_hash:
            raise InvalidInput([_used_otherwise(attempt.key)])
        response = earlier.again()
        response[REPLAYED] = "true"
        return response
    try:
        with transaction.atomic():
            answer = act()
    except (DomainError, ApiError) as error:
        response = refusal(error)
        if response.status_code not in KEPT_REFUSALS:
            raise
        answer = Answer(response)
    attempt.keep(answer.response, answer.kept_body)
    return answer.response


def wait_and_recall(attempt: Attempt) -> KeptAnswer | None:
    """What was answered to a form that was sent before; waits for one that is being answered."""
    one_at_a_time(attempt.name)
    return attempt.earlier()


def _try_to_lock(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def _used_otherwise(key: str) -> WireError:
    return rule_error(["header", HEADER], "This key was used for another request", key)


def header_errors(key: str | None) -> list[WireError]:
    """What is wrong with the header's value, if it was sent."""
    if key is None:
        return []
    try:
        IdempotencyHeader.model_validate({HEADER: key})
    except ValidationError as error:
        return wire_errors(error, "header")
    return []


def hash_of_json(raw: bytes) -> bytes:
    """The same for the same JSON, however it is written; what is no JSON is taken as it came."""
    try:
        text = json.dumps(json.loads(raw, parse_float=_number), sort_keys=True)
    except (ValueError, RecursionError, OverflowError):
        return hashlib.sha256(raw).digest()
    return hashlib.sha256(text.encode()).digest()


def _number(text: str) -> float | int:
    """1.0 and 1 are one number to JSON."""
    number = float(text)
    return int(number) if number.is_integer() else number


def forget_old_keys(now: datetime) -> int:
    """Delete keys whose answers are no longer given again; return how many. For a job that may see
    every organization's.
    """
    return KeptAnswer.objects.filter(created_at__lt=now - LASTS).delete()[0]


def forget_answers_about(organization_id: UUID, ids: Iterable[UUID]) -> None:
    """Delete the answers that tell of these rows, when what they tell is to be forgotten."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM villaops_keptanswer WHERE organization_id = %s AND EXISTS ("
            " SELECT FROM unnest(%s::text[]) AS told (id)"
            " WHERE position(convert_to(told.id, 'UTF8') IN body) > 0)",
            [organization_id, [str(pk) for pk in ids]],
        )
