"""The monthly report: its figures, its page, its file."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Organization, User
from accounts.permissions import Role
from analytics import paper, report_views
from analytics.report import monthly_report, months_of, next_month, previous_month
from conftest import Statements
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_member, make_property

NEEDS_PANGO = pytest.mark.skipif(
    not paper.pdf_is_possible(), reason="no PDF without Pango, which this machine lacks"
)


@pytest.fixture
def month(organization: Organization) -> dt.date:
    """The last month that is over, with a stay in it and one in the month before."""
    last = previous_month(today_in(organization.time_zone))
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Villa Aurora")
        make_booking(home, last.replace(day=5), 4, total_price=Decimal(500))
        make_booking(home, previous_month(last).replace(day=5), 2, total_price=Decimal(200))
        make_property(organization, name="Casa Euro", currency="EUR")
    return last


def test_report_tells_a_month_beside_the_one_before(
    organization: Organization, month: dt.date, statements: Statements
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND), statements(3):
        own, euro = monthly_report(organization, month).sections

    told = {figure.label: (figure.text, figure.change, figure.is_up) for figure in own.figures()}
    assert told["Nights sold"] == ("4", "+100.0 %", True)
    assert told["Room revenue"] == ("500.00\xa0USD", "+150.0 %", True)
    assert told["ADR"] == ("125.00\xa0USD", "+25.0 %", True)
    assert told["Arrivals"] == ("1", "±0.0 %", None)
    assert [row.name for row in own.rows] == ["Villa Aurora"]
    assert euro.currency == "EUR"
    assert [figure.text for figure in euro.figures()][:4] == ["0.0 %", "0.0 %", "0.00\xa0EUR", "–"]
    bars = own.bars()["bars"]
    assert len(bars) == (next_month(month) - month).days
    assert [bar["day"].sold for bar in bars[3:9]] == [0, 1, 1, 1, 1, 0]


def test_months_reach_back_to_the_first_stay(organization: Organization, month: dt.date) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        assert months_of(organization) == [month, previous_month(month)]


def test_page_shows_the_month_chosen(
    client: Client, organization: Organization, owner: User, month: dt.date, statements: Statements
) -> None:
    client.force_login(owner)
    address = reverse("analytics:report", args=[organization.slug])

    with statements(8):
        shown = client.get(address).content.decode()

    assert "500.00\xa0USD" in shown
    assert "Casa Euro" in shown
    assert "<svg" in shown
    before = client.get(address, {"month": f"{previous_month(month):%Y-%m}"}).content.decode()
    assert "200.00\xa0USD" in before
    assert client.get(address, {"month": "1999-01"}).status_code == 404
    assert client.get(address, {"month": "nonsense"}).status_code == 404


@NEEDS_PANGO
def test_pdf_is_made_and_noted(
    client: Client, organization: Organization, owner: User, month: dt.date
) -> None:
    client.force_login(owner)
    text = f"{month:%Y-%m}"

    answer = client.get(reverse("analytics:report_pdf", args=[organization.slug, text]))

    assert answer.content.startswith(b"%PDF-")
    assert f'filename="{organization.slug}-{text}.pdf"' in answer["Content-Disposition"]
    with organization_context(organization, by=None, door=Door.COMMAND):
        connection.check_constraints()
        (told,) = AuditEntry.objects.filter(action="exported")
        assert told.record_label == "monthly report"


def test_without_pango_the_page_says_so_and_the_mail_has_a_page(
    client: Client,
    organization: Organization,
    owner: User,
    month: dt.date,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (paper, report_views):
        monkeypatch.setattr(module, "pdf_is_possible", lambda: False)
    client.force_login(owner)

    shown = client.get(
        reverse("analytics:report_pdf", args=[organization.slug, f"{month:%Y-%m}"]), follow=True
    )

    assert "This server cannot make PDFs" in shown.content.decode()
    with organization_context(organization, by=None, door=Door.COMMAND):
        name, content, kind = paper.attachment(monthly_report(organization, month))
    assert (name, kind) == (f"{organization.slug}-{month:%Y-%m}.html", "text/html")
    assert b"Villa Aurora" in content


def test_report_escapes_what_people_typed_and_fetches_nothing(
    organization: Organization, month: dt.date
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        make_property(organization, name="<img src=http://evil.example/x>")
        page = paper.as_html(monthly_report(organization, month))

    assert "<img" not in page
    assert "&lt;img src=http://evil.example/x&gt;" in page


def test_staff_do_not_see_the_report(
    client: Client, organization: Organization, month: dt.date
) -> None:
    client.force_login(make_member(organization, Role.STAFF))

    for name, args in (("report", []), ("report_pdf", [f"{month:%Y-%m}"])):
        address = reverse(f"analytics:{name}", args=[organization.slug, *args])
        assert client.get(address).status_code == 403
