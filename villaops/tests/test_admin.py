"""The administrators' site: who enters, what is found and at what cost."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Organization, User
from bookings.models import Block, Booking
from bookings.services import delete_booking
from conftest import Statements
from guests.models import Guest
from properties.models import Property
from villaops.admin import rows
from villaops.admin.search import lookup_for
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.tests.build import (
    PASSWORD,
    make_guest,
    make_organization,
    make_user,
)
from villaops.tests.site import fill, found, url

pytestmark = pytest.mark.django_db

TENANT_LISTS = [
    "properties.Property",
    "properties.Unit",
    "guests.Guest",
    "bookings.Booking",
    "bookings.Block",
]
LISTS = [
    *TENANT_LISTS,
    "accounts.Organization",
    "accounts.Membership",
    "accounts.Subscription",
    "accounts.User",
]


# --- The door --------------------------------------------------------------------------------


def test_visitor_is_sent_to_log_in(client: Client) -> None:
    response = client.get(url("changelist", Booking))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


def test_owner_of_an_organization_cannot_enter(client: Client, owner: User) -> None:
    client.force_login(owner)

    response = client.get(url("changelist", Booking))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


def test_administrator_logs_in_at_the_door_of_the_dashboard(
    client: Client, administrator: User
) -> None:
    asked = client.get(reverse("admin:login"), {"next": url("changelist", Booking)})
    given = {"username": "ROOT@example.com", "password": PASSWORD}

    response = client.post(asked["Location"], given)

    assert asked["Location"].startswith("/login?next=%2Fadmin%2Fbookings")
    assert response["Location"] == url("changelist", Booking)
    assert client.get(reverse("admin:login"))["Location"] == reverse("admin:index")


def test_owner_is_told_at_the_door(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.get(reverse("admin:login")).status_code == 403


def test_context_is_closed_after_a_page(site: Client, organization: Organization) -> None:
    fill(organization, 1)

    assert len(found(site.get(url("changelist", Property)))) == 1
    assert Property.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() != ("villaops_support",)


def test_staff_sees_and_changes_what_their_groups_allow(
    client: Client, organization: Organization
) -> None:
    fill(organization, 1)
    support = make_user(is_staff=True)
    group = Group.objects.create(name="Support")
    group.permissions.set(
        Permission.objects.filter(codename__in=["view_booking", "view_guest", "change_guest"])
    )
    support.groups.add(group)
    client.force_login(support)

    bookings = client.get(url("changelist", Booking))

    assert bookings.status_code == 200
    assert bookings.context["action_form"] is None
    assert client.get(url("changelist", Property)).status_code == 403
    guests = client.get(url("changelist", Guest))
    assert ("restore", "Restore selected guests") in guests.context["action_form"].fields[
        "action"
    ].choices
    assert "delete_selected" not in dict(guests.context["action_form"].fields["action"].choices)


def test_every_list_form_and_history_opens(
    site: Client, organization: Organization, administrator: User
) -> None:
    fill(organization, 1)
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        one_each = [admin_model(label).objects.first() for label in LISTS]

    for row in one_each:
        assert row is not None
        assert site.get(url("changelist", type(row))).status_code == 200
        assert site.get(url("change", row)).status_code == 200
        assert site.get(url("history", row)).status_code == 200
    assert site.get(reverse("admin:accounts_user_add")).status_code == 200
    assert site.get(reverse("admin:index")).status_code == 200


def admin_model(label: str) -> type[Any]:
    """A registered model by its label."""
    return next(model for model in admin.site._registry if model._meta.label == label)


@pytest.mark.parametrize("label", [*TENANT_LISTS, "accounts.Organization", "accounts.Membership"])
def test_rows_are_not_made_here(site: Client, label: str) -> None:
    assert site.get(url("add", label)).status_code == 403


# --- Cost ------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", LISTS)
def test_list_costs_the_same_for_one_and_many_rows(
    site: Client, label: str, statements: Statements
) -> None:
    page = url("changelist", label)
    fill(make_organization("Sea Houses"), 1)
    # Session, user, context, count, rows.
    with statements(5):
        site.get(page)
    for name in ("Hill Houses", "Lake Houses"):
        fill(make_organization(name), 3)

    with statements(5):
        response = site.get(page)

    assert len(response.context["cl"].result_list) >= 3


@pytest.mark.parametrize("label", LISTS)
def test_search_costs_one_statement_more(site: Client, label: str, statements: Statements) -> None:
    fill(make_organization("Sea Houses"), 3)

    with statements(6):
        assert site.get(url("changelist", label, q="a text")).status_code == 200


def test_list_counts_to_its_limit(
    site: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(organization, 4)
    monkeypatch.setattr(rows.CappedPaginator, "limit", 3)

    response = site.get(url("changelist", Booking))

    assert "3+ bookings" in response.content.decode()
    assert len(found(response)) == 4


def test_list_below_its_limit_says_how_many(site: Client, organization: Organization) -> None:
    fill(organization, 2)

    page = site.get(url("changelist", Booking)).content.decode()

    assert "2 bookings" in " ".join(page.split())


SEARCHES = {
    "bookings.Booking": [
        "booking_reference_search",
        "guest_name_search",
        "guest_email_search",
        "property_name_search",
    ],
    "bookings.Block": ["unit_name_search", "property_name_search"],
    "guests.Guest": ["guest_name_search", "guest_email_search"],
    "properties.Property": ["property_name_search"],
    "properties.Unit": ["unit_name_search", "property_name_search"],
    "accounts.Organization": ["organization_name_search", "organization_slug_search"],
    "accounts.Membership": ["user_email_search", "user_name_search", "organization_name_search"],
    "accounts.Subscription": ["organization_name_search", "organization_slug_search"],
    "accounts.User": ["user_email_search", "user_name_search"],
}


@pytest.mark.parametrize(("label", "indexes"), SEARCHES.items())
@pytest.mark.parametrize("text", ["thompson", "th"])
def test_every_column_is_searched_through_its_index(
    label: str, indexes: list[str], text: str
) -> None:
    columns = admin.site._registry[admin_model(label)].search_fields

    assert len(indexes) == len(columns)
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        with connection.cursor() as cursor:
            # The tables are empty, and reading them whole is cheapest: show that the index fits.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_indexscan = off")
        for column, index in zip(columns, indexes, strict=True):
            model, name = owner_of(label, column)
            rows_with_it = model._default_manager.filter(**{f"{name}__{lookup_for(text)}": text})
            assert f"Index Scan on {index}" in rows_with_it.explain()


def owner_of(label: str, column: str) -> tuple[type[Any], str]:
    """The model that has the column at the end of a path, and its name there."""
    model: Any = admin_model(label)
    *steps, name = column.split("__")
    for step in steps:
        model = model._meta.get_field(step).related_model
    return model, name


@pytest.mark.parametrize("label", TENANT_LISTS)
def test_deleted_rows_have_an_index(label: str) -> None:
    model = admin_model(label)
    deleted = model.objects.filter(deleted_at__isnull=False).order_by("-pk")

    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        plan = deleted[:50].explain()

    assert f"{model._meta.model_name}_deleted" in plan


# --- Finding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["ab23", "EMMA", "thompson", "emma@", "aurora", " Emma Thompson ", "em"]
)
def test_booking_is_found_by_reference_guest_and_property(
    site: Client, stay: Booking, other_stay: Booking, text: str
) -> None:
    assert found(site.get(url("changelist", Booking, q=text))) == {str(stay)}


def test_row_is_found_by_its_id(site: Client, stay: Booking, other_stay: Booking) -> None:
    assert found(site.get(url("changelist", Booking, q=stay.pk))) == {str(stay)}


@pytest.mark.parametrize("text", ["mma", "100%", "_", "nobody", "\x00"])
def test_odd_texts_are_searched_as_they_are(
    site: Client, stay: Booking, other_stay: Booking, text: str
) -> None:
    response = site.get(url("changelist", Guest, q=text))

    expected = {"mma": {"Emma Thompson"}, "\x00": {"Emma Thompson", "Kenji Tanaka"}}
    assert found(response) == expected.get(text, set())


def test_same_guest_email_in_two_organizations_finds_each_own(
    site: Client, stay: Booking, other_organization: Organization
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        make_guest(other_organization, name="Emma Elsewhere", email="emma@example.com")

    assert found(site.get(url("changelist", Booking, q="emma@example.com"))) == {str(stay)}


def test_lists_are_filtered_by_organization_property_and_guest(
    site: Client, stay: Booking, other_stay: Booking
) -> None:
    for chosen in (
        {"organization": stay.organization_id},
        {"property": stay.property_id},
        {"unit": stay.unit_id},
        {"guest": stay.guest_id},
        {"organization": stay.organization_id, "q": "emma"},
    ):
        assert found(site.get(url("changelist", Booking, **chosen))) == {str(stay)}
    none = url("changelist", Booking, organization=stay.organization_id, q="kenji")
    assert found(site.get(none)) == set()


def test_filter_by_nonsense_shows_all(site: Client, stay: Booking) -> None:
    response = site.get(url("changelist", Booking, property="nonsense"), follow=True)

    assert response.status_code == 200


def test_blocks_are_filtered_by_property(site: Client, organization: Organization) -> None:
    fill(organization, 2)
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        block = Block.objects.select_related("unit").first()
    assert block is not None

    response = site.get(url("changelist", Block, unit__property=block.unit.property_id))

    assert [row.pk for row in response.context["cl"].result_list] == [block.pk]


def test_suggestions_name_the_organization(
    site: Client, stay: Booking, other_stay: Booking, statements: Statements
) -> None:
    source = {"app_label": "bookings", "model_name": "booking", "field_name": "guest"}

    with statements(6):
        response = site.get(reverse("admin:autocomplete", query=source | {"term": "emma"}))

    assert response.json()["results"] == [
        {"id": str(stay.guest_id), "text": "Emma Thompson (Sea Houses)"}
    ]


def test_deleted_rows_are_marked_and_filtered(site: Client, stay: Booking) -> None:
    with organization_context(stay.organization, by=None, door=Door.COMMAND):
        delete_booking(booking=stay, by=None)

    assert len(found(site.get(url("changelist", Booking)))) == 1
    assert len(found(site.get(url("changelist", Booking, deleted="yes")))) == 1
    assert found(site.get(url("changelist", Booking, deleted="no"))) == set()
