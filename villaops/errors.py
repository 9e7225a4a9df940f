"""How the world says no: the roots of every error a verb may raise.

A verb defines its errors beside itself as subclasses of one of the kinds below. Each face
translates the kinds once: the API to a status, the dashboard to a message, the admin likewise.
Malformed input is not a DomainError: forms and serializers say that themselves.
"""

from typing import Any


class DomainError(Exception):
    """The world says no.

    `code` is for programs, `message` is the wire's sentence, `data` what the sentence is about.
    """

    code = "refused"
    message = "Refused"

    def __init__(self, message: str | None = None, **data: Any) -> None:
        self.message = message or self.message
        self.data = data
        super().__init__(self.message)

    @property
    def explanation(self) -> str:
        """The sentence for a person at the dashboard; the wire's sentence unless told better."""
        return self.message


class NotFound(DomainError):
    """The thing does not exist, or not for this organization."""

    code = "not_found"


class Conflict(DomainError):
    """The request is well-formed but the present state refuses it."""

    code = "conflict"


class BrokenRule(DomainError):
    """A value breaks a rule that needs stored data to be checked."""

    code = "broken_rule"


class Refused(DomainError):
    """The request makes no sense as a whole."""


class PermissionDenied(DomainError):
    """The role does not allow it."""

    code = "permission_denied"
    message = "Permission denied"


class Unauthenticated(DomainError):
    """Nobody is known to be acting: the credentials are missing, wrong or no longer good."""

    code = "unauthenticated"
    message = "Not authenticated"


class TooManyAttempts(DomainError):
    """Asked too often; welcome again after `retry_after` seconds."""

    code = "too_many_attempts"
    message = "Too many requests"

    def __init__(self, message: str | None = None, *, retry_after: int, **data: Any) -> None:
        self.retry_after = retry_after
        super().__init__(message, **data)
