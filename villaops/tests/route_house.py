"""Rows for every route to be about, and everybody who may ask for them; for the route table."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client, override_settings
from django.utils import timezone
from fido2.cose import ES256
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from accounts.access import Access
from accounts.api_keys import create_api_key
from accounts.members import invite_member
from accounts.models import Invitation, Membership, Organization, Subscription, User
from accounts.permissions import Permission, Role, Scope, allows
from accounts.tokens import issue_tokens
from bookings.blocks import block_nights
from bookings.calendar import version_of
from bookings.notes import add_note
from bookings.saved_views import save_view
from bookings.services import cancel_booking
from guests.merging import merge_guests
from messaging.kinds import Kind
from messaging.models import Notification
from messaging.notification_kinds import NotificationKind
from messaging.notifications import News, notify
from messaging.writing import unsubscribe_url
from villaops.clock import today_in
from villaops.outbox import write_intent
from villaops.tenancy import Door, organization_context
from villaops.tenancy.checks import tenant_models
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_import,
    make_member,
    make_message,
    make_organization,
    make_property,
    make_user,
    units_of,
)

MD5 = "django.contrib.auth.hashers.MD5PasswordHasher"
ONE = timedelta(days=1)
# From the most to the least: the weakest role that may, and the strongest that may not, are asked.
ROLES = [Role.OWNER, Role.MANAGER, Role.STAFF, Role.ACCOUNTANT, Role.VIEWER, Role.HOUSEKEEPER]


@dataclass(frozen=True)
class Somebody:
    """A person or program, and what they show at the door."""

    session: str = ""
    authorization: str = ""

    def ask(
        self,
        method: str,
        address: str,
        body: Mapping[str, Any] | None,
        *,
        json: bool,
        organization: str | None = None,
    ) -> Any:
        """The response to one request."""
        client = Client(raise_request_exception=False)
        if self.session:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        headers = {"Authorization": self.authorization} if self.authorization else {}
        if organization:
            headers["X-Organization"] = organization
        call = getattr(client, method.lower())
        # Limits count everybody's requests from this machine.
        cache.clear()
        more: dict[str, Any] = {"headers": headers}
        if body is not None:
            more["data"] = body
        if json:
            more["content_type"] = "application/json"
        response = call(address, **more)
        if response.streaming:
            b"".join(response.streaming_content)
        return response


NOBODY = Somebody()


@dataclass(frozen=True)
class House:
    """Sea Houses, with everybody around it."""

    organization: Organization
    # What a route's placeholders and a form's fields are filled with.
    values: dict[str, str]
    roles: dict[Role, Somebody]
    # The owner of Hill Houses.
    stranger: Somebody
    # A manager who is limited to another property than the one that the rows are about.
    elsewhere: Somebody
    read_key: Somebody
    write_key: Somebody
    administrator: Somebody
    statement: str = field(repr=False)

    def member_with(self, permission: Permission | None) -> Somebody:
        """The weakest member who may; anybody where no permission is asked for."""
        return self.roles[
            next(role for role in reversed(ROLES) if not permission or allows(role, permission))
        ]

    def member_without(self, permission: Permission | None) -> Somebody | None:
        """The strongest member who may not."""
        roles = [role for role in ROLES if permission and not allows(role, permission)]
        return self.roles[roles[0]] if roles else None

    def digest(self) -> str:
        """Of every row that Sea Houses has, who may enter it and whom there is."""
        context = organization_context(self.organization, by=None, door=Door.COMMAND)
        with context, connection.cursor() as cursor:
            cursor.execute(self.statement)
            return str(cursor.fetchone()[0])


def _digest_statement() -> str:
    models: set[type[Model]] = {*tenant_models(), Membership, User, Organization}
    tables = sorted(model._meta.db_table for model in models)
    parts = [
        f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {table} t"
        for table in tables
    ]
    return f"SELECT concat_ws(',', {', '.join(f'({part})' for part in parts)})"


def _signed_in(user: User) -> Somebody:
    """With a session that has just shown its password, and an access token."""
    client = Client()
    client.force_login(user)
    request = HttpRequest()
    request.session, request.user = client.session, user
    record_authentication(request, user, method="password", email=user.email, reauthenticated=True)
    request.session.save()
    return Somebody(
        client.cookies[settings.SESSION_COOKIE_NAME].value,
        f"Bearer {issue_tokens(user=user).access_token}",
    )


@contextmanager
def a_house() -> Iterator[House]:
    """Everything in one transaction, which is rolled back afterwards; passwords cost no time."""
    with undone(), override_settings(PASSWORD_HASHERS=[MD5]):
        yield _make_house()


@contextmanager
def undone() -> Iterator[None]:
    """What is changed inside is changed back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _make_house() -> House:
    organization = make_organization("Sea Houses", by=make_user())
    stranger = make_user("stranger@example.com")
    make_organization("Hill Houses", by=stranger)
    users = {
        role: make_member(
            organization,
            role,
            email=f"{role}@example.com",
            name=role.label,
        )
        for role in ROLES
    }
    limited = make_member(organization, Role.MANAGER, email="limited@example.com")
    administrator = make_user("root@example.com", is_staff=True, is_superuser=True)
    values = _make_rows(organization, users, limited)
    with organization_context(organization, by=users[Role.OWNER], door=Door.COMMAND):
        read_key, write_key = (_key(organization, users[Role.OWNER], scope) for scope in Scope)
    return House(
        organization,
        values | _make_account_rows(users[Role.HOUSEKEEPER]),
        roles={role: _signed_in(user) for role, user in users.items()},
        stranger=_signed_in(stranger),
        elsewhere=_signed_in(limited),
        read_key=read_key,
        write_key=write_key,
        administrator=_signed_in(administrator),
        statement=_digest_statement(),
    )


