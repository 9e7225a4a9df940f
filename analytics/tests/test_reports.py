"""Contract section 6: revenue, trends, sources and pickup, and how they agree with each other."""

from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from accounts.models import Organization, User
from accounts.permissions import Role
from analytics import reports
from analytics.reports import OnBooks, Scope
from analytics.summary import Choice, Summary, summaries, together
from bookings.models import Booking, NightEvent
from bookings.services import cancel_booking, change_dates, delete_booking, update_booking
from conftest import Statements
from properties.services import PropertyHasBookings, delete_property, update_property
from villaops.tests.build import make_booking, make_member, make_property, units_of
from villaops.tests.client import Api

pytestmark = pytest.mark.django_db

ONE = timedelta(days=1)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
PERIOD = {"period_start": str(MARCH), "period_end": str(APRIL)}


def scope(organization: Organization, **more: Any) -> Scope:
    return Scope.usual(organization, **{"start": MARCH, "end": APRIL, **more})


@pytest.mark.usefixtures("inside")
class TestReports:
    """The functions, one statement each."""

    @pytest.mark.parametrize(
        ("interval", "firsts"),
        [
            ("day", [MARCH + n * ONE for n in range(31)]),
            # 1 March 2026 is a Sunday: the first week is clipped to it.
            ("week", [MARCH, *(date(2026, 3, 2) + n * 7 * ONE for n in range(5))]),
            ("month", [MARCH]),
        ],
    )
    def test_intervals_are_clipped_and_add_up(
        self,
        organization: Organization,
        statements: Statements,
        interval: reports.Interval,
        firsts: list[date],
    ) -> None:
        home = make_property(organization, units=2)
        make_booking(home, date(2026, 2, 27), 4, total_price=Decimal("100.01"))
        make_booking(home, date(2026, 3, 29), 9, total_price=Decimal("1000.00"))
        period = scope(organization)

        with statements(1):
            found = reports.revenue(period, interval)

        assert [item.start for item in found.items] == firsts
        assert [item.end for item in found.items] == [*firsts[1:], APRIL]
        total = together(summaries(organization, MARCH, APRIL).rows)
        assert sum(item.sold for item in found.items) == total.nights_sold == 2 + 3
        assert sum(item.available for item in found.items) == total.available_nights == 62
        # 25.01 + 25.00 + 25.00 + 25.00, and 1000.00 over nine nights: 111.12 once, then 111.11.
        assert sum(item.revenue for item in found.items) == total.room_revenue
        assert total.room_revenue == Decimal("50.00") + Decimal("333.34")

    def test_unit_counts_from_when_it_is_on_offer(self, organization: Organization) -> None:
        home = make_property(organization)
        unit = home.units.get()
        unit.available_from, unit.available_to = date(2026, 3, 10), date(2026, 3, 20)
        unit.save()

        weeks = reports.revenue(scope(organization), "week").items

        assert [week.available for week in weeks] == [0, 0, 6, 4, 0, 0]

    def test_trends_compare_with_the_days_before_and_the_weekdays_of_last_year(
        self, organization: Organization, statements: Statements
    ) -> None:
        home = make_property(organization)
        make_booking(home, date(2026, 3, 2), 3)
        make_booking(home, date(2026, 2, 2), 2)
        make_booking(home, date(2025, 3, 4), 1)

        with statements(1):
            found = reports.trends(scope(organization))

        assert (found.previous.start, found.previous.end) == (date(2026, 1, 29), MARCH)
        assert (found.last_year.start, found.last_year.end) == (
            date(2025, 3, 2),
            date(2025, 4, 2),
        )
        nights = [
            one.figures.nights_sold for one in (found.current, found.previous, found.last_year)
        ]
        assert nights == [3, 2, 1]
        assert reports.change(3, 2) == Decimal("50.00")
        assert reports.change(3, 0) is None

    def test_sources_share_what_was_sold(
        self, organization: Organization, statements: Statements
    ) -> None:
        home = make_property(organization)
        make_booking(home, date(2026, 3, 2), 3, source="airbnb")
        make_booking(home, date(2026, 3, 6), 1, source="direct", total_price=Decimal(900))
        cancel_booking(booking=make_booking(home, date(2026, 3, 8), 5, source="vrbo"), by=None)

        with statements(1):
            found = reports.sources(scope(organization))

        assert [(one.source, one.nights_sold) for one in found.items] == [
            ("direct", 1),
            ("airbnb", 3),
        ]
        assert found.total().room_revenue == Decimal(1200)
        assert (
            reports.sources(scope(organization, property=make_property(organization))).items == []
        )

    def test_other_currencies_are_left_out_and_named(self, organization: Organization) -> None:
        make_booking(make_property(organization), date(2026, 3, 2), 1)
        foreign = make_property(organization, currency="CHF")
        make_booking(foreign, date(2026, 3, 2), 2)

        found = reports.revenue(scope(organization), "month")
        assert (found.items[0].sold, found.other_currencies) == (1, ["CHF"])
        assert reports.sources(scope(organization, currency="JPY")).other_currencies == [
            "CHF",
            organization.currency,
        ]
        own = scope(organization, property=foreign)
        assert own.currency == "CHF"
        assert reports.trends(own).current.figures.nights_sold == 2
        assert reports.trends(own).other_currencies == []


