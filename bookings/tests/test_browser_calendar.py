"""The tape chart in a real browser: by mouse, by finger and by keyboard."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.db import connection
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization
from bookings.models import Block, Booking, Night
from properties.models import Unit
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible, sign_in
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_member,
    make_organization,
    make_property,
    units_of,
)

pytestmark = BROWSER_TEST

ONE = timedelta(days=1)


@dataclass(frozen=True)
class House:
    """Three rooms: Emma in the first, Yuki in the second, both from the day after tomorrow."""

    organization: Organization
    email: str
    day: date
    emma: Booking
    rooms: list[Unit]

    @contextmanager
    def inside(self) -> Iterator[None]:
        """In the organization; on a connection of its own, which Playwright's loop makes of it."""
        with organization_context(self.organization, by=None, door=Door.COMMAND):
            yield
        connection.close()

    def nights(self) -> list[tuple[str, date]]:
        """Emma's nights as rows of the database: room and night."""
        with self.inside():
            held = Night.objects.filter(booking=self.emma).order_by("night")
            return list(held.values_list("unit__name", "night"))

    def total(self) -> str:
        """What Emma pays."""
        with self.inside():
            return str(Booking.objects.get(pk=self.emma.pk).total_price)


@pytest.fixture
def house(transactional_db: None) -> House:
    organization = make_organization("Sea Houses")
    user = make_member(organization, email="desk@example.com", name="Dora Desk")
    day = today_in(organization.time_zone) + 2 * ONE
    with organization_context(organization, by=user, door=Door.COMMAND):
        home = make_property(organization, name="Casa Mare", units=3)
        rooms = units_of(home)
        emma = make_booking(
            home, day, 3, units=[rooms[0]], guest=make_guest(organization), status="confirmed"
        )
        yuki = make_guest(organization, name="Yuki Tanaka")
        make_booking(home, day, 3, units=[rooms[1]], guest=yuki)
    return House(organization, user.email, day, emma, rooms)


def open_chart(page: Page, live_server: LiveServer, house: House) -> None:
    """The calendar, with its bars painted."""
    address = sign_in(page, live_server, house.email)
    page.goto(f"{address}calendar/?start={house.day - 2 * ONE}&zoom=two-weeks")
    expect(page.locator("[data-ready]")).to_be_visible()


def bar(page: Page, name: str) -> Locator:
    """The bar of a guest."""
    return page.get_by_role("gridcell", name=name)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From a point to a point, with a stop on the way."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def middle(locator: Locator) -> tuple[float, float]:
    """The middle of what is seen of it."""
    box = locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_bars_are_moved_and_resized_and_refused_and_nights_blocked_by_mouse(
    live_server: LiveServer, house: House, open_page: OpenPage
) -> None:
    first = [("Room 1", house.day + n * ONE) for n in range(3)]
    with open_page("wide", expected=(409,)) as page:
        open_chart(page, live_server, house)
        emma = bar(page, "Emma Thompson")
        x, y = middle(emma)
        box = emma.bounding_box()
        assert box
        row = middle(bar(page, "Yuki Tanaka"))[1] - y
        day = box["width"] / 3

        drag(page, (x, y), (x, y + row))
        expect(page.locator(".tape-toast.is-refusal")).to_be_visible()
        expect(page.locator(".tape-ghost")).to_be_hidden()
        assert middle(emma)[1] == y
        assert house.nights() == first

        drag(page, (x, y), (x, y + 2 * row))
        expect(emma).to_have_accessible_name(
            re.compile("Emma Thompson, Confirmed, .*, 3 nights, Room 3")
        )
        assert {name for name, _ in house.nights()} == {"Room 3"}
        page.get_by_role("button", name="Undo").click()
        expect(emma).to_have_accessible_name(re.compile("Room 1$"))
        assert house.nights() == first

        right = box["x"] + box["width"] - 3
        drag(page, (right, y), (right + day, y))
        question = page.get_by_role("dialog", name="The price changes")
        expect(question).to_contain_text("400.00")
        assert house.nights() == first
        question.get_by_role("button", name="Put it back").click()
        expect(page.locator(".tape-ghost")).to_be_hidden()
        drag(page, (right, y), (right + day, y))
        question.get_by_role("button", name="Take the new price").click()
        expect(emma).to_have_attribute("aria-colspan", "4")
        assert house.total() == "400.00"

        drag(page, (right + 4 * day, y), (right + 6 * day, y))
        creation = page.get_by_role("dialog", name="New booking or block")
        assert_accessible(page)
        creation.get_by_text("Block these nights instead").click()
        creation.get_by_label("Reason").select_option("out_of_order")
        creation.get_by_role("button", name="Block nights").click()
        expect(bar(page, "Out of order")).to_be_visible()
        with house.inside():
            assert Block.objects.get().days() == 2


def test_somebody_elses_change_is_seen_within_two_seconds(
    live_server: LiveServer, house: House, open_page: OpenPage
) -> None:
    with open_page("dark") as page:
        open_chart(page, live_server, house)
        with house.inside():
            make_booking(
                house.emma.property,
                house.day + 4 * ONE,
                units=[house.rooms[2]],
                guest=make_guest(house.organization, name="Nora Lind"),
            )

        expect(bar(page, "Nora Lind")).to_be_visible(timeout=2500)
        assert_accessible(page)


def test_chart_is_walked_by_keyboard(
    live_server: LiveServer, house: House, open_page: OpenPage
) -> None:
    with open_page("wide") as page:
        open_chart(page, live_server, house)
        page.get_by_role("grid").focus()
        page.keyboard.press("ArrowRight")
        expect(bar(page, "Emma Thompson")).to_be_focused()
        page.keyboard.press("Enter")
        card = page.get_by_role("dialog", name="Details")
        card.get_by_text("Change dates or unit").click()
        assert_accessible(page)
        card.get_by_label("From the night of").fill(str(house.day + 2 * ONE))
        card.get_by_label("Unit").last.select_option(label="Room 3")
        card.get_by_role("button", name="Split stay").click()
        expect(bar(page, "Emma Thompson")).to_have_count(2)
        assert [name for name, _ in house.nights()] == ["Room 1", "Room 1", "Room 3"]
        expect(bar(page, "Emma Thompson").first).to_be_focused()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        free = re.compile(f"Casa Mare, Room 2, {house.day + 3 * ONE:%A,? %-d %B %Y}, free")
        expect(page.get_by_role("gridcell", name=free)).to_be_focused()
        page.keyboard.press("Enter")
        creation = page.get_by_role("dialog", name="New booking or block")
        expect(creation.get_by_label("From")).to_have_value(str(house.day + 3 * ONE))
        page.keyboard.press("Escape")
        expect(page.get_by_role("gridcell", name=free)).to_be_focused()


def test_finger_moves_a_bar_after_a_long_press(
    live_server: LiveServer, house: House, open_page: OpenPage
) -> None:
    with open_page("phone") as page:
        open_chart(page, live_server, house)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert_accessible(page)
        x, y = middle(bar(page, "Emma Thompson"))
        row = middle(bar(page, "Yuki Tanaka"))[1] - y
        finger = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            where = [{"x": x, "y": y} for x, y in points]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

        touch("touchStart", (x, y))
        expect(page.locator(".tape-ghost")).to_be_visible()
        touch("touchMove", (x, y + row))
        touch("touchMove", (x, y + 2 * row))
        touch("touchEnd")

        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        assert {name for name, _ in house.nights()} == {"Room 3"}
