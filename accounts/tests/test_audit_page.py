"""The audit log's page: who sees it, what it says, how it is filtered, turned and taken along."""

import csv
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.audit import SecurityEvent, record_security_event
from accounts.audit_words import Row
from accounts.models import AuditEntry, Membership, Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from bookings.services import change_dates, confirm_booking, delete_booking
from conftest import Statements
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_member,
    make_property,
    make_user,
)


@pytest.fixture
def stay(organization: Organization, owner: User) -> Booking:
    """Booked and confirmed by the owner in the dashboard, made longer over the API by nobody."""
    with organization_context(organization, by=owner, door=Door.WEB):
        home = make_property(organization, name="Casa Mare")
        guest = make_guest(organization, name="Emma Thompson", email="emma@example.com")
        booking = make_booking(home, guest=guest)
        confirm_booking(booking=booking, by=owner)
    with organization_context(organization, by=None, door=Door.API):
        change_dates(booking=booking, check_in=DAY, check_out=DAY + timedelta(5), by=None)
    connection.check_constraints()
    return booking


def page_of(user: User, organization: Organization, query: str = "") -> Any:
    client = Client()
    client.force_login(user)
    connection.check_constraints()
    return client.get(f"/o/{organization.slug}/audit/{query}")


def rows_of(response: Any) -> list[Row]:
    """What is shown, our own log-ins aside."""
    assert response.status_code == 200
    return [row for row in response.context["rows"] if row.what != "Logged in"]


def shown(response: Any) -> list[tuple[str, str]]:
    return [(row.what, row.label) for row in rows_of(response)]


def test_the_page_says_who_did_what_from_what_to_what(
    organization: Organization, owner: User, stay: Booking
) -> None:
    page = page_of(owner, organization, "?kind=booking")

    changed, confirmed, booked = page.context["rows"]
    assert (changed.who, changed.door, changed.what) == ("System", "API", "Booking changed")
    assert [(fact.label, fact.old, fact.new) for fact in changed.changes] == [
        ("Check out", "4 Mar 2026", "6 Mar 2026")
    ]
    assert (confirmed.who, confirmed.door) == (owner.name, "dashboard")
    assert [(fact.old, fact.new) for fact in confirmed.changes] == [("Pending", "Confirmed")]
    facts = {fact.label: fact.new for fact in booked.changes}
    assert (facts["Property"], facts["Guest"], facts["Total price"]) == (
        "Casa Mare",
        "Emma Thompson",
        "300.00",
    )
    assert booked.url == f"/o/{organization.slug}/bookings/{stay.pk}/"
    assert len(page.content) < 100_000


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?action=changed&door=api", 1),
        ("?person=system", 1),
        ("?kind=guest", 1),
        ("?kind=block", 0),
        ("?kind=nonsense&before=x&start=never&record=1", None),
        (f"?end={date(2000, 1, 1)}", 0),
        (f"?start={date(2000, 1, 1)}&kind=guest&door=web&action=created", 1),
    ],
)
def test_filters_leave_the_rest_out(
    organization: Organization, owner: User, stay: Booking, query: str, found: int | None
) -> None:
    everything = shown(page_of(owner, organization))

    narrowed = shown(page_of(owner, organization, query))

    assert len(narrowed) == (len(everything) if found is None else found)
    assert set(narrowed) <= set(everything)
    assert len(everything) > 4


def test_one_record_and_one_person(organization: Organization, owner: User, stay: Booking) -> None:
    of_stay = page_of(owner, organization, f"?record={stay.pk}")
    of_owner = page_of(owner, organization, f"?person={owner.pk}")

    assert [what for what, _label in shown(of_stay)] == [
        "Booking changed",
        "Booking changed",
        "Booking created",
    ]
    assert {row.who for row in of_owner.context["rows"]} == {owner.name}