@pytest.mark.usefixtures("inside")
def test_chosen_units_are_all_that_every_report_is_about(organization: Organization) -> None:
    home = make_property(organization, units=2)
    first, second = units_of(home)
    make_booking(home, date(2026, 3, 2), 3, units=[first])
    stay = make_booking(home, date(2026, 3, 2), 5, units=[second], source="airbnb")
    cancel_booking(booking=make_booking(home, date(2026, 3, 20), 1, units=[first]), by=None)
    make_booking(make_property(organization, currency="CHF"), date(2026, 3, 2), 1)
    chosen = Choice(units=(second.pk,))
    period = Scope(organization, MARCH, APRIL, organization.currency, units=chosen.units)

    (row,) = summaries(organization, MARCH, APRIL, chosen).rows
    assert row.figures == Summary(5, 31, 0, 0, stay.total_price, 0, 1, 5, 1, 0)
    assert [(item.sold, item.available) for item in reports.revenue(period, "month").items] == [
        (5, 31)
    ]
    assert reports.trends(period).current.figures.arrivals == 1
    assert [one.source for one in reports.sources(period).items] == ["airbnb"]
    today = datetime.now(UTC).date()
    assert reports.pickup(period, date(2026, 1, 1), today + ONE).net.nights == 5
    everything = Scope(organization, MARCH, APRIL, organization.currency)
    assert reports.pickup(everything, date(2026, 1, 1), today + ONE).net.nights == 8
    assert reports.revenue(period, "month").other_currencies == []
    nothing = Choice((make_property(organization).pk,), (second.pk,))
    assert summaries(organization, MARCH, APRIL, nothing).rows == []


