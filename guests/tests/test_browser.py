"""Guests in a real browser: two made one and two again, data handed over, a name forgotten."""

import json
from dataclasses import dataclass
from datetime import timedelta
from zipfile import ZipFile

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_organization,
    make_property,
)
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST


@dataclass(frozen=True)
class Doubles:
    """Yuki stayed twice, under two e-mails."""

    desk: Visitor
    references: list[str]


@pytest.fixture
def doubles(transactional_db: None) -> Doubles:
    organization = make_organization("Sea Houses")
    desk = make_visitor(organization)
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, name="Villa Mare")
        guests = [
            make_guest(organization, name="Yuki Tanaka", email="yuki@example.com", phone="+81 3 1"),
            make_guest(organization, name="Yuki Tanaka", email="y.tanaka@example.com"),
        ]
        stays = [
            make_booking(home, DAY + n * timedelta(days=9), guest=guest, status="checked_out")
            for n, guest in enumerate(guests)
        ]
        make_guest(organization, name="Zoe Zimmer")
    return Doubles(desk, [stay.reference for stay in stays])


@pytest.mark.parametrize("screen", ["wide", "phone", "without script"])
def test_guest_is_merged_told_apart_handed_over_and_forgotten(
    doubles: Doubles, live_server: LiveServer, open_page: OpenPage, screen: str
) -> None:
    with open_page(screen, expected=(422,)) as page:
        root = doubles.desk.enter(page, live_server)
        page.goto(f"{root}guests/")
        page.get_by_role("searchbox").fill("yuki@")
        if screen == "without script":
            page.get_by_role("button", name="Search", exact=True).click()
        expect(page.get_by_role("link", name="Zoe Zimmer")).to_have_count(0)
        page.get_by_role("link", name="Yuki Tanaka").click()

        page.get_by_role("link", name="Compare Yuki Tanaka").click()
        moving = page.locator("section", has=page.get_by_role("heading", name="Bookings that move"))
        expect(moving.get_by_text(doubles.references[1])).to_be_visible()
        page.get_by_role("radio", name="y.tanaka@example.com").check()
        if screen != "without script":
            assert_accessible(page)
        page.get_by_role("button", name="Merge guests").click()
        expect(page.get_by_text("Yuki Tanaka merged; 1 booking came along.")).to_be_visible()
        expect(page.get_by_role("link", name="y.tanaka@example.com")).to_be_visible()
        for reference in doubles.references:
            expect(page.get_by_text(reference).first).to_be_visible()
        page.reload()
        page.get_by_role("button", name="Undo merge").click()
        expect(page.get_by_text("Yuki Tanaka is a guest of their own again.")).to_be_visible()
        expect(page.get_by_role("link", name="yuki@example.com", exact=True)).to_be_visible()
        expect(page.get_by_role("row").filter(has_text=doubles.references[1])).to_have_count(0)

        page.locator("summary", has_text="More").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Export as JSON").click()
        held = json.loads(download.value.path().read_text())
        assert held["guest"]["email"] == "yuki@example.com"
        assert [stay["reference"] for stay in held["stays"]] == doubles.references[:1]
        if not page.get_by_role("link", name="Export as tables (CSV)").is_visible():
            page.locator("summary", has_text="More").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Export as tables (CSV)").click()
        with ZipFile(download.value.path()) as tables:
            assert doubles.references[0] in tables.read("stays.csv").decode("utf-8-sig")

        if not page.get_by_role("link", name="Anonymize").is_visible():
            page.locator("summary", has_text="More").click()
        page.get_by_role("link", name="Anonymize").click()
        page.get_by_label("Type the guest's name to confirm").fill("Yuki")
        page.get_by_role("button", name="Anonymize for good").click()
        expect(page.get_by_text("This is not the guest's name.")).to_be_visible()
        name = page.get_by_label("Type the guest's name to confirm")
        expect(name).to_be_focused()
        expect(name).to_have_value("Yuki")
        if screen != "without script":
            assert_accessible(page)
        name.fill("yuki tanaka")
        page.get_by_role("button", name="Anonymize for good").click()
        expect(page.get_by_text("name, contact and notes were removed")).to_be_visible()
        expect(page.get_by_text(doubles.references[0]).first).to_be_visible()
        expect(page.get_by_text("Yuki")).to_have_count(0)
