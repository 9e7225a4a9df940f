"""Dates, numbers and money, as the organization says they are written."""

import datetime as dt
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from PIL import Image

from accounts.models import Membership, Organization, User
from accounts.organizations import set_logo
from accounts.permissions import Role
from accounts.pictures import small_picture
from bookings.models import Booking
from conftest import Statements
from villaops import written
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_member, make_property

DAY = dt.date(2026, 11, 21)
MOMENT = dt.datetime(2026, 11, 21, 14, 5, tzinfo=dt.UTC)
GERMAN_DAY = '<time datetime="2026-11-21" lang="de">Sa.,\xa021.\xa0Nov.\xa02026</time>'
HOUSE_DAY = '<time datetime="2026-11-21">Sat\xa021\xa0Nov\xa02026</time>'


def all_of_it() -> list[str]:
    return [
        written.day(DAY),
        written.short_day(DAY),
        written.plain_day(DAY),
        written.short_plain_day(DAY),
        written.long_day(DAY),
        written.long_short_day(DAY),
        written.spelled_day(DAY),
        written.month(DAY),
        written.weekday(DAY),
        written.moment(MOMENT),
        written.time_of_day("14:00"),
        written.number(Decimal("1266.65"), 1),
        written.money(Decimal(1290), "EUR"),
        written.money(Decimal(129000), "JPY"),
    ]


HOUSE = [
    "Sat 21 Nov 2026",
    "Sat 21 Nov",
    "21 Nov 2026",
    "21 Nov",
    "Saturday 21 November 2026",
    "Saturday 21 November",
    "Sat 21 November 2026",
    "Nov 2026",
    "Sat",
    "21 Nov 2026, 14:05",
    "14:00",
    "1,266.7",
    "1,290.00\xa0EUR",
    "129,000\xa0JPY",
]


def test_all_is_written_the_houses_way_without_a_wish() -> None:
    assert all_of_it() == HOUSE


def test_all_is_written_as_in_german() -> None:
    with written.written_as_in("de"):
        shown = all_of_it()

    assert shown == [
        "Sa., 21. Nov. 2026",
        "Sa., 21. Nov.",
        "21. Nov. 2026",
        "21. Nov.",
        "Samstag, 21. November 2026",
        "Sa., 21. November",
        "Sa., 21. Nov. 2026",
        "Nov. 2026",
        "Sa",
        "21. Nov. 2026, 14:05",
        "14:00",
        "1.266,7",
        "1.290,00\xa0EUR",
        "129.000\xa0JPY",
    ]
    assert all_of_it() == HOUSE


def test_all_is_written_as_in_america() -> None:
    with written.written_as_in("en_US"):
        assert written.day(DAY) == "Sat, Nov 21, 2026"
        assert written.time_of_day("14:00") == "2:00\u202fPM"
        assert written.language() == ""


@pytest.mark.parametrize("broken", ["", "kaput!", "xx", "de_1", "zz_ZZ", "../de", "root"])
def test_what_is_no_locale_is_written_the_houses_way(broken: str) -> None:
    with written.written_as_in(broken):
        assert all_of_it() == HOUSE
        assert written.browser_locale(broken) == ""


@pytest.mark.parametrize("locale", ["th", "aa", "en_US", "zh_Hant_TW", "es_419"])
def test_rare_and_distant_locales_write_all_of_it(locale: str) -> None:
    with written.written_as_in(locale):
        assert all(all_of_it())


# --- On the pages ----------------------------------------------------------------------------


def stay_in(organization: Organization, owner: User, locale: str) -> Booking:
    Organization.objects.filter(pk=organization.pk).update(locale=locale)
    with organization_context(organization, by=owner, door=Door.WEB):
        home = make_property(organization, currency="EUR", check_in_time="14:00")
        return make_booking(home, start=DAY, total_price=Decimal(1290))


@pytest.mark.django_db
def test_each_organization_is_written_its_own_way_one_request_after_the_other(
    client: Client, organization: Organization, other_organization: Organization, owner: User
) -> None:
    german = stay_in(organization, owner, "de")
    with organization_context(other_organization, by=owner, door=Door.WEB):
        Membership.objects.create(organization=other_organization, user=owner, role=Role.OWNER)
    plain = stay_in(other_organization, owner, "en")
    client.force_login(owner)

    for _again in range(2):
        there = client.get(f"/o/{organization.slug}/bookings/{german.pk}/").text
        assert GERMAN_DAY in there
        assert "1.290,00\xa0EUR" in there
        assert '<html lang="en" data-locale="de-u-ca-gregory-nu-latn">' in there
        here = client.get(f"/o/{other_organization.slug}/bookings/{plain.pk}/").text
        assert HOUSE_DAY in here
        assert "1,290.00\xa0EUR" in here
        assert '<html lang="en">' in here

    today = client.get(f"/o/{organization.slug}/?day=2026-11-24").text
    assert re.search(r"<h1>\s*Di\., 24\. November\s*</h1>", today)
    # What fails on the way leaves nothing behind either.
    client.get(f"/o/{organization.slug}/bookings/{plain.pk}/")
    assert all_of_it() == HOUSE


@pytest.mark.django_db
def test_search_chips_charts_and_history_are_written_alike(
    client: Client, organization: Organization, owner: User
) -> None:
    stay = stay_in(organization, owner, "de")
    client.force_login(owner)
    at = f"/o/{organization.slug}"

    found = client.get(f"{at}/find?q={stay.reference}").text
    listed = client.get(f"{at}/bookings/?start=2026-11-21").text
    figures = client.get(f"{at}/occupancy/?start=2026-11-01&end=2026-12-01").text
    file = client.get(f"{at}/bookings/export?file=csv&start=2026-11-21")

    assert "21. Nov. – 24. Nov. 2026" in found
    assert "21. Nov. 2026" in listed
    assert '"21. Nov."' in figures
    assert "10,0 %" in figures
    assert b"2026-11-21" in b"".join(file)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_database_refuses_what_is_no_locale(organization: Organization) -> None:
    with pytest.raises(IntegrityError, match="organization_locale_shape"), transaction.atomic():
        Organization.objects.filter(pk=organization.pk).update(locale="Deutsch!")
    Organization.objects.filter(pk=organization.pk).update(locale="de_AT")


# --- The logo --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_logo_is_beside_the_name_for_the_same_statements(
    client: Client,
    organization: Organization,
    owner: User,
    statements: Statements,
    settings: Any,
    tmp_path: Any,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    stay = stay_in(organization, owner, "en")
    housekeeper = make_member(organization, Role.HOUSEKEEPER)
    address = f"/o/{organization.slug}/bookings/{stay.pk}/confirmation"
    client.force_login(owner)
    with statements(6):
        assert "/settings/logo" not in client.get(address).text

    file = io.BytesIO()
    Image.new("RGB", (900, 300), "#14655a").save(file, "PNG")
    file.seek(0)
    with organization_context(organization, by=owner, door=Door.WEB):
        set_logo(organization=organization, by=owner, picture=small_picture(file))

    with statements(6):
        page = client.get(address).text
    shown = re.findall(r'<img class="(menu-button-logo|paper-logo)" src="([^"]+)" alt="">', page)
    assert [name for name, _src in shown] == ["menu-button-logo", "paper-logo"]
    client.force_login(housekeeper)
    picture = client.get(shown[0][1])
    assert Image.open(io.BytesIO(picture.getvalue())).size == (512, 171)  # type: ignore[attr-defined]
