"""Who calls the API, and for which organization: one statement for all of it.

A person with an access token, or a program with an API key.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from accounts.access import Access, KeyAccess
from accounts.api_keys import SHAPE, looks_genuine, note_use
from accounts.joined import columns, fields
from accounts.models import ApiKey, Membership, Organization, RevokedAccessToken, User
from accounts.one_time import hash_of
from accounts.permissions import Permission
from accounts.services import OrganizationNotFound
from accounts.tokens import Claims, InvalidCredentials, read_access_token
from villaops.api.wire import SLUG
from villaops.errors import PermissionDenied, Unauthenticated

# Where a request keeps what its token says; no header can have such a name.
CLAIMS = "villaops.claims"


class UserInactive(Unauthenticated):
    code = "user_inactive"
    message = "User account is inactive"


@dataclass(frozen=True)
class Caller:
    """Whoever the credentials name; with access where the operation is about an organization."""

    # None when a program calls.
    user: User | None
    claims: Claims | None
    access: Access | KeyAccess | None

    @property
    def by(self) -> User | None:
        """Whose deed it is; a key's are those of whoever made it."""
        return self.access.key.created_by if isinstance(self.access, KeyAccess) else self.user

    def require(self, permission: Permission) -> None:
        """Refuse a caller without membership, or whose role or key lacks the permission."""
        if self.access is None:
            raise PermissionDenied("No organization")
        if not self.access.can(permission):
            raise PermissionDenied

    def require_person(self) -> None:
        """Refuse programs where it is about a person's own."""
        if self.user is None:
            raise PermissionDenied


def _credentials(request: HttpRequest, scheme: str) -> str | None:
    sent, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() or None if sent.lower() == scheme else None


def bearer_token(request: HttpRequest) -> str | None:
    """The token of the Authorization header; None without header or with another scheme."""
    return _credentials(request, "bearer")


def api_key(request: HttpRequest) -> str | None:
    """The API key of the Authorization header; None without header or with another scheme."""
    return _credentials(request, "api-key")


def credential(request: HttpRequest) -> str | None:
    """Whose requests to count together: the token's user, or the key. None without a genuine one.

    A credential that is none costs nobody else's allowance, and making them up gains nothing.
    """
    secret = api_key(request)
    if secret:
        return f"key:{hash_of(secret).hex()}" if looks_genuine(secret) else None
    try:
        return str(_claims(request).user_id)
    except Unauthenticated:
        return None


def authenticate(request: HttpRequest, *, in_organization: bool) -> Caller:
    """Find out who calls. Raises Unauthenticated, OrganizationNotFound.

    The organization is the one that `X-Organization` names by slug or id, else the user's default
    one, else their oldest membership's. A key has one organization, and may name that only.
    """
    named = request.headers.get("X-Organization", "").strip() if in_organization else ""
    secret = api_key(request)
    if secret:
        return _program(secret, named)
    claims = _claims(request)
    user, revoked, access = _found(claims, named)
    if user is None or revoked:
        raise InvalidCredentials
    if not user.is_active:
        raise UserInactive
    if named and access is None:
        raise OrganizationNotFound
    return Caller(user, claims, access)


def _claims(request: HttpRequest) -> Claims:
    """What the request's token says, made out once. Raises Unauthenticated."""
    known: Claims | None = request.META.get(CLAIMS)
    if known is None:
        token = bearer_token(request)
        if token is None:
            raise Unauthenticated
        known = request.META[CLAIMS] = read_access_token(token)
    return known


def _program(secret: str, named: str) -> Caller:
    access = _key_access(secret)
    if access is None:
        raise InvalidCredentials
    if named and not _names(access.organization, named):
        raise OrganizationNotFound
    note_use(access.key, timezone.now())
    return Caller(None, None, access)


def _names(organization: Organization, named: str) -> bool:
    try:
        return organization.pk == UUID(named)
    except ValueError:
        return organization.slug == named


