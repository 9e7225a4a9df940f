"""The analytics page: what it shows, beside what the API answers."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from analytics import reports
from analytics.reports import OnBooks, Pickup
from bookings.models import Block
from bookings.services import cancel_booking
from conftest import Statements
from villaops.tests.build import make_booking, make_guest, make_member, make_property, units_of
from villaops.tests.client import Api

pytestmark = pytest.mark.usefixtures("inside", "noon")

MARCH = {"from": "2026-03-01", "to": "2026-04-01"}
SECTIONS = ("course", "properties", "channels", "habits", "pickup", "pace")


@pytest.fixture
def noon() -> Iterator[None]:
    with time_machine.travel("2026-03-15T12:00Z", tick=False):
        yield


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    client.force_login(owner)
    return f"/o/{organization.slug}/analytics/"


def cards(answer: Any) -> dict[str, tuple[str, str, str]]:
    return {card.kind.key: (card.text, card.was, card.change) for card in answer.context["cards"]}


def test_cards_are_the_numbers_of_the_api(
    client: Client, root: str, organization: Organization, owner: User
) -> None:
    home = make_property(organization, units=2)
    make_booking(home, date(2026, 2, 26), 6, total_price=Decimal("1000.00"))
    make_booking(home, date(2026, 3, 10), 7, total_price=Decimal("999.99"))
    make_booking(make_property(organization, base_price_per_night=None), date(2026, 3, 20), 2)
    cancel_booking(booking=make_booking(home, date(2026, 3, 25), 2), by=owner)
    make_booking(make_property(organization, currency="CHF"), date(2026, 3, 10), 1)

    page = client.get(root, MARCH)

    api = Api(make_member(organization))
    asked = {"period_start": "2026-03-01", "period_end": "2026-04-01"}
    now = api.get("analytics/summary", **asked).json()
    change = api.get("analytics/trends", **asked).json()["change"]["previous"]
    shown = cards(page)
    assert {key: text for key, (text, *_rest) in shown.items()} == {
        "occupancy": f"{now['occupancy_rate']}\xa0%",
        "adjusted_occupancy": f"{now['adjusted_occupancy_rate']}\xa0%",
        "adr": f"{now['adr']}\xa0USD",
        "revpar": f"{now['revpar']}\xa0USD",
        "revenue": f"{Decimal(now['room_revenue']):,}\xa0USD",
        "alos": f"{now['alos']}\xa0nights",
        "lead_time": f"{now['lead_time_mean']}\xa0days",
        "cancellations": f"{now['cancellation_rate']}\xa0%",
    }
    assert shown["occupancy"][2] == f"+{Decimal(change['occupancy_rate']):,}\xa0%"
    assert shown["revenue"][1:] == ("500.01\xa0USD", f"+{change['room_revenue']}\xa0%")
    assert "2 nights without a price count as sold for nothing." in page.text
    assert "Left out: what sells in CHF." in page.text
    revenue = api.get("analytics/revenue", **asked, interval="day").json()
    course = client.get(root, {**MARCH, "section": "course"}).context
    lines = course["lines"]
    assert [f"{line.figures.revenue:.2f}" for line in lines] == [
        item["room_revenue"] for item in revenue["items"]
    ]
    assert str(course["total"].figures.revenue) == now["room_revenue"]


def test_parts_are_the_numbers_of_the_api(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, name="Villa Mare", units=2)
    make_booking(home, date(2026, 3, 10), 7, total_price=Decimal("999.99"), source="airbnb")
    make_booking(home, date(2026, 3, 12), 2)
    api = Api(make_member(organization))
    asked = {"period_start": "2026-03-01", "period_end": "2026-04-01"}

    found = {name: client.get(root, {**MARCH, "section": name}).context for name in SECTIONS}

    sources = api.get("analytics/sources", **asked).json()
    assert [
        (str(row.found.room_revenue), str(row.nights_share), str(row.revenue_share))
        for row in found["channels"]["channels"]
    ] == [
        (item["room_revenue"], item["nights_share"], item["revenue_share"])
        for item in sources["items"]
    ]
    pickup = api.get("analytics/pickup", **asked, as_of_from="2026-03-08").json()
    assert [
        (block["books"].bookings, block["books"].nights, f"{block['books'].revenue:.2f}")
        for block in found["pickup"]["blocks"]
    ] == [
        tuple(pickup[name].values())
        for name in ("on_books_from", "new", "changed", "lost", "on_books_to", "net")
    ]
    (row,) = found["properties"]["rows"]
    (same,) = api.get("analytics/summary", **asked).json()["properties"]
    assert str(row["summary"].figures.room_revenue) == same["room_revenue"]
    assert [cell.percent for cell in row["heat"]][9:14] == [50, 50, 100, 100, 50]
    assert sum(bar.stays for bar in found["habits"]["habits"].lengths) == same["arrivals"]


def test_nothing_sold_is_a_dash_and_not_zero(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    home.units.update(available_from=date(2027, 1, 1))

    page = client.get(root, MARCH)

    shown = cards(page)
    assert {key for key, (text, *_rest) in shown.items() if text == "–"} == {
        *("occupancy", "adjusted_occupancy", "adr", "revpar", "alos", "lead_time"),
        "cancellations",
    }
    assert shown["revenue"] == ("0.00\xa0USD", "0.00\xa0USD", "–")
    for name in SECTIONS:
        assert client.get(root, {**MARCH, "section": name}).status_code == 200


def test_address_keeps_all_that_was_asked(
    client: Client, root: str, organization: Organization
) -> None:
    first, second = make_property(organization, units=3), make_property(organization)
    unit, *_others = units_of(first)
    state = f"preset=last_year&compare=year&property={first.pk}&unit={unit.pk}&by=week&since=30"

    sent = client.get(
        f"{root}?from=2026-02-01&last=2026-02-28&compare=year&by=day&property={second.pk}"
    )
    page = client.get(f"{root}?{state}")

    assert sent["Location"] == (
        f"{root}?from=2026-02-01&to=2026-03-01&compare=year&property={second.pk}"
    )
    escaped = state.replace("&", "&amp;")
    assert f'href="{root}nights/?{escaped}&amp;figure=adr"' in page.text
    assert f'href="{root}bookings/?{escaped}&amp;figure=alos"' in page.text
    assert f'hx-get="?{escaped}&amp;section=pace"' in page.text
    assert 'hx-get="?' + escaped + '&amp;section=overview"' not in page.text
    assert f'href="{root}download?format=csv&amp;{escaped}"' in page.text
    other = escaped.replace("last_year", "next_90")
    assert f'href="?{other}"' in page.text
    without = f"?preset=last_year&compare=year&unit={unit.pk}&by=week&since=30"
    assert page.context["chips"][0]["without"] == without


@pytest.mark.parametrize("compare", ["previous", "year", "none"])
def test_every_comparison_is_shown(
    client: Client, root: str, organization: Organization, compare: str
) -> None:
    home = make_property(organization)
    make_booking(home, date(2026, 3, 2), 4)
    make_booking(home, date(2026, 2, 2), 3)
    make_booking(home, date(2025, 3, 3), 2)

    page = client.get(root, {**MARCH, "compare": compare})

    was = {"previous": "9.68\xa0%", "year": "6.45\xa0%", "none": ""}
    assert cards(page)["occupancy"][1] == was[compare]
    course = client.get(root, {**MARCH, "compare": compare, "section": "course"}).context
    before = [line.before for line in course["lines"]]
    sold = {"previous": 3, "year": 2, "none": 0}
    assert sum(one.sold for one in before if one) == sold[compare]
    assert len(course["revenue_chart"]["series"]) == (1 if compare == "none" else 2)


def test_form_keeps_the_days_of_the_pickup(
    client: Client, root: str, organization: Organization
) -> None:
    make_property(organization)

    page = client.get(root, {"since": "30"})

    assert '<input type="hidden" name="since" value="30">' in page.text


def test_pickup_says_how_many_stays_changed(
    client: Client, root: str, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_property(organization)
    said = []
    for since, many in ((7, 0), (14, 2)):
        found = Pickup(*[OnBooks()] * 5, changed_bookings=many, other_currencies=[])
        monkeypatch.setattr(reports, "pickup", lambda *_asked, found=found: found)
        said.append(
            "Changed: 2 stays" in client.get(root, {"since": since, "section": "pickup"}).text
        )

    assert said == [False, True]


def test_nonsense_is_explained(client: Client, root: str, organization: Organization) -> None:
    make_property(organization)

    answer = client.get(root, {"from": "2026-03-02", "last": "2026-03-01", "property": "mine"})

    assert answer.status_code == 422
    assert "A property that this link names is not here any more." in answer.text
    assert "The last night must not be before the first." in answer.text
    assert client.get(root, {"section": "weather"}).status_code == 404


@pytest.mark.parametrize(
    ("section", "number"),
    [
        ("overview", 9),
        ("course", 9),
        ("checked", 10),
        ("properties", 10),
        ("channels", 9),
        ("habits", 8),
        ("pickup", 8),
        ("pace", 9),
    ],
)
def test_page_is_few_statements_whatever_there_is(
    client: Client,
    root: str,
    organization: Organization,
    statements: Statements,
    section: str,
    number: int,
) -> None:
    for homes in (1, 3):
        for _one in range(homes):
            home = make_property(organization, units=2)
            make_booking(home, date(2026, 3, 10), 3)
        asked = {**MARCH, "section": section, "property": home.pk}
        client.get(root, asked)
        # What is remembered is no longer so.
        make_guest(organization)

        with statements(number):
            page = client.get(root, asked)
        fragment = client.get(root, asked, headers={"HX-Request": "true"}).text
        assert f'id="{section}"' in fragment
        assert fragment in page.text
        assert "<html" not in fragment
        assert f'hx-get="?{page.context["query"]}&section={section}' not in unescape(page.text)


def test_blocks_are_taken_out_of_the_adjusted_figure(
    client: Client, root: str, organization: Organization
) -> None:
    assert Block.Reason.OWNER_STAY
    client.force_login(make_member(organization, Role.ACCOUNTANT))
    make_property(organization)

    assert "Taken out: 0 owner nights, 0 out of order." in client.get(root, MARCH).text


def test_page_without_properties_says_so(client: Client, root: str) -> None:
    assert "No properties yet" in client.get(root).text
