"""Model fields of the house."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from pydantic import validate_email
from pydantic_core import PydanticCustomError


def check_email_address(text: str) -> None:
    """Refuse what is no e-mail address by the rule that the API applies to its input too.

    Django's own check refuses local parts beyond ASCII, which are allowed since RFC 6531.
    """
    try:
        validate_email(text)
    except PydanticCustomError as error:
        raise ValidationError("Enter a valid email address.", code="email") from error


class EmailAddressField(models.EmailField):
    """An e-mail address."""

    default_validators = [check_email_address]

    def deconstruct(self) -> Any:
        """To the database it is what it always was."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs
