"""The analytics page as files: no figure differs from the API's and the page's."""

import csv
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.http import QueryDict
from django.test import Client
from openpyxl import load_workbook

from accounts.models import Organization, User
from accounts.permissions import Role
from analytics import paper
from analytics.asked import asked_in
from analytics.downloads import paper_of
from analytics.page import KINDS, in_words
from bookings.blocks import block_nights
from bookings.services import cancel_booking
from villaops import written
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_member, make_property, units_of
from villaops.tests.client import Api

pytestmark = pytest.mark.django_db

QUERY = "from=2026-03-01&to=2026-04-08&by=week"
PERIOD = {"period_start": "2026-03-01", "period_end": "2026-04-08"}
# The cards of the page, by the names of the API.
NAMES = {
    "occupancy": "occupancy_rate",
    "revenue": "room_revenue",
    "adjusted_occupancy": "adjusted_occupancy_rate",
    "lead_time": "lead_time_mean",
    "cancellations": "cancellation_rate",
}


@pytest.fixture(autouse=True)
def house(organization: Organization, inside: None) -> None:
    """Odd cents, over the ends of weeks; a formula for a name; another currency aside."""
    home = make_property(organization, name="=Aurora", units=2)
    make_booking(home, date(2026, 2, 27), 11, total_price=Decimal("1234.57"), source="airbnb")
    make_booking(home, date(2026, 3, 30), 3, total_price=Decimal("100.01"))
    cancel_booking(booking=make_booking(home, date(2026, 3, 20), 2), by=None)
    block_nights(
        unit=units_of(home)[0], start=date(2026, 3, 12), end=date(2026, 3, 15), by=None,
        reason="owner_stay",
    )  # fmt: skip
    make_booking(make_property(organization, name="Bora"), date(2026, 3, 5), 2, source="vrbo")
    make_booking(make_property(organization, currency="CHF"), date(2026, 3, 5), 2)


def test_no_figure_differs_between_page_api_and_files(
    client: Client, organization: Organization, owner: User
) -> None:
    api, root = Api(owner), f"/o/{organization.slug}/analytics/"
    client.force_login(owner)
    summary = api.get("analytics/summary", **PERIOD).json()
    weeks = api.get("analytics/revenue", **PERIOD, interval="week").json()["items"]
    sources = api.get("analytics/sources", **PERIOD).json()["items"]

    text = client.get(f"{root}download?{QUERY}&format=csv").getvalue().decode("utf-8-sig")
    sheet = client.get(f"{root}download?{QUERY}&format=xlsx").getvalue()
    shown = client.get(f"{root}?{QUERY}").text
    with organization_context(organization, by=owner, door=Door.WEB):
        printed = paper_of(asked_in(QueryDict(QUERY), organization))

    rows = list(csv.DictReader(StringIO(text)))
    assert summary["room_revenue"] != "0.00"
    expected = [("total", summary), *(("week", week) for week in weeks)]
    expected += [("property", home) for home in summary["properties"]]
    expected += [("source", source) for source in sources]
    for block, told in expected:
        (row,) = (
            row
            for row in rows
            if row["block"] == block
            and row["period_start"] == told.get("period_start", "2026-03-01")
            and row["name"].strip("'") == told.get("property_name", told.get("source", ""))
        )
        figures = [name for name in row if name in told and not name.startswith(("period", "cur"))]
        assert len(figures) >= 3
        for name in figures:
            assert row[name] == ("" if told[name] is None else str(told[name])), (block, name)
    # A spreadsheet's numbers are binary; they are the same to the cent.
    heads, *lines = load_workbook(BytesIO(sheet)).active.values
    for line, row in zip(lines, rows, strict=True):
        for name, value in zip(heads[5:], line[5:], strict=True):
            assert (value is None) == (row[name] == "")
            assert value is None or Decimal(row[name]) == Decimal(str(round(value, 2)))
    for kind in KINDS:
        value = Decimal(summary[NAMES.get(kind.key, kind.key)])
        words = in_words(value, kind.unit, organization.currency)
        assert f">{words}<" in shown, kind.key
        assert f">{words}<" in printed, kind.key
    for told in [*weeks, *summary["properties"], *sources]:
        for name in ("room_revenue", "adr"):
            if told[name] is not None:
                assert f">{written.number(Decimal(told[name]), 2)}<" in printed
    assert "Checked: 2 properties, 2 months and 3 channels" in printed


@pytest.mark.skipif(not paper.pdf_is_possible(), reason="no PDF without Pango")
def test_pdf_has_the_logo_of_the_organization(
    client: Client, organization: Organization, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(owner)
    monkeypatch.setattr(paper, "_logo", lambda _organization: "data:image/webp;base64,AAAA")
    asked = asked_in(QueryDict(QUERY), organization)

    assert 'src="data:image/webp;base64,AAAA"' in paper_of(asked)
    monkeypatch.undo()
    answer = client.get(f"/o/{organization.slug}/analytics/download?{QUERY}&format=pdf")
    assert answer.content.startswith(b"%PDF-")
    assert "sea-houses-2026-03-01-2026-04-08.pdf" in answer["Content-Disposition"]


def test_names_below_the_drawing_leave_each_other_room(organization: Organization) -> None:
    paper = paper_of(asked_in(QueryDict("from=2026-01-01&to=2027-01-01&by=month"), organization))

    drawing = paper[paper.index("<svg") : paper.index("</svg>")]
    assert [
        month for month in ("Jan", "Feb", "Mar", "Nov", "Dec") if f"{month} 2026" in drawing
    ] == [
        "Jan",
        "Mar",
        "Nov",
    ]


def test_download_refuses_what_is_no_file(
    client: Client, organization: Organization, owner: User
) -> None:
    client.force_login(owner)
    root = f"/o/{organization.slug}/analytics/"

    assert client.get(f"{root}download?format=exe").status_code == 404
    assert client.get(f"{root}download?from=2026-01-01").status_code == 302
    client.force_login(make_member(organization, Role.HOUSEKEEPER))
    assert client.get(f"{root}download").status_code == 403
