"""The audit log's verbs: what happens to people's way in, and forgetting what told of a guest.

Triggers note every change of organizations, memberships (invitations and roles with them), API
keys, properties, units, bookings, blocks, notes, guests and their merges (accounts/audit_sql.py).
Nobody need call anything for those. Entries are written when the transaction commits.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy

from accounts.audit_sql import FORGETTABLE
from accounts.models import ApiKey, AuditEntry, Organization, User
from villaops.tenancy import Door


class SecurityEvent(TextChoices):
    """What can happen to a person's way in, or be taken out."""

    LOGGED_IN = "logged_in", gettext_lazy("Logged in")
    LOGIN_FAILED = "login_failed", gettext_lazy("Failed to log in")
    LOCKED_OUT = "locked_out", gettext_lazy("Locked out")
    LOCK_LIFTED = "lock_lifted", gettext_lazy("Lock lifted")
    LOGGED_OUT = "logged_out", gettext_lazy("Logged out")
    SESSION_ENDED = "session_ended", gettext_lazy("Session ended")
    TOKEN_REUSED = "token_reused", gettext_lazy("Used a token twice")
    SIGNED_UP = "signed_up", gettext_lazy("Signed up")
    ACCOUNT_DELETED = "account_deleted", gettext_lazy("Deleted the account")
    PASSWORD_CHANGED = "password_changed", gettext_lazy("Changed the password")
    PASSWORD_RESET = "password_reset", gettext_lazy("Reset the password")
    EMAIL_CHANGED = "email_changed", gettext_lazy("Changed the e-mail")
    EMAIL_VERIFIED = "email_verified", gettext_lazy("Verified the e-mail")
    PHONE_CHANGED = "phone_changed", gettext_lazy("Changed the phone number")
    MFA_ON = "mfa_on", gettext_lazy("Turned two-step sign-in on")
    MFA_OFF = "mfa_off", gettext_lazy("Turned two-step sign-in off")
    RECOVERY_CODES_MADE = "recovery_codes_made", gettext_lazy("Made new recovery codes")
    RECOVERY_CODE_USED = "recovery_code_used", gettext_lazy("Used a recovery code")
    PASSKEY_ADDED = "passkey_added", gettext_lazy("Added a passkey")
    PASSKEY_REMOVED = "passkey_removed", gettext_lazy("Removed a passkey")
    PROVIDER_LINKED = "provider_linked", gettext_lazy("Linked an account")
    PROVIDER_UNLINKED = "provider_unlinked", gettext_lazy("Unlinked an account")
    INVITATION_SENT = "invitation_sent", gettext_lazy("Sent an invitation")
    INVITATION_ACCEPTED = "invitation_accepted", gettext_lazy("Accepted an invitation")
    OWNERSHIP_TRANSFERRED = "ownership_transferred", gettext_lazy("Transferred ownership")
    EXPORTED = "exported", gettext_lazy("Exported data")


# One statement, without a context: somebody who logs in has none yet.
_WRITE = """
    INSERT INTO accounts_auditpending (organization_id, user_id, user_name, door, api_key_id,
        api_key_name, action, record_kind, record_id, record_label, changes)
    SELECT chosen.organization_id, %(user)s::uuid, %(user_name)s, %(door)s, %(key)s::uuid,
        %(key_name)s, %(kind)s, %(record_kind)s, %(record)s::uuid, %(label)s, %(changes)s::jsonb
    FROM ({organizations}) AS chosen
"""
_IN_ONE = _WRITE.format(organizations="SELECT %(organization)s::uuid AS organization_id")
_IN_EACH = _WRITE.format(
    organizations="""
        SELECT organization_id FROM accounts_membership WHERE user_id = %(about)s::uuid
        UNION ALL
        SELECT NULL WHERE NOT EXISTS (
            SELECT FROM accounts_membership WHERE user_id = %(about)s::uuid
        )
        ORDER BY 1
    """
)


def record_security_event(
    *,
    kind: SecurityEvent,
    door: Door,
    user: User | None = None,
    by: User | None = None,
    organization: Organization | None = None,
    label: str | None = None,
    changes: Mapping[str, Any] | None = None,
    address: str | None = None,
    api_key: ApiKey | None = None,
) -> None:
    """Write down what happened to somebody's way in, or that something was taken out.

    `user` is whom it is about, None for somebody unknown; `by` who did it, that user unless said.
    It is kept in `organization`, else in each that the user belongs to, else in none, for
    administrators only. `label` names what it is about where that is no person: the e-mail that
    was typed, a provider, a file. `changes` are {name: [from, to]}, never a secret. `address` is
    where they came from.

    It is one statement, and part of the transaction that is open: a failure is recorded where
    nothing is rolled back afterwards.
    """
    told = dict(changes or {})
    if address:
        told["address"] = [None, address]
    who = by or user
    with connection.cursor() as cursor:
        cursor.execute(
            _IN_ONE if organization else _IN_EACH,
            {
                "organization": organization.pk if organization else None,
                "about": user.pk if user else None,
                "user": who.pk if who else None,
                "user_name": who.name if who else "",
                "door": door.value,
                "key": api_key.pk if api_key else None,
                "key_name": api_key.name if api_key else "",
                "kind": kind.value,
                "record_kind": "user" if user else "",
                "record": user.pk if user else None,
                "label": (label or (user.name if user else ""))[:300],
                "changes": json.dumps(told, default=str) if told else None,
            },
        )


# What people typed about a guest in a record that is not the guest's own.
TYPED = ("special_requests", "cancellation_reason")


@contextmanager
def forgetting(
    *,
    organization_id: UUID,
    guests: Collection[UUID],
    bookings: Collection[UUID],
    notes: Collection[UUID],
) -> Iterator[None]:
    """Let a verb forget these, within its transaction: the audit log keeps that they were changed,
    by whom and when, and no longer from what to what.

    What the verb itself changes meanwhile is not written down in the first place.
    """
    entries = AuditEntry.objects.filter(organization=organization_id)
    for told in (
        entries.filter(record_kind="guest", record_id__in=guests),
        entries.filter(record_kind="note", record_id__in=notes),
        entries.filter(record_kind="booking", record_id__in=bookings, changes__has_any_keys=TYPED),
    ):
        told.update(record_label=None, changes=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_auditpending SET record_label = NULL, changes = NULL"
            " WHERE record_id = ANY(%s)",
            [[*guests, *bookings, *notes]],
        )
        cursor.execute("SELECT set_config('villaops.forgetting', 'on', true)")
        yield
        cursor.execute("SELECT set_config('villaops.forgetting', '', true)")


def forget_guests_of(organization_id: UUID) -> None:
    """Empty what is told of guests and stays, of an organization that ends; the chain stays."""
    AuditEntry.objects.filter(organization=organization_id, record_kind__in=FORGETTABLE).exclude(
        record_label=None, changes__isnull=True
    ).update(record_label=None, changes=None)
