"""Figures over nights, against terms.md."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import Organization
from analytics.figures import (
    DayOccupancy,
    Figures,
    Outlook,
    PropertyOccupancy,
    by_month,
    figures_by_day,
    occupancy_by_day,
    occupancy_by_property,
    outlook_of,
    overall_occupancy_rate,
    percent,
)
from bookings.blocks import block_nights
from bookings.services import cancel_booking, delete_booking, mark_no_show
from villaops.tests.build import make_booking, make_property, units_of

START, END = date(2026, 3, 1), date(2026, 3, 31)
ONE = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("inside")


@pytest.mark.parametrize(
    ("part", "whole", "rate"),
    [(7, 30, "23.33"), (2, 3, "66.67"), (1, 800, "0.13"), (0, 30, "0.00"), (0, 0, "0.00")],
)
def test_percent_rounds_half_up(part: int, whole: int, rate: str) -> None:
    assert percent(part, whole) == Decimal(rate)


def test_occupancy_counts_the_nights_of_the_period(organization: Organization) -> None:
    home = make_property(organization)
    make_booking(home, START - 3 * ONE, 5)  # two nights in the period
    make_booking(home, END - 2 * ONE, 5)  # two nights
    make_booking(home, START + 10 * ONE, 3)

    (row,) = occupancy_by_property(organization, START, END)

    assert (row.booked_days, row.total_days) == (7, 30)
    assert row.occupancy_rate == Decimal("23.33")


def test_occupancy_counts_a_date_once_however_many_units(organization: Organization) -> None:
    home = make_property(organization, units=3)
    for _n in range(2):
        make_booking(home, START, 3)

    (row,) = occupancy_by_property(organization, START, END)

    assert row.booked_days == 3


def test_occupancy_leaves_out_what_is_no_stay(organization: Organization) -> None:
    home = make_property(organization)
    cancel_booking(booking=make_booking(home, START), by=None)
    mark_no_show(booking=make_booking(home, START, status="confirmed"), by=None)
    delete_booking(booking=make_booking(home, START), by=None)
    block_nights(unit=units_of(home)[0], start=START, end=END, by=None)

    (row,) = occupancy_by_property(organization, START, END)

    assert row.booked_days == 0


def test_occupancy_has_every_property_by_name(organization: Organization) -> None:
    make_property(organization, name="B", status="inactive")
    home = make_property(organization, name="A")
    make_booking(home, START, 3)

    rows = occupancy_by_property(organization, START, END)

    assert [(row.property_name, row.booked_days) for row in rows] == [("A", 3), ("B", 0)]
    assert occupancy_by_property(organization, START, END, home) == [
        PropertyOccupancy(home.pk, "A", 30, 3)
    ]


def test_overall_rate_is_a_ratio_of_sums(organization: Organization) -> None:
    make_property(organization)
    make_booking(make_property(organization), START, 7)

    assert overall_occupancy_rate(occupancy_by_property(organization, START, END)) == Decimal(
        "11.67"
    )
    assert overall_occupancy_rate([]) == Decimal("0.00")


def test_figures_by_day_count_unit_nights_and_their_prices(organization: Organization) -> None:
    home = make_property(organization, units=2)
    late = units_of(home)[1]
    late.available_from = START + ONE
    late.save()
    make_booking(home, START, 2, total_price=Decimal("100.01"))
    make_booking(home, START + ONE, 1)
    cancel_booking(booking=make_booking(home, START + 2 * ONE), by=None)
    block_nights(unit=late, start=START + 2 * ONE, end=END, by=None)

    (days,) = figures_by_day(organization, START, START + 3 * ONE).values()

    assert [(day.available, day.sold, day.revenue) for day in days] == [
        (1, 1, Decimal("50.01")),
        (2, 2, Decimal("150.00")),
        (2, 0, Decimal("0.00")),
    ]
    assert (days[1].occupancy_rate, days[1].adr, days[0].revpar) == (
        Decimal("100.00"),
        Decimal("75.00"),
        Decimal("50.01"),
    )
    assert (days[2].occupancy_rate, days[2].adr) == (Decimal("0.00"), None)


def test_figures_keep_currencies_apart_and_nights_together(organization: Organization) -> None:
    home = make_property(organization, currency="EUR")
    make_booking(home, START, 1)
    make_booking(make_property(organization, currency="USD"), START, 1)

    figures = figures_by_day(organization, START, START + ONE)

    assert {currency: days[0].revenue for currency, days in figures.items()} == {
        "EUR": Decimal("100.00"),
        "USD": Decimal("100.00"),
    }
    assert occupancy_by_day(organization, START, START + ONE) == [DayOccupancy(START, 2, 2)]
    assert list(figures_by_day(organization, START, START + ONE, home)) == ["EUR"]


def test_figures_are_another_organizations_business(
    organization: Organization, other_organization: Organization
) -> None:
    make_booking(make_property(organization), START)

    assert figures_by_day(other_organization, START, END) == {}


def test_months_are_clipped_to_the_period_and_are_ratios_of_totals(
    organization: Organization,
) -> None:
    make_booking(make_property(organization), date(2026, 3, 30), 4)

    (days,) = figures_by_day(organization, date(2026, 3, 22), date(2026, 4, 5)).values()
    march, april = by_month(days)

    assert (march.start, march.end, march.available, march.sold) == (
        date(2026, 3, 22),
        date(2026, 4, 1),
        10,
        2,
    )
    assert (april.available, april.sold, april.adr) == (4, 2, Decimal("100.00"))
    assert (march.occupancy_rate, march.revpar) == (Decimal("20.00"), Decimal("20.00"))


def test_figures_of_nothing_have_no_value() -> None:
    nothing = Figures(START, END, 0, 0)

    assert (nothing.occupancy_rate, nothing.adr, nothing.revpar) == (None, None, None)


def test_outlook_counts_from_each_propertys_own_day(organization: Organization) -> None:
    home = make_property(organization, units=2)
    closed = units_of(home)[1]
    closed.available_to = START + ONE
    closed.status = "inactive"
    closed.save()
    make_booking(home, START - ONE, 2)
    block_nights(unit=units_of(home)[0], start=START + ONE, end=START + 3 * ONE, by=None)
    other = make_property(organization)

    seen = outlook_of({home.pk: START, other.pk: START + ONE}, nights=10)

    assert seen[home.pk] == Outlook(1, 1, 0, available=11, sold=1)
    assert seen[other.pk] == Outlook(1, 0, 0, available=10, sold=0)
    assert Outlook().occupancy_rate is None
