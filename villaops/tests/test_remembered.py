"""Answers are given again until an organization's rows change, and never once they have."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from accounts.access import Access
from accounts.members import Reach, limit_to_properties
from accounts.models import Organization, User
from accounts.organizations import end_organization
from accounts.permissions import Role
from analytics.asked import asked_of
from analytics.page_views import SECTIONS
from bookings import calendar
from bookings.blocks import block_nights
from bookings.models import Booking
from conftest import Statements
from guests.api import GuestQuery, Guests
from guests.models import Guest
from villaops import parts
from villaops.api.endpoint import Endpoint
from villaops.remembered import Told, recall
from villaops.tenancy import Door, all_organizations, edition, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_member, make_property
from villaops.tests.client import Api

MONTH = {"period_start": str(DAY), "period_end": str(DAY + timedelta(31))}


@pytest.fixture
def house(db: None, organization: Organization) -> Booking:
    """A stay of Lena Berg at Aurora, and a row in each table there is."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Aurora")
        return make_booking(home, DAY, 3, guest=make_guest(organization, name="Lena Berg"))


@pytest.fixture
def api(owner: User) -> Api:
    return Api(owner)


def write(organization: Organization, sql: str) -> None:
    """Past Django and all verbs."""
    context = organization_context(organization, by=None, door=Door.COMMAND)
    with context, connection.cursor() as cursor:
        cursor.execute(sql)


def test_an_answer_is_given_again_without_being_made(
    api: Api, house: Booking, statements: Statements
) -> None:
    path = f"bookings/{house.pk}"
    first = api.get(path)

    # Who calls, and the context.
    with statements(2):
        again = api.get(path)

    assert (again.content, again["ETag"]) == (first.content, first["ETag"])
    assert again["Content-Type"] == first["Content-Type"] == "application/json"


def test_what_is_wrong_with_a_request_is_looked_at_each_time(api: Api, house: Booking) -> None:
    for _ in range(2):
        assert api.get("bookings", limit=0).status_code == 422
        assert api.get(f"bookings/{house.guest_id}").status_code == 404


CHANGES: list[tuple[str, str]] = [
    ("bookings", "UPDATE bookings_booking SET special_requests = 'A cot, please'"),
    ("guests", "UPDATE guests_guest SET name = 'Lena Hill'"),
    ("properties", "UPDATE properties_property SET name = 'Bella'"),
    ("properties", "UPDATE properties_unit SET deleted_at = now()"),
    ("analytics/summary", "UPDATE accounts_organization SET currency = 'CHF'"),
]


@pytest.mark.parametrize(("path", "sql"), CHANGES)
def test_a_change_past_all_verbs_is_seen_at_once(
    api: Api, organization: Organization, house: Booking, path: str, sql: str
) -> None:
    query = MONTH if path.startswith("analytics") else {}
    before = api.get(path, **query)
    write(organization, sql)

    assert api.get(path, **query).content != before.content


def test_callers_are_told_what_they_may_know(
    organization: Organization, owner: User, house: Booking
) -> None:
    path = f"bookings/{house.pk}"
    housekeeper = make_member(organization, Role.HOUSEKEEPER)
    limited = make_member(organization, Role.MANAGER)
    with organization_context(organization, by=None, door=Door.COMMAND):
        bella = make_property(organization, name="Bella")
        limit_to_properties(
            membership=limited.memberships.get(),
            property_ids=[bella.pk],
            by=None,
            reach=Reach(owners=True),
        )

    assert Api(owner).get(path).json()["total_price"] is not None
    assert Api(housekeeper).get(path).json()["total_price"] is None
    assert Api(limited).get(path).status_code == 404
    assert [home["name"] for home in Api(limited).get("properties").json()["items"]] == ["Bella"]
    assert Api(owner).get("properties").json()["total"] == 2


def test_addresses_are_the_ones_that_were_asked_for(api: Api, house: Booking) -> None:
    named = {"Host": "localhost"}
    with organization_context(house.organization, by=None, door=Door.COMMAND):
        make_property(house.organization, name="Bella")

    here = api.get("properties", limit=1).json()["next"]
    there = api.send("GET", "properties", query={"limit": "1"}, headers=named).json()["next"]

    assert there == here.replace("testserver", "localhost")


def test_an_organization_that_was_read_before_it_changed_leaves_nothing_behind(
    organization: Organization, owner: User
) -> None:
    """Who calls is found out, with the organization, before the edition is read."""
    request = RequestFactory().get("/")

    def asked() -> bytes:
        """Of somebody who comes in now: the organization's row as it is."""
        return made_of(Organization.objects.get(pk=organization.pk))

    def made_of(read: Organization) -> bytes:
        with organization_context(organization, by=None, door=Door.COMMAND):
            answer = Told(read.currency.encode(), "text/plain")
            return recall(request, Access(owner, read, Role.OWNER), lambda: answer).content

    early = Organization.objects.get(pk=organization.pk)
    Organization.objects.filter(pk=organization.pk).update(currency="CHF")

    assert made_of(early) == organization.currency.encode() != b"CHF"
    assert asked() == b"CHF"