def at(moment: datetime) -> None:
    """Let what has been noted so far have happened then, as triggers would have noted it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE bookings_nightevent DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE bookings_nightevent SET pgh_created_at = %s WHERE pgh_created_at > %s",
            [moment, datetime(2026, 2, 1, tzinfo=UTC)],
        )
        cursor.execute("ALTER TABLE bookings_nightevent ENABLE TRIGGER USER")


JANUARY = [datetime(2026, 1, day, 12, tzinfo=UTC) for day in range(1, 6)]


@pytest.mark.usefixtures("inside")
class TestPickup:
    """What was on the books at the end of a past day."""

    def test_stays_since_lost_moved_and_deleted_were_on_the_books(
        self, organization: Organization, owner: User
    ) -> None:
        home = make_property(organization, units=3)
        lost = make_booking(home, date(2026, 3, 2), 2)
        moved = make_booking(home, date(2026, 3, 10), 3)
        at(JANUARY[0])
        cancel_booking(booking=lost, by=owner)
        at(JANUARY[2])
        change_dates(
            booking=moved, check_in=date(2026, 3, 30), check_out=date(2026, 4, 2), by=owner
        )
        make_booking(home, date(2026, 3, 5), 4, total_price=Decimal(1000))
        at(JANUARY[4])

        found = reports.pickup(scope(organization), date(2026, 1, 1), date(2026, 1, 5))

        assert found.on_books_from == OnBooks(2, 5, Decimal("500.00"))
        assert found.on_books_to == OnBooks(2, 6, Decimal("1200.00"))
        assert found.new == OnBooks(1, 4, Decimal("1000.00"))
        assert found.lost == OnBooks(-1, -2, Decimal("-200.00"))
        assert found.changed == OnBooks(0, -1, Decimal("-100.00"))
        assert found.changed_bookings == 1
        parts = [astuple(one) for one in (found.new, found.lost, found.changed)]
        assert astuple(found.net) == tuple(map(sum, zip(*parts, strict=True)))

    def test_a_past_day_stays_what_it_was(
        self, organization: Organization, owner: User, statements: Statements
    ) -> None:
        """Whatever becomes of its bookings: called off, moved, priced anew, deleted, removed for
        good, or gone with their property.
        """
        home, other = make_property(organization, units=6), make_property(organization)
        stays = [make_booking(home, date(2026, 3, 2), 2) for _unit in range(5)]
        make_booking(other, date(2026, 3, 2), 2)
        at(JANUARY[0])
        days = scope(organization), date(2026, 1, 1), date(2026, 1, 2)
        before = reports.pickup(*days)
        off, moved, repriced, deleted, removed = stays
        cancel_booking(booking=off, by=owner)
        change_dates(booking=moved, check_in=date(2026, 4, 5), check_out=date(2026, 4, 7), by=owner)
        update_booking(booking=repriced, by=owner, changes={"total_price": Decimal(900)})
        delete_booking(booking=deleted, by=owner)
        Booking.objects.filter(pk=removed.pk).delete()
        delete_property(property=other, by=owner)
        make_booking(home, date(2026, 3, 2), 2)

        with statements(1):
            after = reports.pickup(*days)

        assert after == before
        assert after.on_books_to == OnBooks(6, 12, Decimal("1200.00"))
        now = reports.pickup(scope(organization), date(2026, 1, 2), datetime.now(UTC).date() + ONE)
        assert now.on_books_from == after.on_books_to
        assert now.on_books_to == OnBooks(2, 4, Decimal("1100.00"))
        assert (now.new.nights, now.lost.nights, now.changed.revenue) == (2, -10, 700)
        assert NightEvent.objects.filter(pgh_label="delete").count() == 10

    def test_currency_of_what_was_on_the_books_stays(
        self, organization: Organization, owner: User
    ) -> None:
        home = make_property(organization)
        delete_booking(booking=make_booking(home), by=owner)

        with pytest.raises(PropertyHasBookings):
            update_property(property=home, by=owner, changes={"currency": "CHF"})


def test_api_answers_all_reports_and_their_files(organization: Organization, inside: None) -> None:
    home = make_property(organization, name="=Villa")
    make_booking(home, date(2026, 3, 2), 3)
    api = Api(make_member(organization, Role.ACCOUNTANT))

    summary = api.get("analytics/summary", **PERIOD).json()
    assert (summary["nights_sold"], summary["occupancy_rate"]) == (3, "9.68")
    assert (summary["currency"], summary["other_currencies"]) == (organization.currency, [])
    assert summary["properties"][0]["room_revenue"] == summary["room_revenue"] == "300.00"
    assert summary["lead_time_median"] == "0.00"
    revenue = api.get("analytics/revenue", **PERIOD, interval="week").json()
    assert len(revenue["items"]) == 6
    assert revenue["totals"]["adr"] == "100.00"
    trends = api.get("analytics/trends", **PERIOD).json()
    assert trends["change"]["previous"]["nights_sold"] is None
    assert trends["current"]["arrivals"] == 1
    sources = api.get("analytics/sources", **PERIOD).json()
    assert sources["items"][0]["revenue_share"] == "100.00"
    pickup = api.get("analytics/pickup", **PERIOD, as_of_from="2026-01-01").json()
    assert pickup["net"] == pickup["new"] == {"bookings": 1, "nights": 3, "revenue": "300.00"}
    for name in ("summary", "revenue", "trends", "sources"):
        file = api.get(f"analytics/{name}", **PERIOD, format="csv")
        assert file["Content-Type"] == "text/csv; charset=utf-8"
        assert "300.00" in file.content.decode()
    assert "'=Villa" in api.get("analytics/summary", **PERIOD, format="csv").content.decode()


def test_api_refuses_a_pickup_that_ends_before_it_begins(organization: Organization) -> None:
    api = Api(make_member(organization))
    asked = {**PERIOD, "as_of_from": "2026-01-02", "as_of_to": "2026-01-02"}

    answer = api.get("analytics/pickup", **asked)

    assert (answer.status_code, answer.json()) == (
        400,
        {"detail": "as_of_to must be after as_of_from"},
    )
    assert api.get("analytics/pickup", **PERIOD).status_code == 422
