"""The search behind the command palette: what it finds, for whom, and at what cost."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Organization, User
from accounts.permissions import Role
from conftest import Statements
from villaops.find import read_day
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_guest, make_member, make_property

TODAY = dt.date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-24", dt.date(2026, 11, 24)),
        ("24 nov", dt.date(2026, 11, 24)),
        ("Nov 24", dt.date(2026, 11, 24)),
        ("24 November 2025", dt.date(2025, 11, 24)),
        ("24.11.", dt.date(2026, 11, 24)),
        ("24/11/2027", dt.date(2027, 11, 24)),
        ("3 jan", dt.date(2027, 1, 3)),
        ("29 feb", None),
        ("tomorrow", dt.date(2026, 11, 22)),
        ("31 nov", None),
        ("9999-01-01", None),
        ("24 emma", None),
        ("emma", None),
        ("", None),
    ],
)
def test_day_is_read_as_people_write_it(text: str, day: dt.date | None) -> None:
    assert read_day(text, TODAY) == day


def found(client: Client, organization: Organization, text: str) -> str:
    address = reverse("find", args=[organization.slug])
    answer = client.get(address, {"q": text}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.text


@pytest.mark.usefixtures("inside")
def test_find_knows_bookings_guests_properties_pages_and_actions(
    client: Client, organization: Organization, owner: User
) -> None:
    home = make_property(organization, name="Villa Mare")
    emma = make_guest(organization, name="Emma Thompson", email="emma@example.com")
    stay = make_booking(home, dt.date(2026, 11, 23), 3, guest=emma)
    client.force_login(owner)
    here = reverse("bookings:detail", args=[organization.slug, stay.pk])

    assert here in found(client, organization, stay.reference)
    assert here in found(client, organization, "2026-11-24")
    assert here not in found(client, organization, "2026-11-28")
    by_name = found(client, organization, "thomp")
    assert here in by_name
    assert reverse("guests:detail", args=[organization.slug, emma.pk]) in by_name
    place = reverse("properties:detail", args=[organization.slug, home.pk])
    assert place in found(client, organization, "mare")
    assert reverse("guests:list", args=[organization.slug]) in found(client, organization, "gues")
    new = reverse("bookings:create", args=[organization.slug])
    assert new in found(client, organization, "new boo")
    assert new in found(client, organization, "")


@pytest.mark.usefixtures("inside")
def test_find_tells_a_housekeeper_no_contact_details_and_offers_nothing_forbidden(
    client: Client, organization: Organization
) -> None:
    emma = make_guest(organization, name="Emma Thompson", email="emma@example.com")
    make_booking(make_property(organization, name="Villa Mare"), guest=emma)
    client.force_login(make_member(organization, Role.HOUSEKEEPER))

    by_name = found(client, organization, "emma")

    assert "Emma Thompson" in by_name
    assert "emma@example.com" not in by_name
    assert "/guests/" not in by_name
    assert "Emma Thompson" not in found(client, organization, "emma@example")
    assert "New booking" not in found(client, organization, "new")


def test_find_sees_nothing_of_another_organization(
    client: Client, organization: Organization, owner: User, other_organization: Organization
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        home = make_property(other_organization, name="Villa Monte")
        make_booking(home, guest=make_guest(other_organization, name="Yuki Tanaka"))
    client.force_login(owner)

    assert "Nothing matches" in found(client, organization, "yuki")
    assert "Nothing matches" in found(client, organization, "monte")
    assert client.get(reverse("find", args=[other_organization.slug])).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.usefixtures("inside")
def test_find_costs_the_same_for_any_number_of_rows(
    client: Client, organization: Organization, owner: User, statements: Statements, rows: int
) -> None:
    for number in range(rows):
        home = make_property(organization, name=f"Villa Emma {number}")
        make_booking(home, guest=make_guest(organization, name=f"Emma {number}"))
    client.force_login(owner)
    address = reverse("find", args=[organization.slug])

    with statements(8):
        page = client.get(address, {"q": "emma"})

    assert page.text.count("Emma 0") >= 3


def test_find_survives_any_text(client: Client, organization: Organization, owner: User) -> None:
    client.force_login(owner)

    for text in ("\0", "%", "a" * 5000, "<script>", "٢٤ nov", "0.0.", "²/²"):
        assert "<script>a" not in found(client, organization, text)
