"""What the tables of this app are searched by."""

from django.db import models
from django.db.models import Q


def of_the_living(fields: list[str], name: str) -> models.Index:
    """An index without deleted rows, so that lists are counted without visiting the table."""
    return models.Index(fields=fields, name=name, condition=Q(deleted_at=None))
