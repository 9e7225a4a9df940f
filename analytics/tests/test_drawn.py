"""What only the analytics page draws: heat map, histograms and pace, beside the reports they are
parts of.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.http import QueryDict

from accounts.models import Organization, User
from analytics import reports
from analytics.asked import Asked, Period, asked_in
from analytics.habits import habits
from analytics.heat import Heat, cells_of, heat_of
from analytics.pace import days_watched, on_books, pace
from analytics.reports import Scope
from analytics.summary import summaries
from analytics.tests.test_reports import JANUARY, at
from bookings.services import cancel_booking, change_dates
from conftest import Statements
from villaops.tests.build import make_booking, make_property, units_of

pytestmark = pytest.mark.usefixtures("inside")

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def march(organization: Organization, **more: object) -> Scope:
    return Scope(organization, MARCH, APRIL, organization.currency, **more)  # type: ignore[arg-type]


def asked(organization: Organization) -> Asked:
    return asked_in(QueryDict("from=2026-03-01&to=2026-04-01"), organization)


def test_heat_of_properties_is_their_occupancy_by_part(
    organization: Organization, statements: Statements
) -> None:
    villa, inn = make_property(organization), make_property(organization, units=2)
    first, second = units_of(inn)
    second.available_from = date(2026, 3, 10)
    second.save()
    make_booking(villa, date(2026, 2, 26), 5)
    make_booking(inn, date(2026, 3, 9), 3, units=[first])
    make_booking(make_property(organization, currency="CHF"), date(2026, 3, 9), 1)

    with statements(1):
        found = heat_of(march(organization), "week", [villa.pk, inn.pk])

    weeks = {pk: [(one.sold, one.available) for one in row] for pk, row in found.items()}
    assert weeks[villa.pk] == [(1, 1), (1, 7), (0, 7), (0, 7), (0, 7), (0, 2)]
    assert weeks[inn.pk] == [(0, 1), (0, 7), (3, 13), (0, 14), (0, 14), (0, 4)]
    assert found[inn.pk][2].rate == Decimal("23.08")
    together = [
        tuple(map(sum, zip(*parts, strict=True))) for parts in zip(*weeks.values(), strict=True)
    ]
    revenue = reports.revenue(march(organization), "week").items
    assert together == [(item.sold, item.available) for item in revenue]
    alone = heat_of(march(organization, units=(second.pk,)), "month", [inn.pk])
    assert [(one.sold, one.available) for one in alone[inn.pk]] == [(0, 22)]


def test_histograms_count_each_arrival_once(
    organization: Organization, owner: User, statements: Statements
) -> None:
    home = make_property(organization, units=4)
    with time_machine.travel("2026-02-20T12:00Z"):
        make_booking(home, date(2026, 3, 2), 2)
        make_booking(home, date(2026, 3, 4), 30)
        cancel_booking(booking=make_booking(home, date(2026, 3, 4), 1), by=owner)
        make_booking(home, date(2026, 2, 27), 9)
    with time_machine.travel("2026-03-05T12:00Z"):
        make_booking(home, date(2026, 3, 5), 2)

    with statements(1):
        found = habits(march(organization))

    assert [(bar.label, bar.stays) for bar in found.leads if bar.stays] == [
        ("0", 1),
        ("8–14", 2),
    ]
    assert [(bar.label, bar.stays) for bar in found.lengths if bar.stays] == [("2", 2), ("28+", 1)]
    assert found.lengths[1].share == Decimal("66.67")
    (row,) = summaries(organization, MARCH, APRIL).rows
    assert row.figures.arrivals == sum(bar.stays for bar in found.leads) == 3


def test_cells_of_the_heat_map_are_levels_and_whole_percents() -> None:
    row = [Heat(MARCH, APRIL, sold, available) for sold, available in ((0, 4), (1, 4), (0, 0))]

    cells = cells_of(row)

    assert cells == '<td class="heat-0">0</td><td class="heat-2">25</td><td>–</td>'


def test_pace_says_what_pickup_says_of_every_day(
    organization: Organization, owner: User, statements: Statements
) -> None:
    home = make_property(organization, units=3)
    lost = make_booking(home, date(2026, 3, 2), 2)
    moved = make_booking(home, date(2026, 3, 10), 3)
    at(JANUARY[0])
    cancel_booking(booking=lost, by=owner)
    at(JANUARY[2])
    change_dates(booking=moved, check_in=date(2026, 3, 30), check_out=date(2026, 4, 2), by=owner)
    make_booking(home, date(2026, 3, 5), 4, total_price=Decimal(1000))
    at(JANUARY[4])
    days = [date(2025, 12, 31) + timedelta(days=n) for n in range(7)]

    with statements(1):
        books = on_books(march(organization), days)

    for day, next_day, before, after in zip(days, days[1:], books, books[1:], strict=False):
        found = reports.pickup(march(organization), day, next_day)
        assert (before.nights, before.revenue) == (
            found.on_books_from.nights,
            found.on_books_from.revenue,
        )
        assert (after.nights, after.revenue) == (
            found.on_books_to.nights,
            found.on_books_to.revenue,
        )
    assert [one.nights for one in books] == [0, 5, 5, 3, 3, 6, 6]


@time_machine.travel("2026-03-15T12:00Z", tick=False)
def test_pace_ends_today_and_goes_on_a_year_before(
    organization: Organization, statements: Statements
) -> None:
    home = make_property(organization)
    make_booking(home, date(2025, 3, 4), 4)
    make_booking(home, date(2026, 3, 20), 3)
    question = asked(organization)
    at(datetime(2026, 3, 14, 12, tzinfo=UTC))

    with statements(2):
        points = pace(question)

    known = [point for point in points if point.now]
    assert known[-1].day == date(2026, 3, 15)
    assert points[-1].day == date(2026, 3, 31)
    assert known[-1].now
    assert known[-1].now.nights == 3
    # What stands there was written down this year, not the last.
    assert {point.year_ago.nights for point in points} == {0}
    assert [point.picked_up.nights for point in known if point.picked_up][-1] == 3


@pytest.mark.parametrize("days", [1, 31, 365, 3660])
def test_days_watched_are_few_whole_weeks_and_today(days: int) -> None:
    today = date(2026, 3, 15)
    for start in (today - timedelta(days=400), today, today + timedelta(days=300)):
        period = Period(start, start + timedelta(days=days))

        watched = days_watched(period, today)

        assert len(watched) <= 42
        assert watched[-1] == period.last
        assert today in watched or today > period.last
