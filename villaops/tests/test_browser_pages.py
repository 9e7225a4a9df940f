"""Every page there is, wide and on a phone: light, dark, within its screen and its weight.

Pages are told from the addresses of the dashboard: one that is added without a line here fails.
"""

from collections.abc import Iterable, Iterator

import pytest
from django.urls import URLPattern, URLResolver, reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import Membership
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible
from villaops.tests.full_house import FullHouse, make_full_house
from villaops.tests.visitor import Visitor
from villaops.urls import dashboard

HEAVIEST = 100_000

# Addresses that are no page of their own: what is posted, fragments, downloads and JSON.
NO_PAGES = {
    "analysis:download",
    "analytics:report_pdf",
    "audit_export",
    "bookings:cancel_many",
    "bookings:confirm_many",
    "bookings:default_view",
    "bookings:delete_note",
    "bookings:delete_view",
    "bookings:block_taken",
    "bookings:expect",
    "bookings:export",
    "bookings:export_many",
    "bookings:guest_options",
    "bookings:guests_alike",
    "bookings:quote",
    "bookings:release",
    "bookings:revive_many",
    "bookings:status",
    "bookings:taken",
    "bookings:unconfirm_many",
    "calendar:block",
    "calendar:card",
    "calendar:change",
    "calendar:changes",
    "calendar:data",
    "calendar:preview",
    "calendar:units",
    "events",
    "guests:export",
    "guests:undo_merge",
    "imports:export",
    "imports:problems",
    "imports:run",
    "imports:stop",
    "messages:automation",
    "messages:body",
    "messages:preview",
    "messages:resend",
    "messages:reset",
    "messages:save",
    "messages:skip",
    "messages:test",
    "notifications:bell",
    "notifications:latest",
    "notifications:open",
    "notifications:read",
    "notifications:read_all",
    "organization:export",
    "organization:keep",
    "organization:logo",
    "organization:remove",
    "organization:resend",
    "organization:revoke",
    "properties:offer_unit",
    "properties:rename_unit",
    "properties:reorder_units",
}

pytestmark = BROWSER_TEST


@pytest.fixture
def house(transactional_db: None) -> FullHouse:
    return make_full_house()


def addresses(house: FullHouse) -> dict[str, list[str]]:
    """Of every page, by name, the ways in which it is opened."""
    day = house.stay.check_in
    guest, double = house.stay.guest_id, "Guest 00"
    member = Membership.objects.get(organization=house.organization, role="housekeeper")
    pages: dict[str, tuple[tuple[object, ...], list[str]]] = {
        "today": ((), ["", f"?day={day}", "?show=arrivals"]),
        "find": ((), ["", "?q=guest", "?q=nothing+like+it"]),
        "bookings:list": (
            (),
            ["", "?status=pending&q=guest&sort=-total", "?q=nothing+like+it"],
        ),
        "bookings:views": ((), [""]),
        "bookings:save_view": ((), ["?query=status%3Dpending"]),
        "bookings:rename_view": ((house.view_id,), [""]),
        "bookings:create": ((), ["", f"?copy={house.stay.pk}"]),
        "bookings:block": ((house.home.pk,), [""]),
        "bookings:edit_block": ((house.block.pk,), [""]),
        "bookings:detail": ((house.stay.pk,), [""]),
        "bookings:edit": ((house.stay.pk,), [""]),
        "bookings:cancel": ((house.stay.pk,), [""]),
        "bookings:move": ((house.stay.pk,), [""]),
        "bookings:confirmation": ((house.stay.pk,), [""]),
        "bookings:add_note": ((house.stay.pk,), [""]),
        "bookings:change_note": ((house.stay.pk, house.note_id), [""]),
        "bookings:delete": ((house.stay.pk,), [""]),
        "calendar:page": ((), [""]),
        "calendar:list": ((), [""]),
        "availability": ((), ["", "?guests=99"]),
        "guests:list": ((), ["", "?q=nothing+like+it"]),
        "guests:create": ((), [""]),
        "guests:detail": ((guest,), [""]),
        "guests:edit": ((guest,), [""]),
        "guests:delete": ((guest,), [""]),
        "guests:merge": ((guest,), ["", f"?q={double}", f"?with={house.cancelled.guest_id}"]),
        "guests:anonymize": ((guest,), [""]),
        "imports:list": ((), [""]),
        "imports:create": ((), [""]),
        "imports:columns": ((house.import_id,), [""]),
        "imports:detail": ((house.import_id,), [""]),
        "imports:undo": ((house.import_id,), [""]),
        "messages:log": ((), ["", "?state=dead", "?q=nothing+like+it"]),
        "messages:message": ((house.message_id,), [""]),
        "messages:schedule": ((), [""]),
        "messages:automations": ((), ["", f"?property={house.home.pk}"]),
        "messages:templates": ((), [""]),
        "messages:template": (("booking_confirmation", "de"), [""]),
        "notifications:list": ((), ["", "?show=unread"]),
        "notifications:choices": ((), [""]),
        "organization:settings": ((), [""]),
        "organization:members": ((), [""]),
        "organization:invite": ((), [""]),
        "organization:member": ((member.pk,), [""]),
        "organization:api_keys": ((), [""]),
        "organization:transfer": ((), [""]),
        "organization:leave": ((), [""]),
        "organization:end": ((), [""]),
        "properties:list": ((), ["", "?view=table", "?q=nothing+like+it"]),
        "properties:create": ((), [""]),
        "properties:detail": ((house.home.pk,), [""]),
        "properties:edit": ((house.home.pk,), [""]),
        "properties:delete": ((house.home.pk,), [""]),
        "properties:create_unit": ((house.home.pk,), [""]),
        "properties:edit_unit": ((house.home.pk, house.stay.unit_id), [""]),
        "properties:delete_unit": ((house.home.pk, house.stay.unit_id), [""]),
        "analytics:occupancy": ((), [""]),
        "analytics:report": ((), [""]),
        "analysis:page": ((), ["", "?section=properties", "?section=pace"]),
        "analysis:nights": ((), ["", "?figure=adjusted_occupancy&preset=last_year"]),
        "analysis:bookings": ((), ["", "?figure=cancellations"]),
        "audit": ((), ["", "?kind=booking", "?door=import"]),
    }
    found = {
        name: [reverse(name, args=[house.organization.slug, *rows]) + query for query in queries]
        for name, (rows, queries) in pages.items()
    }
    # The same page about a row in another state.
    found["bookings:detail"].append(
        reverse("bookings:detail", args=[house.organization.slug, house.cancelled.pk])
    )
    found["guests:detail"].append(
        reverse("guests:detail", args=[house.organization.slug, house.anonymous.guest_id])
    )
    return found


