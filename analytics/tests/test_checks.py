"""Figures add up: generated stays, counted by every report in its own way."""

import itertools
from collections.abc import Iterator
from dataclasses import astuple, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import models
from django.db.models.functions import Coalesce
from django.http import QueryDict

from accounts.models import Organization
from analytics import checks, reports
from analytics.asked import Period, asked_in
from analytics.behind import NightsBehind, StaysBehind
from analytics.checks import Sum, checked, sums_of
from analytics.figures import total_of
from analytics.reports import Scope
from analytics.summary import ZERO, Choice, Summary, added_up, summaries, together
from bookings.blocks import block_nights
from bookings.models import Night
from bookings.nights import DatesTaken
from bookings.services import cancel_booking, mark_no_show
from conftest import Statements
from properties.models import Unit
from villaops.tests.build import make_booking, make_guest, make_property, units_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inside")]

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
ASKED = "from=2026-01-01&to=2027-01-01"


def months() -> Iterator[Period]:
    for month in range(1, 13):
        yield Period(date(2026, month, 1), date(2026 + month // 12, month % 12 + 1, 1))


def fill(organization: Organization, chance: Random) -> None:
    """Stays of any length and odd price, over the ends of months and of the year; some lost, some
    without a price; owners, faults; units that are not on offer all year.
    """
    guest = make_guest(organization)
    for number in range(3):
        # Without a price of its own a stay without one has none.
        home = make_property(organization, units=number + 1, base_price_per_night=None)
        for unit in units_of(home)[1:]:
            unit.available_from = YEAR.start + timedelta(days=chance.randrange(200))
            unit.save()
        for _stay in range(14):
            start = YEAR.start + timedelta(days=chance.randrange(-15, 360))
            cents = chance.choice([None, chance.randrange(1, 200_000)])
            total = None if cents is None else Decimal(cents) / 100
            try:
                stay = make_booking(
                    home, start, chance.randrange(1, 40), guest=guest, total_price=total,
                    status="confirmed", source=chance.choice(["direct", "airbnb", "vrbo"]),
                )  # fmt: skip
            except DatesTaken:
                continue
            if chance.random() < 0.3:
                chance.choice([cancel_booking, mark_no_show])(booking=stay, by=None)
        for reason in ("owner_stay", "out_of_order", "other"):
            start = YEAR.start + timedelta(days=chance.randrange(360))
            try:
                block_nights(
                    unit=units_of(home)[0], start=start, end=start + timedelta(days=5), by=None,
                    reason=reason,
                )  # fmt: skip
            except DatesTaken:
                continue


@pytest.mark.parametrize("seed", [6, 2026])
def test_parts_add_up_to_the_whole_to_the_cent(organization: Organization, seed: int) -> None:
    fill(organization, Random(seed))
    scope = Scope.usual(organization, YEAR.start, YEAR.end)
    found = summaries(organization, YEAR.start, YEAR.end)
    year = together(found.rows)
    assert year.nights_sold > 100
    assert year.cancelled_bookings > 0

    by_month = added_up(
        together(summaries(organization, month.start, month.end).rows) for month in months()
    )
    by_unit = added_up(
        together(summaries(organization, YEAR.start, YEAR.end, Choice(units=(unit.pk,))).rows)
        for row in found.rows
        for unit in Unit.objects.filter(property=row.property_id)
    )
    for one in fields(Summary):
        assert getattr(by_month, one.name) == getattr(year, one.name), one.name
        assert getattr(by_unit, one.name) == getattr(year, one.name), one.name
    for interval in ("day", "week", "month"):
        parts = reports.revenue(scope, interval).items
        total = total_of(parts, YEAR.start, YEAR.end)
        assert (total.sold, total.available, total.revenue) == (
            year.nights_sold,
            year.available_nights,
            year.room_revenue,
        )
    nights = NightsBehind.of(scope, adjusted=True)
    assert nights.totals.agrees(year, adjusted=True)
    assert sum(row.price or 0 for row in nights.rows) == year.room_revenue
    stays = StaysBehind.of(scope, with_lost=True)
    mean = found.lead_times[organization.currency].mean
    assert stays.totals.agrees(year, mean, with_lost=True)
    assert len(list(stays.rows)) == year.bookings
    assert {one.revenue for one in sums_of(scope)} == {year.room_revenue}
    assert all(one.agrees(same) for one in sums_of(scope) for same in sums_of(scope))


def test_channels_by_nights_are_those_by_bookings(organization: Organization) -> None:
    fill(organization, Random(7))
    home = make_property(organization, units=3)
    rooms = units_of(home)
    make_booking(home, date(2025, 12, 30), 4, units=rooms[:2], source="airbnb")
    make_booking(home, date(2026, 1, 20), 3, units=rooms[1:], source="website")
    periods = [YEAR, *months()]
    choices = [(), (rooms[1].pk,), tuple(Unit.objects.order_by("id").values_list("pk", flat=True))]
    for period, chosen in itertools.product(periods[:4], choices):
        scope = replace(Scope.usual(organization, period.start, period.end), units=chosen)
        nights = Night.objects.filter(
            booking__isnull=False, night__range=(period.start, period.last)
        )
        told = (
            (nights.filter(unit__in=chosen) if chosen else nights)
            .order_by()
            .values_list("booking__source")
            .annotate(
                models.Count("booking", distinct=True),
                models.Count("unit"),
                earned=Coalesce(models.Sum("price"), ZERO),
            )
        )

        found = reports.sources(scope).items

        assert {astuple(one) for one in found} == set(told)
        assert found or (chosen and period is not YEAR)
        assert reports.earned(scope) == {one.source: one.room_revenue for one in found}


def test_line_says_what_was_compared(
    organization: Organization, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_property(organization)
    make_booking(home, date(2026, 1, 30), 3, total_price=Decimal("100.00"))
    make_property(organization)
    asked = asked_in(QueryDict(ASKED), organization)

    with statements(3):
        told = checked(organization, asked)

    assert told.holds
    assert told.said == (
        "Checked: 2 properties, 12 months and 1 channel add up to the same 3 nights sold and"
        " 100.00\xa0USD."
    )
    off_by_a_cent = [Sum("2 properties", 3, Decimal(100)), Sum("Months", 3, Decimal("99.99"))]
    monkeypatch.setattr(checks, "sums_of", lambda _scope: off_by_a_cent)
    told = checked(organization, asked)
    assert not told.holds
    assert "Months: 3 nights sold and 99.99\xa0USD." in told.said


def test_nothing_adds_up_to_nothing(organization: Organization) -> None:
    asked = asked_in(QueryDict(ASKED), organization)

    told = checked(organization, asked)

    assert told.holds
    assert "0 properties" in told.said