def test_a_deleted_record_has_no_page_and_keeps_its_name(
    organization: Organization, owner: User, stay: Booking
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        delete_booking(booking=stay, by=owner)

    newest = rows_of(page_of(owner, organization))[0]

    assert (newest.what, newest.label, newest.url) == ("Booking deleted", stay.reference, None)


def test_security_events_are_there(organization: Organization, owner: User) -> None:
    record_security_event(
        kind=SecurityEvent.LOGIN_FAILED, user=owner, door=Door.WEB, address="192.0.2.7"
    )
    staff = make_member(organization, Role.STAFF, name="Stan Staff")
    with organization_context(organization, by=owner, door=Door.WEB):
        membership = Membership.objects.get(user=staff)
        membership.role = Role.MANAGER
        membership.save()

    promoted, _added, failed, *_rest = rows_of(page_of(owner, organization))

    assert (failed.what, failed.is_security, failed.changes[0].new) == (
        "Failed to log in",
        True,
        "192.0.2.7",
    )
    assert (promoted.what, promoted.label) == ("Member changed", "Stan Staff")
    assert [(fact.old, fact.new) for fact in promoted.changes] == [("Staff", "Manager")]


def test_pages_are_turned_by_number(
    organization: Organization, owner: User, monkeypatch: pytest.MonkeyPatch, stay: Booking
) -> None:
    monkeypatch.setattr("accounts.audit_views.PAGE_SIZE", 2)
    numbers, query = [], ""
    while query is not None:
        page = page_of(owner, organization, query)
        numbers.append([row.number for row in page.context["rows"]])
        query = page.context["older"]
    back = page_of(owner, organization, page.context["newer"])

    flat = [number for pair in numbers for number in pair]
    assert flat == list(range(len(flat), 0, -1))
    assert [row.number for row in back.context["rows"]] == numbers[-2]


def test_it_is_for_owners_and_managers_without_a_limit(
    organization: Organization, owner: User, other_organization: Organization, stay: Booking
) -> None:
    manager = make_member(organization, Role.MANAGER)
    limited = make_member(organization, Role.MANAGER)
    with organization_context(organization, by=owner, door=Door.WEB):
        Membership.objects.filter(user=limited).update(property_ids=[stay.property_id])
    others = [make_member(organization, role) for role in Role if role not in ("owner", "manager")]
    stranger = User.objects.get(memberships__organization=other_organization)

    assert page_of(manager, organization).status_code == 200
    assert [page_of(user, organization).status_code for user in (limited, *others)] == [403] * 5
    assert page_of(stranger, organization).status_code == 404
    assert stay.reference not in page_of(stranger, other_organization).text


def test_limits_are_told_by_what_a_manager_calls_them(
    organization: Organization, owner: User, stay: Booking
) -> None:
    staff = make_member(organization, Role.STAFF)
    with organization_context(organization, by=owner, door=Door.WEB):
        Membership.objects.filter(user=staff).update(property_ids=[stay.property_id])

    rows = page_of(owner, organization).context["rows"]
    changed = next(row for row in rows if row.what == "Member changed")

    assert [(change.label, change.new) for change in changed.changes] == [
        ("Only these properties", stay.property.name)
    ]


@pytest.mark.parametrize("stays", [1, 3])
def test_the_page_asks_as_much_for_many_entries(
    organization: Organization, owner: User, statements: Statements, stays: int
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        home = make_property(organization)
        for n in range(stays):
            make_booking(home, DAY + timedelta(n * 5))
    client = Client()
    client.force_login(owner)
    connection.check_constraints()

    with statements(7):
        client.get(f"/o/{organization.slug}/audit/")


def test_the_export_has_what_is_filtered_and_is_told_of(
    organization: Organization, owner: User, stay: Booking
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        make_guest(organization, name="=1+1")
    connection.check_constraints()
    client = Client()
    client.force_login(owner)

    answer = client.get(f"/o/{organization.slug}/audit/export?kind=guest")

    rows = list(csv.DictReader(b"".join(answer).decode("utf-8-sig").splitlines()))
    assert [(row["what"], row["record"]) for row in rows] == [
        ("Guest created", "Emma Thompson"),
        ("Guest created", "'=1+1"),
    ]
    assert (rows[0]["who"], rows[0]["door"], len(rows[0]["hash"])) == (owner.name, "dashboard", 64)
    told = rows_of(page_of(owner, organization))[0]
    assert (told.what, told.label) == ("Exported data", "audit log")
    with organization_context(organization, by=owner, door=Door.WEB):
        assert AuditEntry.objects.filter(action="exported").count() == 1


def test_administrators_read_every_organizations_and_nobodys(
    organization: Organization, stay: Booking
) -> None:
    record_security_event(kind=SecurityEvent.LOGIN_FAILED, door=Door.WEB, label="who@example.com")
    connection.check_constraints()
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    of_nobody = "/admin/accounts/auditentry/?action=login_failed"

    everything = client.get("/admin/accounts/auditentry/")
    failures = client.get(of_nobody)

    assert stay.reference in everything.text
    assert "Booking changed" in everything.text
    assert "who@example.com" in failures.text
    assert stay.reference not in failures.text
    (entry,) = failures.context["cl"].result_list
    shown = client.get(f"/admin/accounts/auditentry/{entry.pk}/change/")
    assert bytes(entry.hash).hex() in shown.text
    assert client.get("/admin/accounts/auditentry/add/").status_code == 403
    assert client.get(f"/admin/accounts/auditentry/{entry.pk}/delete/").status_code == 403
