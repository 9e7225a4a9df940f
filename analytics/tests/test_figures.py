"""Figures over nights, against terms.md."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import Organization
from analytics.figures import (
    PropertyOccupancy,
    occupancy_by_property,
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
