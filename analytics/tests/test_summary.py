"""The figures of a period: sums by property, ratios of sums, nothing of nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from accounts.models import Organization
from analytics.summary import LeadTime, Summary, summaries, together
from bookings.blocks import block_nights
from bookings.models import Booking
from bookings.services import cancel_booking, mark_no_show
from conftest import Statements
from villaops.tests.build import make_booking, make_property, units_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inside")]

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def test_summary_counts_a_month_as_the_contract_says(
    organization: Organization, statements: Statements
) -> None:
    """A stay over the end, one over the beginning, owner nights, a fault, a cancellation."""
    home = make_property(organization, name="Villa Aurora")
    make_booking(home, date(2026, 3, 2), 4, total_price=Decimal(1000))
    make_booking(home, date(2026, 3, 30), 4, total_price=Decimal("100.01"))
    make_booking(home, date(2026, 2, 27), 3, total_price=Decimal(90))
    unpriced = make_property(organization, name="Villa Bora", base_price_per_night=None)
    make_booking(unpriced, date(2026, 3, 10), 2)
    cancel_booking(booking=make_booking(home, date(2026, 3, 20), 1), by=None)
    mark_no_show(booking=make_booking(home, date(2026, 3, 22), 1, status="confirmed"), by=None)
    (unit,) = units_of(home)
    block_nights(
        unit=unit, start=date(2026, 3, 8), end=date(2026, 3, 10), by=None, reason="owner_stay"
    )
    block_nights(
        unit=unit, start=date(2026, 3, 10), end=date(2026, 3, 14), by=None, reason="out_of_order"
    )
    block_nights(unit=unit, start=date(2026, 3, 15), end=date(2026, 3, 16), by=None)

    with statements(1):
        found = summaries(organization, MARCH, APRIL)

    aurora, bora = found.rows

    # Four nights, two of the four at the end (25.01 + 25.00), one of those from February.
    assert aurora.figures == Summary(
        nights_sold=7,
        available_nights=31,
        owner_nights=2,
        out_of_order_nights=4,
        room_revenue=Decimal("1080.01"),
        arrivals=2,
        stay_nights=8,
        bookings=4,
        cancelled_bookings=1,
    )
    assert aurora.figures.occupancy_rate == Decimal("22.58")
    assert aurora.figures.adjusted_occupancy_rate == Decimal("28.00")
    assert aurora.figures.adr == Decimal("154.29")
    assert aurora.figures.revpar == Decimal("34.84")
    assert aurora.figures.alos == Decimal("4.00")
    assert aurora.figures.cancellation_rate == Decimal("25.00")
    assert (bora.figures.unpriced_nights, bora.figures.room_revenue) == (2, 0)
    both = together(found.of(organization.currency))
    assert both.nights_sold == 9
    assert both.occupancy_rate == Decimal("14.52")


def test_summary_of_nothing_has_no_ratios(organization: Organization) -> None:
    make_property(organization, units=1, base_price_per_night=None)
    nothing = Summary()

    ratios = (nothing.occupancy_rate, nothing.adr, nothing.revpar, nothing.alos)
    assert ratios == (None, None, None, None)
    (home,) = summaries(organization, MARCH, MARCH).rows
    assert (home.figures, home.lead_time) == (nothing, LeadTime())


def test_lead_time_is_of_days_where_the_property_is(organization: Organization) -> None:
    """A minute before its midnight and at it, around a change of the clock; long before; after."""
    home = make_property(organization, time_zone="America/New_York", units=5)
    booked = [
        datetime(2026, 3, 9, 3, 59, tzinfo=UTC),
        datetime(2026, 3, 9, 4, 0, tzinfo=UTC),
        datetime(2024, 3, 10, 4, 59, tzinfo=UTC),
        datetime(2024, 3, 10, 5, 0, tzinfo=UTC),
        datetime(2026, 5, 1, tzinfo=UTC),
    ]
    for moment in booked:
        stay = make_booking(home, date(2026, 3, 10), 1)
        Booking.objects.filter(pk=stay.pk).update(created_at=moment)

    (row,) = summaries(organization, MARCH, APRIL).rows

    # 2, 1, 731, 730 and none.
    assert row.lead_time == LeadTime(Decimal("292.80"), Decimal("2.00"))
