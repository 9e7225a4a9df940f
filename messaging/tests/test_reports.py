"""The monthly report goes out once: to whom, when, and with what."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core import mail

from accounts.models import Membership, Organization
from accounts.permissions import Role
from analytics import paper
from messaging.delivery import deliver
from messaging.models import Message
from messaging.reports import send_monthly_reports
from villaops.outbox import Intent
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_member, make_property

pytestmark = pytest.mark.django_db

# Half past six on 1 April in Bali is the evening before in UTC.
FIRST = dt.datetime(2026, 3, 31, 22, 30, tzinfo=dt.UTC)


@pytest.fixture
def house(organization: Organization) -> Organization:
    """A house in Bali that has been here for a while, with a stay in March."""
    Organization.objects.filter(pk=organization.pk).update(
        time_zone="Asia/Makassar", created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    )
    organization.refresh_from_db()
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Villa Aurora")
        make_booking(home, dt.date(2026, 3, 5), 4, total_price=Decimal(500))
    for role in (Role.STAFF, Role.ACCOUNTANT):
        make_member(organization, role)
    return organization


def reports(organization: Organization) -> list[Message]:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return list(Message.objects.filter(kind="monthly_report").order_by("address"))


def test_report_goes_to_owners_and_managers_once_for_a_month(house: Organization) -> None:
    manager = make_member(house, Role.MANAGER)

    send_monthly_reports(FIRST - dt.timedelta(hours=1))
    assert ["Feb 2026" in one.subject for one in reports(house)] == [True, True]
    for hours in (0, 1, 2, 300):
        send_monthly_reports(FIRST + dt.timedelta(hours=hours))

    march = [one for one in reports(house) if "Mar 2026" in one.subject]
    assert len(march) == 2
    assert manager.email in {one.address for one in march}
    assert "500.00" in march[0].text


def test_missed_months_are_made_up_for_once(house: Organization) -> None:
    """Nothing ran from January until June: one report, of May."""
    for _again in range(3):
        send_monthly_reports(dt.datetime(2026, 6, 20, tzinfo=dt.UTC))

    assert ["May 2026" in one.subject for one in reports(house)] == [True]


def test_whoever_began_after_the_first_gets_the_next_one(house: Organization) -> None:
    Organization.objects.filter(pk=house.pk).update(created_at=FIRST)

    assert send_monthly_reports(FIRST + dt.timedelta(days=3)) == 0
    assert send_monthly_reports(FIRST + dt.timedelta(days=33)) == 1


def test_report_of_a_limited_manager_tells_of_their_properties_alone(house: Organization) -> None:
    limited = make_member(house, Role.MANAGER)
    with organization_context(house, by=None, door=Door.COMMAND):
        other = make_property(house, name="Casa Verde")
        Membership.objects.filter(user=limited).update(property_ids=[other.pk])

    send_monthly_reports(FIRST)

    (mine,) = (one for one in reports(house) if one.address == limited.email)
    assert "500.00" not in mine.text
    assert "0.0" in mine.text


def test_report_is_attached_when_it_is_sent(
    house: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "pdf_is_possible", lambda: False)
    send_monthly_reports(FIRST)
    (message,) = reports(house)

    deliver(Intent.objects.get(pk=message.intent_id))

    (sent,) = mail.outbox
    ((name, content, kind),) = sent.attachments
    assert (name, kind) == (f"{house.slug}-2026-03.html", "text/html")
    assert "Villa Aurora" in str(content)