# --- Which tables -------------------------------------------------------------------------------

# What each operation is asked, whose answers are remembered.
ASKED = {
    "get_block": "blocks/{block}",
    "get_booking": "bookings/{booking}",
    "get_guest": "guests/{guest}",
    "get_occupancy": "analytics/occupancy?{period}",
    "get_pickup": "analytics/pickup?{period}&as_of_from=2026-01-01",
    "get_property": "properties/{property}",
    "get_revenue": "analytics/revenue?{period}",
    "get_sources": "analytics/sources?{period}",
    "get_summary": "analytics/summary?{period}",
    "get_trends": "analytics/trends?{period}",
    "get_unit": "properties/{property}/units/{unit}",
    "list_availability": "availability?check_in=2027-03-01&check_out=2027-03-04",
    "list_blocks": "blocks",
    "list_bookings": "bookings?search=lena",
    "list_guests": "guests?search=lena",
    "list_properties": "properties?search=a",
    "list_units": "properties/{property}/units",
}
# Where parts of pages are.
PAGES = [
    *("", "?show=pending", "bookings/?q=lena", "calendar/list", "guests/?q=lena", "properties/"),
]
# Read in the same request, to find out who asks.
OF_WHO_ASKS = {
    "accounts_membership",
    "accounts_organization",
    "accounts_revokedaccesstoken",
    "accounts_user",
}


def operations(patterns: Any = None) -> Iterator[str]:
    """The names of all whose answers are remembered."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if hasattr(pattern, "url_patterns"):
            yield from operations(pattern.url_patterns)
            continue
        endpoint = getattr(pattern.callback, "cls", None)
        if endpoint and issubclass(endpoint, Endpoint):
            yield from (one.name for one in endpoint.operations.values() if one.remembered)


def named_parts() -> Iterator[str]:
    """The templates of all parts of pages that are remembered."""
    for app in (
        "accounts",
        "analytics",
        "bookings",
        "guests",
        "imports",
        "messaging",
        "properties",
    ):
        for module in (settings.BASE_DIR / app).glob("*.py"):
            yield from re.findall(r'part_of\(\s*request,\s*"(.*?)"', module.read_text())


def test_all_that_answers_are_made_of_raises_the_edition(
    api: Api, owner: User, house: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    organization = house.organization
    with organization_context(organization, by=None, door=Door.COMMAND):
        start, end = DAY.replace(year=2030), DAY.replace(year=2030, day=20)
        block = block_nights(unit=house.unit, start=start, end=end, by=None)
    names = {
        "block": block.pk,
        "booking": house.pk,
        "guest": house.guest_id,
        "property": house.property_id,
        "unit": house.unit_id,
        "period": urlencode(MONTH),
    }
    assert set(operations()) == set(ASKED)
    part: Any = RequestFactory().get("/")
    part.access = Access(owner, organization, Role.OWNER)

    made = parts._made
    captured_parts: dict[str, str] = {}

    def told_apart(access: Access, template: str, context: Any) -> Told:
        """What a part alone is made of: its page has more, which is the person's own."""
        with CaptureQueriesContext(connection) as captured:
            part = made(access, template, context)
        captured_parts[template] = " ".join(query["sql"] for query in captured.captured_queries)
        return part

    monkeypatch.setattr(parts, "_made", told_apart)
    pages = Client()
    pages.force_login(owner)
    for page in PAGES:
        assert pages.get(f"/o/{organization.slug}/{page}").status_code == 200
    assert set(captured_parts) == set(named_parts())

    with CaptureQueriesContext(connection) as captured:
        for address in ASKED.values():
            assert api.send("GET", f"/api/v1/{address.format(**names)}").status_code == 200
        with organization_context(organization, by=None, door=Door.COMMAND):
            for _label, read in SECTIONS.values():
                read(part, asked_of(part, organization))
            calendar.places(part.access)
            calendar.bars_between(organization.pk, DAY, DAY + timedelta(42))

    told = " ".join(query["sql"] for query in captured.captured_queries)
    told += " ".join(captured_parts.values())
    words = set(re.findall(r"\w+", told))
    read = {table for table in connection.introspection.table_names() if table in words}
    assert {"bookings_night", "guests_guest"} < read
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgfoid = 'edition_of_rows'::regproc GROUP BY 1 HAVING count(*) = 3"
        )
        raising = {table for (table,) in cursor.fetchall()}
    # What triggers write together with what it tells of.
    history = {f"{table}event" for table in raising}
    assert read - OF_WHO_ASKS - history <= raising


# --- Editions -----------------------------------------------------------------------------------


def edition_now(organization: Organization) -> int:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return edition()[1]