def names_of(patterns: Iterable[URLPattern | URLResolver], space: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of(pattern.url_patterns, f"{pattern.namespace}:")
        else:
            yield f"{space}{pattern.name}"


def look_at(page: Page, address: str) -> Iterator[str]:
    """Open the address; what is wrong with the page."""
    answer = page.goto(address)
    assert answer
    if len(answer.body()) >= HEAVIEST:
        yield f"weighs {len(answer.body())} bytes"
    if (heads := page.locator("h1:visible").count()) != 1:
        yield f"has {heads} first headings"
    if page.title().strip() in ("", "VillaOps"):
        yield "has no title of its own"
    if problem := too_wide(page):
        yield problem
    if page.viewport_size and page.viewport_size["width"] < 600:
        # What folds and menus hold is part of the page, and opens within the screen.
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        if problem := too_wide(page):
            yield f"with its menus open {problem}"
    try:
        assert_accessible(page)
    except AssertionError as error:
        yield str(error)


def too_wide(page: Page) -> str:
    wide, room = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    return f"is {wide} wide on a screen of {room}" if wide > room else ""


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_every_page_is_whole_on_every_screen(
    house: FullHouse, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    pages = addresses(house)
    assert sorted(names_of(dashboard)) == sorted([*pages, *NO_PAGES])
    problems: list[str] = []

    def look(page: Page, addresses: Iterable[str]) -> None:
        for address in addresses:
            found = look_at(page, live_server.url + address)
            problems.extend(f"{address} {problem}" for problem in found)

    def enter(page: Page, visitor: Visitor) -> None:
        visitor.enter(page, live_server)

    with open_page(screen, expected=(403, 404)) as page:
        look(page, ["/", "/login"])
        enter(page, house.owner)
        look(page, [address for found in pages.values() for address in found])
        look(page, [f"/o/{house.organization.slug}/nothing/"])
        enter(page, house.keeper)
        look(page, [pages["today"][0], pages["bookings:list"][0], pages["bookings:detail"][0]])
        look(page, pages["guests:list"][:1])
        enter(page, house.stranger)
        look(page, ["/o/"])

    assert not problems, "\n".join(problems)


ROWS = """<!doctype html><html lang=en><title>Rows</title><style>
body { background: white; color: black } .odd { color: %s }
@media (prefers-color-scheme: dark) { body { background: black; color: white } }
</style><ul>%s</ul>"""


def test_one_row_of_many_is_found_where_it_is_hard_to_read(open_page: OpenPage) -> None:
    rows = "".join(f"<li><p {'class=odd' if row == 7 else ''}>Row {row}" for row in range(20))

    with open_page() as page:
        page.set_content(ROWS % ("#767676", rows))
        assert_accessible(page)
        for color, look in (("#999", "light"), ("#444", "dark")):
            page.set_content(ROWS % (color, rows))
            with pytest.raises(AssertionError, match=rf", {look}\ncolor-contrast: .*Row 7"):
                assert_accessible(page)
