"""Far pages hold what near ones would."""

import pytest

from accounts.models import Organization
from conftest import Statements
from guests.models import Guest
from villaops import paging
from villaops.paging import DeepPaginator
from villaops.tests.build import make_guest

pytestmark = pytest.mark.usefixtures("inside")


def test_far_pages_hold_each_row_once_in_its_place(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"Guest {number:02}" for number in range(11)]
    for name in reversed(names):
        make_guest(organization, name=name)
    monkeypatch.setattr(paging, "DEEP", 2)
    pages = DeepPaginator(Guest.objects.for_organization(organization).order_by("name", "id"), 2)

    found = [guest.name for page in pages for guest in page]

    assert found == names


def test_page_takes_one_statement_and_a_far_one_two(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, statements: Statements
) -> None:
    for _ in range(4):
        make_guest(organization)
    monkeypatch.setattr(paging, "DEEP", 2)
    rows = Guest.objects.for_organization(organization).order_by("id")
    pages = DeepPaginator(rows, 2, total=4)

    with statements(1):
        list(pages.page(1))
    with statements(2):
        list(pages.page(2))
