"""Two people on the same tape chart: each sees what the other does, or is told."""

import re

from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from bookings.tests.chart import (
    ONE,
    House,
    Mouse,
    bar,
    drag,
    house,  # noqa: F401 - a fixture
    night,
    open_chart,
    said,
)
from villaops.tests.browser import BROWSER_TEST, OpenPage, assert_accessible

pytestmark = BROWSER_TEST

# The chart asks every second and a half; the rest is for the answer, on a busy machine too.
SOON = 2500


def test_two_people_see_each_others_changes_and_are_told_when_they_clash(
    live_server: LiveServer,
    house: House,  # noqa: F811
    open_page: OpenPage,
) -> None:
    with open_page("wide") as mine, open_page("dark", expected=(409,)) as theirs:
        for page in (mine, theirs):
            open_chart(page, live_server, house)
        me, they = Mouse(mine), Mouse(theirs)
        day = house.day + ONE

        drag(me, night(mine, "Room 1", day), night(mine, "Room 3", day))
        in_room_3 = re.compile("Room 3$")
        expect(bar(mine, "Emma Thompson")).to_have_accessible_name(in_room_3)
        expect(bar(theirs, "Emma Thompson")).to_have_accessible_name(in_room_3, timeout=SOON)

        they.press(night(theirs, "Room 3", day))
        they.move(night(theirs, "Room 3", day + 3 * ONE))
        drag(me, night(mine, "Room 3", day), night(mine, "Room 1", day))
        expect(bar(mine, "Emma Thompson")).to_have_accessible_name(re.compile("Room 1$"))
        they.release()
        said(theirs, "Somebody changed this meanwhile. It is shown as it is now; please try again.")
        expect(bar(theirs, "Emma Thompson")).to_have_accessible_name(re.compile("Room 1$"))
        assert house.stay() == [("Room 1", 0), ("Room 1", 1), ("Room 1", 2)]

        bar(theirs, "Yuki Tanaka").click()
        their_card = theirs.get_by_role("dialog", name="Details")
        expect(their_card.get_by_role("button", name="Confirm")).to_be_visible()
        bar(mine, "Yuki Tanaka").click()
        card = mine.get_by_role("dialog", name="Details")
        card.locator("summary", has_text="Cancel booking").click()
        card.get_by_role("button", name="Cancel booking").click()
        expect(bar(mine, "Yuki Tanaka")).to_have_count(0)
        expect(bar(theirs, "Yuki Tanaka")).to_have_count(0, timeout=SOON)
        their_card.get_by_role("button", name="Confirm").click()
        said(theirs, "Somebody changed this meanwhile.")
        assert_accessible(theirs)
