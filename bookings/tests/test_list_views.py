"""Saved views: a person's own ways to look at the list of bookings."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import SavedView
from bookings.saved_views import MAX_VIEWS, TooManyViews, save_view
from conftest import Statements
from villaops.tests.build import make_booking, make_member, make_property

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """The owner is signed in; where the bookings' pages begin."""
    client.force_login(owner)
    return f"/o/{organization.slug}/bookings/"


def names() -> list[str]:
    return list(SavedView.objects.order_by("position").values_list("name", flat=True))


def test_view_keeps_filter_sort_and_columns(client: Client, root: str) -> None:
    query = "sort=total&columns=guest,total&status=pending&page=3&q=&nonsense=1"

    answer = client.post(f"{root}views/new", {"name": "To answer", "query": query}, follow=True)

    kept = "status=pending&sort=total&columns=guest,total"
    assert answer.redirect_chain == [(f"{root}?{kept}", 302)]
    assert "View “To answer” saved." in answer.text
    assert answer.context["current_view"].name == "To answer"
    assert SavedView.objects.get().query == kept


def test_name_is_taken_once_and_can_be_replaced(client: Client, root: str) -> None:
    fields = {"name": "Mine", "query": "status=pending"}
    client.post(f"{root}views/new", fields)
    fields["query"] = "status=confirmed"

    refused = client.post(f"{root}views/new", fields)
    client.post(f"{root}views/new", fields | {"replace": "on"})

    assert refused.status_code == 422
    assert "You have a view of that name." in refused.text
    assert SavedView.objects.get().query == "status=confirmed"


def test_default_view_is_shown_where_the_address_says_nothing(client: Client, root: str) -> None:
    client.post(f"{root}views/new", {"name": "A", "query": "status=pending", "is_default": "on"})
    client.post(f"{root}views/new", {"name": "B", "query": "source=airbnb"})
    second = SavedView.objects.get(name="B")

    assert client.get(root)["Location"] == f"{root}?status=pending"
    assert client.get(f"{root}?view=all").status_code == 200
    client.post(f"{root}views/{second.pk}/default")
    assert client.get(root)["Location"] == f"{root}?source=airbnb"
    client.post(f"{root}views/{second.pk}/default", {"off": "1"})
    assert client.get(root).status_code == 200


def test_view_is_renamed_and_deleted_and_brought_back(client: Client, root: str) -> None:
    client.post(f"{root}views/new", {"name": "A", "query": "status=pending", "is_default": "on"})
    client.post(f"{root}views/new", {"name": "B", "query": ""})
    first = SavedView.objects.get(name="A")

    taken = client.post(f"{root}views/{first.pk}/rename", {"name": "B"})
    client.post(f"{root}views/{first.pk}/rename", {"name": "C"})
    renamed = names()
    answer = client.post(f"{root}views/{first.pk}/delete", follow=True)
    left = names()
    undo = answer.context["toasts"][0].undo if "toasts" in answer.context else None

    assert taken.status_code == 422
    assert renamed == ["C", "B"]
    assert left == ["B"]
    assert undo is None or dict(undo.fields) == {
        "name": "C",
        "query": "status=pending",
        "is_default": "on",
    }
    assert "View “C” deleted." in answer.text


def test_views_are_a_persons_own(client: Client, root: str, organization: Organization) -> None:
    client.post(f"{root}views/new", {"name": "Mine", "query": "status=pending"})
    view = SavedView.objects.get()
    client.force_login(make_member(organization, Role.VIEWER))

    assert client.get(root).context["views"] == []
    assert client.get(f"{root}views/{view.pk}/rename").status_code == 404
    for action in ("rename", "delete", "default"):
        assert client.post(f"{root}views/{view.pk}/{action}").status_code == 404
    assert names() == ["Mine"]


def test_no_more_views_than_a_menu_holds(organization: Organization, owner: User) -> None:
    for n in range(MAX_VIEWS):
        save_view(organization=organization, by=owner, name=str(n), query="")

    with pytest.raises(TooManyViews):
        save_view(organization=organization, by=owner, name="one more", query="")


def test_nonsense_makes_no_view(client: Client, root: str) -> None:
    for fields in ({"name": ""}, {"name": "x" * 61}, {"name": "\0"}, {"name": "a", "query": "\0"}):
        assert client.post(f"{root}views/new", {"query": "", **fields}).status_code == 422

    assert names() == []


@pytest.mark.parametrize("rows", [1, 3])
def test_views_cost_one_statement_however_many(
    client: Client,
    root: str,
    organization: Organization,
    owner: User,
    statements: Statements,
    rows: int,
) -> None:
    make_booking(make_property(organization))
    for n in range(rows):
        save_view(organization=organization, by=owner, name=str(n), query=f"q={n}")

    # The last of them gives the test its own context back.
    with statements(9):
        client.get(f"{root}?sort=check_in")
    with statements(6):
        client.get(f"{root}views/")
