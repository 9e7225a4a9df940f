"""What journeys over the tape chart share: a small house, and hands to work with."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import pytest
from django.db import connection
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization
from bookings.models import Booking, Night
from properties.models import Unit
from villaops.clock import today_in
from villaops.tenancy import Door, organization_context
from villaops.tests.browser import sign_in
from villaops.tests.build import (
    make_booking,
    make_guest,
    make_member,
    make_organization,
    make_property,
    units_of,
)

ONE = timedelta(days=1)

type Point = tuple[float, float]


@dataclass(frozen=True)
class House:
    """Casa Mare with three rooms: Emma in the first and Yuki in the second, three nights each."""

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

    def stay(self) -> list[tuple[str, int]]:
        """Emma's nights: the room, and how many days after `day`."""
        with self.inside():
            held = Night.objects.filter(booking=self.emma).order_by("night")
            return [
                (name, (night - self.day).days)
                for name, night in held.values_list("unit__name", "night")
            ]

    def total(self) -> str:
        """What Emma pays."""
        with self.inside():
            return str(Booking.objects.get(pk=self.emma.pk).total_price)


@pytest.fixture
def house(transactional_db: None) -> House:
    """Both arrive the day after tomorrow; Emma is confirmed, Yuki waits for an answer."""
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
    """The calendar from `day` on, with its bars painted."""
    address = sign_in(page, live_server, house.email)
    page.goto(f"{address}calendar/?start={house.day}&zoom=two-weeks")
    expect(page.locator("[data-ready]")).to_be_visible()


def bar(page: Page, name: str) -> Locator:
    """The bars of a guest, or of a reason to block."""
    return page.get_by_role("gridcell", name=re.compile(f"^{name},"))


def at(page: Page, row: str, day: date) -> Point:
    """The middle of a cell, by the row's header and the day's."""
    header = page.get_by_role("rowheader", name=row, exact=True)
    line = page.get_by_role("row").filter(has=header).bounding_box()
    column = page.get_by_role("columnheader", name=re.compile(f"{day:%A,? %-d %B %Y}"))
    cell = column.bounding_box()
    assert line, row
    assert cell, day
    return cell["x"] + cell["width"] / 2, line["y"] + line["height"] / 2


def night(page: Page, row: str, day: date) -> Point:
    """The middle of a night, which lies between two middays: where bars are taken."""
    x, y = at(page, row, day)
    return (x + at(page, row, day + ONE)[0]) / 2, y


def said(page: Page, words: str) -> None:
    """The live region says so; the message is closed, to see what is below."""
    message = _message(page, words)
    expect(message).to_be_visible()
    message.get_by_role("button", name="Close message").click()
    expect(message).to_have_count(0)


def undo(page: Page, words: str, outcome: str) -> None:
    """What the live region says is taken back, which it says as well."""
    _message(page, words).get_by_role("button", name="Undo").click()
    said(page, outcome)
    expect(_message(page, words)).to_have_count(0)


def _message(page: Page, words: str) -> Locator:
    return page.locator("[data-chart-toasts][role=status] > *", has_text=words)


class Hand(Protocol):
    """Mouse or finger."""

    def press(self, point: Point) -> None:
        """Take what is there."""

    def move(self, point: Point) -> None:
        """Carry it there, with a stop on the way."""

    def release(self) -> None:
        """Let it go."""


def drag(hand: Hand, start: Point, end: Point) -> None:
    """From here to there."""
    hand.press(start)
    hand.move(end)
    hand.release()


class Mouse:
    """The left button."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.point: Point = (0, 0)

    def press(self, point: Point) -> None:
        self.point = point
        self.page.mouse.move(*point)
        self.page.mouse.down()

    def move(self, point: Point) -> None:
        for x, y in _way(self.point, point):
            self.page.mouse.move(x, y)
        self.point = point

    def release(self) -> None:
        self.page.mouse.up()


class Finger:
    """One finger, which presses long before it moves."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.point: Point = (0, 0)
        self.session = page.context.new_cdp_session(page)

    def press(self, point: Point) -> None:
        self.point = point
        self._touch("touchStart", point)
        expect(self.page.locator("[data-ghost]")).to_be_visible()

    def move(self, point: Point) -> None:
        for step in _way(self.point, point):
            self._touch("touchMove", step)
        self.point = point

    def release(self) -> None:
        self._touch("touchEnd")

    def _touch(self, kind: str, *points: Point) -> None:
        where = [{"x": x, "y": y} for x, y in points]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})


def _way(start: Point, end: Point) -> list[Point]:
    return [((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), end]
