"""What the address of the analytics pages asks, and the address of what was asked."""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.http import QueryDict

from accounts.models import Organization
from analytics.asked import (
    PRESETS,
    Asked,
    NotUnderstood,
    Period,
    asked_in,
    possible_intervals,
    usual_interval,
)
from conftest import Statements
from villaops.tests.build import make_property

pytestmark = pytest.mark.usefixtures("inside", "noon")

TODAY = date(2026, 3, 15)


@pytest.fixture
def noon() -> Iterator[None]:
    with time_machine.travel("2026-03-15T12:00Z", tick=False):
        yield


def asked(organization: Organization, query: str = "") -> Asked:
    return asked_in(QueryDict(query), organization)


@pytest.mark.parametrize(
    ("preset", "start", "end"),
    [
        ("this_month", "2026-03-01", "2026-04-01"),
        ("last_month", "2026-02-01", "2026-03-01"),
        ("next_month", "2026-04-01", "2026-05-01"),
        ("this_quarter", "2026-01-01", "2026-04-01"),
        ("last_quarter", "2025-10-01", "2026-01-01"),
        ("year_to_date", "2026-01-01", "2026-03-16"),
        ("this_year", "2026-01-01", "2027-01-01"),
        ("last_year", "2025-01-01", "2026-01-01"),
        ("last_30", "2026-02-13", "2026-03-15"),
        ("last_90", "2025-12-15", "2026-03-15"),
        ("last_365", "2025-03-15", "2026-03-15"),
        ("next_30", "2026-03-15", "2026-04-14"),
        ("next_90", "2026-03-15", "2026-06-13"),
        ("next_365", "2026-03-15", "2027-03-15"),
    ],
)
def test_presets(preset: str, start: str, end: str) -> None:
    assert PRESETS[preset][1](TODAY) == Period(date.fromisoformat(start), date.fromisoformat(end))


def test_nothing_asked_is_this_month_beside_the_nights_before(organization: Organization) -> None:
    found = asked(organization)

    assert (found.preset, found.by, found.compare) == ("this_month", "day", "previous")
    assert found.period == Period(date(2026, 3, 1), date(2026, 4, 1))
    assert found.comparison == Period(date(2026, 1, 29), date(2026, 3, 1))
    assert found.query() == "preset=this_month"


def test_address_says_all_that_was_asked(
    organization: Organization, statements: Statements
) -> None:
    first, second = make_property(organization, units=2), make_property(organization)
    unit = first.units.order_by("position")[1]
    query = (
        "from=2026-03-02&to=2026-06-02&compare=year"
        f"&property={first.pk}&property={second.pk}&unit={unit.pk}&by=month"
    )

    with statements(2):
        found = asked(organization, query)

    assert set(found.scope.properties) == {first.pk, second.pk}
    assert [home.pk for home in found.chosen_homes] == [first.pk, second.pk]
    assert [room.pk for room in found.chosen_rooms] == [unit.pk]
    assert found.comparison == Period(date(2025, 3, 3), date(2025, 6, 3))
    assert found.query() == query
    assert asked(organization, found.query()) == found
    assert asked(organization, found.query(preset="last_year", unit=None)).preset == "last_year"


def test_dates_win_over_a_preset_that_means_others(organization: Organization) -> None:
    same = asked(organization, "preset=this_month&from=2026-03-01&last=2026-03-31")
    other = asked(organization, "preset=this_month&from=2026-02-01&to=2026-03-01")

    assert (same.preset, same.period.last) == ("this_month", date(2026, 3, 31))
    assert (other.preset, other.period.last) == ("", date(2026, 2, 28))
    assert other.query() == "from=2026-02-01&to=2026-03-01"


def test_too_fine_a_drawing_is_made_coarser(organization: Organization) -> None:
    assert asked(organization, "preset=this_year&by=day").by == "week"
    assert [usual_interval(days) for days in (31, 92, 365)] == ["day", "week", "month"]
    assert possible_intervals(92) == ["day", "week", "month"]
    assert possible_intervals(3660) == ["month"]


def test_currency_is_that_of_what_was_named(organization: Organization) -> None:
    make_property(organization, currency="USD")
    euros = make_property(organization, currency="EUR")

    assert asked(organization).scope.currency == "USD"
    assert asked(organization, f"property={euros.pk}").scope.currency == "EUR"
    assert asked(organization, "currency=EUR").query() == "preset=this_month&currency=EUR"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=soon&to=2026-03-01", "Enter a valid date."),
        ("from=2026-03-01", "Both ends of the period, please."),
        ("from=2026-03-02&last=2026-03-01", "The last night must not be before the first."),
        ("from=2026-03-01&to=2026-03-01", "The last night must not be before the first."),
        ("from=2026-03-01&to=2046-03-01", "At most 3660 nights."),
        ("from=9999-12-01&last=9999-12-31", "At most 3660 nights."),
        ("from=1899-12-01&to=1900-02-01", "Nobody kept books then."),
        ("preset=someday", "Select a valid choice."),
        ("compare=them", "Select a valid choice."),
        ("property=nonsense", "A property that this link names is not here any more."),
        (
            "unit=01890a5d-ac96-774b-bcce-b302099a8057",
            "A unit that this link names is not here any more.",
        ),
        ("currency=XXX", "Nothing here sells in this currency."),
        ("by=hour", "Select a valid choice."),
    ],
)
def test_nonsense_is_explained(organization: Organization, query: str, sentence: str) -> None:
    with pytest.raises(NotUnderstood, match=sentence):
        asked(organization, query)
