"""One organization can never see another's rows: PostgreSQL says so, not care in Python."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.utils import ProgrammingError
from django.http import HttpResponse

from accounts.models import ApiKey, Organization, Subscription, User
from bookings.blocks import block_nights
from bookings.models import Booking, BookingNote, Night, SavedView
from guests.merging import merge_guests
from guests.models import Guest
from messaging.kinds import Kind
from messaging.models import (
    Automation,
    MailTemplate,
    Message,
    Notification,
    NotificationPreference,
    OptOut,
    Skip,
)
from properties.models import Property, Unit
from villaops.api.idempotency import Attempt
from villaops.tenancy import Door, all_organizations, checks, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_import,
    make_property,
    units_of,
)


def fill(organization: Organization) -> Booking:
    """One row at least in every tenant table of the organization."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization)
        block_nights(
            unit=units_of(home)[0],
            start=DAY.replace(year=2030),
            end=DAY.replace(year=2030, day=3),
            by=None,
        )
        booking = make_booking(home)
        BookingNote.objects.create(organization=organization, booking=booking, text="Late flight")
        person = User.objects.get(memberships__organization=organization)
        ApiKey.objects.create(
            organization=organization,
            name="Channel manager",
            prefix="vo_test",
            secret_hash=organization.pk.bytes,
            scopes=["read"],
            created_by=person,
        )
        SavedView.objects.create(organization=organization, user=person, name="Arrivals")
        _fill_messages(organization, booking)
        make_import(organization)
        Attempt(organization.pk, person.pk, "/", "key", b"").keep(HttpResponse())
        merge_guests(keep=make_guest(organization), merge=make_guest(organization), by=None)
        # Entries of the audit log are written when the transaction commits.
        connection.check_constraints()
        return booking


def _fill_messages(organization: Organization, booking: Booking) -> None:
    own = {"organization": organization}
    Message.objects.create(
        **own,
        kind=Kind.THANK_YOU,
        key="thank_you",
        address="emma@example.com",
        booking=booking,
        guest=booking.guest,
        property=booking.property,
        subject="Thank you",
    )
    words = {"subject": "Thank you", "html": "<p>Thank you</p>", "text": "Thank you"}
    MailTemplate.objects.create(**own, kind=Kind.THANK_YOU, language="en", **words)
    Automation.objects.create(**own, kind=Kind.THANK_YOU, property=booking.property)
    Skip.objects.create(**own, kind=Kind.THANK_YOU, booking=booking)
    person = User.objects.get(memberships__organization=organization)
    Notification.objects.create(**own, user=person, kind="new_booking", key="1", booking=booking)
    NotificationPreference.objects.create(**own, user=person)
    OptOut.objects.create(**own, kind=Kind.THANK_YOU, address="emma@example.com")


def everything() -> dict[str, int]:
    """How many rows of each tenant table can be seen."""
    return {model._meta.label: model._default_manager.count() for model in checks.tenant_models()}


@pytest.fixture
def booking(organization: Organization) -> Booking:
    return fill(organization)


def test_without_a_context_there_is_nothing_to_see(booking: Booking) -> None:
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        there = everything()

    assert min(there.values()) > 0, there
    assert set(everything().values()) == {0}


def test_without_a_context_nothing_can_be_written(booking: Booking) -> None:
    stranger = Guest(organization=booking.organization, name="X", email="x@example.com")

    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        stranger.save()
    assert Booking.objects.update(total_price=1) == 0
    assert Night.objects.all().delete()[0] == 0


def test_another_organization_sees_and_changes_nothing(
    booking: Booking, other_organization: Organization
) -> None:
    connection.check_constraints()
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        seen = everything()
        changed = Booking.objects.filter(pk=booking.pk).update(total_price=1)

    # What its own making left, and nothing else.
    assert {label: count for label, count in seen.items() if count} == {
        "accounts.AuditEntry": 2,
        "accounts.MembershipEvent": 1,
        "accounts.Subscription": 1,
        "accounts.SubscriptionEvent": 1,
    }
    assert changed == 0


