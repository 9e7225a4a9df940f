"""Administrators and bookings: status only by verbs, facts through the update verb."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from accounts.models import Organization
from bookings.blocks import block_nights
from bookings.models import Block, Booking, Night, Status
from conftest import Statements
from properties.models import Property
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.tests.build import DAY, make_booking, make_property, make_user, units_of

pytestmark = pytest.mark.django_db

LIST = reverse("admin:bookings_booking_changelist")


@pytest.fixture
def site(client: Client) -> Client:
    """A browser at which a superuser has signed in."""
    client.force_login(make_user("root@example.com", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def villa(organization: Organization) -> Property:
    """A villa of Sea Houses at 100.00 a night."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        return make_property(organization, name="Villa")


@pytest.fixture
def book(organization: Organization, villa: Property) -> Callable[..., Booking]:
    """Book the villa from so many days after DAY on."""

    def stay(after: int = 0, **fields: Any) -> Booking:
        with organization_context(organization, by=None, door=Door.COMMAND):
            return make_booking(villa, DAY + timedelta(days=after), **fields)

    return stay


def stored(booking: Booking) -> Booking:
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        return Booking.objects.get(pk=booking.pk)


def change_url(row: Booking | Block) -> str:
    return reverse(f"admin:bookings_{row._meta.model_name}_change", args=[row.pk])


def run(site: Client, action: str, *bookings: Booking, **fields: Any) -> list[str]:
    """Run an action on the list and return what was said."""
    response = site.post(
        LIST,
        {"action": action, "index": 0, "_selected_action": [b.pk for b in bookings], **fields},
        follow=True,
    )
    return [str(message) for message in response.context["messages"]]


def test_actions_move_a_booking_through_its_life(
    site: Client, book: Callable[..., Booking]
) -> None:
    booking = book()

    for action, status in (
        ("confirm", Status.CONFIRMED),
        ("check_in", Status.CHECKED_IN),
        ("undo_check_in", Status.CONFIRMED),
        ("check_in", Status.CHECKED_IN),
        ("check_out", Status.CHECKED_OUT),
        ("undo_check_out", Status.CHECKED_IN),
        ("undo_check_in", Status.CONFIRMED),
        ("mark_no_show", Status.NO_SHOW),
        ("revive", Status.CONFIRMED),
        ("cancel", Status.CANCELLED),
    ):
        run(site, action, booking)
        assert stored(booking).status == status


def test_cancel_keeps_the_reason_and_frees_the_nights(
    site: Client, book: Callable[..., Booking]
) -> None:
    booking = book()

    said = run(site, "cancel", booking, reason="Flight cancelled")

    assert said == ["1 booking cancelled."]
    assert stored(booking).cancellation_reason == "Flight cancelled"
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        assert not Night.objects.filter(booking=booking).exists()


def test_action_does_what_is_allowed_and_says_what_is_not(
    site: Client, book: Callable[..., Booking]
) -> None:
    pending, done = book(0), book(5, status=Status.CHECKED_OUT)

    said = run(site, "confirm", pending, done)

    assert said == [
        f"{done}: A booking that is checked out cannot become confirmed.",
        "1 booking confirmed.",
    ]
    assert stored(pending).status == Status.CONFIRMED
    assert stored(done).status == Status.CHECKED_OUT


def test_action_runs_from_the_form_too(site: Client, book: Callable[..., Booking]) -> None:
    booking = book()

    response = site.post(
        change_url(booking),
        {
            "CHANGE_FORM-action": "cancel",
            "CHANGE_FORM-reason": "Ill",
            "index": 0,
            "_selected_action": booking.pk,
        },
    )

    assert response.status_code == 302
    assert stored(booking).status == Status.CANCELLED
    assert stored(booking).cancellation_reason == "Ill"


def facts(booking: Booking, **changes: Any) -> dict[str, Any]:
    """What the form posts."""
    return {
        "check_in": booking.check_in,
        "check_out": booking.check_out,
        "adults": booking.adults,
        "children": booking.children,
        "source": booking.source,
        "special_requests": booking.special_requests or "",
    } | changes


def test_form_changes_facts_through_the_verb(site: Client, book: Callable[..., Booking]) -> None:
    booking = book(special_requests="A cot")

    response = site.post(
        change_url(booking),
        facts(booking, check_out=DAY + timedelta(days=5), adults=2, special_requests=""),
    )

    assert response.status_code == 302
    after = stored(booking)
    assert (after.check_out, after.adults) == (DAY + timedelta(days=5), 2)
    assert after.special_requests is None
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        assert Night.objects.filter(booking=booking).count() == 5


def test_form_does_not_change_status_money_or_place(
    site: Client, book: Callable[..., Booking]
) -> None:
    booking = book()

    site.post(
        change_url(booking),
        facts(booking, adults=2, status="confirmed", total_price="1.00", reference="MINE"),
    )

    after = stored(booking)
    assert after.adults == 2
    assert (after.status, after.total_price, after.reference) == (
        booking.status,
        booking.total_price,
        booking.reference,
    )


def test_form_shows_the_refusal_and_what_was_typed(
    site: Client, book: Callable[..., Booking]
) -> None:
    booking, _later = book(0), book(3)

    response = site.post(
        change_url(booking),
        facts(booking, check_out=DAY + timedelta(days=4), special_requests="A cot, please"),
    )

    assert response.status_code == 200
    form = response.context["adminform"].form
    assert "The night of Wed 4 March 2026" in form.non_field_errors()[0]
    assert "A cot, please" in response.content.decode()
    assert stored(booking).check_out == DAY + timedelta(days=3)
    assert stored(booking).special_requests is None


def test_form_says_what_a_constraint_says(site: Client, book: Callable[..., Booking]) -> None:
    booking = book()

    response = site.post(change_url(booking), facts(booking, check_out=booking.check_in))

    assert "check_out must be after check_in" in str(response.context["errors"])


def test_form_unchanged_writes_no_event(site: Client, book: Callable[..., Booking]) -> None:
    booking = book()

    site.post(change_url(booking), facts(booking))

    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        assert booking.events.count() == 1


def test_form_lists_the_nights_in_one_statement(
    site: Client, organization: Organization, statements: Statements
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        house = make_property(organization, units=3)
        booking = make_booking(house, units=units_of(house))

    # Each process asks once for the content type of the link to the site.
    ContentType.objects.get_for_model(Booking)

    # Session, user, context, booking, nights.
    with statements(5):
        page = site.get(change_url(booking)).content.decode()

    for unit in ("Room 1", "Room 2", "Room 3"):
        assert f"{unit}: 3 nights, March 1, 2026 to March 3, 2026 300.00 USD" in page


def test_block_is_changed_through_the_verb_and_refused(
    site: Client, organization: Organization, villa: Property, book: Callable[..., Booking]
) -> None:
    book(3)
    with organization_context(organization, by=None, door=Door.COMMAND):
        block = block_nights(
            unit=units_of(villa)[0], start=DAY, end=DAY + timedelta(days=2), by=None
        )
    typed = {"start": DAY, "end": DAY + timedelta(days=3), "reason": "owner_stay", "note": "Us"}

    changed = site.post(change_url(block), typed)
    refused = site.post(change_url(block), typed | {"end": DAY + timedelta(days=4)})

    assert changed.status_code == 302
    assert "is taken by booking" in refused.context["adminform"].form.non_field_errors()[0]
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        block.refresh_from_db()
    assert (block.end, block.reason, block.note) == (DAY + timedelta(days=3), "owner_stay", "Us")
