"""Rows of several tables in one statement, for what every request asks."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from accounts.models import Membership, Organization, User


def columns(model: type[Model], alias: str) -> str:
    """The model's columns, for a SELECT."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def fields(model: type[Model]) -> list[str]:
    """The attributes that these columns fill, in the same order."""
    return [field.attname for field in model._meta.concrete_fields]


_WHO = """
    SELECT {user_columns}, {membership_columns}, {organization_columns}
    FROM {user} u
    LEFT JOIN {membership} m ON m.user_id = u.id
    LEFT JOIN {organization} o ON o.id = m.organization_id
    WHERE u.id = %s
    ORDER BY o.name, o.id
"""
_BY_ID = _WHO.format(
    user=User._meta.db_table,
    membership=Membership._meta.db_table,
    organization=Organization._meta.db_table,
    user_columns=columns(User, "u"),
    membership_columns=columns(Membership, "m"),
    organization_columns=columns(Organization, "o"),
)
_USER, _MEMBERSHIP, _ORGANIZATION = (fields(one) for one in (User, Membership, Organization))


def user_with_memberships(user_id: UUID) -> User | None:
    """The user with `known_memberships`: all of them with their organizations, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_ID, [user_id])
        rows = cursor.fetchall()
    if not rows:
        return None
    user = User.from_db("default", _USER, rows[0][: len(_USER)])
    user.known_memberships = [
        _membership(user, row[len(_USER) :]) for row in rows if row[len(_USER)] is not None
    ]
    return user


def _membership(user: User, values: tuple[Any, ...]) -> Membership:
    size = len(_MEMBERSHIP)
    membership = Membership.from_db("default", _MEMBERSHIP, values[:size])
    membership.user = user
    membership.organization = Organization.from_db("default", _ORGANIZATION, values[size:])
    return membership
