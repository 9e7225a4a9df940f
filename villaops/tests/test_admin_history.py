"""The administrators' site: who did what, and through which door."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organization, User
from bookings.models import Booking
from bookings.services import confirm_booking
from guests.services import delete_guest, update_guest
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_guest,
    make_user,
)
from villaops.tests.site import act, url

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    """A page's words on one line."""
    return " ".join(response.content.decode().split())


def test_history_tells_who_through_which_door_and_what(
    site: Client, organization: Organization, owner: User
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        guest = make_guest(organization, name="Emma", phone="123")
    with organization_context(organization, by=owner, door=Door.API):
        update_guest(guest=guest, by=owner, changes={"name": "Emma Thompson", "phone": None})
    with organization_context(organization, by=None, door=Door.JOB):
        delete_guest(guest=guest, by=None)
    act(site, "restore", guest)

    page = site.get(url("history", guest))

    told = [(entry.who, entry.door, entry.sentences) for entry in page.context["history"].entries]
    assert told[:3] == [
        ("root@example.com", "administration", ["Restored."]),
        ("nobody signed in", "automatic", ["Deleted."]),
        (owner.email, "API", ["Name: Emma → Emma Thompson", "Phone: 123 → nothing"]),
    ]
    assert told[3][:2] == (owner.email, "dashboard")
    assert told[3][2][:3] == ["Made.", "Organization: Sea Houses", "Name: Emma"]
    assert "Name: Emma → Emma Thompson" in text_of(page)


def test_history_of_a_user_tells_what_an_administrator_changed(site: Client, owner: User) -> None:
    no_rows = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}

    site.post(url("change", owner), {"email": owner.email, "name": "Ayu Dewi", **no_rows})

    newest = site.get(url("history", owner)).context["history"].entries[0]
    assert (newest.who, newest.door) == ("root@example.com", "administration")
    assert "Name: A Person → Ayu Dewi" in newest.sentences


def test_history_of_a_booking_tells_its_nights(
    site: Client, organization: Organization, owner: User, stay: Booking
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        confirm_booking(booking=stay, by=owner)
    act(site, "cancel", stay, reason="Ill")

    entries = site.get(url("history", stay)).context["history"].entries

    assert entries[0].sentences[0] == "Status: Confirmed → Cancelled"
    assert "Cancellation reason: nothing → Ill" in entries[0].sentences
    given_back = "Given back in Villa Aurora: 3 nights, March 1, 2026 to March 3, 2026."
    assert given_back in entries[0].sentences
    assert entries[1].sentences == ["Status: Pending → Confirmed"]
    taken = "Taken in Villa Aurora: 3 nights, March 1, 2026 to March 3, 2026, for 300.00 USD."
    assert taken in entries[2].sentences


def test_history_costs_the_same_however_long(
    site: Client, organization: Organization, stay: Booking
) -> None:
    def change(times: int) -> int:
        with organization_context(organization, by=None, door=Door.COMMAND):
            for n in range(times):
                update_guest(guest=stay.guest, by=None, changes={"notes": f"{times} {n}"})
        with CaptureQueriesContext(connection) as captured:
            site.get(url("history", stay.guest))
        return len(captured)

    assert change(1) == change(5)


def test_long_history_is_shown_in_pages(
    site: Client, organization: Organization, stay: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("villaops.admin.history.EVENTS_ON_A_PAGE", 2)
    for phone in ("1", "2", "3"):
        with organization_context(organization, by=None, door=Door.COMMAND):
            update_guest(guest=stay.guest, by=None, changes={"phone": phone})

    newest = site.get(url("history", stay.guest)).context["history"]
    older = site.get(url("history", stay.guest) + f"?before={newest.older}").context["history"]

    assert [entry.sentences for entry in newest.entries] == [["Phone: 2 → 3"], ["Phone: 1 → 2"]]
    assert [entry.sentences[0] for entry in older.entries] == ["Phone: nothing → 1", "Made."]
    assert older.older is None


def test_history_is_closed_without_permission(client: Client, stay: Booking) -> None:
    client.force_login(make_user(is_staff=True))

    assert client.get(url("history", stay)).status_code == 403


def test_history_of_nothing_leads_home(site: Client) -> None:
    page = reverse("admin:guests_guest_history", args=["01890000-0000-7000-8000-000000000000"])

    assert site.get(page).status_code == 302
