"""An import in a real browser, from the file to its undoing."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from villaops.tenancy import Door, organization_context
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible
from villaops.tests.build import make_organization, make_property
from villaops.tests.visitor import Visitor, make_visitor

pytestmark = BROWSER_TEST

ROWS = """\
Haus;Guest;Arrival;Departure;Earnings;Remark
Villa Mare;Anna;01.03.2026;04.03.2026;1.200,50 €;x
Villa Mare;Bert;03.03.2026;05.03.2026;300;x
Villa Sole;Carl;soon;05.03.2026;300;x
"""


@pytest.fixture
def desk(transactional_db: None) -> Visitor:
    desk = make_visitor(make_organization("Sea Houses"))
    with organization_context(desk.organization, by=None, door=Door.COMMAND):
        make_property(desk.organization, name="Villa Mare")
    return desk


def test_file_is_brought_its_columns_named_checked_imported_and_taken_back(
    desk: Visitor, live_server: LiveServer, open_page: OpenPage, tmp_path: Path
) -> None:
    (tmp_path / "old.csv").write_text(ROWS)
    with open_page("phone") as page:
        page.goto(f"{desk.enter(page, live_server)}imports/")
        page.get_by_role("link", name="New import").first.click()
        page.get_by_label("File", exact=True).set_input_files(tmp_path / "old.csv")
        page.get_by_role("button", name="Continue").click()

        preview = page.locator("#preview")
        expect(preview).to_contain_text("Still to be named: Property")
        page.get_by_label("Property", exact=True).select_option("Haus")
        expect(preview).not_to_contain_text("Still to be named")
        expect(preview).to_contain_text("Not read: Remark")
        expect(preview.get_by_role("cell", name="1200.50")).to_be_visible()
        assert_accessible(page, ["light"])

        page.get_by_role("button", name="Check the whole file").click()
        wrong = page.get_by_role("table", name="Rows with something wrong")
        expect(wrong).to_contain_text("The night of Tue 3 March 2026 in Villa Mare is taken by row")
        expect(wrong).to_contain_text("No property is called so. Import the properties first.")
        expect(wrong).to_contain_text("This is no date.")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        page.get_by_role("button", name="Import 1 row").click()
        page.get_by_role("link", name="All bookings").click()
        expect(page.get_by_text("Anna").first).to_be_visible()
        page.go_back()
        page.get_by_role("link", name="Undo this import").click()
        page.get_by_role("button", name="Undo", exact=True).click()
        expect(page.get_by_role("heading", name="Undone")).to_be_visible()
        expect(page).to_have_url(re.compile("/imports/[0-9a-f-]{36}/$"))
