"""Every route there is, asked for by everybody there is.

The tables in `route_table*.py` say what each answers to whom. A route without a row fails, and so
does a method that a row does not name and the route takes all the same.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.plugin import DjangoDbBlocker

from accounts.permissions import Permission
from villaops.api.endpoint import METHODS, Endpoint
from villaops.tests.route_house import NOBODY, House, Somebody, a_house, undone
from villaops.tests.route_table import DASHBOARD, Row
from villaops.tests.route_table_api import API_ROWS
from villaops.tests.route_table_people import ADMIN, ADMIN_OTHERS, ADMIN_PAGES, PEOPLE


def routes() -> dict[str, Any]:
    """Every address in Django's notation, and its view."""

    def walk(resolver: URLResolver, before: str) -> Iterator[tuple[str, Any]]:
        for entry in resolver.url_patterns:
            address = before + str(entry.pattern)
            if isinstance(entry, URLPattern):
                yield address, entry.callback
            else:
                yield from walk(entry, address)

    return dict(walk(get_resolver(), ""))


ROUTES = routes()
ROWS = [*DASHBOARD, *API_ROWS, *PEOPLE]
# The answers of the API that no view gives, and what Django's own site does for any address.
CATCH_ALL = {"^api(?:/|$)", "admin/(?P<url>.*)$"}
# Served with and without a slash, as everything of the API.
TWINS = {"health", "health/ready", "metrics", "openapi.json", "docs", "redoc"}
# Its pattern names every app.
APP_LIST = next(route for route in ROUTES if route.startswith("admin/^(?P<app_label>"))

# Whose views, not of ours, take any method; forged ones are refused all the same.
ANY_METHOD = {"favicon.ico": {"POST", "PUT", "PATCH", "DELETE"}}

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    with django_db_blocker.unblock(), a_house() as made:
        yield made


def filled(text: Any, values: dict[str, str]) -> Any:
    """What is sent, with the house's rows for its placeholders."""
    if isinstance(text, dict):
        return {name: filled(value, values) for name, value in text.items()}
    return text.format(**values) if isinstance(text, str) else text


def address_of(row: Row, house: House) -> str:
    values = house.values | filled(dict(row.fill or {}), house.values)
    route = re.sub(r"\(\?P(<\w+>)[^)]+\)", r"\1", row.route).strip("^$")
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], route)
    return f"/{path}{filled(row.query, house.values)}"


def ask(row: Row, house: House, somebody: Somebody, organization: str | None = None) -> Any:
    body = filled(row.body, house.values) if row.body is not None else None
    return somebody.ask(
        row.method, address_of(row, house), body, json=row.json, organization=organization
    )


def everybody(row: Row, house: House) -> dict[str, Somebody]:
    """By the names of the row's statuses."""
    people = {
        "nobody": NOBODY,
        "stranger": house.stranger,
        "lacking": house.member_without(row.permission),
        "elsewhere": house.elsewhere,
        "member": house.member_with(row.permission),
        "read_key": house.read_key,
        "write_key": house.write_key,
    }
    return {name: somebody for name, somebody in people.items() if somebody}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_route_answers_everybody_as_the_table_says(house: House, row: Row) -> None:
    people = everybody(row, house)
    # Strangers to the API may name the house, or what is in it.
    named = house.organization.slug if row.json and row.permission else None
    told = {}

    with undone():
        before = house.digest()
        for name in filter(row.refuses, people):
            answer = ask(row, house, people[name], named if name == "stranger" else None)
            told[name] = answer.status_code
            if answer.status_code == 302:
                led_to = answer["Location"].partition("?")[0]
                assert led_to in ("/login", "/admin/login/") or name in row.in_vain
        if named and row.fill:
            assert ask(row, house, house.stranger).status_code == row.stranger
        assert house.digest() == before
    for name in people.keys() - told.keys():
        with undone():
            told[name] = ask(row, house, people[name]).status_code

    assert {name: told[name] for name in people} == {name: row.statuses()[name] for name in people}


@pytest.mark.parametrize("model", ADMIN)
def test_only_administrators_see_a_models_pages(house: House, model: str) -> None:
    key, *statuses = ADMIN[model]
    pages = [f"admin/{model}/{page}".replace("{row}", house.values[key]) for page in ADMIN_PAGES]

    _assert_administrators_only(house, dict(zip(pages, statuses, strict=True)))


def test_only_administrators_see_the_rest_of_their_site(house: House) -> None:
    pages = {re.sub(r"<[^>]+>", "1", page): status for page, status in ADMIN_OTHERS.items()}
    named = {page.replace("user/1", f"user/{house.values['user_id']}"): page for page in pages}

    # What leads to the log-in, or is it, is for everybody.
    _assert_administrators_only(
        house,
        {page: pages[old] for page, old in named.items()},
        aside={"admin", "admin/login/", "admin/logout/", "admin/jsi18n/"},
    )


def _assert_administrators_only(
    house: House, pages: dict[str, int], aside: frozenset[str] | set[str] = frozenset()
) -> None:
    others = [NOBODY, house.stranger, house.elsewhere, house.member_with(Permission.PAY)]
    others += [house.read_key, house.write_key]

    with undone():
        before = house.digest()
        for page in pages.keys() - aside:
            for somebody in others:
                for method in ("GET", "POST"):
                    answer = somebody.ask(method, f"/{page}", {"post": "yes"}, json=False)
                    assert answer.status_code == 302, (method, page)
                    assert answer["Location"].startswith(("/admin/login/", "/login"))
        assert house.digest() == before
        told = {
            page: house.administrator.ask("GET", f"/{page}", None, json=False).status_code
            for page in pages
        }

    assert told == pages


def test_every_route_has_a_row() -> None:
    models = {
        f"admin/{model}/{page}".replace("{row}", "<path:object_id>")
        for model in ADMIN
        for page in (*ADMIN_PAGES, "{row}/")
    }
    known = {row.route for row in ROWS} | models | ADMIN_OTHERS.keys()
    twins = {f"{route}/" for route in known if route.startswith("api/") or route in TWINS}

    assert ROUTES.keys() - twins - CATCH_ALL - {APP_LIST} == known


@pytest.mark.parametrize("route", sorted({row.route for row in API_ROWS}))
def test_every_operation_has_a_row_and_a_twin(route: str) -> None:
    endpoint: type[Endpoint] = ROUTES[route].cls

    assert endpoint.operations.keys() == {row.method for row in API_ROWS if row.route == route}
    assert ROUTES[f"{route}/"].cls is endpoint


@pytest.mark.parametrize("route", sorted({row.route for row in [*DASHBOARD, *PEOPLE]}))
def test_page_takes_no_other_method(house: House, route: str) -> None:
    rows = [row for row in [*DASHBOARD, *PEOPLE] if row.route == route]
    member = house.member_with(rows[0].permission)
    others = {method.upper() for method in METHODS} - {row.method for row in rows}

    for method in others - ANY_METHOD.get(route, set()):
        with undone():
            status = ask(replace(rows[0], method=method, body=None), house, member).status_code
            assert status in (405, 404), method
