"""Landing, the way in, and what every page keeps to."""

from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Organization, User
from accounts.permissions import Permission, Role
from villaops.tests.build import make_booking, make_member, make_property, make_user

HTML = {"Accept": "text/html,application/xhtml+xml"}


def test_root_is_a_landing_page_for_people(client: Client) -> None:
    answer = client.get("/", headers=HTML)

    assert answer.status_code == 200
    assert "A night cannot be sold twice" in answer.text
    assert "Accept" in answer["Vary"]


def test_root_is_a_card_for_programs(client: Client) -> None:
    answer = client.get("/")

    assert answer.json() == {
        "service": settings.APP_NAME,
        "version": settings.APP_VERSION,
        "docs": "/docs",
    }


def test_pages_forbid_inline_and_remote_script_and_style(client: Client) -> None:
    policy = client.get("/", headers=HTML)["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_page_not_found_is_told_in_plain_words(client: Client) -> None:
    answer = client.get("/nowhere")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_server_error_gives_the_request_id(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("villaops.pages.service_description", lambda: 1 / 0)
    client.raise_request_exception = False

    answer = client.get("/", headers={"X-Request-ID": "abc-123"})

    assert answer.status_code == 500
    assert "abc-123" in answer.text


def test_form_without_token_is_refused_in_plain_words(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)

    answer = client.post("/logout")

    assert answer.status_code == 403
    assert "This form has expired" in answer.text


def test_home_leads_to_the_default_organization(
    client: Client, organization: Organization, owner: User
) -> None:
    client.force_login(owner)

    answer = client.get("/o/")

    assert answer.status_code == 302
    assert answer["Location"] == f"/o/{organization.slug}/"


@pytest.mark.django_db
def test_home_without_an_organization_says_what_to_do(client: Client) -> None:
    client.force_login(make_user("alone@example.com"))

    assert "You are not in an organization yet" in client.get("/o/").text


def dashboard_views() -> list[URLPattern]:
    def walk(resolver: URLResolver) -> list[URLPattern]:
        found = []
        for entry in resolver.url_patterns:
            found += walk(entry) if isinstance(entry, URLResolver) else [entry]
        return found

    inside = [
        entry
        for entry in get_resolver().url_patterns
        if isinstance(entry, URLResolver) and str(entry.pattern).startswith("o/")
    ]
    return [pattern for resolver in inside for pattern in walk(resolver)]


@pytest.mark.parametrize("pattern", dashboard_views(), ids=lambda p: p.callback.__name__)
def test_every_dashboard_page_names_its_permission(pattern: URLPattern) -> None:
    assert isinstance(pattern.callback.permission, Permission)


def test_dashboard_asks_a_stranger_to_sign_in(client: Client, organization: Organization) -> None:
    address = f"/o/{organization.slug}/bookings/"

    answer = client.get(address)

    assert answer["Location"] == f"/login?next={address}"


@pytest.mark.parametrize("page", ["", "bookings/", "guests/", "properties/", "occupancy/"])
def test_dashboard_of_another_organization_does_not_exist(
    client: Client, owner: User, other_organization: Organization, page: str
) -> None:
    client.force_login(owner)

    answer = client.get(f"/o/{other_organization.slug}/{page}")

    assert answer.status_code == 404


def test_navigation_shows_what_the_role_may_enter(
    client: Client, organization: Organization
) -> None:
    client.force_login(make_member(organization, Role.HOUSEKEEPER))

    page = client.get(f"/o/{organization.slug}/").text

    assert f'href="/o/{organization.slug}/bookings/"' in page
    assert f'href="/o/{organization.slug}/guests/"' not in page
    assert f'href="/o/{organization.slug}/occupancy/"' not in page
    assert client.get(f"/o/{organization.slug}/guests/").status_code == 403


NONSENSE = ["", "\0", "x" * 11_000, "-1", "NaN", "1e999", "9999-12-31", "0001-01-01", "%_\\'", "🏝"]

FORMS = [
    "bookings/new",
    "bookings/{booking}/edit",
    "bookings/{booking}/cancel",
    "bookings/{booking}/move",
    "bookings/blocks/new/{property}",
    "guests/new",
    "guests/{guest}/edit",
    "guests/{guest}/delete",
    "properties/new",
    "properties/{property}/edit",
    "properties/{property}/units/new",
    "properties/{property}/units/{unit}/edit",
]


PARAMETERS = [
    *("q", "status", "property", "source", "start", "end", "sort"),
    *("find", "guest", "place", "check_in", "first", "last"),
]


@pytest.fixture
def addresses(
    client: Client, organization: Organization, owner: User, inside: None
) -> Callable[[str], str]:
    """The owner is signed in; fills in the ids of what there is."""
    home = make_property(organization, units=2)
    booking = make_booking(home)
    ids = {
        "booking": booking.pk,
        "guest": booking.guest_id,
        "property": home.pk,
        "unit": booking.unit_id,
    }
    client.force_login(owner)
    return lambda address: f"/o/{organization.slug}/" + address.format(**ids)


@pytest.mark.parametrize("form", FORMS)
def test_no_form_breaks_on_nonsense(
    client: Client, addresses: Callable[[str], str], form: str
) -> None:
    address = addresses(form)
    fields = client.get(address).context["form"].fields

    for value in NONSENSE:
        answer = client.post(address, {"save": "1"} | dict.fromkeys(fields, value))
        assert answer.status_code in (200, 302, 422)
        if answer.status_code == 302:
            break  # It made sense after all, and what it was about may be gone.


@pytest.mark.parametrize(
    "address",
    [
        "bookings/?{0}&page={1}",
        "bookings/new?{0}",
        "bookings/new/guests?{0}",
        "guests/?{0}&page={1}",
        "occupancy/?{0}",
        "analytics/?{0}&page={1}&section=properties",
    ],
)
def test_no_address_breaks_on_nonsense(
    client: Client, addresses: Callable[[str], str], address: str
) -> None:
    names = [
        "q",
        "status",
        "property",
        "source",
        "start",
        "end",
        "sort",
        "find",
        "guest",
        "first",
        "last",
        "place",
        "check_in",
        "columns",
        "unit",
    ]

    for value in NONSENSE:
        query = urlencode(dict.fromkeys(names, value))
        answer = client.get(addresses("") + address.format(query, quote(value)))
        assert answer.status_code in (200, 422)