@pytest.fixture
def connect(transactional_db: None) -> Iterator[Callable[[Organization], psycopg.Connection[Any]]]:
    """Sessions of the database that know nothing of Django, each in an organization's context."""
    settings = connection.get_connection_params()
    names = ("dbname", "user", "host", "port", "password")
    known = {name: settings[name] for name in names if settings.get(name)}
    with ExitStack() as stack:

        def open_one(organization: Organization) -> psycopg.Connection[Any]:
            one = stack.enter_context(closing(psycopg.connect(**known)))
            mine = [str(organization.pk)]
            one.execute("SELECT set_config('villaops.organization_id', %s, true)", mine)
            one.execute("SET LOCAL lock_timeout = '2s'")
            return one

        yield open_one


@pytest.mark.django_db(transaction=True)
def test_writers_do_not_wait_for_each_other_and_each_commit_counts(
    connect: Callable[[Organization], psycopg.Connection[Any]], organization: Organization
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        guests = [make_guest(organization).pk for _ in range(3)]
    sessions = [connect(organization) for _ in guests]
    for session, guest in zip(sessions, guests, strict=True):
        session.execute("UPDATE guests_guest SET name = 'Lena Hill' WHERE id = %s", [guest])
    seen = [edition_now(organization)]

    for end in (sessions[1].commit, sessions[0].rollback, sessions[2].commit):
        end()
        seen.append(edition_now(organization))

    start = seen[0]
    assert seen == [start, start + 1, start + 1, start + 2]


@pytest.mark.django_db(transaction=True)
def test_what_is_taken_back_does_not_count(organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        make_guest(organization)
    before = edition_now(organization)

    context = organization_context(organization, by=None, door=Door.COMMAND)
    with context, suppress(ZeroDivisionError), transaction.atomic():
        Guest.objects.update(name="Lena Hill")
        raise ZeroDivisionError
    taken_back = edition_now(organization)
    write(organization, "UPDATE guests_guest SET name = 'Lena Hill'")

    assert (taken_back, edition_now(organization)) == (before, before + 1)


@pytest.mark.django_db(transaction=True)
def test_one_organizations_changes_are_not_anothers(
    organization: Organization, other_organization: Organization
) -> None:
    for one in (organization, other_organization):
        with organization_context(one, by=None, door=Door.COMMAND):
            make_guest(one)
    before = edition_now(organization), edition_now(other_organization)

    reason = "test"
    with all_organizations(by=None, door=Door.COMMAND, reason=reason):
        Guest.objects.filter(organization=organization).update(name="Lena Hill")
    one_changed = edition_now(organization), edition_now(other_organization)
    with all_organizations(by=None, door=Door.COMMAND, reason=reason):
        Guest.objects.update(name="Lena Berg")

    assert one_changed == (before[0] + 1, before[1])
    assert (edition_now(organization), edition_now(other_organization)) == (
        before[0] + 2,
        before[1] + 1,
    )


def test_editions_go_with_their_organization(organization: Organization, house: Booking) -> None:
    def editions() -> int:
        with connection.cursor() as cursor:
            rows = "SELECT count(*) FROM villaops_edition WHERE organization_id = %s"
            cursor.execute(rows, [organization.pk])
            [number] = cursor.fetchone()
        return int(number)

    now = timezone.now()
    Organization.objects.filter(pk=organization.pk).update(ends_at=now)
    before = editions()
    with organization_context(organization, by=None, door=Door.COMMAND):
        end_organization(organization=organization, now=now)

    assert (before, editions()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_who_began_before_a_change_does_not_leave_what_was_for_who_comes_after(
    organization: Organization, owner: User, house: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change is committed while an answer is being made of what was there before it."""
    api = Api(owner)
    listed = Guests.get

    def slow(self: Guests, query: GuestQuery) -> Any:
        found = listed(self, query)
        monkeypatch.setattr(Guests, "get", listed)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(rename).result()
        return found

    def rename() -> None:
        with organization_context(organization, by=None, door=Door.COMMAND):
            Guest.objects.update(name="Lena Hill")
        connection.close()

    slow.operation = listed.operation  # type: ignore[attr-defined]
    monkeypatch.setattr(Guests, "get", slow)

    names = [api.get("guests").json()["items"][0]["name"] for _ in range(2)]

    assert names == ["Lena Berg", "Lena Hill"]


@pytest.mark.django_db(transaction=True)
def test_a_hold_that_has_expired_is_not_remembered(
    organization: Organization, owner: User, house: Booking
) -> None:
    """Nobody has written anything when it does; opening the context does."""
    api, path = Api(owner), f"bookings/{house.pk}"
    with organization_context(organization, by=None, door=Door.COMMAND):
        stay = make_booking(house.property, DAY + timedelta(60), status="pending")
        Booking.objects.filter(pk=stay.pk).update(hold_expires_at=Now() + timedelta(seconds=0.4))
    path = f"bookings/{stay.pk}"

    held = [api.get(path).json()["status"] for _ in range(2)]
    time.sleep(0.5)

    assert (held, api.get(path).json()["status"]) == (["pending", "pending"], "cancelled")