_TABLES = {
    "user": User._meta.db_table,
    "membership": Membership._meta.db_table,
    "organization": Organization._meta.db_table,
    "revoked": RevokedAccessToken._meta.db_table,
    "key": ApiKey._meta.db_table,
}
# The ORM can only do this in three statements: a user, a token's revocation, and the one
# membership out of several with its organization.
_WHO = """
    SELECT EXISTS (SELECT FROM {revoked} r WHERE r.jti = %s), mine.role, mine.property_ids,
           {user_columns}, {organization_columns}
    FROM {user} u
    LEFT JOIN LATERAL (
        SELECT m.role, m.property_ids, m.organization_id FROM {membership} m
        JOIN {organization} mo ON mo.id = m.organization_id
        WHERE m.user_id = u.id AND {named}
        ORDER BY m.organization_id IS DISTINCT FROM u.default_organization_id,
                 m.created_at, m.id
        LIMIT 1
    ) mine ON true
    LEFT JOIN {organization} o ON o.id = mine.organization_id
    WHERE u.id = %s
"""
_WHOSE_KEY = """
    SELECT {key_columns}, {organization_columns}, {user_columns}
    FROM {key} k
    JOIN {organization} o ON o.id = k.organization_id
    LEFT JOIN {user} u ON u.id = k.created_by_id
    WHERE k.secret_hash = %s AND k.revoked_at IS NULL
      AND (k.expires_at IS NULL OR k.expires_at > statement_timestamp())
"""
_BY_KEY = _WHOSE_KEY.format(
    **_TABLES,
    key_columns=columns(ApiKey, "k"),
    organization_columns=columns(Organization, "o"),
    user_columns=columns(User, "u"),
)
_KEY_FIELDS = fields(ApiKey)
_USER_FIELDS = fields(User)
_ORGANIZATION_FIELDS = fields(Organization)


def _statement(named: str) -> str:
    return _WHO.format(
        **_TABLES,
        named=named,
        user_columns=columns(User, "u"),
        organization_columns=columns(Organization, "o"),
    )


_BY_DEFAULT = _statement("true")
_BY_SLUG = _statement("mo.slug = %s")
_BY_ID = _statement("mo.id = %s")


def _found(claims: Claims, named: str) -> tuple[User | None, bool, Access | None]:
    statement, which = _which(named)
    with connection.cursor() as cursor:
        cursor.execute(statement, [claims.jti, *which, claims.user_id])
        row = cursor.fetchone()
    if row is None:
        return None, False, None
    revoked, role, property_ids, *values = row
    user = User.from_db("default", _USER_FIELDS, values[: len(_USER_FIELDS)])
    if role is None:
        return user, revoked, None
    organization = Organization.from_db(
        "default", _ORGANIZATION_FIELDS, values[len(_USER_FIELDS) :]
    )
    return user, revoked, Access(user, organization, role, property_ids)


def _which(named: str) -> tuple[str, list[str | UUID]]:
    if not named:
        return _BY_DEFAULT, []
    try:
        return _BY_ID, [UUID(named)]
    except ValueError:
        # What no slug can be is not asked for: the database refuses NUL.
        return _BY_SLUG, [named if re.fullmatch(SLUG, named) else ""]


def _key_access(secret: str) -> KeyAccess | None:
    """What the key opens: neither unknown nor revoked nor expired."""
    if not SHAPE.fullmatch(secret):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_BY_KEY, [hash_of(secret)])
        row = cursor.fetchone()
    if row is None:
        return None
    key = ApiKey.from_db("default", _KEY_FIELDS, row[: len(_KEY_FIELDS)])
    user = User.from_db("default", _USER_FIELDS, row[-len(_USER_FIELDS) :])
    organization = Organization.from_db(
        "default", _ORGANIZATION_FIELDS, row[len(_KEY_FIELDS) : -len(_USER_FIELDS)]
    )
    key.created_by = user if user.pk else None
    return KeyAccess(key, organization)