def _make_rows(
    organization: Organization, users: dict[Role, User], limited: User
) -> dict[str, str]:
    owner = users[Role.OWNER]
    day = today_in(organization.time_zone)
    with organization_context(organization, by=owner, door=Door.COMMAND):
        subscription = Subscription.objects.get()
        home = make_property(organization, units=3, name="Casa Mare")
        first, second, third = units_of(home)
        guest = make_guest(organization, name="Emma Thompson")
        stay = make_booking(home, day + ONE, 3, guest=guest, units=[first])
        note = add_note(booking=stay, text="Late", by=users[Role.STAFF])
        gone = make_booking(home, day + 20 * ONE, 2, units=[first])
        cancel_booking(booking=gone, by=owner, reason="Ill")
        notify(organization=organization, news=News(NotificationKind.NEW_BOOKING, "made", stay))
        notice = Notification.objects.get(user=users[Role.HOUSEKEEPER])
        block = block_nights(unit=second, start=day, end=day + ONE, by=owner)
        double, twin = make_guest(organization, name="Emma T"), make_guest(organization)
        merge = merge_guests(keep=guest, merge=twin, by=owner, fields={})
        message = make_message(stay, state="dead")
        imported = make_import(organization)
        view = save_view(
            organization=organization, by=users[Role.HOUSEKEEPER], name="Mine", query="q=x"
        )
        other = make_property(organization, name="Villa Alta")
        Membership.objects.filter(user=limited).update(property_ids=[other.pk])
        member = Membership.objects.get(user=users[Role.VIEWER])
        invited = invite_member(
            organization=organization,
            email="new@example.com",
            role=Role.VIEWER,
            by=owner,
            reach=Access(owner, organization, Role.OWNER).reach(),
            now=timezone.now(),
            site="http://testserver",
        )
        # As mailed, so that somebody can follow the link.
        Invitation.objects.filter(membership=invited).update(secret_hash=sha256(b"secret").digest())
        organization.logo.save("logo.webp", ContentFile(b"RIFF"))
        spare = create_api_key(
            organization=organization, name="Spare", scopes=["read"], by=owner
        ).key
    return {
        "slug": organization.slug,
        "organization_id": str(organization.pk),
        "subscription_id": str(subscription.pk),
        "property_id": str(home.pk),
        "unit_id": str(third.pk),
        "taken_unit_id": str(first.pk),
        "block_unit_id": str(second.pk),
        "order": ",".join(str(unit.pk) for unit in (second, first, third)),
        "booking_id": str(stay.pk),
        "cancelled_id": str(gone.pk),
        "block_id": str(block.pk),
        "block_seen": version_of(block),
        "secret": "secret",
        "guest_id": str(guest.pk),
        "double_id": str(double.pk),
        "merge_id": str(merge.pk),
        "message_id": str(message.pk),
        "import_id": str(imported.pk),
        "token": unsubscribe_url(organization, Kind.THANK_YOU, guest.email).rpartition("/")[2],
        "note_id": str(note.pk),
        "notification_id": str(notice.pk),
        "view_id": str(view.pk),
        "member_id": str(member.pk),
        "membership_id": str(member.pk),
        "invited_id": str(invited.pk),
        "key_id": str(spare.pk),
        "day": str(day),
        "next": str(day + ONE),
        "check_in": str(day + 5 * ONE),
        "check_out": str(day + 7 * ONE),
    }


def _make_account_rows(user: User) -> dict[str, str]:
    """What is a person's own: a session, a passkey, a picture."""
    session = UserSession.objects.create(
        user=user, ip="127.0.0.1", user_agent="Elsewhere", session_key="0" * 32, data={}
    )
    passkey = Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "Phone", "credential": _credential()},
    )
    attempt = AccessAttempt.objects.create(username=user.email, failures_since_start=1)
    social = SocialAccount.objects.create(user=user, provider="google", uid="1")
    user.avatar.save("nobody-knows.webp", ContentFile(b"RIFF"))
    return {
        "session": str(session.pk),
        "passkey": str(passkey.pk),
        "name": str(user.avatar.name).rpartition("/")[2],
        "user_id": str(user.pk),
        "entry_id": "0",
        "attempt_id": str(attempt.pk),
        "intent_id": str(write_intent("mail", {})),
        "social_id": str(social.pk),
        "group_id": str(Group.objects.create(name="Support").pk),
        "email": user.email,
    }


def _credential() -> dict[str, Any]:
    """A passkey as a browser tells of it."""
    key = ES256.from_cryptography_key(generate_private_key(SECP256R1()).public_key())
    attested = AttestedCredentialData.create(Aaguid.NONE, b"id", key)
    flags = AuthenticatorData.FLAG.AT | AuthenticatorData.FLAG.UP
    told = AuthenticatorData.create(b"0" * 32, flags, 0, attested)
    response = AuthenticatorAttestationResponse(
        client_data=CollectedClientData.create("webauthn.create", b"?", "http://testserver"),
        attestation_object=AttestationObject.create("none", told, {}),
    )
    return dict(RegistrationResponse(raw_id=b"id", response=response))


def _key(organization: Organization, owner: User, scope: Scope) -> Somebody:
    made = create_api_key(organization=organization, name=scope, scopes=[scope], by=owner)
    return Somebody(authorization=f"Api-Key {made.secret}")
