"""No figure differs, wherever it is read: over generated stays, every place that shows one."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from random import Random
from typing import Any

import pytest
import time_machine
from django.http import QueryDict
from django.test import Client

from accounts.models import Organization, User
from analytics.asked import asked_in
from analytics.downloads import paper_of
from analytics.page import KINDS, in_words
from analytics.report import monthly_report
from analytics.tests.test_checks import fill
from analytics.tests.test_downloads import NAMES
from properties.models import Property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_property
from villaops.tests.client import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inside", "noon")]

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
PERIOD = {"period_start": "2026-03-01", "period_end": "2026-04-01"}
QUERY = "from=2026-03-01&to=2026-04-01&by=day"
FILES = ("summary", "revenue", "trends", "sources", "pickup", "occupancy")


@pytest.fixture
def noon() -> Iterator[None]:
    """The figures of days to come are of the same month."""
    with time_machine.travel("2026-03-01T12:00Z", tick=False):
        yield


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """A year of stays, blocks and odd cents; and a house without a single unit on offer."""
    fill(organization, Random(6))
    client.force_login(owner)
    return f"/o/{organization.slug}/"


@pytest.fixture
def api(owner: User) -> Api:
    return Api(owner)


def as_csv(answer: Any) -> list[dict[str, str]]:
    content = answer.getvalue() if answer.streaming else answer.content
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))


def written(value: Any) -> str:
    return "" if value is None else str(value)


def test_api_and_its_files_say_the_same(root: str, api: Api) -> None:
    for name in FILES:
        asked = PERIOD | ({"as_of_from": "2026-01-01"} if name == "pickup" else {})
        told = api.get(f"analytics/{name}", **asked).json()
        rows = as_csv(api.get(f"analytics/{name}", **asked, format="csv"))
        parts = told.get("properties") or told.get("items") or []
        parts += [told.get("totals"), told if name == "summary" else None]
        parts += [told[block] for block in ("current", "previous", "last_year") if block in told]
        parts += list(told.get("change", {}).values())
        parts += [told[block] for block in ("on_books_from", "net") if block in told]
        for part in filter(None, parts):
            shared = [key for key in rows[0] if key in part]
            assert len(shared) >= 3
            line = {key: written(part[key]) for key in shared}
            assert line in [{key: row[key] for key in shared} for row in rows], (name, part)


def test_cards_paper_report_and_what_is_behind_say_what_the_api_says(
    client: Client, organization: Organization, owner: User, root: str, api: Api
) -> None:
    summary = api.get("analytics/summary", **PERIOD).json()
    shown = client.get(f"{root}analytics/?{QUERY}").text
    with organization_context(organization, by=owner, door=Door.WEB):
        printed = paper_of(asked_in(QueryDict(QUERY), organization))
        (month,) = monthly_report(organization, MARCH).sections
    behind = {
        kind.key: as_csv(
            client.get(f"{root}analytics/{kind.behind}/?{QUERY}&figure={kind.key}&format=csv")
        )[-1]
        for kind in KINDS
    }

    assert summary["nights_sold"] > 30
    assert summary["cancelled_bookings"] > 0
    assert summary["owner_nights"] + summary["out_of_order_nights"] > 0
    for kind in KINDS:
        words = in_words(
            Decimal(summary[NAMES.get(kind.key, kind.key)]), kind.unit, organization.currency
        )
        page = client.get(f"{root}analytics/{kind.behind}/?{QUERY}&figure={kind.key}").text
        for text in (shown, printed, page):
            assert words in text, kind.key
        assert "Checked: the rows below add up to it." in page
    for key in ("occupancy", "adr", "revpar", "revenue"):
        assert behind[key]["Unit"] == ""
        assert behind[key]["Taken by"] == str(summary["nights_sold"])
        assert behind[key]["Price"] == summary["room_revenue"]
    taken_out = summary["owner_nights"] + summary["out_of_order_nights"]
    adjusted = int(behind["adjusted_occupancy"]["Taken by"])
    assert adjusted == summary["nights_sold"] + taken_out
    assert behind["alos"]["Guest"] == behind["lead_time"]["Guest"] == str(summary["arrivals"])
    days = Decimal(behind["lead_time"]["Lead time"])
    assert round(days / summary["arrivals"], 2) == Decimal(summary["lead_time_mean"])
    assert behind["cancellations"]["Status"] == f"{summary['cancelled_bookings']} cancelled"
    for name in ("nights_sold", "room_revenue", "adr", "revpar", "occupancy_rate", "arrivals"):
        assert str(getattr(month.total, name)) == str(summary[name]), name


def test_other_pages_say_what_the_api_says(
    client: Client, organization: Organization, root: str, api: Api
) -> None:
    days = api.get("analytics/revenue", **PERIOD, interval="day").json()
    occupancy = api.get("analytics/occupancy", **PERIOD).json()
    chosen = client.get(f"{root}occupancy/?first=2026-03-01&last=2026-03-31").context
    week = client.get(root).context["chart"]["bars"]
    listed = client.get(f"{root}properties/").context["rows"]
    (home, *_others) = Property.objects.order_by("name")
    single = client.get(f"{root}properties/{home.pk}/").context["outlook"]

    nights = [(day["nights_sold"], day["available_nights"]) for day in days["items"]]
    assert [(day.sold, day.available) for day in chosen["days"]] == nights
    assert [(bar["figure"].sold, bar["figure"].available) for bar in week] == nights[:7]
    total = chosen["money_total"]
    assert (total.sold, total.available) == (chosen["sold"], chosen["available"])
    assert {name: str(getattr(total, name)) for name in ("occupancy_rate", "adr", "revpar")} == {
        name: days["totals"][name] for name in ("occupancy_rate", "adr", "revpar")
    }
    assert str(total.revenue) == days["totals"]["room_revenue"]
    assert str(chosen["overall"]) == occupancy["overall_occupancy_rate"]
    assert [(row.property_name, str(row.occupancy_rate)) for row in chosen["rows"]] == [
        (row["property_name"], row["occupancy_rate"]) for row in occupancy["properties"]
    ]
    next_30 = {"period_start": "2026-03-01", "period_end": f"{MARCH + timedelta(days=30)}"}
    told = api.get("analytics/summary", **next_30).json()["properties"]
    assert [(row["outlook"].sold, row["outlook"].available) for row in listed] == [
        (row["nights_sold"], row["available_nights"]) for row in told
    ]
    assert (single.sold, single.available) == (told[0]["nights_sold"], told[0]["available_nights"])


def test_what_has_no_value_is_a_dash_on_pages_and_paper_and_empty_in_files(
    client: Client, organization: Organization, owner: User, api: Api
) -> None:
    (unit,) = make_property(organization).units.all()
    unit.available_from = date(2027, 1, 1)
    unit.save()
    client.force_login(owner)
    root = f"/o/{organization.slug}/"

    shown = client.get(f"{root}analytics/?{QUERY}").text
    with organization_context(organization, by=owner, door=Door.WEB):
        printed = paper_of(asked_in(QueryDict(QUERY), organization))
    (total, *_rows) = as_csv(client.get(f"{root}analytics/download?{QUERY}&format=csv"))
    today, occupancy = (client.get(f"{root}{path}").text for path in ("", "occupancy/"))
    told = api.get("analytics/summary", **PERIOD).json()

    ratios = ["occupancy_rate", "adr", "revpar", "alos", "lead_time_mean"]
    assert [told[name] for name in ratios] == [None] * 5
    assert [total[name] for name in ratios] == [""] * 5
    for kind in KINDS:
        none = in_words(None, kind.unit, "")
        assert none == "–"
        if kind.key != "revenue":
            assert f">{none}<" in shown
            assert f">{none}<" in printed
    assert ">–</text>" in today
    assert ">0%<" not in today
    assert '<strong class="figure">–</strong>' in occupancy
