"""Parts of pages are given again to whoever has the same rights, with what is the person's own."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from bookings.saved_views import save_view
from conftest import Statements
from villaops import parts
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_guest, make_member, make_property

PAGES = ["", "bookings/", "calendar/list", "guests/", "properties/"]


@pytest.fixture
def stay(db: None, organization: Organization) -> Booking:
    """Lena Berg arrives at Aurora today."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Aurora")
        guest = make_guest(organization, name="Lena Berg")
        return make_booking(home, today_in(home.time_zone), guest=guest)


@pytest.fixture
def page_of(organization: Organization) -> Callable[..., str]:
    """The page as somebody sees it."""

    def ask(who: User, path: str) -> str:
        client = Client()
        client.force_login(who)
        return client.get(f"/o/{organization.slug}/{path}").text

    return ask


def write(organization: Organization, sql: str, *values: str) -> None:
    """Past Django and all verbs."""
    context = organization_context(organization, by=None, door=Door.COMMAND)
    with context, connection.cursor() as cursor:
        cursor.execute(sql, values)


# Who asks (two), the context, the bell; and the person's own views of the list of bookings.
@pytest.mark.parametrize(
    ("path", "number"),
    [("", 4), ("bookings/", 5), ("calendar/list", 4), ("guests/", 4), ("properties/", 4)],
)
def test_a_page_asked_again_asks_for_what_is_the_persons_own(
    client: Client, owner: User, stay: Booking, statements: Statements, path: str, number: int
) -> None:
    client.force_login(owner)
    address = f"/o/{stay.organization.slug}/{path}"
    first = client.get(address)

    with statements(number):
        again = client.get(address)

    assert "Aurora" in again.text or "Lena Berg" in again.text
    assert len(again.content) == len(first.content)


CHANGES = [
    ("", "UPDATE guests_guest SET name = 'Lena Hill'", "Lena Hill"),
    ("", "UPDATE bookings_booking SET special_requests = 'A cot, please'", "A cot, please"),
    ("bookings/", "UPDATE bookings_booking SET reference = 'ABCD2345'", "ABCD2345"),
    ("bookings/", "UPDATE properties_property SET name = 'Bella'", "Bella"),
    ("calendar/list", "UPDATE guests_guest SET name = 'Lena Hill'", "Lena Hill"),
    ("guests/", "UPDATE guests_guest SET email = 'lena@example.com'", "lena@example.com"),
    ("properties/", "UPDATE properties_unit SET available_from = '2900-01-01'", "No nights"),
    ("properties/", "UPDATE properties_property SET location = 'Bellagio'", "Bellagio"),
]


@pytest.mark.parametrize(("path", "sql", "words"), CHANGES)
def test_a_change_past_all_verbs_is_on_the_page_at_once(
    page_of: Callable[..., str], owner: User, stay: Booking, path: str, sql: str, words: str
) -> None:
    before = page_of(owner, path)
    write(stay.organization, sql)

    assert words not in before.partition("<main")[2]
    assert words in page_of(owner, path).partition("<main")[2]


def test_persons_of_different_roles_see_their_own(
    page_of: Callable[..., str], owner: User, stay: Booking
) -> None:
    housekeeper = make_member(stay.organization, Role.HOUSEKEEPER)
    money, button = 'class="money"', f"/bookings/{stay.pk}/status"

    seen = [page_of(who, "bookings/") for who in (owner, housekeeper, owner)]
    days = [page_of(who, "") for who in (owner, housekeeper, owner)]

    assert [money in page for page in seen] == [True, False, True]
    assert [button in page for page in days] == [True, False, True]
    assert [housekeeper.email in page for page in seen + days] == [False, True, False] * 2


def test_what_is_the_persons_own_is_not_anothers(
    page_of: Callable[..., str], owner: User, stay: Booking
) -> None:
    manager = make_member(stay.organization, Role.OWNER)
    with organization_context(stay.organization, by=owner, door=Door.WEB):
        save_view(organization=stay.organization, by=owner, name="My arrivals", query="q=lena")

    pages = [page_of(who, "bookings/?q=lena") for who in (owner, manager, owner)]
    keys = [re.findall(r'name="form_key" value="(.*?)"', page) for page in pages]

    assert ["My arrivals" in page for page in pages] == [True, False, True]
    # Who looks at a view of one's own has no form to save it.
    assert [len(key) for key in keys] == [0, 1, 0]
    assert page_of(manager, "bookings/?q=lena").count(keys[1][0]) == 0


@pytest.mark.parametrize("path", ["", "bookings/"])
def test_a_token_is_of_the_person_who_asks(
    page_of: Callable[..., str], owner: User, stay: Booking, path: str
) -> None:
    """As a browser has it: with a cookie, and the form that was on the page."""
    slug = stay.organization.slug
    other = make_member(stay.organization, Role.OWNER)
    page_of(owner, path)
    clients = [Client(enforce_csrf_checks=True) for _ in range(2)]
    tokens = []
    for client, who in zip(clients, (owner, other), strict=True):
        client.force_login(who)
        text = client.get(f"/o/{slug}/{path}").text
        assert "stand-in" not in text
        assert client.cookies[settings.CSRF_COOKIE_NAME].value
        # Of the part alone: the frame has forms too.
        main = text.partition("<main")[2].partition("</main>")[0]
        tokens.append(re.findall(r'name="csrfmiddlewaretoken" value="(\w{64})"', main)[-1])

    def press(client: Client, token: str) -> int:
        address = f"/o/{slug}/bookings/{stay.pk}/status"
        form = {"csrfmiddlewaretoken": token, "status": "checked_in"}
        return client.post(address, form).status_code

    assert press(clients[0], tokens[1]) == 403
    assert press(clients[1], tokens[1]) == 302
    with organization_context(stay.organization, by=None, door=Door.COMMAND):
        assert Booking.objects.get(pk=stay.pk).status == "checked_in"


def test_what_people_type_is_no_stand_in(
    page_of: Callable[..., str], owner: User, stay: Booking
) -> None:
    write(stay.organization, "UPDATE guests_guest SET name = %s", parts.CSRF_TOKEN)

    for path in PAGES[:4]:
        assert "&lt;stand-in csrf_token&gt;" in page_of(owner, path)