def test_rows_cannot_be_given_to_another_organization(
    booking: Booking, other_organization: Organization
) -> None:
    with (
        organization_context(booking.organization, by=None, door=Door.COMMAND),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        Guest.objects.update(organization=other_organization)


def test_a_context_ends_with_its_block(booking: Booking) -> None:
    with organization_context(booking.organization, by=None, door=Door.COMMAND):
        assert Booking.objects.count() == 1

    assert Booking.objects.count() == 0


def test_a_failed_block_leaves_no_context(booking: Booking) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        organization_context(booking.organization, by=None, door=Door.COMMAND),
    ):
        1 / 0  # noqa: B018

    assert Booking.objects.count() == 0


def test_contexts_nest_and_give_back_the_outer_one(
    booking: Booking, other_organization: Organization
) -> None:
    with organization_context(booking.organization, by=None, door=Door.COMMAND):
        with organization_context(other_organization, by=None, door=Door.COMMAND):
            assert Booking.objects.count() == 0
        with all_organizations(by=None, door=Door.COMMAND, reason="test"):
            assert Subscription.objects.count() == 2
        assert Booking.objects.count() == 1
        assert Subscription.objects.count() == 1


def test_all_organizations_is_logged_with_its_reason(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level("INFO", logger="villaops.tenancy"),
        all_organizations(by=None, door=Door.JOB, reason="monthly check"),
    ):
        pass

    assert [record.reason for record in caplog.records] == ["monthly check"]  # type: ignore[attr-defined]


def reference_cases() -> list[Any]:
    """Every reference from one tenant table to another."""
    return [
        pytest.param(model, field, id=f"{model._meta.label}.{field.name}")
        for model in (Unit, Booking, Night, apps.get_model("bookings.Block"))
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and field.remote_field.model is not Organization
    ]


@pytest.mark.parametrize(("model", "field"), reference_cases())
def test_a_row_cannot_refer_to_another_organizations(
    booking: Booking,
    other_organization: Organization,
    model: type[models.Model],
    field: models.ForeignKey,
) -> None:
    fill(other_organization)
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        make_property(other_organization)

    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        # The newest: a unit whose nights are free, so that nothing else can refuse.
        theirs = (
            field.remote_field.model._default_manager.filter(organization=other_organization)
            .order_by("-pk")
            .first()
        )
        mine = model._default_manager.filter(organization=booking.organization)
        if model is Night:
            mine = mine.filter(**{f"{field.name}__isnull": False})
        with pytest.raises(IntegrityError, match="_same_organization"), transaction.atomic():
            mine.update(**{field.name: theirs})


def test_a_table_without_a_policy_fails_the_check(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE guests_guest NO FORCE ROW LEVEL SECURITY")

    found = checks.check_policies(databases=["default"])

    assert [(error.id, error.obj) for error in found] == [("villaops.E001", Guest)]


def test_the_database_passes_its_checks(db: None) -> None:
    call_command("check", databases=["default"])


@pytest.mark.parametrize("role", [(True, False), (False, True)])
def test_a_privileged_role_is_refused(role: tuple[bool, bool]) -> None:
    class Cursor:
        def __enter__(self) -> "Cursor":
            return self

        def __exit__(self, *error: object) -> None: ...

        def execute(self, sql: str) -> None: ...

        def fetchone(self) -> tuple[bool, bool]:
            return role

    class Connection:
        closed = False
        cursor = Cursor

        def close(self) -> None:
            self.closed = True

    privileged = Connection()

    with pytest.raises(ImproperlyConfigured, match="row-level security"):
        checks.refuse_privileged_role(sender=None, connection=privileged)
    assert privileged.closed


def test_tests_run_as_the_applications_role(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")

        assert cursor.fetchone() == (False, False)


@pytest.mark.parametrize("make", [make_property, make_guest])
def test_a_verb_outside_its_context_is_refused(
    organization: Organization, make: Callable[[Organization], Property | Guest]
) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        make(organization)
