"""Versions of rows: who changes what they have read can be told that it has changed since.

A version is made of everything that stands in the row. A counter or a moment would have to be moved
by each of the ways in which rows are written, the database's own included; this cannot be missed.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.db.models import DecimalField, Field, Model

from villaops.errors import DomainError

# The versions of which the row must have one; None: any will do.
type Expected = frozenset[str] | None


class ResourceChanged(DomainError):
    """The row is not what whoever acts has read."""

    code = "resource_changed"
    message = "Resource has changed"
    explanation = "Somebody has changed this in the meantime. Look again, and then decide."


def version_of(row: Model) -> str:
    """The row's version, the same for whoever looks; rows that it refers to are no part of it."""
    fields = row._meta.concrete_fields
    facts = [_plain(field, getattr(row, field.attname)) for field in fields]
    # Keyed: else a price could be found by trying, by those who see all but the price.
    key = blake2b(settings.SECRET_KEY.encode()).digest()
    return blake2b(json.dumps(facts, default=str).encode(), key=key, digest_size=16).hexdigest()


def require_version(row: Model, expected: Expected) -> None:
    """Refuse to go on with a row that has changed. A verb asks once it has locked the row, so that
    nobody comes in between. Raises ResourceChanged.
    """
    if expected is not None and version_of(row) not in expected:
        raise ResourceChanged


def _plain(field: "Field[Any, Any]", value: Any) -> Any:
    """As the database would give it back: a row just written must not look like another."""
    if value is None:
        return None
    if isinstance(field, DecimalField):
        return format(Decimal(value), f".{field.decimal_places}f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value if isinstance(value, list) else str(value)
