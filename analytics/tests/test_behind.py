"""The nights and bookings behind a card: they are what its number was made of."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from openpyxl import load_workbook

from accounts.models import AuditEntry, Organization, User
from accounts.permissions import Role
from analytics.behind import NightsBehind, StaysBehind
from analytics.reports import Scope
from analytics.summary import summaries, together
from bookings.blocks import block_nights
from bookings.models import Booking
from bookings.services import cancel_booking
from conftest import Statements
from properties.models import Property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_guest, make_member, make_property, units_of

pytestmark = pytest.mark.django_db

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
ASKED = {"from": "2026-03-01", "to": "2026-04-01"}


@pytest.fixture
def homes(organization: Organization, inside: None) -> list[Property]:
    """A stay over the end of March, one without a price, one cancelled, owner nights, a fault."""
    aurora = make_property(organization, name="Aurora", units=2)
    bora = make_property(organization, name="Bora", base_price_per_night=None)
    make_booking(aurora, date(2026, 3, 30), 3, total_price=Decimal("100.00"))
    make_booking(bora, date(2026, 3, 3), 2, source="airbnb")
    cancel_booking(booking=make_booking(aurora, date(2026, 3, 10), 4), by=None)
    (first, _second), (room,) = units_of(aurora), units_of(bora)
    block_nights(
        unit=first, start=date(2026, 3, 5), end=date(2026, 3, 7), by=None, reason="owner_stay"
    )
    block_nights(
        unit=room, start=date(2026, 3, 30), end=date(2026, 4, 2), by=None, reason="out_of_order"
    )
    block_nights(unit=room, start=date(2026, 3, 20), end=date(2026, 3, 22), by=None)
    make_booking(make_property(organization, currency="CHF"), date(2026, 3, 3), 1)
    return [aurora, bora]


def test_nights_are_those_of_the_figures(
    organization: Organization, homes: list[Property], statements: Statements
) -> None:
    scope = Scope.usual(organization, MARCH, APRIL)
    figures = together(summaries(organization, MARCH, APRIL).of(organization.currency))

    with statements(1):
        found = NightsBehind.of(scope, adjusted=True)
    with statements(1):
        rows = found.rows[0:50]

    assert [(row.night.day, row.home, row.taken_by, row.price) for row in rows] == [
        (3, "Bora", "Sold", None),
        (4, "Bora", "Sold", None),
        (5, "Aurora", "Owner stay", None),
        (6, "Aurora", "Owner stay", None),
        (30, "Aurora", "Sold", Decimal("33.34")),
        (30, "Bora", "Out of order", None),
        (31, "Aurora", "Sold", Decimal("33.33")),
        (31, "Bora", "Out of order", None),
    ]
    assert list(found.rows) == rows
    assert found.rows[2:4] == rows[2:4]
    assert found.totals.agrees(figures, adjusted=True)
    assert found.totals.revenue == figures.room_revenue == Decimal("66.67")
    sold = NightsBehind.of(scope, adjusted=False)
    assert [row.night.day for row in sold.rows] == [3, 4, 30, 31]
    of_bora = NightsBehind.of(Scope.usual(organization, MARCH, APRIL, homes[1]), adjusted=False)
    assert of_bora.totals.sold == 2
    assert not of_bora.totals.agrees(figures, adjusted=False)


def test_bookings_are_those_of_the_figures(organization: Organization, homes: object) -> None:
    scope = Scope.usual(organization, MARCH, APRIL)
    found = summaries(organization, MARCH, APRIL)
    figures = together(found.of(organization.currency))
    mean = found.lead_times[organization.currency].mean

    arrivals, everything = (StaysBehind.of(scope, with_lost=lost) for lost in (False, True))

    assert [(row.home, row.nights) for row in arrivals.rows] == [("Bora", 2), ("Aurora", 3)]
    assert [row.status for row in everything.rows] == ["cancelled", "pending", "pending"]
    assert arrivals.totals.agrees(figures, mean, with_lost=False)
    assert everything.totals.agrees(figures, mean, with_lost=True)
    assert not arrivals.totals.agrees(figures, mean, with_lost=True)


def test_booking_was_made_on_the_day_it_was_at_the_property(
    organization: Organization, inside: None
) -> None:
    home = make_property(organization, time_zone="Asia/Makassar")
    stay = make_booking(home, date(2026, 3, 5), 1)
    made_at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    Booking.objects.filter(pk=stay.pk).update(created_at=made_at)

    (row,) = StaysBehind.of(Scope.usual(organization, MARCH, APRIL), with_lost=False).rows

    assert (f"{row.booked_at:%d %H:%M}", row.lead) == ("02 07:30", 3)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nights/?figure=occupancy", "4 nights sold / 93 nights available"),
        ("nights/?figure=adjusted_occupancy", "- 2 owner nights - 2 out of order)"),
        ("nights/?figure=adr", "66.67\xa0USD / 4 nights sold"),
        ("nights/?figure=revpar", "66.67\xa0USD / 93 nights available"),
        ("nights/?figure=revenue", "the prices of 4 nights sold, 2 without a price"),
        ("bookings/?figure=alos", "5 nights / 2 arrivals"),
        ("bookings/?figure=lead_time", "0 days / 2 arrivals; median 0.00\xa0days"),
        ("bookings/?figure=cancellations", "1 cancelled / 3 bookings"),
    ],
)
def test_page_says_how_the_figure_is_made(
    client: Client,
    organization: Organization,
    owner: User,
    homes: list[Property],
    statements: Statements,
    address: str,
    said: str,
) -> None:
    client.force_login(owner)

    with statements(9):
        text = client.get(
            f"/o/{organization.slug}/analytics/{address}&from=2026-03-01&to=2026-04-01"
        ).text

    assert said in text
    assert "Checked: the rows below add up to it." in text


def test_files_have_every_row_and_the_sum(
    client: Client, organization: Organization, owner: User, homes: list[Property]
) -> None:
    guest = make_guest(organization, name="=1+1")
    make_booking(homes[0], date(2026, 3, 2), 1, guest=guest, total_price=Decimal(5))
    client.force_login(owner)
    root = f"/o/{organization.slug}/analytics/"

    text = client.get(f"{root}nights/", ASKED | {"format": "csv"}).getvalue().decode()
    sheet = client.get(f"{root}nights/", ASKED | {"format": "xlsx"}).getvalue()
    lost = {"format": "csv", "figure": "cancellations"}
    bookings = client.get(f"{root}bookings/", ASKED | lost).getvalue().decode().splitlines()

    lines = text.splitlines()
    assert len(lines) == 1 + 5 + 1
    assert "'=1+1" in lines[1]
    assert lines[-1] == "Total,,,5,,,,71.67,USD"
    rows = list(load_workbook(BytesIO(sheet)).active.values)
    assert (rows[-1][3], rows[-1][7]) == (5, 71.67)
    assert len(bookings) == 1 + 4 + 1
    assert bookings[-1].endswith("1 cancelled")
    with organization_context(organization, by=None, door=Door.COMMAND):
        connection.check_constraints()
        assert AuditEntry.objects.filter(action="exported", record_label="nights").count() == 2


def test_page_refuses_what_it_cannot_answer(
    client: Client, organization: Organization, owner: User
) -> None:
    client.force_login(owner)
    root = f"/o/{organization.slug}/analytics/"

    assert client.get(f"{root}nights/?figure=alos").status_code == 404
    assert client.get(f"{root}nights/?format=exe").status_code == 404
    wrong = client.get(f"{root}bookings/?from=2026-03-02&to=2026-03-01")
    assert wrong.headers["Location"] == f"{root}?from=2026-03-02&to=2026-03-01"
    client.force_login(make_member(organization, Role.STAFF))
    assert client.get(f"{root}nights/").status_code == 403
