"""How the demo's data comes in, again and again, and where it does not."""

from dataclasses import replace
from datetime import date, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Organization, User
from bookings.demo.bali import BALI
from bookings.demo.build import SlugInUse, seed_house
from bookings.demo.como import COMO
from bookings.demo.plan import PASSWORD
from bookings.management.commands import seed_demo
from bookings.management.commands.seed_demo import log_ins
from bookings.models import Booking
from bookings.tests.demo_rows import check_constraints_now, rows
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.tests.build import make_booking, make_organization, make_property, make_user

DAY_0 = date(2026, 11, 21)
# Still the day before in UTC, and by an hour in Rome.
MORNING_IN_BALI = datetime(2026, 11, 21, 6, 0, tzinfo=ZoneInfo("Asia/Makassar"))


@pytest.fixture
def no_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command without the data that takes its time, for tests of everything else."""
    houses = [replace(house, stays=(), closures=()) for house in (BALI, COMO)]
    monkeypatch.setattr(seed_demo, "HOUSES", houses)


def test_seeding_leaves_other_organizations_alone(db: None) -> None:
    other = make_organization("Hill Houses")
    with organization_context(other, by=None, door=Door.COMMAND):
        make_booking(make_property(other))
        before = rows()

    call_command("seed_demo", stdout=StringIO())
    call_command("seed_demo", stdout=StringIO())

    with organization_context(other, by=None, door=Door.COMMAND):
        assert rows() == before
    assert Organization.objects.count() == 3


def test_seeding_refuses_an_organization_that_is_not_the_demos(db: None) -> None:
    somebody = make_organization("Somebody's villas", slug="bali-villas")
    with organization_context(somebody, by=None, door=Door.COMMAND):
        make_booking(make_property(somebody))

    with pytest.raises(SlugInUse, match="stays as it is"):
        seed_house(BALI, on=DAY_0)
    with pytest.raises(CommandError, match="stays as it is"):
        call_command("seed_demo")

    with organization_context(somebody, by=None, door=Door.COMMAND):
        assert Booking.objects.count() == 1


@time_machine.travel(MORNING_IN_BALI, tick=False)
def test_today_is_the_day_at_the_place(db: None) -> None:
    call_command("seed_demo", stdout=StringIO())

    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        check_constraints_now()
        first = {
            slug: Booking.objects.filter(organization__slug=slug, guest__name=guest)
            .order_by("-check_in")
            .values_list("check_in", flat=True)
            .first()
            for slug, guest in (("bali-villas", "Emma Thompson"), ("lago-houses", "Laura Bruni"))
        }
    assert first == {"bali-villas": date(2026, 11, 19), "lago-houses": date(2026, 11, 20)}


def test_seed_demo_makes_an_administrator(db: None, no_stays: None) -> None:
    call_command("seed_demo", stdout=StringIO())

    admin = User.objects.get(email="admin@villaops.ai")
    assert (admin.is_staff, admin.is_superuser) == (True, True)
    assert admin.check_password(PASSWORD)


def test_seed_demo_prints_the_log_ins(db: None, no_stays: None) -> None:
    assert log_ins() == []
    out = StringIO()

    call_command("seed_demo", stdout=out)

    assert out.getvalue().splitlines() == log_ins()
    assert log_ins() == [
        "demo@villaops.ai         demo1234  Bali Villas, owner",
        "como@villaops.ai         demo1234  Lago Houses, owner",
        "manager@villaops.ai      demo1234  Lago Houses, manager",
        "staff@villaops.ai        demo1234  Lago Houses, staff",
        "housekeeper@villaops.ai  demo1234  Lago Houses, housekeeper",
        "accountant@villaops.ai   demo1234  Lago Houses, accountant",
        "viewer@villaops.ai       demo1234  Lago Houses, viewer",
        "admin@villaops.ai        demo1234  administration at /admin/",
    ]


def test_if_empty_seeds_only_without_any_organization(db: None, no_stays: None) -> None:
    call_command("seed_demo", if_empty=True)

    assert set(Organization.objects.values_list("slug", flat=True)) == {
        *("bali-villas", "lago-houses")
    }


def test_if_empty_does_nothing_where_an_organization_is(db: None) -> None:
    other = make_organization("Hill Houses")

    call_command("seed_demo", if_empty=True)

    assert list(Organization.objects.all()) == [other]
    assert not User.objects.filter(is_staff=True).exists()


def test_production_is_not_seeded(db: None, no_stays: None, settings: Settings) -> None:
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="--force"):
        call_command("seed_demo")
    assert not User.objects.exists()

    call_command("seed_demo", force=True, stdout=StringIO())
    assert Organization.objects.count() == 2


def test_a_user_who_was_there_keeps_their_id(db: None) -> None:
    user = make_user("demo@villaops.ai")

    seed_house(BALI, on=DAY_0)

    user.refresh_from_db()
    assert user.name == "Demo Manager"
    assert user.check_password("demo1234")
