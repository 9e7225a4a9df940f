"""The audit log: what is written, that it stays as it is, and that tampering shows."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.api_keys import create_api_key
from accounts.audit import SecurityEvent, record_security_event
from accounts.audit_chain import chains
from accounts.management.commands.verify_audit import Command
from accounts.models import AuditEntry, Organization, User
from accounts.tasks import end_due_organizations
from bookings.notes import add_note
from bookings.services import confirm_booking, delete_booking
from guests.privacy import anonymize_guest
from guests.services import update_guest
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_organization,
    make_property,
    make_user,
)


def commit() -> None:
    """What a commit would do: deferred triggers run."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def entries(**wanted: Any) -> QuerySet[AuditEntry]:
    commit()
    return AuditEntry.objects.filter(**wanted).order_by("number")


def test_every_change_of_a_booking_is_an_entry(
    organization: Organization, owner: User, inside: None
) -> None:
    booking = make_booking(make_property(organization))
    confirm_booking(booking=booking, by=owner)
    delete_booking(booking=booking, by=owner)

    made, confirmed, deleted = entries(record_kind="booking")

    assert (made.action, made.user_id, made.user_name, made.door) == (
        "created",
        owner.pk,
        owner.name,
        "web",
    )
    assert made.changes["check_in"] == [None, "2026-03-01"]
    assert (confirmed.action, confirmed.changes) == (
        "changed",
        {"status": ["pending", "confirmed"]},
    )
    assert (deleted.action, deleted.record_label) == ("deleted", booking.reference)
    assert made.record_id == confirmed.record_id == booking.pk


def test_an_entry_names_the_door_and_the_key(organization: Organization, owner: User) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        made = create_api_key(
            organization=organization, name="Channel manager", scopes=["write"], by=owner
        )
    with organization_context(organization, by=owner, door=Door.API, api_key=made.key):
        make_guest(organization)

        (created,) = entries(record_kind="api_key")
        (guest,) = entries(record_kind="guest")

    assert (guest.door, guest.api_key_id, guest.api_key_name) == (
        "api",
        made.key.pk,
        "Channel manager",
    )
    assert (created.door, created.api_key_name, created.record_label) == (
        "web",
        "",
        "Channel manager",
    )
    assert made.secret not in str(created.changes)
    assert "secret_hash" not in created.changes


def test_entries_of_an_organization_are_a_chain(organization: Organization, inside: None) -> None:
    make_booking(make_property(organization))

    links = list(entries())

    assert [link.number for link in links] == list(range(1, len(links) + 1))
    assert bytes(links[0].previous_hash) == b""
    assert [bytes(link.previous_hash) for link in links[1:]] == [
        bytes(link.hash) for link in links[:-1]
    ]
    assert len({bytes(link.hash) for link in links}) == len(links) > 4


def test_a_log_in_is_kept_in_each_of_the_users_organizations(
    organization: Organization, other_organization: Organization, owner: User
) -> None:
    second = make_organization("Lake Houses", by=owner)

    record_security_event(
        kind=SecurityEvent.LOGGED_IN, user=owner, door=Door.WEB, address="192.0.2.7"
    )

    commit()
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        found = {entry.organization_id: entry for entry in entries(action="logged_in")}
    assert set(found) == {organization.pk, second.pk}
    assert found[second.pk].changes == {"address": [None, "192.0.2.7"]}


