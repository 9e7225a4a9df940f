"""Invitations, ownership and leaving: the verbs, at the same time too."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.members import (
    AlreadyMember,
    InvitationForSomebodyElse,
    InvitationNotFound,
    NotYetIn,
    OrganizationNeedsOwner,
    Reach,
    accept_as_newcomer,
    accept_invitation,
    change_role,
    invite_member,
    leave_organization,
    limit_to_properties,
    remove_member,
    send_invitation_again,
    transfer_ownership,
)
from accounts.models import AuditEntry, Membership, Organization, User
from accounts.permissions import Role
from villaops.errors import PermissionDenied
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_member, make_organization, make_property, make_user

OWNER, MANAGER = Reach(owners=True), Reach(owners=False)


def invite(
    organization: Organization, email: str = "emma@example.com", **fields: Any
) -> Membership:
    given = {"role": Role.STAFF, "by": None, "reach": OWNER, "now": timezone.now()} | fields
    with organization_context(organization, by=None, door=Door.WEB):
        return invite_member(
            organization=organization, email=email, site="https://villas.example", **given
        )


@pytest.fixture
def secret_of(django_capture_on_commit_callbacks: Any) -> Callable[[Callable[[], Any]], str]:
    """The secret in the mail that a deed sends."""

    def found(deed: Callable[[], Any]) -> str:
        with django_capture_on_commit_callbacks(execute=True):
            deed()
        return _secret_in(str(mail.outbox[-1].body))

    return found


def _secret_in(body: str) -> str:
    match = re.search(r"https://villas\.example/invitations/(\S+)", body)
    assert match
    return match[1]


def accept(secret: str, user: User, now: datetime | None = None) -> Membership:
    return accept_invitation(secret=secret, user=user, now=now or timezone.now(), door=Door.WEB)


@pytest.mark.django_db
def test_invitation_lets_in_once(organization: Organization, secret_of: Any) -> None:
    emma = make_user("Emma@example.com")
    secret = secret_of(lambda: invite(organization))

    membership = accept(secret, emma)

    assert (membership.user, membership.role) == (emma, Role.STAFF)
    assert membership.status() == Membership.Status.ACTIVE
    emma.refresh_from_db()
    assert emma.email_verified
    assert emma.default_organization == organization
    with pytest.raises(InvitationNotFound):
        accept(secret, emma)


@pytest.mark.django_db
def test_invitation_is_in_the_audit_log(organization: Organization, secret_of: Any) -> None:
    accept(secret_of(lambda: invite(organization)), make_user("emma@example.com"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with organization_context(organization, by=None, door=Door.WEB):
        told = AuditEntry.objects.values_list("action", "door", "record_label").order_by("number")

        assert ("invitation_sent", "web", "emma@example.com") in told
        assert ("invitation_accepted", "web", "A Person") in told


@pytest.mark.django_db
def test_invitation_is_for_one_address(organization: Organization, secret_of: Any) -> None:
    secret = secret_of(lambda: invite(organization))

    with pytest.raises(InvitationForSomebodyElse):
        accept(secret, make_user("else@example.com"))


@pytest.mark.django_db
def test_invitation_expires_is_replaced_and_revoked(
    organization: Organization, secret_of: Any
) -> None:
    emma = make_user("emma@example.com")
    first = secret_of(lambda: invite(organization))
    with pytest.raises(InvitationNotFound):
        accept(first, emma, timezone.now() + timedelta(days=8))
    membership = Membership.objects.get(invited_email="emma@example.com")
    with organization_context(organization, by=None, door=Door.WEB):
        second = secret_of(
            lambda: send_invitation_again(
                membership=membership,
                by=None,
                reach=MANAGER,
                now=timezone.now(),
                site="https://villas.example",
            )
        )
        with pytest.raises(InvitationNotFound):
            accept(first, emma)
        remove_member(membership=membership, by=None, reach=MANAGER)
    with pytest.raises(InvitationNotFound):
        accept(second, emma)


@pytest.mark.django_db
def test_invitation_makes_an_account_for_a_newcomer(
    organization: Organization, secret_of: Any
) -> None:
    secret = secret_of(lambda: invite(organization, role=Role.VIEWER))

    membership = accept_as_newcomer(
        secret=secret, name="Emma", password="a good one", now=timezone.now(), door=Door.WEB
    )

    user = User.objects.get(email="emma@example.com")
    assert membership.user == user
    assert user.email_verified
    assert user.check_password("a good one")
    assert Organization.objects.count() == 1


@pytest.mark.django_db
def test_invitation_of_a_member_by_another_address(
    organization: Organization, secret_of: Any
) -> None:
    emma = make_member(organization, Role.VIEWER)
    secret = secret_of(lambda: invite(organization))
    with organization_context(organization, by=None, door=Door.COMMAND):
        User.objects.filter(pk=emma.pk).update(email="emma@example.com")
    emma.refresh_from_db()

    with pytest.raises(AlreadyMember), transaction.atomic():
        accept(secret, emma)


@pytest.mark.django_db
def test_owner_has_no_limits(organization: Organization, owner: User, inside: None) -> None:
    home = make_property(organization)
    staff = Membership.objects.get(user=make_member(organization, Role.STAFF))

    limited = limit_to_properties(membership=staff, property_ids=[home.pk], by=owner, reach=OWNER)
    assert limited.property_ids == [home.pk]

    promoted = change_role(membership=staff, role=Role.OWNER, by=owner, reach=OWNER)
    assert promoted.property_ids is None
    with pytest.raises(PermissionDenied):
        limit_to_properties(membership=staff, property_ids=None, by=None, reach=MANAGER)


@pytest.mark.django_db
def test_transfer_leaves_one_owner(organization: Organization, owner: User, inside: None) -> None:
    heir = Membership.objects.get(user=make_member(organization, Role.VIEWER))

    transfer_ownership(organization=organization, to=heir, by=owner)

    roles = dict(Membership.objects.values_list("user", "role"))
    assert roles == {owner.pk: Role.MANAGER, heir.user_id: Role.OWNER}
    with pytest.raises(PermissionDenied):
        transfer_ownership(organization=organization, to=heir, by=owner)


@pytest.mark.django_db
def test_transfer_needs_somebody_who_is_in(
    organization: Organization, owner: User, inside: None
) -> None:
    with pytest.raises(NotYetIn):
        transfer_ownership(organization=organization, to=invite(organization), by=owner)


@pytest.mark.django_db
def test_the_database_keeps_an_owner_whoever_writes(
    organization: Organization, owner: User, inside: None
) -> None:
    def unseat() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_membership WHERE user_id = %s", [owner.pk])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(DatabaseError, match="would have no owner"):
        unseat()


# --- At the same time ------------------------------------------------------------------------


def at_once(*deeds: Callable[[], Any]) -> list[str]:
    """Each deed in a transaction of its own, at the same moment; the names of what they raise."""
    start = threading.Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> str:
        try:
            start.wait(10)
            deed()
        except Exception as error:
            return type(error).__name__
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return sorted(pool.map(run, deeds))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_once_one_stays() -> None:
    for _round in range(3):
        first = make_user()
        organization = make_organization(by=first)
        second = make_member(organization, Role.OWNER)

        def leave(user: User, organization: Organization = organization) -> None:
            with organization_context(organization, by=user, door=Door.WEB):
                leave_organization(organization=organization, by=user)

        outcome = at_once(lambda: leave(first), lambda: leave(second))  # noqa: B023

        assert outcome == [OrganizationNeedsOwner.__name__, "done"]
        assert Membership.objects.filter(organization=organization, role=Role.OWNER).count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_invitation_clicked_several_times_at_once_lets_in_once() -> None:
    organization = make_organization()
    emma = make_user("emma@example.com")
    invite(organization)
    secret = _secret_in(str(mail.outbox[-1].body))

    outcome = at_once(*[lambda: accept(secret, emma)] * 4)

    assert outcome == [InvitationNotFound.__name__] * 3 + ["done"]
    assert Membership.objects.filter(organization=organization, user=emma).count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_invited_twice_at_once_is_one_member() -> None:
    organization = make_organization()

    outcome = at_once(*[lambda: invite(organization)] * 3)

    assert outcome == ["done"] * 3
    assert Membership.objects.filter(organization=organization, user=None).count() == 1