def test_what_nobodys_organization_can_know_is_the_administrators_to_read(
    organization: Organization, db: None
) -> None:
    loner = make_user()

    record_security_event(kind=SecurityEvent.LOGGED_IN, user=loner, door=Door.WEB)
    record_security_event(kind=SecurityEvent.LOGIN_FAILED, door=Door.WEB, label="who@example.com")

    commit()
    assert not AuditEntry.objects.exists()
    with organization_context(organization, by=None, door=Door.WEB):
        assert not entries(organization=None).exists()
    with all_organizations(by=None, door=Door.ADMIN, reason="test"):
        found = [(entry.number, entry.record_label) for entry in entries(organization=None)]
    assert found == [(1, loner.name), (2, "who@example.com")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditentry SET user_name = 'Somebody else'",
        "UPDATE accounts_auditentry SET changes = '{}'",
        "UPDATE accounts_auditentry SET changes = NULL, record_label = NULL",
        "DELETE FROM accounts_auditentry",
        "TRUNCATE accounts_auditentry",
    ],
)
def test_entries_are_written_once(inside: None, statement: str) -> None:
    commit()

    with (
        pytest.raises(ProgrammingError, match=r"permission denied|written once"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_forgotten_guest_is_forgotten_here_and_the_chain_holds(
    organization: Organization, owner: User, inside: None
) -> None:
    home = make_property(organization)
    guest = make_guest(organization, name="Emma Thompson", email="emma@example.com")
    stay = make_booking(home, guest=guest, special_requests="A crib for Emma")
    note = add_note(booking=stay, text="Emma is allergic to nuts", by=owner)
    commit()
    update_guest(guest=guest, by=owner, changes={"phone": "+61 400 000"})

    anonymize_guest(guest=guest, by=owner, on=DAY + timedelta(99))

    written = list(entries(record_id__in=[guest.pk, stay.pk, note.pk]).values())
    assert "Emma" not in str(written)
    assert "+61" not in str(written)
    assert [(row["record_kind"], row["action"], row["user_name"]) for row in written][-1] == (
        "guest",
        "anonymized",
        owner.name,
    )
    (chain,) = chains(organization.pk)
    assert (chain.broken, chain.forgotten) == (None, 3)


def test_the_log_of_an_organization_that_ended_knows_its_guests_no_more(
    organization: Organization, owner: User
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        home = make_property(organization)
        guest = make_guest(organization, name="Emma Thompson", email="emma@example.com")
        make_booking(home, guest=guest, special_requests="A crib for Emma")
        commit()
        Organization.objects.update(ends_at=timezone.now())

    assert end_due_organizations() == 1

    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        written = list(entries(organization=organization.pk).values())
        (chain,) = chains(organization.pk)
    assert "Emma" not in str(written)
    assert (written[-1]["record_kind"], written[-1]["action"]) == ("organization", "deleted")
    assert (chain.broken, chain.forgotten) == (None, 2)


TAMPERINGS = {
    "UPDATE accounts_auditentry SET user_name = 'Somebody else' WHERE number = 3": (
        "entry 3 was changed"
    ),
    "UPDATE accounts_auditentry SET changes = '{}' WHERE number = 2": (
        "entry 2: what it tells was changed"
    ),
    "UPDATE accounts_auditentry SET changes = NULL, record_label = NULL WHERE number = 1": (
        "entry 1: what it tells was changed"
    ),
    "DELETE FROM accounts_auditentry WHERE number = 2": "entry 2 is missing",
    "DELETE FROM accounts_auditentry WHERE number = 1": "entry 1 is missing",
    "UPDATE accounts_auditentry SET hash = sha256('x') WHERE number = 2": "entry 2 was changed",
    "UPDATE accounts_auditentry SET at = at + interval '1 second' WHERE number = 4": (
        "entry 4 was changed"
    ),
    # The newest ones cut off: only what was noted elsewhere tells.
    "DELETE FROM accounts_auditentry WHERE number > 4": "entries after 4 are gone",
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_whoever_gets_round_the_guard_is_found_out(
    organization: Organization,
    inside: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    tampering: str,
) -> None:
    make_booking(make_property(organization))
    commit()
    call_command("verify_audit", organization=organization.slug)
    before = capsys.readouterr().out
    (tmp_path / "noted").write_text(before)

    with connection.cursor() as cursor:
        # As the tables' owner can.
        cursor.execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER USER")
        cursor.execute("GRANT UPDATE, DELETE ON accounts_auditentry TO CURRENT_USER")
        cursor.execute(tampering)
        cursor.execute("SELECT count(*) FROM accounts_auditentry")
        count = cursor.fetchone()[0]
    with pytest.raises(SystemExit) as ended, (tmp_path / "noted").open() as noted:
        Command().handle(organization=organization.slug, noted=noted)

    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert f"{organization.pk} {count} " in out
    assert f"broken: {TAMPERINGS[tampering]}" in out
    assert "broken" not in before
